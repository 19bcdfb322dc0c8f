"""A history that is the same everywhere and for ever, so that what the docs show can be repeated.

It is made of whole numbers only: the bits of a PCG64 stream, which NumPy promises to keep, and sums of them. Trends,
quiet and wild hours take turns. Nothing about it is meant to be profitable.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.history.arrays import BarArray, Int64Array
from core.kernel import BAR_ROW, NANOSECONDS

SEED: Final = 2020
MINUTE_NS: Final = 60 * NANOSECONDS
START_NS: Final = 1_704_067_200 * NANOSECONDS
"""2024-01-01, UTC."""
DAYS: Final = 91
MINUTES: Final = DAYS * 24 * 60
FIRST_CENTS: Final = 42_000_00
STEPS: Final = 4
"""Trades in a minute that make its open, high, low and close."""
SPELL: Final = 6 * 60
"""Minutes of one mood of the market."""
CENTRE: Final = 0x7FFF
"""The middle of 16 bits, rounded down."""


def sample_bars() -> BarArray:
    """Bars of one minute, from 2024-01-01 on, 91 days."""
    stream = np.random.PCG64(SEED)
    bits = stream.random_raw(MINUTES * STEPS)
    moods = np.repeat(stream.random_raw(MINUTES // SPELL + 1), SPELL)[:MINUTES]
    path = FIRST_CENTS + np.cumsum(moves(bits, moods)).reshape(MINUTES, STEPS)
    opens = np.concatenate(([FIRST_CENTS], path[:-1, -1]))
    bars = np.empty(MINUTES, BAR_ROW)
    bars["time_ns"] = START_NS + np.arange(MINUTES, dtype=np.int64) * MINUTE_NS
    bars["open"], bars["close"] = opens / 100, path[:, -1] / 100
    bars["high"] = np.maximum(opens, path.max(axis=1)) / 100
    bars["low"] = np.minimum(opens, path.min(axis=1)) / 100
    bars["volume"] = (1 + (bits[::STEPS] >> 50).astype(np.int64)) / 1000
    return bars


def moves(bits: np.ndarray, moods: np.ndarray) -> Int64Array:
    """Cents from trade to trade: nearly normal, as sums of even pieces are, as wild as the mood, with its drift."""
    pieces = sum(((bits >> (16 * piece)) & 0xFFFF).astype(np.int64) - CENTRE for piece in range(4))
    wildness = np.repeat(2 + ((moods >> 8) & 0xF).astype(np.int64), STEPS)
    drift = np.repeat(((moods >> 16) & 0x1FF).astype(np.int64) - 256, STEPS)
    return (np.asarray(pieces, np.int64) * wildness + 128 >> 8) + (drift * 60 + 128 >> 8)
