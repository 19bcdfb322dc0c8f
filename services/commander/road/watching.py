"""The watch over what has just become live, and the way back that nobody has to ask for."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from typing import Any, Final

from core.contracts import Change, Event, State
from core.contracts.control import Health
from core.contracts.events import Denied
from core.contracts.events import Event as Told
from core.contracts.told import Watched
from core.errors import SorteError, first_line
from core.tasks import start_task
from core.telemetry import bound, get_logger
from services.commander.records import RecordsUnusable
from services.commander.road import commits
from services.commander.road.context import Context
from services.commander.road.deployment import Deployment
from services.commander.road.watch import OTHER_HOST, Doubt, Watch, Worse
from services.commander.texts import say
from services.commander.trader_port import Hear, TraderGone

log = get_logger()

STRANGE_SECONDS: Final = 2
"""One report may have been on its way while something moved."""
GRACE_SECONDS: Final = 5.0
"""Between a host that is gone and the way back. When all of ours is ended at once (a shutdown, a service manager) a
host may go first, and the trader hangs up within that time. It costs nothing: the release before decides already."""


class Watcher:
    """Watches one release at a time; what becomes live later takes its place."""

    def __init__(self, deployment: Deployment, grace_seconds: float = GRACE_SECONDS) -> None:
        self._deployment, self._context, self._grace_seconds = deployment, deployment.context, grace_seconds
        self._watching: asyncio.Task[None] | None = None
        self._change: Change | None = None
        self._kept: Change | None = None  # what was watched last and stayed
        self._strange = 0  # seconds in a row that another release than that decided
        if deployment.trader is not None:
            deployment.trader.listen(self._hear_baseline)

    def _hear_baseline(self, report: Health | Told) -> None:
        if not isinstance(report, Health):
            if self._watching is None and isinstance(report, Denied):
                self._context.baseline.denied.add(report.code)
            return
        if math.isfinite(report.equity):
            self._context.baseline.equity = report.equity
        if self._watching is None:
            self._context.baseline.add(report)
            self._look_after(report)

    def _look_after(self, report: Health) -> None:
        """After its watch too a host can die, and the trader then goes on with the release before: so must the refs."""
        kept = self._kept
        other = kept is not None and kept.candidate is not None and report.blue not in ("", kept.candidate.tree)
        self._strange = self._strange + 1 if other and not self._deployment.moving.locked() else 0
        if kept is not None and self._strange >= STRANGE_SECONDS:
            self._change, self._kept = kept, None
            self._watching = start_task(self._follow_back(kept))

    async def _follow_back(self, change: Change) -> None:
        await self._end_badly(change, Worse("exception", OTHER_HOST, may_be_the_end=True))
        self._watching = None

    def watch(self, change: Change) -> None:
        """Begin to watch a change that is live."""
        self.supersede("superseded")
        self._change, self._kept = change, None
        with bound(change=change.id):
            self._watching = start_task(self._run(change))

    def go_on(self, change: Change) -> None:
        """Begin a watch anew that was cut short, whoever cut it."""
        self.watch(change)
        seconds = self._context.settings.commander.watch_seconds
        self._tell(change, say("watch_goes_on", change.language, id=change.id, seconds=seconds))

    def supersede(self, by: str) -> None:
        """End the watch early: something else is live now."""
        self._kept = None
        if self._watching is None or self._change is None:
            return
        self._watching.cancel()
        known = self._known(self._change)
        if known.state is State.LIVE and known.watch == "running":
            self._write(known, Event.KEPT, watch=by)
        self._watching = self._change = None

    async def close(self) -> None:
        """Stop: we end, which is no failure of a strategy. A watch that was running begins anew at the next start."""
        if self._watching is None or self._change is None:
            return
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)
        known = self._known(self._change)
        if known.state is State.LIVE and known.watch == "running":
            self._tell(known, say("watch_waits", known.language, id=known.id))

    def _tell(self, change: Change, reason: str) -> None:
        self._context.tell(Watched(id=change.id, state=change.state, watch=change.watch, reason=reason))

    async def _run(self, change: Change) -> None:
        context = self._context
        tree = change.candidate.tree if change.candidate is not None else ""
        worse: asyncio.Future[Worse] = asyncio.get_running_loop().create_future()
        baseline = context.baseline
        watch = Watch(
            tree,
            baseline.p99_us,
            context.settings.commander,
            peak_equity=baseline.equity,
            denied_before=frozenset(baseline.denied),
        )

        def on_doubt(doubt: Doubt) -> None:
            self._tell(change, say(f"doubt_{doubt.code}", change.language, detail=doubt.detail))

        hear = judge_with(watch, worse, self._deployment.moving, on_doubt)
        trader = self._deployment.trader
        stop = trader.listen(hear) if trader is not None else None
        try:
            await self._wait(watch, worse)
        finally:
            if stop is not None:
                stop()
        if worse.done():
            await self._end_badly(change, worse.result())
        else:
            await self._keep(change)
        self._watching = None

    async def _wait(self, watch: Watch, worse: asyncio.Future[Worse]) -> None:
        """Until there is a sign, or the time is over; seconds in which the owner lets nothing be opened are added."""
        counted = 0
        seconds = self._context.settings.commander.watch_seconds
        while not worse.done() and seconds > 0.0:
            await asyncio.wait({worse}, timeout=seconds)
            seconds, counted = float(watch.idle_seconds - counted), watch.idle_seconds

    async def _keep(self, change: Change) -> None:
        context = self._context
        async with self._deployment.moving:
            known = self._known(change)
            if known.state is not State.LIVE or known.watch != "running":
                return  # the owner has taken it back meanwhile
            self._kept = known
            text = say("kept", known.language, id=known.id)
            context.tell(Watched(id=known.id, state=known.state, watch="passed", reason=text))
            try:
                context.advance(known, Event.KEPT, watch="passed")
            except RecordsUnusable:  # the next start watches it once more
                log.exception("change.not_written", change=change.id)

    def _known(self, change: Change) -> Change:
        """The change as the records have it. What they do not tell, or do not know yet, is as we were given it."""
        try:
            known = self._context.changes.get(change.id)
        except RecordsUnusable:
            log.exception("change.not_read", change=change.id)
            return change
        return change if known is None or known.state is State.SWITCHING else known

    async def _end_badly(self, change: Change, worse: Worse) -> None:
        if worse.may_be_the_end:
            await asyncio.sleep(self._grace_seconds)  # who ends us cancels us in here
        try:
            await asyncio.shield(self._take_back(change, worse))
        except (SorteError, OSError) as error:  # git or the records could not even be asked
            log.exception("change.not_taken_back", change=change.id)
            reason = say("not_taken_back", change.language, detail=first_line(error, typed=True))
            self._context.tell(Watched(id=change.id, state=change.state, watch="failed", reason=reason))

    async def _take_back(self, change: Change, worse: Worse) -> None:
        context, language = self._context, change.language
        async with self._deployment.moving:
            known = self._known(change)
            if known.state is not State.LIVE or not await context.edit(decides, context, known):
                return  # the owner was faster
            way = await self._deployment.way_back()
            if way is None:
                return
            detail = say("other_host", language) if worse.detail == OTHER_HOST else worse.detail
            why = say(worse.code, language, detail=detail)
            change = self._write(known, Event.RETURNING, target=way.commit, watch="failed", reason=why)
            try:
                change = await self._deployment.back(change, way, why)
            except TraderGone:
                return  # the next start goes on with it
            except (SorteError, OSError) as error:
                log.exception("change.not_taken_back", change=change.id)
                stays = say("not_taken_back", language, detail=first_line(error, typed=True))
                change = self._write(change, Event.STAYED, target="", reason=stays)
        context.tell(Watched(id=change.id, state=change.state, watch=change.watch, reason=change.reason))

    def _write(self, change: Change, event: Event, **fields: Any) -> Change:
        """Write a step down if that can be done; what is worse goes, and is told, in either case."""
        try:
            return self._context.advance(change, event, **fields)
        except RecordsUnusable:
            log.exception("change.not_written", change=change.id)
            return change.after(event, time.time_ns(), **fields)


def decides(context: Context, change: Change) -> bool:
    """Whether what is live came with this change: one that followed it, or went back, leaves nothing to take back."""
    return commits.effective(context.workspace, context.workspace.main) == change.commit


def judge_with(
    watch: Watch, worse: asyncio.Future[Worse], moving: asyncio.Lock, on_doubt: Callable[[Doubt], None]
) -> Hear:
    """A listener that ends `worse` at the first sign, and tells each kind of doubt once.

    While something is `moving` another tree may decide, rightly.
    """
    doubted: set[str] = set()

    def hear(report: Health | Told) -> None:
        if isinstance(report, Health) and moving.locked():
            return
        found = watch.see(report) if isinstance(report, Health) else watch.hear(report)
        if isinstance(found, Worse) and not worse.done():
            worse.set_result(found)
        elif isinstance(found, Doubt) and found.code not in doubted:
            doubted.add(found.code)
            on_doubt(found)

    return hear
