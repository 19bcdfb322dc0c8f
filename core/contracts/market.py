"""A market of an exchange."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Pair:
    """One market of an exchange and the grid its orders must lie on. Amounts are in the currency named.

    `price_tick` and `lot` are the smallest steps of price (quote) and quantity (base); `min_notional` is the smallest
    order value (quote) and `min_quantity` the smallest quantity (base) that the exchange accepts. A sale priced below
    `sell_floor` times the market is refused.
    """

    symbol: str
    base: str
    quote: str
    price_tick: Decimal
    lot: Decimal
    min_notional: Decimal
    min_quantity: Decimal = Decimal(0)
    sell_floor: Decimal = Decimal(0)  # fraction of the average price of some minutes; 0: there is no such rule

    def __post_init__(self) -> None:
        if self.price_tick <= 0 or self.lot <= 0 or self.min_notional < 0:
            raise ValueError(f"{self.symbol}: price_tick and lot must be above zero, min_notional not below it")
