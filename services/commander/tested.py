"""What trades in a workspace, for who tests it: read from the accepted commit, never from the owner's files."""

from __future__ import annotations

from pathlib import Path

from core.backtest.tested import Tested
from core.workspace import Workspace
from services.commander.road import commits


def what_trades(place: Path) -> Tested:
    """The code that trades there, or from the next start on, with the sentence that brought it. Raises SorteError."""
    with Workspace(place) as workspace:
        commit = workspace.main
        origin = commits.effective(workspace, commit)
        return Tested(
            source=workspace.source(commit),
            what="workspace",
            commit=origin,
            summary=commits.subject_of(workspace, origin),
            sentence=commits.asked(workspace, origin),
        )
