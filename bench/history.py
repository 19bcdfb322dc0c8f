"""Seeded synthetic history: the same bars and events on every machine, so that figures and trades can be compared.

A random walk with quiet and wild hours. Nothing about it is meant to be profitable; it is meant to make every branch
of a strategy run. Prices lie on a tick of 0.01, so every backtester can fill at exactly the price of the bar.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.kernel import BAR, BAR_ROW, EVENT, NANOSECONDS, QUOTE, TRADE, Records

MINUTE_NS: Final = 60 * NANOSECONDS
START_NS: Final = 1_577_836_800 * NANOSECONDS  # 2020-01-01 UTC
TICK: Final = 0.01
QUIET, WILD = 2.5e-4, 1e-3  # standard deviation of a minute's return
SPELL: Final = 5_000  # events with or without a position


def one_minute_bars(count: int, seed: int, *, rougher: float = 1.0) -> Records:
    """`count` bars without a gap in time; every open differs a little from the close before it.

    `rougher` multiplies how far a price moves in a minute.
    """
    rng = np.random.default_rng(seed)
    hours = rng.uniform(QUIET * rougher, WILD * rougher, count // 60 + 1)
    step = np.repeat(hours, 60)[:count]
    closes = np.round(1000.0 * np.exp(np.cumsum(rng.normal(0.0, step))), 2)
    before = np.concatenate(([1000.0], closes[:-1]))
    opens = np.round(before * (1.0 + rng.normal(0.0, 0.1 * step)), 2)
    bars = np.zeros(count, BAR_ROW)
    bars["time_ns"] = START_NS + np.arange(count) * MINUTE_NS
    bars["open"] = opens
    bars["close"] = closes
    bars["high"] = np.round(np.maximum(opens, closes) * (1.0 + np.abs(rng.normal(0.0, 0.5 * step))), 2)
    bars["low"] = np.round(np.minimum(opens, closes) * (1.0 - np.abs(rng.normal(0.0, 0.5 * step))), 2)
    bars["volume"] = np.round(rng.lognormal(1.0, 0.7, count), 6)
    return bars


def mixed_events(count: int, pairs: int, seed: int) -> Records:
    """EVENT[count] as they come live: six in ten are quotes, the rest trades, and one in fifty closes a bar.

    Pairs take turns in random order. Every other spell of events holds a position bought at its start, so that both
    entries and exits run.
    """
    rng = np.random.default_rng(seed)
    events = np.zeros(count, EVENT)
    price = 1000.0 * np.exp(np.cumsum(rng.normal(0.0, 2e-4, count)))
    events["sequence"] = np.arange(1, count + 1)
    events["time_ns"] = START_NS + np.arange(count) * (NANOSECONDS // 100)
    events["pair"] = rng.integers(0, pairs, count)
    events["kind"] = rng.choice([QUOTE, TRADE, BAR], count, p=[0.60, 0.38, 0.02])
    events["price"] = price
    events["bid"], events["ask"] = price - TICK, price + TICK
    events["bid_size"], events["ask_size"] = rng.lognormal(size=(2, count))
    events["buy_volume"], events["sell_volume"] = rng.lognormal(size=(2, count))
    events["open"], events["high"], events["low"] = price, price * 1.0002, price * 0.9998
    events["volume"] = rng.lognormal(size=count)
    spell = np.arange(count) // SPELL
    bought = price[spell * SPELL]
    held = spell % 2 == 1
    events["position"] = np.where(held, 0.1, 0.0)
    events["entry_price"] = np.where(held, bought, 0.0)
    events["best_price"] = np.where(held, np.maximum(bought, price), 0.0)
    events["entry_ns"] = np.where(held, events["time_ns"][spell * SPELL], 0)
    events["advice"] = np.nan
    return events
