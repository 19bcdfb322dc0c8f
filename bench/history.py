"""Seeded synthetic one-minute bars: the same history on every machine, so that figures and trades can be compared.

A random walk with quiet and wild hours. Nothing about it is meant to be profitable; it is meant to make every branch
of a strategy run. Prices lie on a tick of 0.01, so every backtester can fill at exactly the price of the bar.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.kernel import BAR_ROW, NANOSECONDS, Records

MINUTE_NS: Final = 60 * NANOSECONDS
START_NS: Final = 1_577_836_800 * NANOSECONDS  # 2020-01-01 UTC
TICK: Final = 0.01
QUIET, WILD = 2.5e-4, 1e-3  # standard deviation of a minute's return


def one_minute_bars(count: int, seed: int) -> Records:
    """`count` bars without a gap in time; every open differs a little from the close before it."""
    rng = np.random.default_rng(seed)
    hours = rng.uniform(QUIET, WILD, count // 60 + 1)
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
