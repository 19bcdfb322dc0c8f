"""Orders that wait for a price: stop-loss and take-profit, until the trade that triggers them.

A trade only marks what it triggers; the engine carries that out once the step that traded is complete, so no order is
matched in the middle of another one's fills. Only trades trigger, quotes never do, as on the exchange.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from services.simulator.orders import RISING

if TYPE_CHECKING:
    from services.simulator.orders import Order, OrderType, Side


def reached(kind: OrderType, side: Side, stop_ticks: int, last_ticks: int) -> bool:
    """Whether a trade at `last_ticks` triggers an order whose stop price is `stop_ticks`."""
    return last_ticks >= stop_ticks if (kind, side) in RISING else last_ticks <= stop_ticks


class Stops:
    """One pair's waiting orders, oldest first; `due` are those that a trade has reached."""

    __slots__ = ("due", "waiting")

    def __init__(self) -> None:
        self.waiting: list[Order] = []
        self.due: list[Order] = []

    def add(self, order: Order, last_ticks: int) -> None:
        """Wait, or be due at once when the market went through the stop price on the order's way here."""
        if reached(order.type, order.side, order.stop_ticks, last_ticks):
            self.due.append(order)
        else:
            self.waiting.append(order)

    def remove(self, order: Order) -> None:
        """Forget an order that is no longer open, or that the book has now."""
        for orders in (self.waiting, self.due):
            if order in orders:
                orders.remove(order)

    def mark(self, ticks: int) -> None:
        """A trade was printed at `ticks`."""
        hit = [order for order in self.waiting if reached(order.type, order.side, order.stop_ticks, ticks)]
        for order in hit:
            self.waiting.remove(order)
        self.due += hit
