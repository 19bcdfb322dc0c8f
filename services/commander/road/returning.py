"""How a return is written down, in git and in the records: once for a commander that runs, and for its next start.

Asked again, both do what is left to do. The trader is not asked here: it has gone back before, or does not run.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from core.contracts import Change, Event, State
from core.workspace import LIVE, MAIN, NOBODY
from services.commander.road import commits
from services.commander.road.context import Context, Stopwatch
from services.commander.road.ways import why_foreign
from services.commander.texts import say


def move_back(context: Context, change: Change, *, live: bool) -> str:
    """The commit that goes back to `change.target`, with main moved to it, and with `live` what trades too.

    Asked again it is the same commit, which lies on main then and names this change. Raises WorkspaceError when the
    refs could not move, and none has.
    """
    workspace = context.workspace
    main, trading = workspace.main, workspace.refs(LIVE).get(LIVE, NOBODY)  # a ref that is gone is made again
    ours = not why_foreign(workspace, main)
    if ours and _returns(context, main, change):
        commit = main
    else:  # when somebody else's commit lies on main, a return is built on what traded
        commit = commits.commit_return(workspace, change, main if ours else trading, change.target)
    moves = {MAIN: (main, commit)} | ({LIVE: (trading, commit)} if live else {})
    workspace.update_refs({ref: (old, new) for ref, (old, new) in moves.items() if old != new})
    context.show_main(main)
    return commit


def _returns(context: Context, commit: str, change: Change) -> bool:
    """Whether that commit is the return of `change`."""
    of_change = commits.trailer(context.workspace, commit, commits.CHANGE) == change.id
    return of_change and bool(commits.trailer(context.workspace, commit, commits.TARGET))


def undone_by(context: Context, change: Change) -> list[Change]:
    """The live and accepted changes that are not part of what `change` goes back to."""
    standing = context.changes.of_state(State.LIVE, State.ACCEPTED)
    return [
        other
        for other in standing
        if other.id != change.id and not context.workspace.is_ancestor(other.commit, change.target)
    ]


def end_return(
    context: Context, change: Change, moved: str, undone: Sequence[Change], clock: Stopwatch | None = None
) -> Change:
    """Write down that the commit `moved` went back: each change that this undoes, and as the last of all `change`."""
    for other in undone:
        mark_undone(context, other, change)
    seconds = change.seconds if clock is None else change.seconds | clock.lap("commit")
    kept = {"commit": moved} if change.candidate is None else {"returned": moved}  # a change is found by its own commit
    return context.advance(change, Event.REVERTED, **kept, seconds=seconds)


def mark_undone(context: Context, other: Change, by: Change) -> None:
    """End `other` as rolled back, by `by`; written at once, so that nobody finds it half way."""
    reason = say("taken_back_by", other.language, id=by.id)
    leaving = other.after(Event.RETURNING, time.time_ns(), target=by.target, watch="taken back")
    context.advance(leaving, Event.REVERTED, reason=reason)
