"""The account: its money, its orders and trades, and who hears of each step that they take."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Decimal

from services.simulator.balances import Balances
from services.simulator.market import Market
from services.simulator.orders import Execution, Fill, NewOrder, Order, OrderList, Report
from services.simulator.settings import SimSettings


class Account:
    """`orders` (by id) and `trades` are complete, in the order they came."""

    def __init__(self, settings: SimSettings, market: Market) -> None:
        self.balances = Balances(settings.balances)
        self.orders: dict[int, Order] = {}
        self.trades: list[Fill] = []
        self.updated_ms = market.last_ms
        self.bnb_fees = settings.bnb_fees
        """Whether fees are paid in BNB while there is some."""
        self.reporters: list[Callable[[Report], None]] = []
        """Called with each step of an order."""
        self.balance_reporters: list[Callable[[tuple[str, ...], int], None]] = []
        """Called with the assets whose balance changed, and the market time."""
        self.lists: dict[int, OrderList] = {}
        self.list_reporters: list[Callable[[OrderList, int], None]] = []
        """Called when an order list begins or is done, with the market time."""
        self._market = market
        self._open: dict[int, Order] = {}
        self._by_client_id: dict[str, Order] = {}
        self.reports = 0
        """How many were told so far."""
        self.next_order = self.next_list = 1
        self.on_step: Callable[[], None] = lambda: None
        """Called when a step is complete, before anybody outside has heard of it."""

    # What is there ----------------------------------------------------------------------------------------------------

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        return [order for order in self._open.values() if symbol in (None, order.symbol)]

    def find(self, symbol: str, order_id: int | None, client_order_id: str | None) -> Order | None:
        """The order with that id, or with that client's id when no id is given."""
        order = self.orders.get(order_id) if order_id is not None else self._by_client_id.get(client_order_id or "")
        return order if order is not None and order.symbol == symbol else None

    def knows(self, request: NewOrder) -> bool:
        """Whether an order has that client's id already."""
        return request.client_order_id in self._by_client_id

    def restore(self, order: Order) -> None:
        """An order of an earlier time."""
        self.orders[order.order_id] = self._by_client_id[order.client_order_id] = order
        if order.is_open:
            self._open[order.order_id] = order
        order.matched.set()

    def forget(self, kept: Collection[int], fills: int) -> None:
        """Orders that are done, beside these, and fills but for the last so many, can no longer be asked for."""
        for order in [order for order in self.orders.values() if not order.is_open and order.order_id not in kept]:
            del self.orders[order.order_id]
            self._by_client_id.pop(order.client_order_id, None)
        for made in [made for made in self.lists.values() if made.orders[0].order_id not in self.orders]:
            del self.lists[made.list_id]
        del self.trades[:-fills]

    # What happens -----------------------------------------------------------------------------------------------------

    def _accept(self, order: Order, amount: Decimal) -> None:
        """Take a new order in, with what is set aside for it."""
        self.orders[order.order_id] = self._open[order.order_id] = self._by_client_id[order.client_order_id] = order
        self.next_order = order.order_id + 1
        self.balances.lock(order.locks, amount)
        order.locked = amount
        self._tell(order, Execution.NEW, order.locks)

    def _begin_list(self, client_list_id: str, symbol: str, orders: list[Order]) -> OrderList:
        """Orders of which one cancels the other, not accepted yet."""
        made = OrderList(self.next_list, client_list_id, symbol, self._market.last_ms, orders)
        self.lists[made.list_id] = made
        self.next_list += 1
        for order in orders:
            order.pair = made
        return made

    def _tell_list(self, made: OrderList) -> None:
        for tell in self.list_reporters:
            tell(made, self._market.last_ms)

    def _tell(self, order: Order, execution: Execution, *assets: str, fill: Fill | None = None) -> None:
        self.reports += 1
        self.updated_ms = self._market.last_ms
        report = Report(execution, order, self.updated_ms, self.reports, fill)
        for tell in self.reporters:
            tell(report)
        for tell_balances in self.balance_reporters:
            tell_balances(assets, self.updated_ms)
