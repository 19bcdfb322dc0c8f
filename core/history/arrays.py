"""Bars and their columns as arrays, by their types."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

PRICES: Final = ("open", "high", "low", "close")

Int64Array = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
BarArray = npt.NDArray[Any]
"""One-dimensional, of dtype `core.kernel.BAR_ROW`."""


def prices_of(bars: BarArray) -> Float64Array:
    """Every price of the bars: opens, highs, lows, closes."""
    return np.concatenate([bars[name] for name in PRICES])
