"""Events for one candidate: markets of every scale and mood, with the numbers of its own code in every field.

All of it is drawn by the candidate's files. What is drawn is what a market may bring, but for the last events of a
tape, which are what only a broken feed brings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from core.backtest.plain import Grid
from core.kernel import BAR, EVENT, NANOSECONDS, QUOTE, TRADE, Records
from services.guardian.branches.literals import around
from services.guardian.fuzz import generator
from services.guardian.tape import Tape

Numbers = np.ndarray[Any, np.dtype[np.float64]]

PAIRS: Final = 3
EPISODE: Final = 100
"""Events of one mood: how fast bars come, how prices move, how much is traded."""
SCALES: Final = (3e-5, 0.7, 900.0, 60_000.0)
CADENCES: Final = (60, 300, 900, 3600, 14_400, 86_400)
DAY: Final = 86_400
BUSY: Final = 5
"""One episode of so many has a trade every other second."""
YEARS: Final = 8
BROKEN: Final = 400
"""Last events of a tape that no market brings: sizes below zero and none at all, books that cross."""
BREAKS: Final = (
    *(("bid_size",), ("ask_size",), ("buy_volume",), ("sell_volume",), ("volume",)),
    *(("bid",), ("ask",), ("price", "open", "high", "low")),
)
"""What breaks together."""
OFTEN: Final = 0.25
"""Part of the values of a field that are of the candidate's own numbers."""


class Made(NamedTuple):
    """A tape, and what the counters of the state are set to before some of its events."""

    tape: Tape
    settings: tuple[tuple[int, int], ...]
    sound: int  # events from the first that a market may bring


class Draws:
    """Chance with the candidate's numbers in it."""

    def __init__(self, chance: np.random.Generator, numbers: Sequence[float]) -> None:
        self.chance = chance
        self.pool = np.array([near for number in numbers for near in around(number)], np.float64)

    def own(self, wide: Numbers, low: float, high: float, *, often: float = OFTEN, both: bool = False) -> Numbers:
        """`wide`, with some of it replaced by own numbers that lie in a range."""
        pool = np.concatenate([self.pool, -self.pool]) if both else self.pool
        pool = pool[(pool >= low) & (pool <= high)]
        if not len(pool):
            return wide
        taken = self.chance.random(len(wide)) < often
        return np.where(taken, self.chance.choice(pool, len(wide)), wide)

    def durations(self) -> Numbers:
        """Own numbers as seconds, and as nanoseconds where they are large."""
        found = np.concatenate([self.pool[self.pool > 1e-3], self.pool[self.pool > 1e5] / NANOSECONDS])
        return found[found < 5e8]

    def seconds(self, count: int, low: float, high: float) -> Numbers:
        """Durations over all magnitudes; own numbers as seconds and as nanoseconds."""
        wide = np.exp(self.chance.uniform(math.log(low), math.log(high), count))
        own = self.durations()
        return np.where(self.chance.random(count) < OFTEN, self.chance.choice(own, count), wide) if len(own) else wide


def made_for(tree: str, numbers: Sequence[float], count: int) -> Made:
    """A tape for a candidate with these numbers."""
    draws = Draws(generator(tree, "branches"), numbers)
    events: Records = np.zeros(count, EVENT)
    events["sequence"] = np.arange(1, count + 1)
    events["kind"] = draws.chance.choice([QUOTE, TRADE, BAR], count, p=[0.3, 0.3, 0.4])
    events["pair"] = draws.chance.integers(0, PAIRS, count)
    busy = np.arange(count) // EPISODE % BUSY == 1
    events["kind"][busy & (draws.chance.random(count) < 0.8)] = TRADE
    draw_times(events, draws)
    draw_prices(events, draws)
    draw_book(events, draws)
    draw_holdings(events, draws)
    sound = max(count - BROKEN, 0)
    for names in BREAKS:
        how = draws.chance.choice([1.0, 1.0, -1.0, 0.0, np.nan], count - sound)
        for name in names:
            events[name][sound:] *= how
    tape = Tape(
        name="events made for its branches",
        symbols=tuple(f"CHANCE{pair}" for pair in range(PAIRS)),
        events=events,
        grids=tuple(Grid(1e-9, 1e-8, 5.0) for _ in range(PAIRS)),
        timeframe_ns=60 * NANOSECONDS,
    )
    return Made(tape, settings_for(draws, count), sound)


def draw_times(events: Records, draws: Draws) -> None:
    """Bars from a minute to a day apart, gaps of every length, any day of eight years, clocks of the whole world."""
    count, chance = len(events), draws.chance
    cadence = np.repeat(chance.choice(CADENCES, count // EPISODE + 1), EPISODE)[:count]
    steps = cadence * chance.choice([0.0, 0.01, 0.2, 1.0], count, p=[0.1, 0.3, 0.3, 0.3])
    steps = np.where(
        chance.random(count) < 0.2, np.exp(chance.uniform(math.log(1e-3), math.log(10 * DAY), count)), steps
    )
    steps = steps * min(1.0, YEARS * 365 * DAY / max(float(steps.sum()), 1.0))
    for gap in draws.durations():
        often = min(max(YEARS * 365 * DAY / gap / len(draws.pool), 3.0), count / 20)
        steps[chance.integers(0, count, int(often))] = gap
    busy = np.arange(count) // EPISODE % BUSY == 1
    steps[busy] = chance.exponential(2.0, count)[busy]
    begin = 1_500_000_000 * NANOSECONDS
    events["time_ns"] = begin + np.cumsum((steps * NANOSECONDS).astype(np.int64))
    offsets = np.repeat(chance.integers(-48, 57, count // EPISODE + 1) * 900, EPISODE)[:count]
    events["utc_offset_s"] = offsets


def draw_prices(events: Records, draws: Draws) -> None:
    """A scale for each pair, and moods from dead calm to crashes and long ways up and down."""
    count, chance = len(events), draws.chance
    moods = count // EPISODE + 1
    width = np.repeat(10.0 ** chance.uniform(-4.5, -1.5, moods), EPISODE)[:count]
    drift = np.repeat(chance.choice([-0.8, -0.2, 0.0, 0.2, 0.8], moods), EPISODE)[:count] * width
    width[chance.random(count) < 0.1] = 0.0
    for pair in range(PAIRS):
        own = events["pair"] == pair
        moves = np.clip(chance.normal(0, 1, count) * width + drift, -0.5, 0.5)[own]
        level = np.cumsum(moves)
        events["price"][own] = chance.choice(SCALES) * np.exp(level - level.mean()).clip(1e-3, 1e3)
    price = events["price"]
    events["open"] = price * np.exp(chance.normal(0, 1, count) * width)
    events["high"] = np.maximum(price, events["open"]) * np.exp(np.abs(chance.normal(0, 1, count)) * width)
    events["low"] = np.minimum(price, events["open"]) * np.exp(-np.abs(chance.normal(0, 1, count)) * width)


def draw_book(events: Records, draws: Draws) -> None:
    """Books and trades from empty to huge, of one side and of two."""
    count, chance = len(events), draws.chance
    spread = draws.own(10.0 ** chance.uniform(-6, -1, count), 0.0, 0.5)
    spread[chance.random(count) < 0.05] = 0.0
    events["bid"], events["ask"] = events["price"] * (1 - spread / 2), events["price"] * (1 + spread / 2)
    size = np.repeat(10.0 ** chance.uniform(-3, 8, count // EPISODE + 1), EPISODE)[:count]
    lean = draws.own(np.clip(chance.normal(0, 0.6, count), -1, 1), -1, 1, both=True)
    for one, other in (("bid_size", "ask_size"), ("buy_volume", "sell_volume")):
        amount = draws.own(size * chance.lognormal(0, 1, count), 0.0, 1e12, often=OFTEN / 4)
        events[one], events[other] = amount * (1 + lean), amount * (1 - lean)
        events[one][chance.random(count) < 0.03] = events[other][chance.random(count) < 0.03] = 0.0
        lean = chance.permutation(lean)
    busy = draws.own(chance.lognormal(0, 1, count), 0.0, 1e3, often=OFTEN / 2)
    events["volume"] = size * busy * (chance.random(count) > 0.05)


def draw_holdings(events: Records, draws: Draws) -> None:
    """Positions of any age, profit and retreat, accounts from calm to ruin, advice of every value."""
    count, chance, price, times = len(events), draws.chance, events["price"], events["time_ns"]
    held = chance.random(count) < 0.6
    profit = draws.own(chance.normal(0, 1, count) * 10.0 ** chance.uniform(-4, -0.3, count), -0.95, 5.0, both=True)
    entry = price / (1.0 + np.clip(profit, -0.95, 5.0))
    retreat = draws.own(10.0 ** chance.uniform(-5, -0.1, count), 0.0, 0.95)
    retreat[chance.random(count) < 0.2] = 0.0
    amount = draws.own(10.0 ** chance.uniform(-6, 6, count), 1e-9, 1e9)
    events["position"] = np.where(held, amount, 0.0)
    events["entry_price"] = np.where(held, entry, 0.0)
    events["best_price"] = np.where(held, np.maximum(price / (1.0 - retreat), entry), 0.0)
    ages = [(draws.seconds(count, 1e-3, 60 * DAY) * NANOSECONDS).astype(np.int64) for _ in range(2)]
    events["entry_ns"] = np.where(held, times - ages[0].clip(0, 10**18), 0)
    events["exit_ns"] = np.where(chance.random(count) < 0.2, 0, times - ages[1].clip(0, 10**18))
    fall = draws.own(chance.choice([0.0, 0.02, 0.2, 0.6, 1.0], count) * chance.random(count), 0.0, 0.999)
    events["drawdown"] = np.where(chance.random(count) < 0.2, 0.0, fall)
    told = draws.own(chance.uniform(-1, 1, count), -1.0, 1.0, both=True)
    events["advice"] = np.where(chance.random(count) < 0.2, np.nan, told)


def settings_for(draws: Draws, count: int) -> tuple[tuple[int, int], ...]:
    """In the second half, from time to time, a pair that has long been traded, and own numbers beside."""
    pool = draws.pool[(draws.pool >= 50) & (draws.pool < 2**52)]
    places = range(count // 2, count, EPISODE // 2)
    far = np.exp(draws.chance.uniform(math.log(500), math.log(2e5), len(places)))
    own = draws.own(far, 50, 2**52, often=0.7) if len(pool) else far
    return tuple((place, int(number)) for place, number in zip(places, own, strict=True))
