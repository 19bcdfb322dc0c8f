"""Puts a trader together from what it is to trade with; one plain function that tests and benchmarks call too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.contracts import Pair
from core.contracts.told import Tell
from core.kernel import EVENT
from core.owner import OwnersWord
from core.recording import Recordings
from core.releases import Release
from core.settings import Settings
from core.zone import Clock
from services.trader.books import Holding
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
from services.trader.hosts import Hosts
from services.trader.ledger import Ledger
from services.trader.limits import Limits
from services.trader.losses import LossWatch
from services.trader.obeying import Obeying
from services.trader.order_times import OrderTimes
from services.trader.orders import Record
from services.trader.reasons.witness import Witness
from services.trader.reasons.witness import both as both_told
from services.trader.reconcile import Reconciler
from services.trader.silence import SilenceWatch
from services.trader.slots import Slots
from services.trader.tally import Tally
from services.trader.tape import Tape
from services.trader.timing import USUAL, Timing
from services.trader.trader import Trader
from services.trader.valuation import Valuation
from services.trader.window import Window


@dataclass(frozen=True, slots=True)
class Ground:
    """What every part of one trader stands on: what was given, the books, and where the events are kept."""

    settings: Settings
    limits: Limits
    exchange: Exchange
    timing: Timing
    tell: Tell
    owner: OwnersWord
    symbols: Sequence[str]
    tally: Tally
    ledger: Ledger
    valuation: Valuation
    faults: Faults
    recordings: Recordings
    tape: Tape
    witness: Witness

    @property
    def holdings(self) -> list[Holding]:
        """Each pair's position, in the pairs' order."""
        return [self.ledger.portfolio.holdings[symbol] for symbol in self.symbols]


@dataclass(frozen=True, slots=True)
class Way:
    """What an event passes through on its way to an order."""

    cycle: Cycle
    feed: Feed
    execution: Execution
    order_times: OrderTimes
    hosts: Hosts
    epochs: Epochs
    slots: Slots
    closing: Closing


@dataclass(frozen=True, slots=True)
class Watches:
    """What watches beside the way of the events."""

    clockwatch: ClockWatch
    losses: LossWatch
    reconciler: Reconciler
    silence: SilenceWatch
    obeying: Obeying
    follower: Follower
    window: Window


def assemble(
    settings: Settings,
    limits: Limits,
    exchange: Exchange,
    pairs: Sequence[Pair],
    timeframe_ns: int,
    release: Release,
    *,
    tell: Tell,
    folder: Path,
    qtables: Path | None = None,
    timing: Timing = USUAL,
) -> Trader:
    """A trader that has not started. `folder` is where it keeps its journal and tapes; opening it locks it.

    To be called in the loop that it will run in: every exception of that loop is the trader's from here on, until it is
    closed. Raises ConfigurationError when another trader works in `folder`, and DataError when its journal is damaged.
    """
    ground = _ground(settings, limits, exchange, pairs, tell, folder, timing)
    way = _way(ground, timeframe_ns, qtables)
    watches = _watches(ground, way)
    _connect(ground, way, watches)
    made = Trader(
        settings=settings,
        limits=limits,
        exchange=exchange,
        release=release,
        tell=tell,
        tally=ground.tally,
        ledger=ground.ledger,
        valuation=ground.valuation,
        recordings=ground.recordings,
        tape=ground.tape,
        faults=ground.faults,
        cycle=way.cycle,
        feed=way.feed,
        execution=way.execution,
        slots=way.slots,
        hosts=way.hosts,
        epochs=way.epochs,
        closing=way.closing,
        deepening=Deepening(way.feed, ground.tape, Clock(settings.time_zone)),
        obeying=watches.obeying,
        losses=watches.losses,
        clockwatch=watches.clockwatch,
        reconciler=watches.reconciler,
        silence=watches.silence,
        follower=watches.follower,
        witness=ground.witness,
        window=watches.window,
    )
    ground.faults.listen()
    return made


def _ground(
    settings: Settings,
    limits: Limits,
    exchange: Exchange,
    pairs: Sequence[Pair],
    tell: Tell,
    folder: Path,
    timing: Timing,
) -> Ground:
    trader, symbols, tally = settings.trader, [pair.symbol for pair in pairs], Tally()
    owner = OwnersWord(settings.data_dir, heard_seconds=timing.heard_seconds)
    ledger = Ledger(folder / "journal", pairs, sync_orders=trader.fsync_orders)
    witness = Witness([ledger.portfolio.holdings[symbol] for symbol in symbols], tally)
    tell = both_told(tell, witness.hear)
    faults, valuation = Faults(ledger, tally, tell), Valuation(ledger.portfolio, limits)
    recordings = Recordings(folder, keep_bytes=trader.recording_mb << 20)
    events = recordings.start("events", EVENT, {"symbols": symbols, "timeframe": trader.timeframe})
    tape = Tape(events, len(pairs), bars_per_pair=trader.warm_bars)
    given = (settings, limits, exchange, timing, tell)
    return Ground(*given, owner, symbols, tally, ledger, valuation, faults, recordings, tape, witness)


def _way(ground: Ground, timeframe_ns: int, qtables: Path | None) -> Way:
    settings, tell, tally, faults = ground.settings, ground.tell, ground.tally, ground.faults
    exchange, ledger, symbols, trader = ground.exchange, ground.ledger, ground.symbols, settings.trader
    cycle = Cycle(
        *(symbols, ground.holdings, ground.valuation, ground.tape, Clock(settings.time_zone), tally),
        latest=ground.witness.latest,
        shadow=trader.mode == "shadow",
        tell=tell,
    )
    feed = Feed(
        *(exchange, symbols, trader.timeframe, timeframe_ns),
        on_tick=cycle.on_tick,
        on_fault=faults.hear,
        stale_seconds=trader.stale_seconds,
    )
    execution = Execution(
        *(exchange, ledger, feed, ground.valuation, ground.limits, settings),
        kill_file=ground.owner.kill_file,
        tell=tell,
        on_fault=faults.hear,
        timing=ground.timing,
    )
    order_times = OrderTimes()
    ledger.on_record = both(order_times.hear, ledger.on_record)
    hosts = Hosts(trader, symbols, ground.tape, ground.recordings, faults, qtables=qtables, tell=tell)
    epochs = Epochs(exchange, ledger, execution, tally, tell)
    slots = _slots(ground, cycle, hosts, epochs)
    closing = Closing(ground.owner, ground.holdings, tell, faults.hear)
    cycle.join(slots, execution, closing)
    return Way(cycle, feed, execution, order_times, hosts, epochs, slots, closing)


def _slots(ground: Ground, cycle: Cycle, hosts: Hosts, epochs: Epochs) -> Slots:
    trader = ground.settings.trader
    return Slots(
        start=hosts.start,
        on_turn=cycle.settle,
        on_fault=ground.faults.hear,
        on_succession=epochs.succeed,
        deadline_ms=trader.host_deadline_ms,
        late_turns=trader.host_late_turns,
        restarts=trader.host_restarts,
        restarts_seconds=ground.timing.restarts_seconds,
    )


def _watches(ground: Ground, way: Way) -> Watches:
    settings, exchange, ledger, tell = ground.settings, ground.exchange, ground.ledger, ground.tell
    on_fault, timing, execution, trader = ground.faults.hear, ground.timing, way.execution, settings.trader
    losses = LossWatch(ledger, ground.valuation, execution, ground.tally, on_fault)
    reconciler = Reconciler(
        *(exchange, ledger, execution),
        tell=tell,
        on_fault=on_fault,
        on_compared=losses.on_compared,
        may_cancel=trader.mode != "shadow",
        timing=timing.comparing,
    )
    silence = SilenceWatch(
        *(exchange, way.feed, ground.holdings),
        stale_seconds=trader.stale_seconds,
        tell=tell,
        on_fault=on_fault,
        not_trading=execution.not_trading,
        timing=timing.silence,
    )
    shown = (ledger.portfolio, ground.valuation, way.feed, execution, way.slots, ground.tally, way.order_times)
    return Watches(
        clockwatch=ClockWatch(exchange, tell=tell, on_fault=on_fault, timing=timing.clocks),
        losses=losses,
        reconciler=reconciler,
        silence=silence,
        obeying=Obeying(ground.owner, ground.symbols, execution, way.closing, tell),
        follower=Follower(ledger.journal.path, settings.database_url.get_secret_value(), on_fault),
        window=Window(trader.mode, *shown),
    )


def _connect(ground: Ground, way: Way, watches: Watches) -> None:
    """What one part calls of another that is made after it."""
    execution, look_soon = way.execution, watches.silence.look_soon
    ground.faults.stop = execution.stop
    ground.exchange.ban.on_banned = ground.faults.banned
    execution.measure_clock = watches.clockwatch.measured
    execution.on_short = lambda _: watches.reconciler.look()
    execution.on_rejected = lambda _: look_soon()


def both(first: Callable[[Record], None], second: Callable[[Record], None]) -> Callable[[Record], None]:
    """Let both hear what is recorded."""

    def hear(record: Record) -> None:
        first(record)
        second(record)

    return hear
