"""The order book of one pair: synthetic levels behind the source's best bid and ask, plus the account's resting orders.

Liquidity is bounded: what a taker takes stays gone until the source quotes again. The last lot of a side cannot be
taken, so that the book always has a best bid and a best ask, and never a crossed one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.simulator.orders import Order

LEVELS: Final = 5_000
"""As many as the exchange ever shows, and all of them can be taken."""
_SHAPED: Final = 20
_STEP_FRACTION: Final = 20_000  # levels lie half a basis point apart, or a tick when that is wider
_SHAPE: Final = tuple((1.0 + 0.15 * level) * (0.7 + 0.6 * (level * 7 % 10) / 9) for level in range(_SHAPED))
"""Typical size of the first levels against the best one: growing with the distance, and uneven as books are."""
_FAR: Final = 3.85
"""Typical size of all further levels, as uneven."""


def _shape(level: int) -> float:
    return _SHAPE[level] if level < _SHAPED else _FAR * (0.7 + 0.6 * (level * 37 % 97) / 96)


class Side:
    """One side of the synthetic book. `sign` is +1 for asks (prices rise away from the best one), -1 for bids."""

    __slots__ = ("best", "lots", "sign", "taken", "typical_lots")

    def __init__(self, sign: int, typical_lots: int) -> None:
        self.sign = sign
        self.typical_lots = typical_lots
        self.best = 0
        self.lots = 0
        self.taken = 0

    def quote(self, best: int, lots: int) -> None:
        """A new best price from the source; what was taken before is forgotten."""
        self.best, self.lots, self.taken = best, lots, 0

    def levels(self) -> Iterator[tuple[int, int]]:
        """(ticks, lots) from the best price outwards, without what was taken."""
        step = self.sign * max(1, self.best // _STEP_FRACTION)
        taken = self.taken
        for level in range(LEVELS):  # lazily: who reads the best few pays for no more
            ticks = self.best + level * step
            if ticks <= 0:
                return
            lots = self.lots if level == 0 else max(1, int(self.typical_lots * _shape(level)))
            left = max(0, lots - taken)
            taken = max(0, taken - lots)
            if left:
                yield ticks, left

    def top(self) -> tuple[int, int]:
        return (self.best, self.lots) if self.taken == 0 else next(self.levels())

    def within(self, limit: int | None) -> Iterator[tuple[int, int]]:
        """What a taker may take at `limit` or better (None: at any price): all but the last lot of the side."""
        held: tuple[int, int] | None = None
        for ticks, lots in self.levels():
            if held is not None:
                yield held
            if limit is not None and (ticks - limit) * self.sign > 0:
                return
            held = ticks, lots
        if held is not None and held[1] > 1:
            yield held[0], held[1] - 1


class Book:
    """Both sides and the account's own orders on them, best price first and older before younger."""

    __slots__ = ("asks", "bids", "buys", "sells", "update_id")

    def __init__(self, typical_lots: int) -> None:
        self.bids = Side(-1, typical_lots)
        self.asks = Side(+1, typical_lots)
        self.buys: list[Order] = []
        self.sells: list[Order] = []
        self.update_id = 0

    def best_bid(self) -> tuple[int, int]:
        return self.bids.top() if not self.buys else self.depth_bids(1)[0]

    def best_ask(self) -> tuple[int, int]:
        return self.asks.top() if not self.sells else self.depth_asks(1)[0]

    def depth_bids(self, limit: int) -> list[tuple[int, int]]:
        return _merged(islice(self.bids.levels(), limit), self.buys, reverse=True)[:limit]

    def depth_asks(self, limit: int) -> list[tuple[int, int]]:
        return _merged(islice(self.asks.levels(), limit), self.sells, reverse=False)[:limit]

    def rest(self, order: Order) -> None:
        """Put the order behind those that have its price or a better one."""
        orders = self.buys if order.is_buy else self.sells
        orders.append(order)
        orders.sort(key=lambda resting: (-resting.ticks if resting.is_buy else resting.ticks, resting.order_id))
        self.uncross()

    def remove(self, order: Order) -> None:
        orders = self.buys if order.is_buy else self.sells
        if order in orders:
            orders.remove(order)

    def uncross(self) -> None:
        """Step the synthetic sides behind the account's resting orders, so that the book is never crossed."""
        if self.buys and self.asks.top()[0] <= self.buys[0].ticks:
            self.asks.quote(self.buys[0].ticks + 1, self.asks.typical_lots)
        if self.sells and self.bids.top()[0] >= self.sells[0].ticks:
            self.bids.quote(self.sells[0].ticks - 1, self.bids.typical_lots)


def _merged(levels: Iterator[tuple[int, int]], orders: list[Order], *, reverse: bool) -> list[tuple[int, int]]:
    depth = dict(levels)
    for order in orders:
        depth[order.ticks] = depth.get(order.ticks, 0) + order.lots_left
    return sorted(depth.items(), reverse=reverse)
