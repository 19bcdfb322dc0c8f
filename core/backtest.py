"""Event-by-event simulation of a strategy on recorded history, through the very kernel that trades live.

An order sent at one event is filled at the next event of its pair, at that event's price moved against us by the
slippage and rounded to the tick: never at the price that made the signal. A bar is played as open, then low before high
in a rising bar and high before low in a falling one, then close with its volume. Bars of several pairs that open
together advance together, step by step, so that no pair sees another's future through the shared account.

What a simulation cannot know is left out: our own market impact, the queue of a limit order, and where inside a bar a
price lay. Long only, one position per pair, market orders.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
from numba.core.errors import NumbaError

from core.errors import ConfigurationError, DataError, StrategyError
from core.kernel import (
    BAR,
    BAR_ROW,
    BUY,
    DECISION,
    EVENT,
    FILL,
    NANOSECONDS,
    SELL,
    TRADE,
    Records,
    kernel,
    record_dtype,
)
from core.strategy import Strategy

CLOSE_BEFORE_NEXT_OPEN_NS: Final = 1_000_000  # a bar closes one millisecond before the next opens, as exchanges date it
EVENTS_PER_CHUNK: Final = 1 << 16  # what is simulated between two looks at the clock; bounds the fills buffer to 6 MB
EVENTS_PER_BAR: Final = 4
SHORTEST_BAR: Final = 0.9  # of the timeframe
TICK_SAMPLE_NS: Final = 60 * NANOSECONDS  # how often equity is noted when the history is events, not bars

POSITION: Final = record_dtype(
    [
        ("quantity", "f8"),  # base currency, >= 0
        ("entry_price", "f8"),
        ("entry_fee", "f8"),  # quote currency
        ("best_price", "f8"),  # highest since entry
        ("entry_ns", "i8"),
        ("exit_ns", "i8"),
        ("price", "f8"),  # last seen; 0 before the first event
        ("order_side", "i8"),  # BUY or SELL while an order waits for the next event, else 0
        ("order_quantity", "f8"),
        ("order_ns", "i8"),
        ("order_price", "f8"),  # of the event that sent the order
        ("order_rule", "i8"),
        ("order_score", "f8"),
        ("lot", "f8"),
        ("price_tick", "f8"),
        ("min_notional", "f8"),
    ]
)
"""What a pair holds and waits for, and the grid its orders must lie on."""

ACCOUNT: Final = record_dtype(
    [
        ("cash", "f8"),  # quote currency
        ("reserved", "f8"),  # cash set aside for buy orders that wait
        ("equity", "f8"),  # cash plus positions at their last price
        ("peak", "f8"),  # highest equity so far
        ("invested", "i8"),  # open positions
        ("exposed_ns", "i8"),  # time with at least one open position
        ("time_ns", "i8"),  # of the last event
        ("sequence", "i8"),  # events so far
        ("fills", "i8"),  # in the buffer
        ("samples", "i8"),  # in the buffer
        ("next_sample_ns", "i8"),
        ("sample_step_ns", "i8"),
        ("rejected", "i8"),  # orders that the exchange would have refused: too small, or not enough cash
        ("fee", "f8"),  # fraction of each fill's value
        ("slippage", "f8"),  # fraction of the price, against us
    ]
)

SAMPLE: Final = record_dtype([("time_ns", "i8"), ("equity", "f8")])


class Run(NamedTuple):
    """The memory of one simulation; one entry per pair where it says so."""

    account: Records  # ACCOUNT[1]
    positions: Records  # POSITION[pairs]
    states: Records  # the strategy's STATE[pairs]
    tables: np.ndarray[Any, Any]  # float64[pairs, rows, 3]
    event: Records  # EVENT[1], reused
    decision: Records  # DECISION[1], reused
    fills: Records  # FILL[EVENTS_PER_CHUNK]
    samples: Records  # SAMPLE[EVENTS_PER_CHUNK]


@dataclass(frozen=True, slots=True)
class Market:
    """One pair's history and trading rules for a simulation.

    `rows` is BAR_ROW[n] or EVENT[n] in order of time; `timeframe_ns` the length of a bar (ignored for events).
    """

    symbol: str
    rows: Records
    timeframe_ns: int
    price_tick: float = 0.01
    lot: float = 1e-6
    min_notional: float = 5.0

    def __post_init__(self) -> None:
        for name in ("price_tick", "lot"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigurationError(f"{self.symbol}: {name} is {getattr(self, name)}.", "It must be above zero.")


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading takes: `fee` of each fill's value, `slippage` of the price against us; both fractions."""

    fee: float = 0.001
    slippage: float = 0.0002

    def __post_init__(self) -> None:
        for name in ("fee", "slippage"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigurationError(
                    f"The {name} is {getattr(self, name)}.", "It is a fraction from 0 to below 1: 0.001 is 0.1 %."
                )


@dataclass(frozen=True, slots=True)
class Result:
    """What a simulation did. `times_ns` and `equity` sample the account at the start and at the end of each bar."""

    symbols: tuple[str, ...]
    events: int
    engine_seconds: float
    fills: Records
    times_ns: np.ndarray[Any, np.dtype[np.int64]]
    equity: np.ndarray[Any, np.dtype[np.float64]]
    exposed_ns: int
    rejected: int
    compile_seconds: float

    @property
    def events_per_second(self) -> float:
        """Simulated events in a second of the engine's own time."""
        return self.events / self.engine_seconds if self.engine_seconds > 0 else 0.0

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what was traded: the same for two strategies exactly when they traded the same."""
        digest = hashlib.sha256("\n".join(("sorte fills 1", *self.symbols, "")).encode())
        for column in ("time_ns", "pair", "side", "quantity", "price", "fee"):
            digest.update(np.ascontiguousarray(self.fills[column]).tobytes())
        return digest.hexdigest()


def simulate(
    strategy: Strategy,
    markets: Sequence[Market],
    *,
    cash: float = 10_000.0,
    costs: Costs = Costs(),
    tables: Sequence[np.ndarray[Any, Any] | None] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Trade `markets` together on one account of `cash` (quote currency).

    `tables` are the pairs' Q-tables, zeros where None or absent. `progress(done, total)` is told the rows behind us,
    about every 65,000 events. Raises DataError for a history that is empty, unsorted or holds a price that is none, and
    StrategyError when the strategy does not compile or fails at an event.
    """
    if not 0 < cash < math.inf:
        raise ConfigurationError(f"The account starts with {cash}.", "It needs cash above zero.")
    rows, pairs = merge(markets)
    engine = compile_engine(strategy.decide)
    bars = rows.dtype == BAR_ROW
    timeframe_ns = markets[0].timeframe_ns if bars else TICK_SAMPLE_NS
    run = allocate(strategy, markets, cash, costs, tables, int(rows["time_ns"][0]), timeframe_ns)
    if bars:
        play = functools.partial(engine.play_bars, run, rows, pairs, timeframe_ns)
    else:
        play = functools.partial(engine.play_events, run, rows)
    begun = time.perf_counter()
    with blame_strategy(run):
        play(0, 0)  # compiles, plays nothing
    compile_seconds = time.perf_counter() - begun
    fills, samples, elapsed = [], [np.array([(rows["time_ns"][0], cash)], SAMPLE)], 0
    step = EVENTS_PER_CHUNK // EVENTS_PER_BAR if bars else EVENTS_PER_CHUNK
    start = 0
    while start < len(rows):
        stop = end_of_group(rows, min(start + step - len(markets), len(rows))) if bars else min(start + step, len(rows))
        begun_ns = time.perf_counter_ns()
        with blame_strategy(run):
            play(start, stop)
        elapsed += time.perf_counter_ns() - begun_ns
        account = run.account[0]
        fills.append(run.fills[: account.fills].copy())
        samples.append(run.samples[: account.samples].copy())
        account.fills = account.samples = 0
        start = stop
        if progress is not None:
            progress(stop, len(rows))
    result = finish(run, markets, np.concatenate(fills), np.concatenate(samples))
    return replace(result, engine_seconds=elapsed / NANOSECONDS, compile_seconds=compile_seconds)


@contextlib.contextmanager
def blame_strategy(run: Run) -> Iterator[None]:
    """Turns what a strategy's kernel raises, when compiled or played, into a StrategyError that names the event."""
    try:
        yield
    except NumbaError as error:
        raise StrategyError(f"The strategy does not compile: {error}") from error
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, NameError) as error:
        event = int(run.account[0].sequence)
        raise StrategyError(f"The strategy failed at event {event}: {type(error).__name__}: {error}") from error


def merge(markets: Sequence[Market]) -> tuple[Records, np.ndarray[Any, np.dtype[np.int64]]]:
    """All rows in order of time, then pair, and the pair of each. Raises DataError for what cannot be simulated."""
    if not markets:
        raise DataError("There is nothing to simulate.", "Name at least one symbol or file.")
    kinds = {market.rows.dtype == BAR_ROW for market in markets}
    if len(kinds) > 1 or (kinds == {True} and len({market.timeframe_ns for market in markets}) > 1):
        raise DataError("The histories have different timeframes.", "Choose one with --timeframe.")
    for market in markets:
        check_rows(market)
    rows = np.concatenate([market.rows for market in markets])
    pairs = np.repeat(np.arange(len(markets)), [len(market.rows) for market in markets])
    if len(markets) > 1:
        order = np.lexsort((pairs, rows["time_ns"]))
        rows, pairs = rows[order], pairs[order]
    if kinds == {True}:
        check_grid(rows, markets)
    else:
        rows["pair"] = pairs
    return rows, pairs


def check_rows(market: Market) -> None:
    """Refuse a history that would poison every figure that follows."""
    rows = market.rows
    if len(rows) == 0:
        raise DataError(f"The history of {market.symbol} is empty.", "Import more with `sorte data import`.")
    bars = rows.dtype == BAR_ROW
    gaps = np.diff(rows["time_ns"])
    if np.any(gaps <= 0 if bars else gaps < 0):
        raise DataError(
            f"The history of {market.symbol} is not in order of time.", "Import it with `sorte data import`."
        )
    for name in ("open", "high", "low", "close") if bars else ("price",):
        refuse_rows(market, name, ~(np.isfinite(rows[name]) & (rows[name] > 0)), "A price must be above zero.")
    if bars:
        refuse_rows(market, "volume", ~(np.isfinite(rows["volume"]) & (rows["volume"] >= 0)), "It must be 0 or more.")
        inside = np.maximum(rows["open"], rows["close"]) <= rows["high"]
        refuse_rows(market, "high", ~inside, "It must be the highest price of its bar.")
        inside = np.minimum(rows["open"], rows["close"]) >= rows["low"]
        refuse_rows(market, "low", ~inside, "It must be the lowest price of its bar.")


def refuse_rows(market: Market, name: str, bad: np.ndarray[Any, np.dtype[np.bool_]], demand: str) -> None:
    """Raise DataError for the first row that `bad` marks, if any."""
    found = np.flatnonzero(bad)
    if len(found):
        raise DataError(f"{market.symbol}: {name} of row {found[0]} is {market.rows[name][found[0]]}.", demand)


def check_grid(rows: Records, markets: Sequence[Market]) -> None:
    """Refuse bars that open while another is under way: played one after the other, they would run back in time.

    Bars a tenth shorter than the timeframe pass: February, and the day on which the clocks go forward.
    """
    gaps = np.diff(rows["time_ns"])
    torn = np.flatnonzero((gaps > 0) & (gaps < SHORTEST_BAR * markets[0].timeframe_ns))
    if len(torn):
        raise DataError(
            f"The bars of {', '.join(market.symbol for market in markets)} overlap: one opens at"
            f" {np.datetime64(int(rows['time_ns'][torn[0] + 1]), 'ns')} while another is under way.",
            "Choose a --timeframe that all of them start on, or import them again with `sorte data import`.",
        )


def end_of_group(rows: Records, stop: int) -> int:
    """The first row at or after `stop` that opens later than the one before it, so that no group is torn."""
    while 0 < stop < len(rows) and rows["time_ns"][stop] == rows["time_ns"][stop - 1]:
        stop += 1
    return stop


def allocate(
    strategy: Strategy,
    markets: Sequence[Market],
    cash: float,
    costs: Costs,
    tables: Sequence[np.ndarray[Any, Any] | None],
    start_ns: int,
    sample_step_ns: int,
) -> Run:
    """The memory of a simulation at its start."""
    account = np.zeros(1, ACCOUNT)
    account[0].cash = account[0].equity = account[0].peak = cash
    account[0].fee, account[0].slippage = costs.fee, costs.slippage
    account[0].time_ns = start_ns
    account[0].sample_step_ns = sample_step_ns
    account[0].next_sample_ns = start_ns + sample_step_ns
    positions = np.zeros(len(markets), POSITION)
    for position, market in zip(positions, markets, strict=True):
        position.lot, position.price_tick, position.min_notional = market.lot, market.price_tick, market.min_notional
    table = np.zeros((len(markets), *strategy.table_shape))
    for i, given in enumerate(tables):
        if given is not None:
            table[i] = given
    return Run(
        account=account,
        positions=positions,
        states=np.zeros(len(markets), strategy.state_dtype),
        tables=table,
        event=np.zeros(1, EVENT),
        decision=np.zeros(1, DECISION),
        fills=np.zeros(EVENTS_PER_CHUNK, FILL),
        samples=np.zeros(EVENTS_PER_CHUNK, SAMPLE),
    )


def finish(run: Run, markets: Sequence[Market], fills: Records, samples: Records) -> Result:
    """The result of a simulation, closed by a last sample of the account; its times are still to be told."""
    account = run.account[0]
    last = np.array([(account.time_ns, account.equity)], SAMPLE)
    samples = np.concatenate((samples, last))
    return Result(
        symbols=tuple(market.symbol for market in markets),
        events=int(account.sequence),
        engine_seconds=0.0,
        fills=fills,
        times_ns=samples["time_ns"],
        equity=samples["equity"],
        exposed_ns=int(account.exposed_ns),
        rejected=int(account.rejected),
        compile_seconds=0.0,
    )


@kernel
def whole_lots(quantity: float, lot: float) -> float:
    """`quantity` rounded down to the lot; a billionth of a lot is forgiven, so that 0.3 / 0.1 is three.

    numpy's floor, because that of `math` is an integer: compiled it overflows at 2^63 lots and makes one of NaN.
    """
    return float(np.floor(quantity / lot + 1e-9)) * lot


@kernel
def fill_price(side: int, price: float, slippage: float, tick: float) -> float:
    """`price` moved by `slippage` and rounded to `tick`, both against us; never below one tick."""
    if side == BUY:
        return float(np.ceil(price * (1.0 + slippage) / tick - 1e-9)) * tick
    return max(float(np.floor(price * (1.0 - slippage) / tick + 1e-9)), 1.0) * tick


@kernel
def fill_order(run: Run, pair: int, price: float, time_ns: int) -> None:
    """Fill the order that waits on `pair`, or drop it where the exchange would refuse it."""
    a = run.account[0]
    p = run.positions[pair]
    side = p.order_side
    p.order_side = 0
    paid = fill_price(side, price, a.slippage, p.price_tick)
    value = paid * p.order_quantity
    fee = value * a.fee
    profit = 0.0
    if side == BUY:
        a.reserved -= p.order_price * p.order_quantity
        if value + fee > a.cash or value < p.min_notional:
            a.rejected += 1
            return
        a.cash -= value + fee
        p.quantity = p.order_quantity
        p.entry_price = paid
        p.entry_fee = fee
        p.best_price = paid
        p.entry_ns = time_ns
        a.invested += 1
    else:
        a.cash += value - fee
        profit = (paid - p.entry_price) * p.order_quantity - fee - p.entry_fee
        p.quantity = 0.0
        p.entry_price = 0.0
        p.best_price = 0.0
        p.entry_ns = 0
        p.exit_ns = time_ns
        a.invested -= 1
    f = run.fills[a.fills]
    f.time_ns = time_ns
    f.signal_ns = p.order_ns
    f.pair = pair
    f.side = side
    f.quantity = p.order_quantity
    f.price = paid
    f.signal_price = p.order_price
    f.fee = fee
    f.profit = profit
    f.rule = p.order_rule
    f.score = p.order_score
    a.fills += 1


@kernel
def value_account(run: Run) -> None:
    """Equity from scratch: cash and every position at its last price."""
    a = run.account[0]
    equity = a.cash
    for i in range(len(run.positions)):
        equity += run.positions[i].quantity * run.positions[i].price
    a.equity = equity


@kernel
def advance(run: Run, pair: int, price: float, time_ns: int) -> None:
    """Let an event reach the account before the strategy sees it: time, the waiting order, the position's value."""
    a = run.account[0]
    p = run.positions[pair]
    if a.invested > 0 and time_ns > a.time_ns:
        a.exposed_ns += time_ns - a.time_ns
    a.time_ns = max(a.time_ns, time_ns)
    if time_ns >= a.next_sample_ns:
        value_account(run)
        run.samples[a.samples].time_ns = a.next_sample_ns
        run.samples[a.samples].equity = a.equity
        a.samples += 1
        a.next_sample_ns += ((time_ns - a.next_sample_ns) // a.sample_step_ns + 1) * a.sample_step_ns
    if p.order_side != 0:
        fill_order(run, pair, price, time_ns)
        p.price = price
        value_account(run)
    elif p.quantity > 0.0:
        a.equity += p.quantity * (price - p.price)
        p.price = price
    else:
        p.price = price
    if p.quantity > 0.0:
        p.best_price = max(p.best_price, price)
    a.peak = max(a.peak, a.equity)


@kernel
def show_position(run: Run, pair: int) -> None:
    """Tell the strategy what it holds, with the event."""
    a = run.account[0]
    p = run.positions[pair]
    e = run.event[0]
    a.sequence += 1
    e.sequence = a.sequence
    e.pair = pair
    e.position = p.quantity
    e.entry_price = p.entry_price
    e.best_price = p.best_price
    e.entry_ns = p.entry_ns
    e.exit_ns = p.exit_ns
    e.drawdown = 1.0 - a.equity / a.peak
    e.advice = math.nan


@kernel
def place_order(run: Run, pair: int) -> None:
    """Turn a decision into an order that waits for the pair's next event. One at a time, all in or all out."""
    d = run.decision[0]
    p = run.positions[pair]
    if d.action == SELL and p.quantity > 0.0:
        p.order_quantity = p.quantity
    elif d.action == BUY and p.quantity <= 0.0:
        a = run.account[0]
        budget = min(a.equity * d.size, (a.cash - a.reserved) / ((1.0 + a.fee) * (1.0 + a.slippage)))
        quantity = whole_lots(budget / p.price, p.lot)
        if not (quantity > 0.0 and quantity * p.price >= p.min_notional):  # a NaN size is refused too
            a.rejected += 1
            return
        p.order_quantity = quantity
        a.reserved += quantity * p.price
    else:
        return
    p.order_side = d.action
    p.order_ns = run.event[0].time_ns
    p.order_price = p.price
    p.order_rule = d.rule
    p.order_score = d.score


class Engine(NamedTuple):
    """A strategy compiled into the simulation. Each plays the rows [start, stop)."""

    play_bars: Callable[..., None]  # (run, bars, pairs, timeframe_ns, start, stop)
    play_events: Callable[..., None]  # (run, events, start, stop)


@functools.lru_cache(maxsize=8)
def compile_engine(decide: Callable[..., None]) -> Engine:
    """The simulation with `decide` inlined; compiled at its first call."""

    @kernel
    def step(run: Run, pair: int) -> None:
        e = run.event[0]
        advance(run, pair, e.price, e.time_ns)
        show_position(run, pair)
        decide(run.event, run.states[pair : pair + 1], run.tables[pair], run.decision)
        if run.decision[0].action != 0 and run.positions[pair].order_side == 0:
            place_order(run, pair)

    @kernel
    def play_bar(run: Run, bar: Any, pair: int, timeframe_ns: int, close_ns: int, phase: int) -> None:
        e = run.event[0]
        rising = bar.close >= bar.open
        e.kind = TRADE
        e.time_ns = bar.time_ns + phase * (timeframe_ns // 3)
        e.open = e.high = e.low = e.volume = 0.0
        if phase == 0:
            e.price = bar.open
        elif phase == 1:
            e.price = bar.low if rising else bar.high
        elif phase == 2:
            e.price = bar.high if rising else bar.low
        else:
            e.kind = BAR
            e.time_ns = close_ns
            e.price = bar.close
            e.open = bar.open
            e.high = bar.high
            e.low = bar.low
            e.volume = bar.volume
        step(run, pair)

    @kernel
    def play_bars(run: Run, bars: Records, pairs: Any, timeframe_ns: int, start: int, stop: int) -> None:
        first = start
        while first < stop:
            last = first + 1
            while last < stop and bars[last].time_ns == bars[first].time_ns:
                last += 1
            close_ns = bars[first].time_ns + timeframe_ns
            if last < len(bars):
                close_ns = min(close_ns, bars[last].time_ns)
            close_ns -= CLOSE_BEFORE_NEXT_OPEN_NS
            for phase in range(EVENTS_PER_BAR):
                for i in range(first, last):
                    play_bar(run, bars[i], pairs[i], timeframe_ns, close_ns, phase)
            first = last

    @kernel
    def play_events(run: Run, events: Records, start: int, stop: int) -> None:
        for i in range(start, stop):
            run.event[0] = events[i]
            step(run, events[i].pair)

    return Engine(play_bars, play_events)
