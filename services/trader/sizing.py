"""From an intent to an order: how much, and at which worst price. Pure; `risk.py` says whether it may pass.

Sizing refuses nothing, so that every refusal has one place: what comes out as an order for nothing, or at a price of 0,
is what the risk check refuses.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

import msgspec

from core.contracts import Pair
from core.releases import Release
from services.trader.books import ZERO, Holding, to_grid
from services.trader.orders import Order, Side
from services.trader.risk import KEPT_FOR_FEES

ONE: Final = Decimal(1)


class Intent(msgspec.Struct, frozen=True):
    """What is to become an order: a decision of a strategy, or a reason of the trader's own to close a position."""

    side: Side
    size: float  # of the equity, to open a position; a position is closed whole, whatever this says
    sequence: int  # of the event that it is about
    release: Release  # that decided; what the trader orders by itself is put down to the one that trades
    reason: str  # the rule that decided, "score", or the limit or word that forces it
    time_ns: int  # of the event
    mark: str = ""  # "x" for the trader's own, and one more letter each time that it is sent anew

    def client_id(self, epoch: int) -> str:
        """Of its order: the same intent can only ever be one."""
        return f"s{epoch}-{self.release.tree_hash[:8]}-{self.sequence}{self.mark}"


class Purse(msgspec.Struct, frozen=True):
    """What an entry may spend, quote currency."""

    wanted: Decimal  # by the intent
    free: Decimal  # cash that no open order may still spend


class Collar:
    """How far beyond the touch an order's limit lies: a fraction, and what prices are multiplied with."""

    __slots__ = ("above", "below")

    def __init__(self, fraction: Decimal) -> None:
        self.above, self.below = ONE + fraction, ONE - fraction


def sized(intent: Intent, holding: Holding, epoch: int, touch: float, purse: Purse, collar: Collar) -> Order:
    """The order of an intent. `touch` is the best ask to open, the best bid to close, or the last price without one."""
    pair, release = holding.pair, intent.release
    if intent.side is Side.BUY:
        price = limit_price(pair, Side.BUY, touch, collar)
        quantity = _affordable(pair, price, purse)
    else:
        quantity = holding.sellable
        price = closing_price(pair, touch, collar, quantity)
    return Order(
        intent.client_id(epoch),
        pair.symbol,
        intent.side,
        quantity,
        price,
        intent.time_ns,
        epoch,
        release.tree_hash,
        intent.sequence,
        intent.reason,
        release.commit,
        release.change,
        release.message,
    )


def _affordable(pair: Pair, price: Decimal, purse: Purse) -> Decimal:
    """Base currency that the purse pays for, in whole lots."""
    if price <= ZERO:
        return ZERO
    return to_grid(min(purse.wanted, max(purse.free * KEPT_FOR_FEES, ZERO)) / price, pair.lot, ROUND_FLOOR)


def limit_price(pair: Pair, side: Side, touch: float, collar: Collar) -> Decimal:
    """The worst price acceptable: `touch` (best ask or bid) and a collar beyond it, on the tick."""
    price = Decimal(repr(touch))
    if side is Side.BUY:
        return to_grid(price * collar.above, pair.price_tick, ROUND_FLOOR)
    return to_grid(price * collar.below, pair.price_tick, ROUND_CEILING)


def closing_price(pair: Pair, touch: float, collar: Collar, quantity: Decimal) -> Decimal:
    """The worst price acceptable for a sale. Not so low that the order would be below the exchange's smallest value,
    when at `touch` itself it is not."""
    price = limit_price(pair, Side.SELL, touch, collar)
    if quantity <= 0 or quantity * price >= pair.min_notional:
        return price
    least = to_grid(pair.min_notional / quantity, pair.price_tick, ROUND_CEILING)
    return least if least <= Decimal(repr(touch)) else price


def smallest_order(pair: Pair, price: Decimal) -> Decimal:
    """The value of the least that the exchange takes at this price, quote currency."""
    return max(pair.min_notional, max(pair.lot, pair.min_quantity) * price)
