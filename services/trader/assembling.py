"""Puts a trader together from what it is to trade with; one plain function that tests and benchmarks call too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from core.contracts import Pair
from core.contracts.told import Tell
from core.database import sqlite_url
from core.kernel import EVENT
from core.owner import OwnersWord
from core.recording import Recordings
from core.releases import Release
from core.settings import Settings
from core.zone import Clock
from services.trader.clockwatch import ClockWatch
from services.trader.closing import Closing
from services.trader.cycle import Cycle
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
from services.trader.reconcile import Reconciler
from services.trader.silence import SilenceWatch
from services.trader.slots import Slots
from services.trader.tally import Tally
from services.trader.tape import Tape
from services.trader.trader import Trader
from services.trader.valuation import Valuation
from services.trader.window import Window


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
) -> Trader:
    """A trader that has not started. `folder` is where it keeps its journal and tapes; opening it locks it.

    To be called in the loop that it will run in: every exception of that loop is the trader's from here on, until it is
    closed. Raises ConfigurationError when another trader works in `folder`, and DataError when its journal is damaged.
    """
    trader, symbols, tally = settings.trader, [pair.symbol for pair in pairs], Tally()
    shadow, owner = trader.mode == "shadow", OwnersWord(settings.data_dir)
    ledger = Ledger(folder / "journal", pairs, sync_orders=trader.fsync_orders)
    portfolio = ledger.portfolio
    holdings = [portfolio.holdings[symbol] for symbol in symbols]
    faults = Faults(ledger, tally, tell)
    on_fault, stale = faults.hear, trader.stale_seconds
    valuation = Valuation(portfolio, limits)
    recordings = Recordings(folder, keep_bytes=trader.recording_mb << 20)
    events = recordings.start("events", EVENT, {"symbols": symbols, "timeframe": trader.timeframe})
    tape = Tape(events, len(pairs), bars_per_pair=trader.warm_bars)
    # What an event passes through, in this order.
    cycle = Cycle(symbols, holdings, valuation, tape, Clock(settings.time_zone), tally, shadow=shadow, tell=tell)
    feed = Feed(
        *(exchange, symbols, trader.timeframe, timeframe_ns),
        on_tick=cycle.on_tick,
        on_fault=on_fault,
        stale_seconds=stale,
    )
    execution = Execution(
        *(exchange, ledger, feed, valuation, limits, settings),
        kill_file=owner.kill_file,
        tell=tell,
        on_fault=on_fault,
    )
    order_times = OrderTimes()
    ledger.on_record = both(order_times.hear, ledger.on_record)
    hosts = Hosts(trader, symbols, tape, recordings, faults, qtables=qtables, tell=tell)
    epochs = Epochs(exchange, ledger, execution, tally, tell)
    slots = Slots(
        start=hosts.start,
        on_turn=cycle.settle,
        on_fault=on_fault,
        on_succession=epochs.succeed,
        deadline_ms=trader.host_deadline_ms,
        late_turns=trader.host_late_turns,
        restarts=trader.host_restarts,
    )
    closing = Closing(owner, holdings, tell, on_fault)
    cycle.join(slots, execution, closing)
    # What watches beside it.
    clockwatch = ClockWatch(exchange, tell=tell, on_fault=on_fault)
    losses = LossWatch(ledger, valuation, execution, tally, on_fault)
    reconciler = Reconciler(
        *(exchange, ledger, execution),
        tell=tell,
        on_fault=on_fault,
        on_compared=losses.on_compared,
        may_cancel=not shadow,
    )
    silence = SilenceWatch(
        *(exchange, feed, holdings),
        stale_seconds=stale,
        tell=tell,
        on_fault=on_fault,
        not_trading=execution.not_trading,
    )
    database = settings.database_url.get_secret_value() or sqlite_url(folder / "trades.sqlite")
    faults.stop = execution.stop
    exchange.ban.on_banned = faults.banned
    execution.measure_clock = clockwatch.measured
    execution.on_short = lambda _: reconciler.look()
    execution.on_rejected = lambda _: silence.look_soon()
    made = Trader(
        settings=settings,
        limits=limits,
        exchange=exchange,
        release=release,
        tell=tell,
        tally=tally,
        ledger=ledger,
        valuation=valuation,
        recordings=recordings,
        tape=tape,
        faults=faults,
        cycle=cycle,
        feed=feed,
        execution=execution,
        slots=slots,
        hosts=hosts,
        epochs=epochs,
        closing=closing,
        obeying=Obeying(owner, symbols, execution, closing, tell),
        losses=losses,
        clockwatch=clockwatch,
        reconciler=reconciler,
        silence=silence,
        follower=Follower(ledger.journal.path, database, on_fault),
        window=Window(trader.mode, portfolio, valuation, feed, execution, slots, tally, order_times),
    )
    faults.listen()
    return made


def both(first: Callable[[Record], None], second: Callable[[Record], None]) -> Callable[[Record], None]:
    """Let both hear what is recorded."""

    def hear(record: Record) -> None:
        first(record)
        second(record)

    return hear
