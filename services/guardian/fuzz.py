"""Events made by chance, up to the ends of what a market can be.

The seed is the candidate's own tree: the same tree meets the same events each time it is judged, and no strategy can
be written for the events that it will meet.
"""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from core.backtest.plain import Grid
from core.kernel import BAR, EVENT, NANOSECONDS, QUOTE, TRADE, Records
from services.guardian.tape import Tape

QUARTER_SECONDS: Final = 900  # clocks differ by whole quarters of an hour


def generator(tree: str, purpose: str) -> np.random.Generator:
    """The chance that belongs to one tree and one purpose."""
    digest = hashlib.sha256(f"{tree}:{purpose}".encode()).digest()
    return np.random.default_rng(np.frombuffer(digest, np.uint32))


def fuzz(tree: str, count: int, pairs: int) -> Tape:
    """Quotes, trades and bars; positions, advice and drawdowns without any sense; jumps, gaps, zeros and giants."""
    chance = generator(tree, "fuzz")
    events: Records = np.zeros(count, EVENT)
    events["sequence"] = np.arange(1, count + 1)
    events["pair"] = chance.integers(0, pairs, count)
    events["kind"] = chance.choice([QUOTE, TRADE, BAR], count, p=[0.35, 0.3, 0.35])
    steps = np.where(chance.random(count) < 0.02, chance.uniform(0, 40 * 86_400, count), chance.exponential(6, count))
    steps[chance.random(count) < 0.1] = 0.0  # several at the same instant
    times = 1_700_000_000 * NANOSECONDS + np.cumsum((steps * NANOSECONDS).astype(np.int64))
    events["time_ns"] = times
    moves = chance.normal(0, 0.004, count) + np.where(chance.random(count) < 0.01, chance.normal(0, 1.5, count), 0.0)
    level = np.array([1e-7, 30.0, 4e6, 1.0])[np.arange(pairs) % 4][events["pair"]]
    price = level * np.exp(np.clip(np.cumsum(moves), -12, 12))
    events["price"] = price
    still = chance.random(count) < 0.05  # a price that stands where the one before stood
    events["price"][1:][still[1:]] = events["price"][:-1][still[1:]]
    price = events["price"].copy()
    width = price * chance.uniform(0, 5e-3, count) * (chance.random(count) > 0.1)
    events["bid"], events["ask"] = price - width, price + width
    events["open"] = price * (1 + chance.normal(0, 2e-3, count))
    events["high"] = np.maximum(price, events["open"]) * (1 + chance.uniform(0, 5e-3, count))
    events["low"] = np.minimum(price, events["open"]) * (1 - chance.uniform(0, 5e-3, count))
    for name in ("bid_size", "ask_size", "buy_volume", "sell_volume", "volume"):
        giants = np.where(chance.random(count) < 0.01, 1e12, 1.0)
        events[name] = chance.lognormal(0, 2, count) * giants * (chance.random(count) > 0.15)
    draw_positions(events, chance)
    return Tape(
        name="events made by chance",
        symbols=tuple(f"CHANCE{pair}" for pair in range(pairs)),
        events=events,
        grids=tuple(Grid(1e-6, 1e-8, 5.0) for _ in range(pairs)),
        timeframe_ns=60 * NANOSECONDS,
    )


def draw_positions(events: Records, chance: np.random.Generator) -> None:
    """Positions, advice and drawdowns, drawn anew for each event."""
    count, price, times = len(events), events["price"], events["time_ns"]
    held = chance.random(count) < 0.5
    events["position"] = np.where(held, chance.lognormal(0, 2, count), 0.0)
    events["entry_price"] = np.where(held, price * np.exp(chance.normal(0, 0.05, count)), 0.0)
    events["best_price"] = np.where(held, np.maximum(events["entry_price"], price), 0.0)
    ages = (chance.exponential(1800, (2, count)) * NANOSECONDS).astype(np.int64)
    events["entry_ns"] = np.where(held, times - ages[0], 0)
    events["exit_ns"] = np.where(chance.random(count) < 0.3, 0, times - ages[1])
    events["drawdown"] = chance.choice([0.0, 0.01, 0.3, 0.99], count) * chance.random(count)
    advice = chance.choice([np.nan, -1.0, 0.0, 1.0, 0.5], count)
    events["advice"] = np.where(chance.random(count) < 0.4, chance.uniform(-1, 1, count), advice)
    events["utc_offset_s"] = chance.integers(-12 * 4, 14 * 4 + 1, count) * QUARTER_SECONDS


def fuzzed_tables(tree: str, pairs: int, shape: tuple[int, int]) -> list[bytes]:
    """Q-tables with a third of their cells never visited."""
    chance = generator(tree, "tables")
    rows, columns = shape
    if not (0 < rows <= 100_000 and 0 < columns <= 100):
        return []
    tables = chance.normal(size=(pairs, rows, columns)) * (chance.random((pairs, rows, 1)) > 0.33)
    return [table.tobytes() for table in tables]
