"""Events on which every known number shows: warm-up, a pair that never moves, books that are none, time that stands."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.kernel import BAR, EVENT, NANOSECONDS, QUOTE, TRADE, Records
from core.masking import FIRST_WEEK, WEEK_NS
from services.guardian.fuzz import draw_positions

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
LONGER: Final = 3_600
"""The kind of a longer bar, which nothing that is known counts."""


def events_by_chance(chance: np.random.Generator, bars: int) -> Records:
    """At least so many bars of each pair, with quotes and trades between them."""
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
