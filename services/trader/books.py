"""The books of one pair's base asset: a fold of everything that moved it, in the order in which it happened.

A purchase, a sale, a fee that any pair's trade took from the asset, and what its owner gave or took are movements.
They are heard of in any order, and what a fee was worth may be known later than the fee, so the last ones are kept: one
that is late is put in its place and the fold is made again from there. The same movements give the same books.
"""

from __future__ import annotations

import dataclasses
import math
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from enum import Enum
from operator import attrgetter
from typing import Final

from core.contracts import Pair

ZERO: Final = Decimal(0)
MOST_RECENT: Final = 64
"""Movements that a late one may be put before; older ones are folded for good, unless a fee waits for its price."""
MOST_WAITING: Final = 4 * MOST_RECENT
"""No more wait for that: folding again takes microseconds for each. What a later one was worth goes to the profit."""

Key = tuple[int, int, str, int]
"""Nanoseconds, 0 for the pair's own trades and 1 for the rest, symbol, trade id: when a movement happened."""


class Kind(Enum):
    """What moved the asset."""

    BUY = "buy"
    SELL = "sell"
    FEE = "fee"  # taken from this asset for another pair's trade
    GIVEN = "given"  # by the owner: he let us take over what he had beyond our books
    GONE = "gone"  # by the owner: he sold or moved what was ours


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement. Amounts are in base currency, money in quote currency; None is a price that is not known yet."""

    key: Key
    kind: Kind
    quantity: Decimal
    price: Decimal | None
    fee: Decimal = ZERO  # in base currency, beside `quantity`
    costs: Decimal | None = ZERO  # fees in other assets, worth so much quote currency

    @property
    def time_ns(self) -> int:
        """When it happened."""
        return self.key[0]

    @property
    def known(self) -> bool:
        """Whether nothing about it can be learned any more."""
        return self.price is not None and self.costs is not None


when: Final = attrgetter("key")


@dataclass(slots=True)
class Books:
    """What the movements add up to. The float fields are what the strategy sees with each event."""

    pair: Pair
    quantity: Decimal = ZERO  # base currency, dust included
    cost: Decimal = ZERO  # paid for `quantity`, quote currency, fees included
    profit: Decimal = ZERO  # realised so far, net of fees
    missing: Decimal = ZERO  # of `quantity`: what the exchange does not have; this and `locked` are in no journal
    locked: Decimal = ZERO  # of `quantity`: what an order of the owner has set aside
    amount: float = 0.0  # what is ours and really there, dust included
    size: float = 0.0  # the part that can be sold; 0 when that is less than the exchange accepts
    entry_price: float = 0.0
    best_price: float = 0.0
    entry_ns: int = 0
    exit_ns: int = 0

    @property
    def there(self) -> Decimal:
        """What is ours and really there."""
        return self.quantity - self.missing

    @property
    def sellable(self) -> Decimal:
        """What can be sold: whole lots of what is there and free."""
        return to_grid(self.there - self.locked, self.pair.lot, ROUND_FLOOR)

    def take(self, movement: Movement) -> None:
        """Fold one movement in; it comes after all before it."""
        price = movement.price if movement.price is not None else ZERO
        match movement.kind:
            case Kind.BUY | Kind.GIVEN:
                self.quantity += movement.quantity - movement.fee
                self.cost += movement.quantity * price + (movement.costs or ZERO)
            case Kind.SELL:
                fee = min(movement.fee, max(self.quantity - movement.quantity, ZERO))  # the rest was the owner's
                earned = movement.quantity * price - (movement.costs or ZERO) - (movement.fee - fee) * price
                self._part_with(movement.quantity + fee, earned)
            case Kind.FEE | Kind.GONE:
                ours = min(movement.quantity, max(self.quantity, ZERO))  # the rest was the owner's
                self._part_with(ours, ours * price)
        if self.quantity <= 0:  # below zero: the sale was heard of before the purchase, which is still to come
            self.profit -= self.cost
            self.cost = ZERO
        self.show(movement.price, movement.time_ns)

    def _part_with(self, quantity: Decimal, earned: Decimal) -> None:
        part = min(quantity / self.quantity, Decimal(1)) if self.quantity > 0 else Decimal(quantity > 0)
        self.profit += earned - self.cost * part
        self.cost -= self.cost * part
        self.quantity -= quantity

    def show(self, price: Decimal | None, time_ns: int) -> None:
        """Make the floats agree with the sums, at this price (None: the last one seen) and time."""
        self.amount = float(self.there)
        sellable = self.sellable
        worth = sellable * price if price is not None else self.pair.min_notional if self.size > 0.0 else ZERO
        if worth < self.pair.min_notional or sellable <= 0:
            if self.size > 0.0:
                self.exit_ns = time_ns
            self.size = self.entry_price = self.best_price = 0.0
            self.entry_ns = 0
            return
        if self.size == 0.0:
            self.entry_ns = time_ns
        self.best_price = max(self.best_price, float(price or ZERO))
        self.size = float(sellable)
        self.entry_price = float(self.cost / self.quantity)


FOLDED: Final = tuple(each.name for each in dataclasses.fields(Books) if each.name != "pair")


@dataclass(slots=True)
class Holding(Books):
    """One pair's position: its books, the movements that may still be put in order, and what is seen of it live."""

    price: float = 0.0  # last seen
    stop: float = math.nan  # what the last decision declared while it is held, quote currency; NaN for none
    target: float = math.nan
    recent: list[Movement] = field(default_factory=list, repr=False)
    most_recent: int = field(default=MOST_RECENT, repr=False)
    most_waiting: int = field(default=MOST_WAITING, repr=False)
    _settled: Books = field(init=False, repr=False)  # what came before `recent`

    def __post_init__(self) -> None:
        self._settled = Books(self.pair)

    @property
    def since_ns(self) -> int:
        """When the first movement was that is still known; 0 when none is."""
        return self.recent[0].time_ns if self.recent else 0

    def move(self, movement: Movement) -> None:
        """Take a movement in, wherever it belongs."""
        if not self.recent or self.recent[-1].key < movement.key:
            self.recent.append(movement)
            self.take(movement)
        else:
            insort(self.recent, movement, key=when)
            self._fold_again()
        if len(self.recent) > 2 * self.most_recent:
            self._settle()
        if self.size == 0.0:
            self.stop = self.target = math.nan

    def learn(self, key: Key, fee: Decimal, price: Decimal) -> None:
        """What a fee was worth, which was not known when its movement was taken in: its cost, or what it fetched."""
        paid_here = key[1] != 0
        place = bisect_left(self.recent, key, key=when)
        if place == len(self.recent) or self.recent[place].key != key:  # folded for good: all of it goes to the profit
            gained = fee * price if paid_here else -fee * price
            self.profit += gained
            self._settled.profit += gained
            return
        movement = self.recent[place]
        changed = {"price": price} if paid_here else {"costs": fee * price}
        self.recent[place] = dataclasses.replace(movement, **changed)  # type: ignore[arg-type]
        self._fold_again()

    def miss(self, missing: Decimal, locked: Decimal, time_ns: int) -> None:
        """So much of what is ours is not at the exchange, and so much is there and cannot be sold now."""
        self.missing = self._settled.missing = missing
        self.locked = self._settled.locked = locked
        self.show(Decimal(repr(self.price)) if self.price > 0.0 else None, time_ns)

    def _fold_again(self) -> None:
        entry_ns, best_price = self.entry_ns, self.best_price
        for name in FOLDED:
            setattr(self, name, getattr(self._settled, name))
        for movement in self.recent:
            self.take(movement)
        if self.size > 0.0 and 0 < self.entry_ns <= entry_ns:  # prices that were seen while it was held count as before
            self.best_price = max(self.best_price, best_price)

    def _settle(self) -> None:
        most = self.most_recent
        old = self.recent[:most]
        waits = next((place for place, movement in enumerate(old) if not movement.known), most)
        if len(self.recent) > self.most_waiting:
            waits = most
        for movement in old[:waits]:
            self._settled.take(movement)
        del self.recent[:waits]


def to_grid(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    """`value` on a multiple of `step`, rounded as `rounding` (of the decimal module) says."""
    return (value / step).to_integral_value(rounding=rounding) * step
