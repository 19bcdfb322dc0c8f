"""The live loop: one process that holds feeds, limits, keys and ledger; the strategies run beside it, in boxes.

An event goes round like this: frame read, price checked (`feed`), position and opinion written beside it, kept on the
tape, sent to every host (`cycle`, `slots`); the blue host's decision comes back, is checked, becomes an order
(`execution`: intent, size, risk) in the journal and then on the wire. Nothing in the loop waits for a host, a disk or a
model. `assembling` puts the parts together; `window` shows how they do.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from core.contracts.events import FaultTold
from core.contracts.told import Tell
from core.errors import ExchangeError
from core.names import parse_timeframe
from core.recording import Recordings
from core.releases import Release
from core.settings import Settings
from core.warming import wanted_in
from services.trader.clockwatch import ClockWatch
from services.trader.closing import Closing
from services.trader.cycle import Cycle
from services.trader.deepening import Deepening
from services.trader.epochs import Epochs
from services.trader.exchanges.protocol import Exchange
from services.trader.execution import Execution
from services.trader.faults import Faults
from services.trader.feed import Feed
from services.trader.follower import Follower
from services.trader.host import Host
from services.trader.hosts import Events, Hosts
from services.trader.ledger import Ledger
from services.trader.limits import Limits
from services.trader.losses import LossWatch
from services.trader.obeying import Obeying
from services.trader.portfolio import Portfolio
from services.trader.reasons.witness import Witness
from services.trader.reconcile import Reconciler, quote_asset
from services.trader.silence import SilenceWatch
from services.trader.slots import Slots, Turn
from services.trader.tally import Tally
from services.trader.tape import Tape
from services.trader.valuation import Valuation
from services.trader.window import Window

HOUSEKEEPING_SECONDS: Final = 1.0


@dataclass(slots=True, eq=False)
class Trader:
    """One account, some pairs, one live release. Its parts, their beginning and their end; `assemble` makes one.

    `tell` hears everything worth telling.
    """

    settings: Settings
    limits: Limits
    exchange: Exchange
    release: Release  # what trades from the start on
    tell: Tell
    tally: Tally
    ledger: Ledger
    valuation: Valuation
    recordings: Recordings
    tape: Tape
    faults: Faults
    cycle: Cycle
    feed: Feed
    execution: Execution
    slots: Slots
    hosts: Hosts
    epochs: Epochs
    closing: Closing
    deepening: Deepening
    obeying: Obeying
    losses: LossWatch
    clockwatch: ClockWatch
    reconciler: Reconciler
    silence: SilenceWatch
    follower: Follower
    witness: Witness
    window: Window
    _closed: bool = field(default=False, init=False)
    _housekeeping: asyncio.TimerHandle | None = field(default=None, init=False)

    @property
    def portfolio(self) -> Portfolio:
        """Every position and order."""
        return self.ledger.portfolio

    @property
    def failed(self) -> asyncio.Future[None]:
        """Raises what stopped the trader, when something happened that nobody planned."""
        return self.faults.failed

    # Life -------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Reconcile, learn the past, warm up two hosts, and connect; returns when decisions count."""
        trader = self.settings.trader
        quote_asset(self.portfolio)
        await self.follower.start()
        await self.clockwatch.start()
        await self.reconciler.start(trader.reconcile_seconds)
        self.execution.fees.ask()
        self.epochs.begin(self.release)
        wanted = await asyncio.to_thread(wanted_in, self.release.folder)
        bars = max(trader.warm_bars, wanted.bars(parse_timeframe(trader.timeframe)))
        for tick in await self.deepening.begin(bars, wanted.longer):
            self.cycle.on_tick(tick, time.monotonic_ns(), False)
        self.valuation.begin()
        self.faults.warm = asyncio.get_running_loop().create_future()
        self.slots.blue = self.hosts.start(self.release, self.slots)
        self.slots.previous = self.hosts.start(self.release, self.slots)
        await self.faults.warm
        self.losses.look()
        self.obeying.follow_trading()
        await self.exchange.connect(trader.timeframe, self.feed, self.execution)
        await self._connected()
        self.cycle.open = True
        self.silence.start()
        self.execution.protecting.start()
        gc.collect()
        gc.freeze()  # what lives now lives to the end; the collector need not look at it again
        self._keep_house()

    async def _connected(self) -> None:
        patience = self.settings.trader.host_start_seconds
        try:
            async with asyncio.timeout(patience):
                await asyncio.gather(self.feed.connected.wait(), self.execution.connected.wait())
        except TimeoutError:
            told = f"The exchange's streams did not open within {patience:.0f} s."
            raise ExchangeError(
                told, "Check exchange.stream_url and exchange.ws_api_url, and what the key may do."
            ) from None

    def _keep_house(self) -> None:
        if self._closed:
            return
        self._housekeeping = asyncio.get_running_loop().call_later(HOUSEKEEPING_SECONDS, self._keep_house)
        self.recordings.flush()
        self.follower.poke()
        self._hand_reasons()
        self.losses.look()
        self.obeying.look()
        self.window.show()

    def _hand_reasons(self) -> None:
        self.follower.hand(self.witness.take(self.execution.release, self.execution.trading))

    async def close(self) -> None:
        """Stop hearing, ask nothing more, end the hosts. Positions and the journal stay as they are."""
        self.execution.stop()
        if self._closed:
            return
        self._closed = True
        async with contextlib.AsyncExitStack() as steps:  # from the last to the first; one that fails keeps none back
            steps.callback(self.faults.leave)
            steps.push_async_callback(self.follower.close)
            steps.callback(self._hand_reasons)
            steps.callback(self.ledger.close)
            steps.callback(self._close_recordings)
            steps.callback(self.slots.close)
            steps.push_async_callback(self.exchange.close)
            await self.obeying.close()
            if self._housekeeping is not None:
                self._housekeeping.cancel()
            steps.push_async_callback(self.clockwatch.close)
            steps.push_async_callback(self.silence.close)
            steps.push_async_callback(self.execution.close)
            steps.push_async_callback(self.reconciler.close)
            steps.push_async_callback(self.feed.close)

    def _close_recordings(self) -> None:
        problems = self.recordings.close()
        if problems:
            self.tell(FaultTold(cause="recording_lost", subject=f"{len(problems)} recordings", detail=problems[0]))

    # Releases ---------------------------------------------------------------------------------------------------------

    async def deepen(self, release: Release) -> None:
        """Fetch as many bars as a release wants to warm up with. Raises ExchangeError when they cannot be had."""
        wanted = await asyncio.to_thread(wanted_in, release.folder)
        await self.deepening.deepen(wanted.bars(parse_timeframe(self.settings.trader.timeframe)), wanted.longer)

    def stage(self, release: Release, on_warm: Callable[[Events], None] = lambda _: None) -> Host:
        """Start a host of `release` in the green slot; see `Hosts.start`."""
        host = self.hosts.start(release, self.slots, on_warm)
        self.slots.stage(host)
        return host

    def switch(self) -> None:
        """Make the green host's decisions count from the next event on. RuntimeError when it is not warm."""
        self.epochs.begin(self.slots.switch().release)

    def switch_back(self) -> None:
        """Make the previous host's decisions count again from the next event on. RuntimeError when it is not warm."""
        self.epochs.begin(self.slots.switch_back().release)

    async def answered(self, host: Host | None, *, within_seconds: float) -> int | None:
        """The first event that `host` answers from now on; None when none is, or it dies, within so long."""
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def hear(turn: Turn) -> None:
            if turn.owner is host and not answer.done():
                answer.set_result(turn.sequence)

        self.cycle.on_answered = hear
        try:
            waited = {answer} | ({host.over} if host is not None else set())
            await asyncio.wait(waited, timeout=within_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.cycle.on_answered = None
        return answer.result() if answer.done() else None
