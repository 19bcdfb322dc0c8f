"""What a trade costs, and in which asset: the received one, or BNB at a discount for accounts that chose so.

The exchange takes BNB only while enough of it is free and it knows what BNB is worth in the pair's quote currency;
otherwise the fee comes out of what the trade brings, at the full rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Final

from core.contracts import Pair
from services.simulator.settings import UNIT

DISCOUNT_ASSET: Final = "BNB"
DISCOUNT: Final = Decimal("0.75")
"""What is left of the rate when it is paid in BNB."""


@dataclass(frozen=True, slots=True)
class Means:
    """What of BNB there is to pay with once the trade itself is settled, and its price in the quote currency."""

    free: Decimal
    price: Decimal | None


def commission(
    pair: Pair, *, is_buy: bool, quantity: Decimal, quote: Decimal, rate: Decimal, means: Means | None
) -> tuple[Decimal, str]:
    """The fee and its asset. `means` is None for an account that does not pay in BNB."""
    received, asset = (quantity, pair.base) if is_buy else (quote, pair.quote)
    if means is not None:
        fee = _in_bnb(received, asset, quote, pair.quote, rate * DISCOUNT, means.price)
        if fee is not None and fee <= means.free:
            return fee, DISCOUNT_ASSET
    return _rounded(received * rate), asset


def _in_bnb(
    received: Decimal, asset: str, quote: Decimal, currency: str, rate: Decimal, price: Decimal | None
) -> Decimal | None:
    """The fee in BNB; None where nobody knows what BNB is worth."""
    if asset == DISCOUNT_ASSET:
        return _rounded(received * rate)
    if currency == DISCOUNT_ASSET:
        return _rounded(quote * rate)
    return _rounded(quote * rate / price) if price else None


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(UNIT, ROUND_DOWN)
