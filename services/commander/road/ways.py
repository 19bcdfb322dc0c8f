"""Where a rollback can go, read from git; nothing moves here."""

from __future__ import annotations

from dataclasses import dataclass

from core.contracts import Change
from core.errors import SorteError
from core.workspace import Workspace, WorkspaceError
from services.commander.naming import is_name, short
from services.commander.road import commits
from services.commander.road.context import Context
from services.commander.texts import say


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where a rollback goes to."""

    commit: str
    tree: str
    subject: str


def way_back(context: Context, steps: int = 1) -> WayBack | None:
    """The way back by `steps` releases; None when there are fewer."""
    target = context.workspace.main
    for _ in range(steps):
        earlier = commits.before(context.workspace, target)
        if earlier is None:
            return None
        target = earlier
    return way_to(context, target)


def way_to(context: Context, commit: str) -> WayBack:
    """The way to a commit."""
    workspace = context.workspace
    subject = commits.subject_of(workspace, commit)
    return WayBack(commit, workspace.tree(commit), subject)


def find_way(context: Context, change: Change, to: str | None, steps: int) -> WayBack | str:
    """The way to what the owner named, or why there is none."""
    workspace, language = context.workspace, change.language
    if foreign := why_foreign(workspace, workspace.main):
        return say("foreign_commit", language, detail=foreign)
    if to is None:
        return way_back(context, steps) or say("nothing_to_roll_back", language)
    if not is_name(to):
        return say("not_accepted", language, commit=short(to))
    known = context.changes.get(to)
    try:
        named = workspace.resolve(known.commit if known is not None and known.commit else to)
    except SorteError:
        return say("not_accepted", language, commit=to)
    if not workspace.is_ancestor(named, workspace.main):
        return say("not_accepted", language, commit=to)
    way = way_to(context, commits.effective(workspace, named))
    if why_foreign(workspace, way.commit):
        return say("not_accepted", language, commit=to)
    if way.tree == workspace.tree(workspace.main):
        return say("already_live", language, commit=way.commit[:12])
    return way


def why_foreign(workspace: Workspace, commit: str) -> str:
    """Why nothing may be built on `commit`, which the guardian never saw; empty when we signed it."""
    try:
        workspace.verify(commit)
    except WorkspaceError as error:
        return str(error)
    return ""
