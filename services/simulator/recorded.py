"""The pair that recorded bars are traded as: its grid comes from the prices, which no exchange has told us."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

import numpy as np

from core.contracts import Pair
from core.errors import DataError
from core.grid import price_decimals, worst_rounding
from services.simulator.settings import DEFAULT_PAIRS

QUOTES: Final = ("USDT", "USDC", "FDUSD", "USD", "BRL", "EUR", "GBP", "JPY", "BTC", "ETH", "BNB")
"""Currencies that a symbol may end with, the longer spelling first."""
FLOAT_DIGITS: Final = 15
"""Significant digits that every float64 holds; a grid beyond them is none."""
ROUNDED: Final = 1e-6
"""Of a price: what a grid may move it."""
LOWEST_PRICE: Final = 1e-14
"""Below, an order of usual size counts more than the 1e18 coins that the trader admits."""
LARGEST_LOT: Final = 0.1
"""In quote currency: a lot worth more would round an order of the smallest size by percents."""
SMALLEST_LOT: Final = 1e-4
"""In quote currency: a billion lots, the largest order, must be worth something."""


def pair_for(symbol: str, bars: np.ndarray[Any, Any]) -> Pair:
    """The pair of that name, on its usual grid where the prices lie on it, else on one that fits them.

    Raises DataError for prices that no grid fits.
    """
    prices = np.concatenate([bars[name] for name in ("open", "high", "low", "close")])
    prices = prices[np.isfinite(prices) & (prices > 0)]  # the replay says what is wrong with the others
    known = next((pair for pair in DEFAULT_PAIRS if pair.symbol == symbol), None)
    decimals = price_decimals(prices) if len(prices) else 0
    if known is not None and Decimal(1).scaleb(-decimals) >= known.price_tick:
        return known
    return made_pair(symbol, prices, decimals)


def made_pair(symbol: str, prices: np.ndarray[Any, Any], decimals: int) -> Pair:
    """Base and quote read from the name, a tick as fine as the prices, a lot to match."""
    quote = next((quote for quote in QUOTES if symbol.endswith(quote) and symbol != quote), "")
    base = symbol.removesuffix(quote) if quote else symbol
    lowest, highest = (float(prices.min()), float(prices.max())) if len(prices) else (1.0, 1.0)
    if lowest < LOWEST_PRICE:
        raise DataError(
            f"{symbol}: prices down to {lowest:.6g} are too low: an order would count more than 1e18 coins.",
            "Write the prices per thousand or per million coins.",
        )
    decimals = min(decimals, max(0, FLOAT_DIGITS - magnitude(highest) - 1))
    tick = Decimal(1).scaleb(-decimals)
    if len(prices) and worst_rounding(prices, float(tick)) > ROUNDED:
        raise DataError(
            f"{symbol}: prices from {lowest:.6g} to {highest:.6g} lie on no common grid of {FLOAT_DIGITS} digits.",
            "Replay a part of the history in which they differ less.",
        )
    return Pair(
        symbol, base, quote or "USD", tick, Decimal(1).scaleb(lot_exponent(decimals, lowest, highest)), Decimal(1)
    )


def lot_exponent(decimals: int, lowest: float, highest: float) -> int:
    """Of ten. A lot at a tick is worth 1e-8, unless it is then worth too little or too much at the prices there are."""
    exponent = max(decimals - 8, math.ceil(math.log10(SMALLEST_LOT / lowest)))
    return min(exponent, math.floor(math.log10(LARGEST_LOT / highest)))


def magnitude(price: float) -> int:
    """Of ten: 0 for 1 to 10, -2 for 0.01 to 0.1."""
    return math.floor(math.log10(price))
