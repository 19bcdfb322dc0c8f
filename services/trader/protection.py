"""Which stop order should rest at the exchange for a position, and what is to be done about the one that does.

Pure decisions; `protecting.py` carries them out. The order lies a margin behind our own stop, so that it acts when we
do not; its limit lies a slack below its stop price. Prices are in quote currency, quantities in base currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from core.contracts import Pair
from services.trader.books import to_grid

MOVE_STEP: Final = Decimal("0.001")
"""A stop that moved by less than this fraction of its price is left: each move is an order, and they are counted."""
MOVE_SECONDS: Final = 1.0
"""Between two moves of one pair's stop price; a quantity that changed is followed at once."""
FLOOR_MARGIN: Decimal = Decimal("1.02")
"""The exchange measures its floor from an average of minutes that we do not see: we keep so much above it."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How far behind our own stop it lies, and how far its limit below it: fractions."""

    margin: Decimal
    slack: Decimal


@dataclass(frozen=True, slots=True)
class Wanted:
    """The order that should rest."""

    quantity: Decimal
    stop_price: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Bare:
    """No order can rest, and why. Harmless: the position cannot lose more than its owner allows."""

    reason: str
    harmless: bool = False
    kind: str = ""  # the same while only the figures of the reason change


@dataclass(frozen=True, slots=True)
class Resting:
    """The order that rests, and how much of it has not traded."""

    left: Decimal
    stop_price: Decimal


@dataclass(frozen=True, slots=True)
class Position:
    """What is held of one pair. `stop` is what the strategy declared, NaN or 0 for none."""

    quantity: Decimal  # whole lots; 0 when it is less than the exchange accepts
    entry_price: float
    price: float  # last seen
    stop: float


@dataclass(frozen=True, slots=True)
class Keep:
    """What is there is right."""


@dataclass(frozen=True, slots=True)
class Place:
    """Put it there; in place of the one that rests, if one does."""

    wanted: Wanted


@dataclass(frozen=True, slots=True)
class TakeBack:
    """It has nothing to protect any more."""


@dataclass(frozen=True, slots=True)
class Later:
    """Look again in so many seconds."""

    seconds: float


Step = Keep | Place | TakeBack | Later


def own_stop(position: Position, loss_per_trade: float) -> float:
    """The price at which we ourselves would be out at the latest, 0 when there is none.

    The strategy's stop, or where the position has lost `loss_per_trade` (quote currency), whichever comes first. A
    position that is worth less than that has no such price.
    """
    loses = position.entry_price - loss_per_trade / float(position.quantity) if position.quantity > 0 else 0.0
    declared = max(0.0, position.stop)  # NaN is not
    return max(declared, loses, 0.0)


def wanted(pair: Pair, position: Position, loss_per_trade: float, terms: Terms) -> Wanted | Bare | None:
    """What should rest for `position`; None when nothing is held."""
    if position.quantity <= 0:
        return None
    level = Decimal(repr(own_stop(position, loss_per_trade)))
    if level <= 0:
        return Bare("it is worth less than loss_per_trade, and its strategy has no stop", harmless=True)
    stop = to_grid(level * (1 - terms.margin), pair.price_tick, ROUND_FLOOR)
    price = to_grid(stop * (1 - terms.slack), pair.price_tick, ROUND_FLOOR)
    least = Decimal(repr(position.price)) * pair.sell_floor * FLOOR_MARGIN
    if price < least:  # raised to what is accepted, as long as it stays behind our own stop
        price = to_grid(least, pair.price_tick, ROUND_CEILING)
        stop = max(stop, to_grid(price / (1 - terms.slack), pair.price_tick, ROUND_CEILING))
        if stop > level:
            told = f"the exchange takes no sale below {price}, which is above its stop at {level:f}"
            return Bare(told, kind="floor")
    if price <= 0:
        return Bare(f"its stop at {level:f} is below the smallest price", kind="tick")
    if price * position.quantity < pair.min_notional:  # its limit is raised, as far as its stop
        price = to_grid(pair.min_notional / position.quantity, pair.price_tick, ROUND_CEILING)
    if price > stop or position.quantity < pair.min_quantity:
        told = f"at its stop it would be worth {stop * position.quantity:f}, less than the smallest order"
        return Bare(told, kind="smallest")
    return Wanted(position.quantity, stop, price)


def step(
    want: Wanted | Bare | None,
    resting: Resting | None,
    *,
    price: float,
    since_moved: float,
    declared: bool,
    follows: bool,
) -> Step:
    """What to do now.

    `price` is the last seen, `since_moved` the seconds since the last placement. Until the strategy has `declared` its
    stop since our start, what rests is not lowered: it stands where the strategy wanted it before. Unless it `follows`
    (the kill switch is thrown), only quantities are kept right.
    """
    if not isinstance(want, Wanted):
        too_much = resting is not None and want is None
        return TakeBack() if too_much else Keep()
    if want.stop_price >= Decimal(repr(price)) and (resting is None or resting.left == want.quantity):
        return Keep()  # the exchange would refuse it: our own exit acts
    if resting is None or resting.left != want.quantity:
        return Place(want)
    change = want.stop_price - resting.stop_price
    if not follows or (change < 0 and not declared) or abs(change) < MOVE_STEP * want.stop_price:
        return Keep()
    return Place(want) if since_moved >= MOVE_SECONDS else Later(MOVE_SECONDS - since_moved)


def served(want: Wanted | Bare | None, stop: float) -> tuple[float, float]:
    """(from, to): declared stops within ask for no other order than `want`, which was made for `stop`."""
    if not isinstance(want, Wanted) or not stop > 0.0:
        return (0.0, 0.0)
    half = float(MOVE_STEP) * stop / 2
    return (stop - half, stop + half)
