"""Exact prices and quantities: whole numbers of ticks and lots inside, decimal text outside.

The text has eight digits, as on the real exchange, and as many more as the grid of a recorded market needs.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from core.contracts import Pair

DIGITS: Final = 8
_UNITS: Final = 10**DIGITS


def text(amount: Decimal) -> str:
    """`amount` as the exchange writes it: 1.00000000; with more digits only where it has them."""
    units = int(amount * _UNITS)
    return f"{units // _UNITS}.{units % _UNITS:08d}" if units == amount * _UNITS else f"{amount:f}"


def digits_of(amount: Decimal) -> int:
    """Digits behind the point."""
    return max(0, -int(amount.normalize().as_tuple().exponent))


def _usual_text(units: int) -> str:
    return f"{units // _UNITS}.{units % _UNITS:08d}"


class Grid:
    """One pair's steps, counted in units of 1e-`digits`, of which tick, lot and tick x lot are whole numbers.

    So a notional (ticks x lots) is exact too.
    """

    __slots__ = ("digits", "lot", "lot_units", "notional_units", "pair", "scale", "text", "tick", "tick_units")

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.tick = pair.price_tick
        self.lot = pair.lot
        steps = (pair.price_tick, pair.lot, pair.price_tick * pair.lot)
        self.digits = max(DIGITS, *map(digits_of, steps))
        self.scale = 10**self.digits
        # Four texts for each quote: the usual digits as a constant take two thirds of the time.
        self.text: Callable[[int], str] = _usual_text if self.digits == DIGITS else self._fine_text
        self.tick_units, self.lot_units, self.notional_units = map(self.units, steps)

    def units(self, amount: Decimal) -> int:
        """`amount` rounded down to a whole number of them."""
        return int(amount * self.scale)

    def _fine_text(self, units: int) -> str:
        return f"{units // self.scale}.{units % self.scale:0{self.digits}d}"

    def price_text(self, ticks: int) -> str:
        return self.text(ticks * self.tick_units)

    def quantity_text(self, lots: int) -> str:
        return self.text(lots * self.lot_units)

    def value_text(self, tick_lots: int) -> str:
        """Quote currency of a sum of ticks x lots."""
        return self.text(tick_lots * self.notional_units)

    def price(self, ticks: int) -> Decimal:
        return ticks * self.tick

    def quantity(self, lots: int) -> Decimal:
        return lots * self.lot

    def value(self, tick_lots: int) -> Decimal:
        return Decimal(tick_lots * self.notional_units).scaleb(-self.digits)
