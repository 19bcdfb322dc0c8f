"""What each feature measures: what it may be compared with, and which numbers make sense for it.

A feature that a later change adds is known by the first word of its name (`ema_200` is a price); of another nothing is
known, and any number may be said of it.
"""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Final


class Measure(StrEnum):
    """What a feature is counted in."""

    PRICE = "price"
    VOLUME = "volume"
    MOMENTUM = "momentum"  # a difference of prices
    FRACTION = "fraction"  # said as a percentage
    SIGNED = "signed"  # from -1 to 1
    POINTS = "points"  # from 0 to 100
    SECONDS = "seconds"
    HOUR = "hour"
    WEEKDAY = "weekday"
    RANGE = "range"
    UNKNOWN = "unknown"


MEASURES: Final = {
    "price": Measure.PRICE,
    "rsi": Measure.POINTS,
    "ema": Measure.PRICE,
    "sma": Measure.PRICE,
    "vwap": Measure.PRICE,
    "bollinger": Measure.PRICE,
    "macd": Measure.MOMENTUM,
    "volume": Measure.VOLUME,
    "atr": Measure.RANGE,
    "adx": Measure.POINTS,
    "stochastic": Measure.POINTS,
    "spread": Measure.FRACTION,
    "book_imbalance": Measure.SIGNED,
    "flow": Measure.SIGNED,
    "advice": Measure.SIGNED,
    "score": Measure.SIGNED,
    "profit": Measure.FRACTION,
    "retreat": Measure.FRACTION,
    "drawdown": Measure.FRACTION,
    "held_seconds": Measure.SECONDS,
    "rested_seconds": Measure.SECONDS,
    "hour": Measure.HOUR,
    "weekday": Measure.WEEKDAY,
}
BOUNDS: Final[dict[Measure, tuple[float, float]]] = {
    Measure.PRICE: (0, math.inf),
    Measure.VOLUME: (0, math.inf),
    Measure.MOMENTUM: (-math.inf, math.inf),
    Measure.FRACTION: (0, math.inf),
    Measure.SIGNED: (-1, 1),
    Measure.POINTS: (0, 100),
    Measure.SECONDS: (0, math.inf),
    Measure.HOUR: (0, 23),
    Measure.WEEKDAY: (0, 6),
    Measure.RANGE: (0, math.inf),
    Measure.UNKNOWN: (-math.inf, math.inf),
}
HOMELESS: Final = frozenset({Measure.PRICE, Measure.UNKNOWN})
"""What comes to a value from either side; everything else sets out from zero."""
OSCILLATORS: Final = ("rsi", "stochastic")
OSCILLATING: Final = (30, 70)
"""Where an oscillator spends its time, by the thresholds of Wilder (1978)."""
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""What the numbers of `weekday` stand for."""
FLAT: Final = frozenset({"profit", "retreat", "held_seconds"})
"""Zero while there is no position."""
INVESTED: Final = frozenset({"rested_seconds"})
"""A year while there is one."""


def measure(feature: str) -> Measure:
    """What a feature is counted in."""
    return MEASURES.get(feature) or MEASURES.get(feature.partition("_")[0]) or Measure.UNKNOWN


def bounds(feature: str) -> tuple[float, float]:
    """The least and the greatest value a feature can have."""
    return (-1, math.inf) if feature == "profit" else BOUNDS[measure(feature)]


def home(feature: str) -> tuple[float, float] | None:
    """The span that a feature sets out from when it reaches a value; None when it may come from either side."""
    if feature.startswith(OSCILLATORS):
        return OSCILLATING
    return None if measure(feature) in HOMELESS else (0, 0)


def comparable(feature: str, other: str) -> bool:
    """Whether a comparison of two features says anything."""
    first, second = measure(feature), measure(other)
    return feature != other and (first is second or Measure.UNKNOWN in (first, second))


def in_proportion(feature: str, other: str) -> bool:
    """Whether one is said as a share of the other: `an ATR of more than 2% of the price`."""
    return (measure(feature), measure(other)) in ((Measure.RANGE, Measure.PRICE), (Measure.MOMENTUM, Measure.PRICE))


def averages(feature: str, features: tuple[str, ...]) -> tuple[str, ...]:
    """What `its average` may mean of a feature."""
    if measure(feature) is Measure.VOLUME:
        return tuple(name for name in features if name.startswith("volume_average"))
    if measure(feature) is Measure.PRICE:
        return tuple(name for name in features if name.startswith(("ema", "sma")) or name == "bollinger_middle")
    return ()
