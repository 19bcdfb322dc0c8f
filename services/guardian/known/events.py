"""Events on which every known number shows: warm-up, a pair that never moves, books that are none, time that stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from core.kernel import BAR, EVENT, NANOSECONDS, QUOTE, TRADE, Records
from core.masking import FIRST_WEEK, WEEK_NS
from services.guardian.fuzz import draw_positions
from services.guardian.known.placing import close_to

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

DAY_NS: Final = 86_400 * NANOSECONDS
START_NS: Final = FIRST_WEEK * WEEK_NS + DAY_NS
"""In the week in which the host's frame lets every memory begin: what is remembered of time is then as it was shown."""
LEVELS: Final = (100.0, 0.03)
"""Where the price of each pair begins."""
PAIRS: Final = len(LEVELS)
STILL: Final = 45
"""Bars of the last pair before its price moves for the first time."""
COLD: Final = 12
"""Events before the first bar."""
RECENT: Final = 0.5
RECENT_SECONDS: Final = 90.0
NAUGHT: Final = 0.03
"""Advice that is neither up nor down, with the sign that nobody sees."""
OWN: Final = 0.1
"""Part of the events that have an own number in a field."""
OLDEST_SECONDS: Final = 3_650 * 86_400.0
"""Ten years, which a position may well be held for."""
LONGER: Final = 3_600
"""The kind of a longer bar, which nothing that is known counts."""


def events_by_chance(chance: np.random.Generator, bars: int, own: Sequence[float] = ()) -> Records:
    """At least so many bars of each pair, with quotes and trades between them; `own` numbers are in many of them."""
    count = PAIRS * (bars * 5 // 2 + 20)
    events: Records = np.zeros(count, EVENT)
    events["sequence"] = np.arange(1, count + 1)
    events["pair"] = chance.integers(0, PAIRS, count)
    events["kind"] = chance.choice([QUOTE, TRADE, BAR, LONGER], count, p=[0.27, 0.27, 0.44, 0.02])
    events["kind"][:COLD] = np.resize([QUOTE, TRADE, LONGER], COLD)
    steps = np.where(chance.random(count) < 0.04, chance.uniform(30, 100, count), chance.exponential(3, count))
    steps[chance.random(count) < 0.08] = 0.0
    steps[chance.random(count) < 0.01] = -0.5
    events["time_ns"] = START_NS + int(chance.integers(4 * DAY_NS)) + np.cumsum((steps * NANOSECONDS).astype(np.int64))
    _draw_prices(events, chance)
    _draw_amounts(events, chance)
    draw_positions(events, chance)
    _make_recent(events, chance)
    events["advice"][chance.random(count) < NAUGHT] = -0.0
    if own:
        _place(events, chance, own)
    return events


def _make_recent(events: Records, chance: np.random.Generator) -> None:
    """Positions that were opened, or closed, just now, and near the price: what waits for time shows at these."""
    count, times = len(events), events["time_ns"]
    near = (chance.random(count) < RECENT) & (events["position"] > 0.0)
    ages = (chance.uniform(0, RECENT_SECONDS, count) * NANOSECONDS).astype(np.int64)
    events["entry_ns"][near] = (times - ages)[near]
    events["entry_price"][near] = (events["price"] * (1 + chance.normal(0, 0.004, count)))[near]
    events["best_price"][near] = np.maximum(events["entry_price"], events["price"])[near]
    left = (chance.random(count) < RECENT) & (events["exit_ns"] > 0)
    events["exit_ns"][left] = (times - ages)[left]


def _place(events: Records, chance: np.random.Generator, own: Sequence[float]) -> None:
    """Own numbers, and what is near them, where an event has room for one: as a part, a multiple, an age, an amount."""
    near = np.array([value for number in own for value in close_to(number)])
    held, left = events["position"] > 0.0, events["exit_ns"] > 0

    def drawn(low: float, high: float, where: Flags) -> tuple[Flags, Numbers]:
        pool = near[(near >= low) & (near <= high)]
        rows = where & (chance.random(len(events)) < OWN) & (len(pool) > 0)
        return rows, chance.choice(pool, int(rows.sum())) if len(pool) else np.empty(0)

    every = np.ones(len(events), bool)
    for name, low, where in (("advice", -1.0, every), ("drawdown", 0.0, every), ("position", 1e-9, held)):
        rows, numbers = drawn(low, {"position": 1e12}.get(name, 1.0), where)
        events[name][rows] = numbers
    for one, other in (("bid_size", "ask_size"), ("ask_size", "bid_size"), ("buy_volume", "sell_volume")):
        rows, numbers = drawn(0.0, 1e6, every)
        events[one][rows] = numbers * events[other][rows]
    for name, where in (("entry_ns", held), ("exit_ns", left)):
        rows, numbers = drawn(0.0, OLDEST_SECONDS, where)
        events[name][rows] = events["time_ns"][rows] - (numbers * NANOSECONDS).astype(np.int64)
    rows, numbers = drawn(-0.9, 5.0, held)
    events["entry_price"][rows] = events["price"][rows] / (1.0 + numbers)
    rows, numbers = drawn(1.0, 1e3, held)
    events["best_price"][rows] = events["entry_price"][rows] * numbers
    rows, numbers = drawn(-50_400, 50_400, every)
    events["utc_offset_s"][rows] = numbers.astype(np.int64)
    events["best_price"][held] = np.maximum(np.maximum(events["best_price"], events["entry_price"]), events["price"])[
        held
    ]


def _draw_prices(events: Records, chance: np.random.Generator) -> None:
    count = len(events)
    moves = chance.normal(0, 0.003, count) + np.where(chance.random(count) < 0.02, chance.normal(0, 0.03, count), 0.0)
    still = events["pair"] == PAIRS - 1
    still &= np.cumsum(still & (events["kind"] == BAR)) <= STILL
    moves[still] = 0.0
    for pair, level in enumerate(LEVELS):
        own = events["pair"] == pair
        events["price"][own] = level * np.exp(np.clip(np.cumsum(moves[own]), -6, 6))
    price = events["price"]
    width = price * chance.uniform(1e-5, 5e-3, count)
    events["bid"], events["ask"] = price - width, price + width
    reach = np.where(still, 0.0, chance.uniform(0, 4e-3, (3, count)))
    events["open"] = price * (1 + reach[0] * chance.choice([-1.0, 1.0], count))
    events["high"] = np.maximum(price, events["open"]) * (1 + reach[1])
    events["low"] = np.minimum(price, events["open"]) * (1 - reach[2])


def _draw_amounts(events: Records, chance: np.random.Generator) -> None:
    """Sizes and volumes; some are zero, some books are crossed, locked, lack a side, or are no numbers."""
    count = len(events)
    for name in ("bid_size", "ask_size", "buy_volume", "sell_volume", "volume"):
        events[name] = chance.lognormal(0, 1, count) * (chance.random(count) > 0.15)
    crossed, gone, unknown, locked = (chance.random(count) < 0.04 for _ in range(4))
    events["ask"][locked] = events["bid"][locked]
    events["bid"][crossed], events["ask"][crossed] = events["ask"][crossed], events["bid"][crossed]
    events["bid"][gone] = 0.0
    for name in ("ask_size", "buy_volume"):
        events[name][unknown] = np.nan
