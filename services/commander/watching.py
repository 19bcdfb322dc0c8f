"""The watch over what has just become live, and the way back that nobody has to ask for."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError

from core.contracts import Change, Event, State
from core.contracts.control import Health, Heard
from core.errors import SorteError
from services.commander import commits
from services.commander.context import Context
from services.commander.returning import first_line, go_back, way_back
from services.commander.texts import say
from services.commander.trader_port import TraderGone
from services.commander.watch import Watch, Worse

log = logging.getLogger(__name__)


class Watcher:
    """Watches one release at a time; what becomes live later takes its place."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._watching: asyncio.Task[None] | None = None
        self._change: Change | None = None
        if context.trader is not None:
            context.trader.listen(self._hear_baseline)

    def _hear_baseline(self, report: Health | Heard) -> None:
        if not isinstance(report, Health):
            return
        if math.isfinite(report.equity):
            self._context.baseline.equity = report.equity
        if self._watching is None:
            self._context.baseline.add(report)

    def watch(self, change: Change) -> None:
        """Begin to watch a change that is live."""
        self.supersede("superseded")
        self._change = change
        self._watching = asyncio.get_running_loop().create_task(self._run(change))

    def supersede(self, by: str) -> None:
        """End the watch early: something else is live now."""
        if self._watching is None or self._change is None:
            return
        self._watching.cancel()
        known = self._context.changes.get(self._change.id)
        if known is not None and known.state is State.SWITCHING:
            known = self._change  # that it is live could not be written down before
        if known is not None and known.state is State.LIVE and known.watch == "running":
            self._context.advance(known, Event.KEPT, watch=by)
        self._watching = self._change = None

    async def close(self) -> None:
        """Stop; a watch that was running goes on at the next start."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    async def _run(self, change: Change) -> None:
        context = self._context
        tree = change.candidate.tree if change.candidate is not None else ""
        worse: asyncio.Future[Worse] = asyncio.get_running_loop().create_future()
        baseline = context.baseline
        watch = Watch(tree, baseline.p99_us, context.settings.commander, peak_equity=baseline.equity)
        stop = context.trader.listen(judge_with(watch, worse, context.moving)) if context.trader is not None else None
        try:
            await asyncio.wait({worse}, timeout=context.settings.commander.watch_seconds)
        finally:
            if stop is not None:
                stop()
        if worse.done():
            await asyncio.shield(self._take_back(change, worse.result()))
        else:
            self._keep(change)
        self._watching = None

    def _keep(self, change: Change) -> None:
        kept = self._context.advance(change, Event.KEPT, watch="passed")
        text = say("kept", kept.interpretation.language if kept.interpretation else None, id=kept.id)
        self._context.tell("watch", id=kept.id, state=kept.state, watch=kept.watch, reason=text)

    async def _take_back(self, change: Change, worse: Worse) -> None:
        context = self._context
        language = change.interpretation.language if change.interpretation is not None else None
        async with context.moving:
            known = context.changes.get(change.id)
            if known is not None and known.state is State.SWITCHING:
                known = change  # that it is live could not be written down before
            if known is None or known.state is not State.LIVE or not await context.edit(decides, context, known):
                return  # the owner was faster
            way = context.way_back or await context.edit(way_back, context)
            if way is None:
                return
            why = say(worse.code, language, detail=worse.detail)
            try:
                change = context.advance(known, Event.WORSE, target=way.commit, watch="failed", reason=why)
            except SQLAlchemyError:  # what is worse goes, whether that can be written down or not
                log.exception("change.not_written", extra={"change": change.id})
                change = known.after(Event.WORSE, time.time_ns(), target=way.commit, watch="failed", reason=why)
            try:
                change = await go_back(context, change, way, why)
            except TraderGone:
                return  # the next start goes on with it
            except (SorteError, OSError) as error:
                log.exception("change.not_taken_back", extra={"change": change.id})
                reason = say("switch_failed", language, detail=first_line(error))
                change = context.advance(change, Event.FAILED, reason=reason)
        context.tell("watch", id=change.id, state=change.state, watch=change.watch, reason=change.reason)


def decides(context: Context, change: Change) -> bool:
    """Whether what is live came with this change: one that followed it, or went back, leaves nothing to take back."""
    return commits.effective(context.workspace, context.workspace.main) == change.commit


def judge_with(watch: Watch, worse: asyncio.Future[Worse], moving: asyncio.Lock) -> Callable[[Health | Heard], None]:
    """A listener that ends `worse` at the first sign. While something is `moving` another tree may decide, rightly."""

    def hear(report: Health | Heard) -> None:
        if isinstance(report, Health) and moving.locked():
            return
        found = watch.see(report) if isinstance(report, Health) else watch.hear(report.kind, report.fields)
        if found is not None and not worse.done():
            worse.set_result(found)

    return hear
