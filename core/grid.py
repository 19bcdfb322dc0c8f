"""The grid that recorded prices lie on, found in the prices themselves, and prices as text on it."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

import numpy as np

MOST_DECIMALS: Final = 18
"""The finest price grid there is; tokens count in 1e-18."""
USUAL_DECIMALS: Final = 8
"""Exchanges write so many, so up to here a decimal is believed however long that makes the price."""
LONGEST_PRICE: Final = 10
"""Significant digits of a price with more decimals than that. A longer one is noise of float arithmetic: single
precision leaves 0.00001234 as 0.000012339999557298142."""
EXACT: Final = 1e-11
NOISE: Final = 1e-7
"""Relative: how far a price may lie from its text, written exactly or left over from single precision."""

Prices = np.ndarray[Any, np.dtype[np.float64]]


def price_decimals(prices: Prices) -> int:
    """Decimal places that write every price, 0 to 18. Float noise (Yahoo's 100.3400039) does not count as decimals."""
    prices = np.unique(prices[np.isfinite(prices) & (prices > 0)])
    exact, finest = decimals_within(prices, EXACT)
    if exact <= USUAL_DECIMALS or exact + 1 + math.floor(math.log10(finest)) <= LONGEST_PRICE:
        return min(exact, MOST_DECIMALS)
    return min(decimals_within(prices, NOISE)[0], MOST_DECIMALS)


def decimals_within(prices: Prices, tolerance: float) -> tuple[int, float]:
    """How many decimals it takes until rounding changes no price by more than `tolerance` of it; 19 when 18 do not do.

    With it the median of the prices that needed the last one.
    """
    finest = 1.0
    for decimals in range(MOST_DECIMALS + 1):
        prices = prices[np.abs(np.round(prices, decimals) - prices) > tolerance * prices]
        if not len(prices):
            return decimals, finest
        finest = float(prices[len(prices) // 2])
    return MOST_DECIMALS + 1, finest


def worst_rounding(prices: Prices, tick: float) -> float:
    """The largest change, as a fraction of the price, that rounding to `tick` makes to a price."""
    return float(np.max(np.abs(np.round(prices / tick) * tick - prices) / prices))


def price_text(price: float, tick: float) -> str:
    """A price with the decimals of its tick and never as a power of ten: 0.0000000123, 65,000.10.

    Digits that a float does not have are left out.
    """
    decimals = max(0, -int(Decimal(repr(tick)).normalize().as_tuple().exponent))
    if price > 0:
        decimals = min(decimals, max(0, 15 - math.floor(math.log10(price)) - 1))
    return f"{price:,.{decimals}f}"
