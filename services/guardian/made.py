"""Markets made from a seed, for a judge who has no history yet, and for what bars cannot show.

`made_markets` are hourly bars through rising, falling, quiet, wild and crashing times. `rehearsal` are events as they
come live: with an order book, trades of both sides and an advisor, none of which a history of bars has. A rule that
looks at any of these would never speak on bars alone, and would seem to end all trading.

All chance comes from Python's own generator, whose numbers a seed fixes for good, and prices lie on a grid, which
swallows the last bits of a maths library: the same markets on every machine.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from core.backtest.inputs import Market
from core.backtest.plain import Grid
from core.kernel import BAR, BAR_ROW, EVENT, NANOSECONDS, QUOTE, TRADE, Records
from services.guardian.tape import Tape

SEED: Final = "sorte evidence 1"
"""Another text is another history: judgements before and after cannot be compared."""
HOUR_NS: Final = 3_600 * NANOSECONDS
QUARTER_NS: Final = HOUR_NS // 4
START_NS: Final = 1_704_067_200 * NANOSECONDS  # 2024-01-01, a Monday
MADE_BARS: Final = 3000
REHEARSED_BARS: Final = 700  # a week of quarters of an hour: every weekday and every hour comes
PAIRS: Final = (("MADEAUSDT", 40_000.0), ("MADEBUSDT", 2_500.0), ("MADECUSDT", 90.0))  # price at the start
TICK: Final = 0.01
LOT: Final = 1e-6
BURST: Final = ("Q", "T", "T", "Q", "T", "T", "T", "Q", "T", "T")  # quotes and trades, a second apart, at the open
TURN: Final = ("Q", "T")  # and at each turn of the price


class Regime(NamedTuple):
    """`drift` and `volatility` are fractions of the price in a bar, `pull` the part of the way back to the start."""

    drift: float
    volatility: float
    pull: float
    bars: int


REGIMES: Final = (
    Regime(0.0012, 0.005, 0.0, 110),  # trend up
    Regime(0.0, 0.004, 0.06, 90),  # range
    Regime(-0.0011, 0.006, 0.0, 90),  # trend down
    Regime(0.0, 0.0015, 0.02, 60),  # calm
    Regime(-0.012, 0.014, 0.0, 14),  # crash
    Regime(0.003, 0.010, 0.0, 40),  # the way back
)


class Step(NamedTuple):
    """One bar, and how hard the next one is pressed: in [-1, 1]."""

    open: float
    high: float
    low: float
    close: float
    volume: float
    pressure: float


def walk(symbol: str, price: float) -> Iterator[Step]:
    """A pair's bars without end. Volume follows the size of the move; pressure tells something of the next one."""
    chance = random.Random(f"{SEED}:{symbol}")  # noqa: S311 - a market, not a secret
    turn, left, anchor, pressure = chance.randrange(len(REGIMES)), 0, price, 0.0
    while True:
        if left == 0:
            turn = (turn + 1) % len(REGIMES)
            left, anchor = int(REGIMES[turn].bars * chance.uniform(0.6, 1.4)), price
        left -= 1
        regime = REGIMES[turn]
        move = regime.drift + regime.volatility * (0.25 * pressure + chance.gauss(0.0, 0.95))
        move += regime.pull * (anchor / price - 1.0)
        opened = price * (1.0 + 0.1 * regime.volatility * chance.gauss(0.0, 1.0))
        price = max(opened * (1.0 + move), 100 * TICK)
        up, down = (abs(chance.gauss(0.0, 0.5)) * regime.volatility for _ in range(2))
        value = 4e6 * (0.3 + abs(move) / 0.005) * chance.lognormvariate(0.0, 0.5)
        pressure = max(-1.0, min(1.0, 0.5 * pressure + chance.gauss(0.0, 0.5)))
        yield Step(
            open=round_to_tick(opened),
            high=round_to_tick(max(opened, price) * (1.0 + up)),
            low=round_to_tick(min(opened, price) * (1.0 - down)),
            close=round_to_tick(price),
            volume=round(value / price, 4),
            pressure=round(pressure, 3),
        )


def round_to_tick(price: float) -> float:
    """`price` on the grid of ticks."""
    return round(price, 2)


@functools.cache
def made_markets() -> tuple[Market, ...]:
    """Three pairs of hourly bars."""
    markets = []
    for symbol, price in PAIRS:
        steps = walk(symbol, price)
        rows = [(START_NS + i * HOUR_NS, *next(steps)[:5]) for i in range(MADE_BARS)]
        markets.append(Market(symbol, np.array(rows, BAR_ROW), HOUR_NS, TICK, LOT))
    return tuple(markets)


@functools.cache
def rehearsal() -> Tape:
    """The same three pairs in quarters of an hour, as live events."""
    events: list[tuple[float, ...]] = []
    walks = [walk(f"{symbol}:live", price) for symbol, price in PAIRS]
    for bar in range(REHEARSED_BARS):
        for pair, steps in enumerate(walks):
            events += live_bar(pair, bar, next(steps), random.Random(f"{SEED}:{pair}:{bar}"))  # noqa: S311
    rows: Records = np.array(events, EVENT)
    rows = rows[np.lexsort((rows["pair"], rows["time_ns"]))]
    rows["sequence"] = np.arange(1, len(rows) + 1)
    return Tape(
        name="rehearsal",
        symbols=tuple(symbol for symbol, _ in PAIRS),
        events=rows,
        grids=tuple(Grid(LOT, TICK, 5.0) for _ in PAIRS),
        timeframe_ns=QUARTER_NS,
    )


def live_bar(pair: int, bar: int, step: Step, chance: random.Random) -> Iterator[tuple[float, ...]]:
    """The events of one bar: a burst at its open and at each turn of its price, then its close."""
    opened_ns = START_NS + bar * QUARTER_NS + pair * 1_000_000
    rising = step.close >= step.open
    turns = (step.open, step.low, step.high) if rising else (step.open, step.high, step.low)
    advice = step.pressure if bar // 40 % 3 else float("nan")
    lean = max(-0.95, min(0.95, 0.6 * step.pressure + 0.4 * chance.gauss(0.0, 0.6)))
    held = (0.0, 0.0, 0.0, 0, 0, 0.0, advice, 0)
    book = (0.0, 0.0, 0.0, 0.0)
    for turn, price in enumerate(turns):
        half = max(TICK, round_to_tick(price * 5e-5))
        size = 2e4 / price
        for seconds, kind in enumerate(TURN if turn else BURST):
            time_ns = opened_ns + turn * QUARTER_NS // 3 + seconds * NANOSECONDS
            bid, ask = round_to_tick(price - half), round_to_tick(price + half)
            if kind == "Q":
                book = (bid, ask, round(size * (1.0 + lean), 6), round(size * (1.0 - lean), 6))
                yield (0, time_ns, pair, QUOTE, 0.5 * (bid + ask), *book, *[0.0] * 6, *held)
            else:
                amount = round(size * chance.uniform(0.2, 1.5), 6)
                bought = chance.random() < 0.5 + 0.45 * lean
                flow = (amount, 0.0) if bought else (0.0, amount)
                yield (0, time_ns, pair, TRADE, ask if bought else bid, *book, *flow, *[0.0] * 4, *held)
    closed_ns = opened_ns + QUARTER_NS - NANOSECONDS
    bars = (step.open, step.high, step.low, step.volume)
    yield (0, closed_ns, pair, BAR, step.close, *book[:2], *[0.0] * 4, *bars, *held)
