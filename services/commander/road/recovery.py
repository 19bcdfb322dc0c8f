"""After a start: bring every change to its end, refs and records to one story, and leave nothing lying about.

Before the switch everything is taken back: nothing had moved. From the switch on it is finished: what had moved was
accepted. Called with the workspace's lock held, and before anything trades.
"""

from __future__ import annotations

import shutil

import msgspec

from core.contracts import Change, Event, State
from core.workspace import LIVE, MAIN, NOBODY
from services.commander.road import commits
from services.commander.road.context import RELEASES, SHADOW, Context
from services.commander.road.holding import expire
from services.commander.road.returning import end_return, move_back, undone_by
from services.commander.texts import say


def recover(context: Context, *, trades: bool) -> list[Change]:
    """The changes that were brought to their end. `trades`: a trader starts now, so what is accepted goes live."""
    # First: a lock that a killed git left behind would stop all that follows.
    held = {change.id for change in context.changes.of_state(State.HELD)}
    context.rooms.sweep(context.workspace, context.settings, held)
    context.workspace.sweep()
    shutil.rmtree(context.settings.data_dir / SHADOW, ignore_errors=True)
    for half_laid_out in (context.settings.data_dir / RELEASES).glob(".*"):
        shutil.rmtree(half_laid_out, ignore_errors=True)
    ended = [_finish(context, change) for change in context.changes.unfinished()] + expire(context)
    if trades:
        ended += _go_live(context)
    _end_watches(context)
    context.show_main(context.workspace.main)
    return ended


def _finish(context: Context, change: Change) -> Change:
    language, workspace = change.language, context.workspace
    match change.state:
        case State.SWITCHING:
            watch = "running"
            if workspace.main != change.commit and workspace.is_ancestor(change.commit, workspace.main):
                watch = "superseded"  # that it was live could not be written down then, and others followed
            else:
                _set(context, change.commit, LIVE, MAIN)
            return context.advance(change, Event.SWITCHED, watch=watch, reason=say("rolled_forward", language))
        case State.ROLLING_BACK:
            return _finish_return(context, change)
        case State.COMMITTED if change.commit and workspace.main == change.commit:
            return context.advance(change, Event.DEFERRED, reason=say("accepted", language, summary=change.commit[:12]))
        case _:
            return context.advance(change, Event.FAILED, reason=say("interrupted", language, state=change.state))


def _finish_return(context: Context, change: Change) -> Change:
    """`live` too, whether or not a trader starts: the one that ended may have gone back already."""
    if not change.reason:
        subject = commits.subject_of(context.workspace, change.target)
        reason = say("rolled_back", change.language, target=change.target[:12], summary=subject)
        change = msgspec.structs.replace(change, reason=reason)
    moved = move_back(context, change, live=True)
    return end_return(context, change, moved, undone_by(context, change))


def _go_live(context: Context) -> list[Change]:
    """Let what was accepted while nothing traded be what trades. Raises WorkspaceError when main is not ours."""
    context.workspace.verify(context.workspace.main)
    _set(context, context.workspace.main, LIVE)
    waiting = context.changes.of_state(State.ACCEPTED)
    live = [context.advance(change, Event.STARTED, watch="running") for change in waiting]
    for change in live[:-1]:
        context.advance(change, Event.KEPT, watch="superseded")
    return live[-1:]


def _end_watches(context: Context) -> None:
    """Of several watches that were cut short only the newest is of what trades; the others are over."""
    running = [change for change in context.changes.of_state(State.LIVE) if change.watch == "running"]
    for change in running[:-1]:
        context.advance(change, Event.KEPT, watch="superseded")


def _set(context: Context, commit: str, *refs: str) -> None:
    workspace = context.workspace
    old = {MAIN: workspace.main, LIVE: workspace.refs(LIVE).get(LIVE, NOBODY)}  # a ref that is gone is made again
    workspace.update_refs({ref: (old[ref], commit) for ref in refs if old[ref] != commit})
