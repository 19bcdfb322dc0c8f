"""The matching engine: takes orders in, sets money aside, fills them from the book, and reports each step.

Acceptance and matching are two events with the exchange's latency between them. `defer` is the seam: the server hands
in the loop's `call_later`, a test may call at once. Everything here is synchronous, so no client can see a half-done
step. Left out on purpose: other accounts, and queues within a price (a trade at a resting order's price fills it
first).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from services.simulator import filters
from services.simulator.accepting import acceptable, check
from services.simulator.account import Account
from services.simulator.depth import cost, takes, would_take
from services.simulator.market import Market, PairMarket
from services.simulator.orders import Execution, NewOrder, Order, OrderList, OrderType, Status, TimeInForce
from services.simulator.refusals import engine_filter_failure, insufficient_balance, order_rejected, unknown_order
from services.simulator.settings import SimSettings
from services.simulator.settlement import Settlement

Defer = Callable[[float, Callable[[], None]], Any]
"""Call the function after so many wall-clock seconds."""


class Exchange(Account):
    """One account, whose orders meet one market: see Matcher for what the market calls."""

    def __init__(self, settings: SimSettings, market: Market, defer: Defer) -> None:
        super().__init__(settings, market)
        self._latency_seconds, self._defer = settings.latency_ms / 1000, defer
        self._settlement = Settlement(settings, market, self)
        market.matcher = self

    # Accepted and cancelled -------------------------------------------------------------------------------------------

    def place(self, request: NewOrder) -> Order:
        """Accept the order and set its money aside, or raise the Refusal; it meets the book after the latency."""
        state = self._market.by_symbol[request.pair.symbol]
        order = acceptable(request, self, self._market)
        amount = cost(order, state)
        if amount > self.balances[order.locks].free:
            raise insufficient_balance()
        self._accept(order, amount)
        self.on_step()
        self._defer(self._latency_seconds, lambda: self._match(order))
        return order

    def place_pair(self, first: NewOrder, second: NewOrder, client_list_id: str) -> OrderList:
        """Accept two orders of which one cancels the other; what the dearer one costs is set aside for both.

        Which prices may be paired is the caller's to check.
        """
        state = self._market.by_symbol[first.pair.symbol]
        if first.client_order_id == second.client_order_id:
            raise order_rejected("Duplicate order sent.")
        if sum(made.is_open and made.symbol == state.symbol for made in self.lists.values()) >= filters.MAX_ORDER_LISTS:
            raise engine_filter_failure("MAX_NUM_ORDER_LISTS")
        orders = [acceptable(request, self, self._market, index) for index, request in enumerate((first, second))]
        amount = max(cost(order, state) for order in orders)
        if amount > self.balances[orders[0].locks].free:
            raise insufficient_balance()
        made = self._begin_list(client_list_id, state.symbol, orders)
        for order, share in zip(orders, (amount, Decimal(0)), strict=True):
            self._accept(order, share)
        self._tell_list(made)
        self.on_step()
        self._defer(self._latency_seconds, lambda: self._match_all(orders))
        return made

    def last_price(self, symbol: str) -> Decimal:
        """Of the last trade, in quote currency."""
        state = self._market.by_symbol[symbol]
        return state.grid.price(state.last_ticks())

    def check(self, request: NewOrder) -> None:
        """Raise the Refusal that the order would get for its pair or a filter, as things stand now."""
        check(request, self, self._market)

    def cancel(self, order: Order, cancel_id: str) -> None:
        """Take an open order off the book, with the one that it is paired with, and give the money back."""
        if not order.is_open:
            raise unknown_order()
        self._end_other(order, Status.CANCELED, Execution.CANCELED, cancel_id)
        order.cancel_id = cancel_id
        self._close(order, Status.CANCELED)
        self._tell(order, Execution.CANCELED, order.locks)
        order.matched.set()
        self.on_step()

    def take_up(self) -> None:
        """Put each restored open order where it was; what was on its way and would not have rested expires."""
        for order in list(self._open.values()):
            state = self._market.by_symbol[order.symbol]
            if order.is_waiting:
                state.stops.add(order, state.last_ticks())
            elif not order.at_market and order.time_in_force is TimeInForce.GTC:
                state.book.rest(order)
            elif order.is_open:
                self._expire(order)

    # On the market ----------------------------------------------------------------------------------------------------

    def _match_all(self, orders: list[Order]) -> None:
        for order in orders:
            self._match(order)

    def _match(self, order: Order) -> None:
        """The order meets the book for the first time, or begins to wait for its stop price."""
        state = self._market.by_symbol[order.symbol]
        if order.is_open:
            self._market.now_ms()
            if state.halted:
                self._expire(order)  # it was on its way when the market closed
            elif order.is_waiting:
                state.stops.add(order, state.last_ticks())
            else:
                self._meet_book(order, state)
            self.trigger(state)
        self.on_step()
        order.matched.set()

    def trigger(self, state: PairMarket) -> None:
        """Orders whose stop price was reached become market or limit orders; their trades may reach further ones."""
        while state.stops.due:
            order = state.stops.due.pop(0)
            self._end_other(order)
            order.working_ms = order.updated_ms = self._market.now_ms()
            self._tell(order, Execution.NEW, order.locks)
            self._meet_book(order, state)
        self.on_step()

    def _meet_book(self, order: Order, state: PairMarket) -> None:
        if order.type is OrderType.LIMIT_MAKER and would_take(order, state):
            self._expire(order)  # the market moved through its price within the latency
            return
        taken, complete = takes(order, state)
        if order.time_in_force is TimeInForce.FOK and not complete:
            self._expire(order)
            return
        if order.quote_quantity:
            order.lots = sum(lots for _, lots in taken) + (0 if complete else 1)
        self._expire_own(order, state, taken)
        self._take(order, state, taken)
        if not order.is_open:
            return
        if order.at_market or order.time_in_force is not TimeInForce.GTC:
            self._expire(order)
            return
        state.book.rest(order)
        self._market.print_quote(state)

    def _take(self, order: Order, state: PairMarket, taken: list[tuple[int, int]]) -> None:
        side = state.book.asks if order.is_buy else state.book.bids
        for ticks, lots in taken:
            if not self._settlement.can_pay(order, ticks, lots):
                break
            side.taken += lots
            self._fill(order, state, ticks, lots, is_maker=False)
        if taken:
            self._market.print_quote(state)

    def cross(self, state: PairMarket) -> None:
        """The quote moved: what it offers at a resting order's price or better fills that order at its own price."""
        book = state.book
        for order in (*book.buys, *book.sells):
            side = book.asks if order.is_buy else book.bids
            for _, lots in list(side.within(order.ticks)):
                taken = min(lots, order.lots_left)
                if taken:
                    side.taken += taken
                    self._fill(order, state, order.ticks, taken, is_maker=True)
        book.uncross()
        self.on_step()

    def absorb(self, state: PairMarket, ticks: int, lots: int, *, sold: bool) -> int:
        """Somebody sells (or buys) `lots` at `ticks`; resting orders at that price or better come first."""
        left = lots
        for order in list(state.book.buys if sold else state.book.sells):
            reached = order.ticks >= ticks if sold else order.ticks <= ticks
            if not left or not reached:
                break
            taken = min(left, order.lots_left)
            left -= taken
            self._fill(order, state, order.ticks, taken, is_maker=True)
        if left < lots:
            self._market.print_quote(state)
        self.on_step()
        return left

    # What becomes of an order -----------------------------------------------------------------------------------------

    def _fill(self, order: Order, state: PairMarket, ticks: int, lots: int, *, is_maker: bool) -> None:
        self._end_other(order)
        buyer_is_maker = order.is_buy == is_maker
        trade = self._market.print_trade(state, ticks, lots, buyer_is_maker=buyer_is_maker)
        fill = self._settlement.settle(order, trade.trade_id, ticks, lots, is_maker=is_maker)
        order.filled_lots += lots
        order.filled_value += ticks * lots
        order.updated_ms = fill.time_ms
        order.fills.append(fill)
        self.trades.append(fill)
        order.status = Status.PARTIALLY_FILLED
        if not order.lots_left:
            self._close(order, Status.FILLED)
        changed = dict.fromkeys((state.grid.pair.base, state.grid.pair.quote, fill.commission_asset))
        self._tell(order, Execution.TRADE, *changed, fill=fill)

    def _end_other(
        self, order: Order, status: Status = Status.EXPIRED, why: Execution = Execution.EXPIRED, cancel_id: str = ""
    ) -> None:
        """One order of a pair goes ahead or ends: the other one ends, and leaves it what was set aside for both."""
        for other in order.pair.orders if order.pair is not None else ():
            if other is not order and other.is_open:
                order.locked, other.locked = order.locked + other.locked, Decimal(0)
                other.cancel_id = cancel_id
                self._close(other, status)
                self._tell(other, why, other.locks)
                other.matched.set()

    def _expire(self, order: Order, status: Status = Status.EXPIRED) -> None:
        if order.quote_quantity:
            order.lots = order.filled_lots
        self._end_other(order)
        self._close(order, status)
        self._tell(order, Execution.EXPIRED, order.locks)

    def _expire_own(self, order: Order, state: PairMarket, taken: list[tuple[int, int]]) -> None:
        """Self-trade prevention EXPIRE_MAKER: an order never trades with the account's own resting ones."""
        worst = order.ticks or (taken[-1][0] if taken else 0)
        for resting in list(state.book.sells if order.is_buy else state.book.buys):
            if worst and (resting.ticks <= worst if order.is_buy else resting.ticks >= worst):
                self._expire(resting, Status.EXPIRED_IN_MATCH)

    def _close(self, order: Order, status: Status) -> None:
        state = self._market.by_symbol[order.symbol]
        self.balances.release(order.locks, order.locked)
        order.locked = Decimal(0)
        order.status = status
        order.updated_ms = self._market.now_ms()
        del self._open[order.order_id]
        state.stops.remove(order)
        if order in state.book.buys or order in state.book.sells:
            state.book.remove(order)
            self._market.print_quote(state)
        if order.pair is not None and not order.pair.is_open:
            self._tell_list(order.pair)
