"""Going back: at once to what is still warm, else to a fresh host; then a commit that says so. No gate is held again.

The switch comes first, because every event that the worse release still answers may cost money. What it goes back to
was accepted before, or it is not gone back to.
"""

from __future__ import annotations

import logging
import time

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from core.contracts import Change, Event, State
from core.contracts.figures import SwitchDone
from core.errors import SorteError, first_line
from core.workspace import LIVE, MAIN, WorkspaceError
from services.commander.naming import is_name, short
from services.commander.road import commits
from services.commander.road.context import SHADOW, Context, Stopwatch, WayBack
from services.commander.road.shadowing import remove_warm_up
from services.commander.texts import say
from services.commander.trader_port import TraderGone, TraderPort, TraderRefused

log = logging.getLogger(__name__)


async def go_back(context: Context, change: Change, way: WayBack, why: str) -> Change:
    """Go that way and end `change`, which is on its way back already, as rolled back. The caller holds `moving`.

    With no trader only main moves, and what it says trades from the next start on. Raises what keeps the switch from
    being done. A switch that is done is not undone because nobody could write it down (a full disk, say): `change` is
    answered as it is, and written down before the next sentence, or at the next start.
    """
    clock = Stopwatch()
    if context.trader is not None:
        done = await switch_to(context, context.trader, way)
        lost, doubled = (done.events_lost, done.events_doubled) if done is not None else (0, 0)
        change = msgspec.structs.replace(
            change,
            seconds=change.seconds | clock.lap("switch"),
            events_lost=change.events_lost + lost,
            events_doubled=change.events_doubled + doubled,
        )
    change = msgspec.structs.replace(change, reason=why)
    try:
        return await _write_down(context, change, clock)
    except (SorteError, OSError, SQLAlchemyError) as error:
        log.exception("return.not_written", extra={"change": change.id})
        context.unwritten = change
        reason = f"{why} {say('not_written', change.language, detail=first_line(error, typed=True))}"
        return msgspec.structs.replace(change, reason=reason)


async def finish_return(context: Context) -> None:
    """Write down a return that is done and could not be written down. Raises what keeps it from being done now."""
    if context.unwritten is not None:
        async with context.moving:
            await _finish_unwritten(context)


async def _finish_unwritten(context: Context) -> None:
    if context.unwritten is not None:
        await _write_down(context, context.unwritten, Stopwatch())


async def _write_down(context: Context, change: Change, clock: Stopwatch) -> Change:
    """The commit, the refs, then every change that this undoes, and as the last of all the end of this one."""
    context.way_back = None  # of what is live no more
    moved = await context.edit(_commit_return, context, change, change.target)
    context.way_back = await context.edit(way_back, context)
    for other in await context.edit(undone_by, context, change):
        mark_undone(context, other, change)
    seconds = change.seconds | clock.lap("commit")
    change = context.advance(change, Event.REVERTED, **by_commit(change, moved), seconds=seconds)
    context.unwritten = None
    return change


async def switch_to(context: Context, trader: TraderPort, way: WayBack) -> SwitchDone | None:
    """Let that release decide: the warm previous host if it is that, else one that is started for it.

    None when it does already: the trader fell back by itself.
    """
    try:
        return await trader.switch_back(way.tree)
    except TraderRefused:
        status = await trader.status()
    if status.slots.blue == way.tree:  # the trader fell back by itself when the worse host died
        return None
    program = await context.edit(context.program, way.commit)
    warm_file = context.settings.data_dir / SHADOW / f"{way.tree}.events"
    try:
        await trader.stage(program, str(warm_file.resolve()))
        return await trader.switch()
    finally:
        remove_warm_up(warm_file)


def _commit_return(context: Context, change: Change, target: str) -> str:
    """The commit that goes back, with main (and live, where a trader runs) moved to it; asked again, the same one."""
    workspace = context.workspace
    main, live = workspace.main, workspace.live
    try:
        workspace.verify(main)
        base = main
    except WorkspaceError:  # somebody else's commit lies on main; a return is built on what traded
        base = live
    done = commits.trailer(workspace, main, commits.TARGET) and (
        commits.trailer(workspace, main, commits.CHANGE) == change.id
    )
    commit = main if done else commits.commit_return(workspace, change, base, target)
    moves = {MAIN: (main, commit)} | ({LIVE: (live, commit)} if context.trader is not None else {})
    workspace.update_refs({ref: (old, new) for ref, (old, new) in moves.items() if old != new})
    context.show_main(main)
    return commit


async def roll_back(context: Context, change: Change, to: str | None = None, steps: int = 1) -> Change:
    """The owner's word: go back by so many releases, or to a commit that was accepted once.

    Raises TraderGone when the trader ends meanwhile: what was begun is on its way then, and the next start goes on.
    """
    language = change.language
    async with context.moving:
        try:
            await _finish_unwritten(context)
            way: WayBack | str | None = None
            if to is None and steps == 1 and context.trader is not None:
                way = context.way_back
            if way is None:
                way = await context.edit(find_way, context, change, to, steps)
        except (SorteError, OSError) as error:
            reason = say("internal", language, detail=first_line(error, typed=True))
            return context.advance(change, Event.FAILED, reason=reason)
        if isinstance(way, str):
            return context.advance(change, Event.IGNORED, reason=way)
        told = "rolled_back" if context.trader is not None else "rolled_back_waits"
        why = say(told, language, target=way.commit[:12], summary=way.subject)
        change = context.advance(change, Event.RETURNING, target=way.commit, reason=why)
        try:
            return await go_back(context, change, way, why)
        except TraderGone as gone:
            raise TraderGone(gone.message, "The next start goes on with the rollback.") from None
        except (SorteError, OSError) as error:
            reason = say("switch_failed", language, detail=first_line(error, typed=True))
            return context.advance(change, Event.FAILED, reason=reason)


def way_back(context: Context, steps: int = 1) -> WayBack | None:
    """The way back by so many releases; None when there are not so many."""
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
    try:
        workspace.verify(workspace.main)
    except WorkspaceError as error:
        return say("foreign_commit", language, detail=str(error))
    if to is not None and not is_name(to):
        return say("not_accepted", language, commit=short(to))
    if to is None:
        return way_back(context, steps) or say("nothing_to_roll_back", language)
    known = context.changes.get(to)
    try:
        named = workspace.resolve(known.commit if known is not None and known.commit else to)
    except SorteError:
        return say("not_accepted", language, commit=to)
    if not workspace.is_ancestor(named, workspace.main):
        return say("not_accepted", language, commit=to)
    way = way_to(context, commits.effective(workspace, named))
    try:
        workspace.verify(way.commit)
    except WorkspaceError:
        return say("not_accepted", language, commit=to)
    if way.tree == workspace.tree(workspace.main):
        return say("already_live", language, commit=way.commit[:12])
    return way


def undone_by(context: Context, change: Change) -> list[Change]:
    """The live and accepted changes that are not part of what `change` goes back to."""
    standing = context.changes.of_state(State.LIVE, State.ACCEPTED)
    return [
        other
        for other in standing
        if other.id != change.id and not context.workspace.is_ancestor(other.commit, change.target)
    ]


def by_commit(change: Change, moved: str) -> dict[str, str]:
    """The field that keeps the commit that went back: a change keeps its own, by which it can be found again."""
    return {"commit": moved} if change.candidate is None else {"returned": moved}


def mark_undone(context: Context, other: Change, by: Change) -> None:
    """End `other` as rolled back, by `by`; written at once, so that nobody finds it half way."""
    reason = say("taken_back_by", other.language, id=by.id)
    leaving = other.after(Event.RETURNING, time.time_ns(), target=by.target, watch="taken back")
    context.advance(leaving, Event.REVERTED, reason=reason)
