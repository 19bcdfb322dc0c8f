"""What decides, and what decided before it: the one owner of what moves when a release goes live or is taken back.

While a commander runs, main, live and the slot that decides move here and nowhere else, under one lock, so that a
switch and a rollback never meet. The trader goes first: what a worse release still decides may cost money, and a trader
that cannot leaves all as it was. (Before anything trades, `recovery.py` brings the refs to one story.)

    forward   green decides; main and live follow it
    defer     main alone: no trader runs, and live follows at the next start
    back      what was accepted before decides again; a commit says so
    run_live  after a start: what is live by git decides

No way back is known while refs move, for it would lead back from what is live no more; `_refs_move` is where that is
kept. What is not known is asked of git when it is needed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec

from core.contracts import Change
from core.contracts.figures import SwitchDone
from core.errors import SorteError, first_line
from core.telemetry import get_logger
from core.workspace import LIVE, MAIN
from services.commander.road.context import SHADOW, Context, Stopwatch
from services.commander.road.returning import end_return, move_back, undone_by
from services.commander.road.shadowing import remove_warm_up
from services.commander.road.ways import WayBack, way_back, way_to
from services.commander.texts import say
from services.commander.trader_port import TraderPort, TraderRefused

log = get_logger()


class NotDeployed(SorteError):  # noqa: N818 - it is what happened, not a mistake
    """Refs could not follow the trader, which went back: what was live is live."""


class Deployment:
    """The moving parts of one commander. With no trader only main moves, and trades from the next start on."""

    def __init__(self, context: Context, trader: TraderPort | None = None) -> None:
        self.context, self.trader = context, trader
        self.moving = asyncio.Lock()
        """Held while refs and slots move, and by whoever must not see them move."""
        self._underway: Change | None = None
        self._way_back: WayBack | None = None
        self._heading = ""
        self._unwritten: Change | None = None

    # The road ---------------------------------------------------------------------------------------------------------

    @property
    def underway(self) -> Change | None:
        """The change that has the road, from its confirmation to its end, as it was when it took it."""
        return self._underway

    def take_road(self, change: Change) -> Change | None:
        """Give the road to `change`; when another change has it, that one is returned, and keeps it."""
        if self._underway is None:
            self._underway = change
            return None
        return self._underway

    def leave_road(self, change: Change) -> None:
        """Give the road free if `change` has it."""
        if self._underway is not None and self._underway.id == change.id:
            self._underway = None

    # The way back -----------------------------------------------------------------------------------------------------

    @property
    def known_way(self) -> WayBack | None:
        """The way back by one, if it is known beforehand: a rollback then asks git nothing before it has switched."""
        return self._way_back

    async def way_back(self) -> WayBack | None:
        """The way back by one, asked of git when it is not known; None when there is none."""
        return self._way_back or await self.context.edit(way_back, self.context)

    async def look_back(self) -> None:
        """Learn the way back from what is live now. The caller holds `moving`. Never raises: it stays unknown then."""
        self._must_be_held()
        if self.trader is None:
            return
        try:
            self._way_back = await self.context.edit(way_back, self.context)
        except (SorteError, OSError):
            log.exception("way_back.not_found")

    def heads_for(self, commit: str) -> bool:
        """Whether refs move to that commit or, as the last thing that went forward, have moved to it."""
        return bool(commit) and self._heading == commit

    @contextlib.asynccontextmanager
    async def _refs_move(self, commit: str = "") -> AsyncIterator[None]:
        """Refs move in here, to `commit` when it is known; an error means that none has."""
        self._must_be_held()
        self._way_back, self._heading = None, commit
        try:
            yield
        except (SorteError, OSError):
            self._heading = ""
            raise

    def _must_be_held(self) -> None:
        if not self.moving.locked():
            raise RuntimeError("`moving` has to be held while something moves.")

    # Verbs ------------------------------------------------------------------------------------------------------------

    async def forward(self, trader: TraderPort, base: str, commit: str) -> SwitchDone:
        """Let green decide, and move main from `base`, and live, to `commit`. The caller holds `moving`.

        Returns the figures of the trader's switch. Raises TraderRefused or TraderGone, and nothing has moved; raises
        NotDeployed when refs could not follow. A crash after the trader's switch is rolled forward by the next start.
        """
        self._must_be_held()
        done = await trader.switch()
        context, workspace = self.context, self.context.workspace
        try:
            live = await context.edit(lambda: workspace.live)
            async with self._refs_move(commit):
                await context.edit(workspace.update_refs, {MAIN: (base, commit), LIVE: (live, commit)})
        except (SorteError, OSError) as error:
            await self._let_decide(trader, await context.edit(way_to, context, base))
            raise NotDeployed(first_line(error, typed=True)) from error
        return done

    async def defer(self, base: str, commit: str) -> None:
        """Move main from `base` to `commit`. The caller holds `moving`. Raises what the workspace raises."""
        async with self._refs_move(commit):
            await self.context.edit(self.context.workspace.update_refs, {MAIN: (base, commit)})

    async def back(self, change: Change, way: WayBack, why: str) -> Change:
        """Go that way and end `change`, which is on its way back already, as rolled back. The caller holds `moving`.

        Raises what keeps the switch from being done. A switch that is done is not undone because it could not be
        written down (a full disk, say): `change` is returned as it is, and written down before the next sentence, or
        at the next start.
        """
        self._must_be_held()
        clock = Stopwatch()
        if self.trader is not None:
            change = _switched(change, await self._let_decide(self.trader, way), clock)
        change = msgspec.structs.replace(change, reason=why)
        try:
            return await self._write_down(change, clock)
        except (SorteError, OSError) as error:
            log.exception("return.not_written", change=change.id)
            self._unwritten = change
            reason = f"{why} {say('not_written', change.language, detail=first_line(error, typed=True))}"
            return msgspec.structs.replace(change, reason=reason)

    async def settle(self) -> None:
        """Before anything is built on main: `finish_unwritten`, with `moving` held for as long as that takes."""
        if self._unwritten is not None:
            async with self.moving:
                await self.finish_unwritten()

    async def finish_unwritten(self) -> None:
        """Write down a return that is done and could not be written down. The caller holds `moving`.

        Raises what keeps it from being written down now.
        """
        if self._unwritten is not None:
            await self._write_down(self._unwritten, Stopwatch())

    async def _write_down(self, change: Change, clock: Stopwatch) -> Change:
        async with self._refs_move():
            moved = await self.context.edit(move_back, self.context, change, live=self.trader is not None)
        await self.look_back()
        undone = await self.context.edit(undone_by, self.context, change)
        change = end_return(self.context, change, moved, undone, clock)
        self._unwritten = None
        return change

    async def run_live(self) -> None:
        """Let the trader run what is live by the workspace. Raises what keeps it from doing so."""
        if self.trader is None:
            return
        async with self.moving:  # a rollback that was asked for meanwhile comes before us or after us
            live = await self.context.edit(lambda: way_to(self.context, self.context.workspace.main))
            status = await self.trader.status()
            if status.slots.blue != live.tree:
                await self._let_decide(self.trader, live)

    async def _let_decide(self, trader: TraderPort, way: WayBack) -> SwitchDone | None:
        """Let that release decide: the warm previous host if it is that, else one that is started for it.

        None when it does already.
        """
        try:
            return await trader.switch_back(way.tree)
        except TraderRefused:
            status = await trader.status()
        if status.slots.blue == way.tree:  # the trader fell back by itself when the worse host died
            return None
        program = await self.context.edit(self.context.program, way.commit)
        warm_file = self.context.settings.data_dir / SHADOW / f"{way.tree}.events"
        try:
            await trader.stage(program, str(warm_file.resolve()))
            return await trader.switch()
        finally:
            remove_warm_up(warm_file)


def _switched(change: Change, done: SwitchDone | None, clock: Stopwatch) -> Change:
    """What the switch cost, added to what `change` has cost before."""
    return msgspec.structs.replace(
        change,
        seconds=change.seconds | clock.lap("switch"),
        events_lost=change.events_lost + (done.events_lost if done is not None else 0),
        events_doubled=change.events_doubled + (done.events_doubled if done is not None else 0),
    )
