"""Exact prices and quantities: whole numbers of ticks and lots inside, decimal text with eight digits outside."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.contracts import Pair
from services.trader.exchanges.sim.settings import UNIT

_UNITS: Final = 10**8


def units(amount: Decimal) -> int:
    return int(amount / UNIT)


def units_text(amount: int) -> str:
    """`amount` in units of 1e-8, as the exchange writes it: 1.00000000."""
    return f"{amount // _UNITS}.{amount % _UNITS:08d}"


def text(amount: Decimal) -> str:
    return units_text(units(amount))


class Grid:
    """One pair's steps. A notional (ticks x lots) is exact too, because tick x lot is a whole number of units."""

    __slots__ = ("lot", "lot_units", "notional_units", "pair", "tick", "tick_units")

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.tick = pair.price_tick
        self.lot = pair.lot
        self.tick_units = units(pair.price_tick)
        self.lot_units = units(pair.lot)
        self.notional_units = units(pair.price_tick * pair.lot)

    def price_text(self, ticks: int) -> str:
        return units_text(ticks * self.tick_units)

    def quantity_text(self, lots: int) -> str:
        return units_text(lots * self.lot_units)

    def value_text(self, tick_lots: int) -> str:
        """Quote currency of a sum of ticks x lots."""
        return units_text(tick_lots * self.notional_units)

    def price(self, ticks: int) -> Decimal:
        return ticks * self.tick

    def quantity(self, lots: int) -> Decimal:
        return lots * self.lot

    def value(self, tick_lots: int) -> Decimal:
        return tick_lots * self.notional_units * UNIT
