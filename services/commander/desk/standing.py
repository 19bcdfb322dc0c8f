"""What trades and what is accepted, by the refs; and whether `sorte run` would start on it, by what it asks itself."""

from __future__ import annotations

from dataclasses import dataclass

from core.contracts import Change
from core.workspace import Workspace, WorkspaceError
from services.commander.records import Changes
from services.commander.road import commits


@dataclass(frozen=True, slots=True)
class Standing:
    """The refs of a workspace; a commit is empty when its ref is gone."""

    main: str
    live: str
    subject: str  # of what is live, or of main when nothing is
    origin: str  # the commit that brought that code
    refused: WorkspaceError | None  # why nothing starts on main


def standing(workspace: Workspace) -> Standing:
    """How it stands now; asks git a few times."""
    main, refused = "", None
    try:
        main = workspace.main
        workspace.verify(main)
    except WorkspaceError as error:
        refused = error
    try:
        live = workspace.live
    except WorkspaceError:
        live = ""
    shown = live or main
    subject = commits.subject_of(workspace, shown) if shown else ""
    return Standing(main, live, subject, commits.effective(workspace, shown) if shown else "", refused)


def trading_change(workspace: Workspace, changes: Changes) -> Change | None:
    """The change whose code trades, or trades from the next start on; None when no change brought it."""
    try:
        return changes.get(commits.effective(workspace, workspace.main))
    except WorkspaceError:
        return None
