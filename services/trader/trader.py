"""The live loop: one process that holds feeds, limits, keys and ledger; the strategies run beside it, in boxes.

An event goes round like this: frame read, price checked, position and opinion written beside it, kept on the tape,
sent to every host; the blue host's decision comes back, is checked, becomes an order in the journal and then on the
wire. Nothing in the loop waits for a host, a disk or a model.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from core.contracts import Pair
from core.database import sqlite_url
from core.errors import ExchangeError, SandboxError, SorteError
from core.kernel import ACTIONS, DECISION, EVENT, EVENT_WIRE, HOLD, NANOSECONDS, SELL
from core.owner import OwnersWord
from core.recording import Recordings
from core.releases import Release
from core.settings import Settings
from core.tasks import start_task
from core.zone import Clock
from sandbox.limits import Jail
from services.trader.clockwatch import ClockWatch
from services.trader.closing import REASON as BY_WORD
from services.trader.closing import Closing
from services.trader.exchanges.protocol import Exchange
from services.trader.execution import Execution
from services.trader.feed import Feed, Tick
from services.trader.follower import Follower
from services.trader.host import Decision, Host, Phase
from services.trader.latency import Latencies
from services.trader.ledger import Ledger
from services.trader.levels import LevelWatch, reached
from services.trader.limits import Limits
from services.trader.orders import Epoch, Fault
from services.trader.portfolio import DAY_LOST
from services.trader.reconcile import Reconciler, quote_asset
from services.trader.risk import Trading
from services.trader.silence import SilenceWatch
from services.trader.slots import Slots, Turn
from services.trader.tape import Tape
from services.trader.valuation import Valuation

log = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS: Final = 1.0
NO_ADVICE: Final = math.nan
SIGNALS: Final = ("technical", "orderbook", "flow", "qlearning", "advice")  # the end of a decision


class Trader:
    """One account, some pairs, one live release. `tell(kind, **fields)` hears everything worth telling."""

    def __init__(
        self,
        settings: Settings,
        limits: Limits,
        exchange: Exchange,
        pairs: Sequence[Pair],
        timeframe_ns: int,
        release: Release,
        *,
        tell: Callable[..., None],
        folder: Path,
        qtables: Path | None = None,
    ) -> None:
        """`folder` is where this trader keeps its journal and tapes; opening it locks it."""
        self.settings, self.limits, self.exchange = settings, limits, exchange
        self.symbols = [pair.symbol for pair in pairs]
        self.release = release
        self.tell = tell
        self.faults = 0
        self.decisions = 0
        self.sequence = 0
        self.last_decisions: dict[str, str] = {}  # symbol -> the last that became an order, in words
        self.latencies = Latencies()  # frame read -> decision settled
        self.recent_latencies = Latencies()  # the same, since who watches has taken the last ones
        self.order_latencies = Latencies()  # frame read -> order bytes written
        trader = settings.trader
        self.ledger = Ledger(folder / "journal", pairs, sync_orders=trader.fsync_orders)
        self.portfolio = self.ledger.portfolio
        self.valuation = Valuation(self.portfolio, limits)
        self.recordings = Recordings(folder, keep_bytes=trader.recording_mb << 20)
        events = self.recordings.start("events", EVENT, {"symbols": self.symbols, "timeframe": trader.timeframe})
        self.tape = Tape(events, len(pairs), bars_per_pair=trader.warm_bars)
        self.feed = Feed(
            exchange,
            self.symbols,
            trader.timeframe,
            timeframe_ns,
            on_tick=self.on_tick,
            on_fault=self.on_fault,
            stale_seconds=trader.stale_seconds,
        )
        self.owner = OwnersWord(settings.data_dir)
        self.execution = Execution(
            exchange,
            self.ledger,
            self.feed,
            self.valuation,
            limits,
            settings,
            kill_file=self.owner.kill_file,
            tell=tell,
            on_fault=self.on_fault,
        )
        self.clockwatch = ClockWatch(exchange, tell=tell, on_fault=self.on_fault)
        self.execution.measure_clock = self.clockwatch.measured
        self.reconciler = Reconciler(
            exchange,
            self.ledger,
            self.execution,
            tell=tell,
            on_fault=self.on_fault,
            on_compared=self._on_compared,
            may_cancel=trader.mode != "shadow",
        )
        self.execution.on_short = lambda _: self.reconciler.look()
        exchange.ban.on_banned = self._on_banned
        self.silence = SilenceWatch(
            exchange,
            self.feed,
            [self.portfolio.holdings[symbol] for symbol in self.symbols],
            stale_seconds=trader.stale_seconds,
            tell=tell,
            on_fault=self.on_fault,
            not_trading=self.execution.not_trading,
        )
        self.execution.on_rejected = lambda _: self.silence.look_soon()
        self.slots = Slots(
            start=self.start_host,
            on_turn=self._settle,
            on_fault=self.on_fault,
            on_succession=self.on_succession,
            deadline_ms=trader.host_deadline_ms,
            late_turns=trader.host_late_turns,
            restarts=trader.host_restarts,
        )
        self.on_answered: Callable[[Turn], None] | None = None  # hears each turn that is settled
        self.execution.paused, self.closing = self.owner.paused, self.owner.closing
        self._holdings = [self.portfolio.holdings[symbol] for symbol in self.symbols]
        self.by_word = Closing(self.owner, self._holdings, tell, self.on_fault)
        self._qtables = qtables
        self._clock = Clock(settings.time_zone)
        self._levels = LevelWatch(self._close_at_level)
        self._time_ns = 0  # the exchange's, of the last event
        self._trading = Trading.ACTIVE
        self._open = False  # until the market and the account are both connected nothing is ordered
        self._closed = False
        self._ready: asyncio.Future[None] | None = None
        self._housekeeping: asyncio.TimerHandle | None = None
        self._killing: asyncio.Task[None] | None = None
        database = settings.database_url.get_secret_value() or sqlite_url(folder / "trades.sqlite")
        self._follower = Follower(self.ledger.journal.path, database, self.on_fault)
        loop = asyncio.get_running_loop()
        self.failed: asyncio.Future[None] = loop.create_future()  # raises what stopped the trader; see `fail`
        self._usual_handler = loop.get_exception_handler()
        loop.set_exception_handler(self._on_exception)

    # Life -------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Reconcile, learn the past, warm up two hosts, and connect; returns when decisions count."""
        quote_asset(self.portfolio)
        await self._follower.start()
        await self.clockwatch.start()
        await self.reconciler.start(self.settings.trader.reconcile_seconds)
        self.execution.fees.ask()
        self.new_epoch(self.release)
        for tick in await self.feed.load_history(self.settings.trader.warm_bars):
            self.on_tick(tick, time.monotonic_ns(), False)
        self.valuation.begin()
        self._ready = asyncio.get_running_loop().create_future()
        self.slots.blue = self.start_host(self.release, self.slots)
        self.slots.previous = self.start_host(self.release, self.slots)
        await self._ready
        self._watch_losses()
        self._follow_trading()
        await self.exchange.connect(self.settings.trader.timeframe, self.feed, self.execution)
        await self._connected()
        self._open = True
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

    async def close(self) -> None:
        """Stop hearing, ask nothing more, end the hosts. Positions and the journal stay as they are."""
        self.execution.stopped = True
        if self._closed:
            return
        self._closed = True
        async with contextlib.AsyncExitStack() as steps:  # from the last to the first; one that fails keeps none back
            steps.callback(asyncio.get_running_loop().set_exception_handler, self._usual_handler)
            steps.push_async_callback(self._follower.close)
            steps.callback(self.ledger.close)
            steps.callback(self._close_recordings)
            steps.callback(self.slots.close)
            steps.push_async_callback(self.exchange.close)
            if self._killing is not None:
                await asyncio.gather(self._killing, return_exceptions=True)
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
            self.tell("fault", cause="recording_lost", subject=f"{len(problems)} recordings", detail=problems[0])

    # What nobody planned ----------------------------------------------------------------------------------------------

    def _on_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None or (isinstance(error, OSError) and "transport" in context):
            loop.default_exception_handler(context)  # a warning, or a socket that broke: its connection is renewed
        else:
            self.fail(error)

    def fail(self, error: BaseException) -> None:
        """Send no order from here on, and make `failed` raise: an exception here means that we do not know what we do.

        The one boundary of everything that runs in the loop. Positions stay; a new start reconciles them.
        """
        self.execution.stopped = True
        if self.failed.done():
            return
        log.error("trader.failed", exc_info=error)
        detail = f"{type(error).__name__}: {error}"
        stop = SorteError(
            f"Trading was stopped: {detail}.", "Mend the cause and start again; positions stay as they are."
        )
        stop.__cause__ = error
        self.failed.set_exception(stop)
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(stop)
        self.faults += 1
        with contextlib.suppress(OSError):  # the journal itself may be what failed
            self.ledger.record(Fault("unexpected", "trader", detail, self._time_ns or time.time_ns()))
        self.tell("fault", cause="unexpected", subject="trader", detail=detail)

    def new_epoch(self, release: Release) -> None:
        """From here on orders carry a higher fencing epoch, and `release` is who decides.

        It is not below the seconds of the exchange's clock: a journal that begins anew must not give an old order's id
        to a new one, whatever this machine's clock says.
        """
        number = max(self.portfolio.epoch + 1, self.exchange.clock.now_ns() // NANOSECONDS)
        self.ledger.record(Epoch(number, release.tree_hash, self._time_ns))
        self.execution.release = release
        self.tell("epoch", epoch=self.portfolio.epoch, release=release.tree_hash)

    # Hosts ------------------------------------------------------------------------------------------------------------

    def start_host(
        self, release: Release, slots: Slots, on_warm: Callable[[list[tuple[int, bytes]]], None] = lambda _: None
    ) -> Host:
        """Start a host of `release`; it warms up from the tape when it is ready, and its decisions are recorded.

        `on_warm(events)` hears what it was warmed up with.
        """

        def warm_up(host: Host) -> None:
            events = self.tape.warm_up()
            host.warm_up(events)
            on_warm(events)

        def ended(host: Host) -> None:
            try:
                self.recordings.end(host.recorder)
            except OSError as error:
                self.on_fault("recording_lost", release.tree_hash, str(error))
            slots.ended(host)

        about = {"release": release.tree_hash, "symbols": self.symbols}
        recorder = self.recordings.start("decisions", DECISION, about)
        host = Host(
            release,
            self.symbols,
            on_decision=slots.decided,
            on_compiled=warm_up,
            on_ready=self.on_host_ready,
            on_end=ended,
            recorder=recorder,
            jail=Jail(memory_mb=self.settings.trader.host_memory_mb),
            qtables=self._qtables,
        )
        timeout = self.settings.trader.host_start_seconds
        patience = asyncio.get_running_loop().call_later(timeout, give_up_unless_ready, host, timeout)
        host.settled.add_done_callback(lambda _: patience.cancel())  # or it would keep a host that has ended
        return host

    def on_host_ready(self, host: Host) -> None:
        """A host is warm."""
        self.tell(
            "host",
            pid=host.pid,
            release=host.release.tree_hash,
            ready_seconds=round(host.ready_seconds, 3),
            compile_seconds=host.compile_seconds,
            rss_mb=host.rss_mb,
        )
        if self._ready is not None and not self._ready.done() and all(host.heard for host in self.slots.hosts):
            self._ready.set_result(None)

    def on_succession(self, host: Host) -> None:
        """Blue died. When another release decides from now on, that is a new epoch."""
        if host.release.tree_hash != self.execution.release.tree_hash:
            self.new_epoch(host.release)

    def switch(self) -> None:
        """Make the green host's decisions count from the next event on."""
        host = self.slots.switch()
        self.new_epoch(host.release)

    def switch_back(self) -> None:
        """Make the previous host's decisions count again from the next event on."""
        host = self.slots.switch_back()
        self.new_epoch(host.release)

    # One event --------------------------------------------------------------------------------------------------------

    def on_tick(self, tick: Tick, received_ns: int, live: bool) -> None:
        """Make an event of a tick, and send it to the hosts."""
        holding = self._holdings[tick.pair]
        drawdown = self.valuation.price(holding, tick.price, tick.time_ns)
        if self.execution.unreconciled:
            drawdown = 0.0  # the cash is not known, and no rule shall sell for a fall that is none
        self.sequence += 1
        self._time_ns = tick.time_ns
        event = EVENT_WIRE.pack(
            self.sequence,
            tick.time_ns,
            tick.pair,
            tick.kind,
            tick.price,
            tick.bid,
            tick.ask,
            tick.bid_size,
            tick.ask_size,
            tick.buy_volume,
            tick.sell_volume,
            tick.open,
            tick.high,
            tick.low,
            tick.volume,
            holding.size,
            holding.entry_price,
            holding.best_price,
            holding.entry_ns,
            holding.exit_ns,
            drawdown,
            NO_ADVICE,
            self._clock.offset_s(tick.time_ns),
        )
        self.tape.append(self.sequence, tick.pair, tick.kind, event)
        level = reached(holding, tick.price) if live and self._open else ""
        self.slots.feed(self.sequence, tick.pair, event, received_ns, acts=live)
        wanted = bool(self.by_word.pairs) and self.by_word.wants(tick.pair)
        if live and holding.size > 0.0 and (self.closing or wanted or self.valuation.loses_too_much(holding)):
            reason = "panic" if self.closing else BY_WORD if wanted else "loss_per_trade"
            self.execution.force_exit(tick.pair, self.sequence, reason, tick.time_ns)
        if level:
            self._levels.on_event(tick.pair, self.sequence, level, tick.time_ns, self.slots.turns)

    def _settle(self, turn: Turn, decision: Decision | None) -> None:
        self.on_turn(turn, decision)
        self._levels.on_answered(turn.sequence)

    def _close_at_level(self, pair: int, sequence: int, level: str, time_ns: int) -> bool:
        """The price is past a level, and no decision has closed the position for it."""
        if self._holdings[pair].size <= 0.0 or not self.execution.force_exit(pair, sequence, level, time_ns):
            return False
        self.last_decisions[self.symbols[pair]] = f"sell: {level}"
        return True

    def on_turn(self, turn: Turn, decision: Decision | None) -> None:
        """An event was answered, or nobody answered it: then hold."""
        latency_ns = time.monotonic_ns() - turn.received_ns
        self.latencies.add(latency_ns)
        self.recent_latencies.add(latency_ns)
        if self.on_answered is not None:
            self.on_answered(turn)
        if decision is None:
            return
        self.decisions += 1
        holding = self._holdings[turn.pair]
        if holding.size > 0.0:
            holding.stop, holding.target = decision.stop, decision.target
            if turn.acts and decision.action != SELL and self.execution.protecting.on:
                self.execution.protecting.declare(self.symbols[turn.pair], decision.stop, self._time_ns)
        if decision.action == HOLD or not turn.acts or not self._open or turn.owner is None:
            return
        release = turn.owner.release
        reason = release.rule_names[decision.rule] if 0 <= decision.rule < len(release.rule_names) else "score"
        if self.execution.act(turn.pair, decision, release, reason, self._time_ns):
            self.order_latencies.add(self.execution.last_sent_ns - turn.received_ns)
            self.tell_decision(self.symbols[turn.pair], decision, reason)
        elif self.settings.trader.mode == "shadow":
            self.tell_shadow(self.symbols[turn.pair], decision, reason)

    def tell_decision(self, symbol: str, decision: Decision, reason: str) -> None:
        """Say what was decided, and why."""
        action = ACTIONS[decision.action]
        self.last_decisions[symbol] = f"{action}: {reason}"
        self.tell(
            "decision",
            pair=symbol,
            action=action,
            reason=reason,
            score=round(decision.score, 4),
            confidence=round(decision.confidence, 4),
            signals={
                name: None if math.isnan(value) else round(value, 4)
                for name, value in zip(SIGNALS, decision[-len(SIGNALS) :], strict=True)
            },
            sequence=decision.sequence,
        )

    def tell_shadow(self, symbol: str, decision: Decision, reason: str) -> None:
        """Say what would have been ordered; nothing is, so the same wish comes with every event and is told once."""
        if self.last_decisions.get(symbol) != f"{ACTIONS[decision.action]}: {reason}":
            self.tell_decision(symbol, decision, reason)

    # Beside the events ------------------------------------------------------------------------------------------------

    def on_fault(self, cause: str, subject: str, detail: str) -> None:
        """Something went wrong and was survived: keep it and tell it. A start without any host ends here."""
        self.faults += 1
        if cause == "host_given_up" and self._ready is not None and not self._ready.done():
            self._ready.set_exception(SandboxError("No strategy host became ready.", "The faults before this say why."))
        if not self.failed.done():  # then the journal may be what failed, and nothing is traded any more
            self.ledger.record(Fault(cause, subject, detail, self._time_ns or time.time_ns()))
        self.tell("fault", cause=cause, subject=subject, detail=detail)

    def _on_banned(self, seconds: float) -> None:
        told = (
            f"the exchange refuses this address for {seconds:.0f} s (418): no order, closing ones neither, until then"
        )
        self.on_fault("banned", "exchange", told)

    def pause(self, *, on: bool) -> None:
        """Only close positions from now on, or trade again. OSError: it is obeyed, and a restart will not know it."""
        try:
            if on:
                self.owner.pause()
            else:
                self.by_word.forget()
                self.owner.resume()
        finally:
            self._obey()

    def panic(self) -> None:
        """Pause, and close every open position, each with its pair's next event, until all are closed.

        OSError: as of `pause`.
        """
        try:
            self.owner.panic()
        finally:
            self._obey()

    def close_pair(self, symbol: str) -> None:
        """Close the position of one pair, with its next event. OSError: as of `pause`."""
        self.by_word.close(self.symbols.index(symbol))

    def _obey(self) -> None:
        self.execution.paused, self.closing = self.owner.paused, self.owner.closing
        self.by_word.look()
        self.execution.protecting.take_all(on=self.owner.takes_protection)
        self._follow_trading()

    def kill(self) -> None:
        """The kill switch was thrown: cancel what is open; `Execution.trading` already refuses the rest."""
        self._follow_trading()
        if self._killing is None or self._killing.done():
            self._killing = start_task(self.execution.cancel_all())

    def _keep_house(self) -> None:
        if self._closed:
            return
        self._housekeeping = asyncio.get_running_loop().call_later(HOUSEKEEPING_SECONDS, self._keep_house)
        self.recordings.flush()
        self._follower.poke()
        self._watch_losses()
        self._obey()  # while no commander listens, the owner's word comes as a file

    def _watch_losses(self) -> None:
        """Count the day's loss. Not before an event has told the time, and every position that is held its price."""
        holdings = self.portfolio.holdings.values()
        if self.execution.unreconciled:  # the cash is not known, and no loss is what it seems
            return
        if not self._time_ns or any(holding.size > 0.0 and holding.price <= 0.0 for holding in holdings):
            return
        if (day := self.valuation.new_day(self._time_ns)) is not None:
            self.ledger.record(day)
        if self.valuation.day_loss_reached():
            self.on_fault(DAY_LOST, "account", f"equity {self.valuation.equity:.2f}; positions are only closed now")

    def _on_compared(self, first: bool) -> None:
        """Books and exchange were compared: the account's worth is counted from what they say."""
        if first:
            self.valuation.begin()
        elif (day := self.valuation.follow_books()) is not None:
            self.ledger.record(day)

    def _follow_trading(self) -> None:
        trading = self.execution.trading
        if trading is not self._trading:
            self._trading = trading
            self.tell("trading", state=trading)
            if trading is Trading.HALTED:
                self.kill()

    def summary(self) -> dict[str, Any]:
        """The figures of the run so far."""
        slots = self.slots
        settled = slots.settled + len(slots.turns)
        return {
            "mode": self.settings.trader.mode,
            "trading": self.execution.trading,
            "events": slots.opened,
            "events_lost": self.feed.lost + max(slots.opened - settled, 0),
            "events_doubled": max(settled - slots.opened, 0),
            "events_refilled": self.feed.refilled,
            "events_unanswered": slots.unanswered,
            "decisions": self.decisions,
            "orders": self.portfolio.orders,
            "fills": self.portfolio.fills,
            "equity": round(self.valuation.equity, 2),
            "fees": round(float(self.portfolio.fees), 2),
            "unreconciled": self.execution.unreconciled,
            "held_back": sorted(self.execution.held_back),
            "fees_unpriced": {asset: f"{fees:f}" for asset, fees in self.portfolio.unpriced_fees().items()},
            "open_positions": sum(holding.size > 0.0 for holding in self.portfolio.holdings.values()),
            "faults": self.faults,
            "latency_us": self.latencies.percentiles(50, 99),
            "order_latency_us": self.order_latencies.percentiles(50, 99),
        }


def give_up_unless_ready(host: Host, timeout: float) -> None:
    """End a host that did not become ready in time."""
    if host.phase in (Phase.STARTING, Phase.WARMING):
        host.end("host_not_ready", f"not ready within {timeout:.0f} s")
