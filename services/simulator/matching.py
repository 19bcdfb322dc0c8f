"""The matching engine: accepts orders, sets money aside, fills them from the book, and reports each step.

Acceptance and matching are two events with the exchange's latency between them. `defer` is the seam: the server hands
in the loop's `call_later`, a test may call at once. Everything here is synchronous, so no client can see a half-done
step. Left out on purpose: other accounts, and queues within a price (a trade at a resting order's price fills it
first).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from decimal import Decimal
from typing import Any

from services.simulator import fees, filters
from services.simulator.balances import Balances
from services.simulator.market import Market, PairMarket
from services.simulator.orders import (
    STOP_TYPES,
    Execution,
    Fill,
    NewOrder,
    Order,
    OrderList,
    OrderType,
    Report,
    Status,
    TimeInForce,
)
from services.simulator.refusals import (
    engine_filter_failure,
    insufficient_balance,
    market_closed,
    order_rejected,
    unknown_order,
)
from services.simulator.settings import SimSettings
from services.simulator.stops import reached

Defer = Callable[[float, Callable[[], None]], Any]
"""Call the function after so many wall-clock seconds."""


class Exchange:
    """One account on one market. `orders` (by id) and `trades` are complete, in the order they came."""

    def __init__(self, settings: SimSettings, market: Market, defer: Defer) -> None:
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
        self._settings = settings
        self._market = market
        self._defer = defer
        self._open: dict[int, Order] = {}
        self._by_client_id: dict[str, Order] = {}
        self.reports = 0
        """How many were told so far."""
        self.next_order = self.next_list = 1
        self.on_step: Callable[[], None] = lambda: None
        """Called when a step is complete, before anybody outside has heard of it."""
        market.matcher = self

    def open_orders(self, symbol: str | None = None) -> list[Order]:
        return [order for order in self._open.values() if symbol in (None, order.symbol)]

    def find(self, symbol: str, order_id: int | None, client_order_id: str | None) -> Order | None:
        """The order with that id, or with that client's id when no id is given."""
        order = self.orders.get(order_id) if order_id is not None else self._by_client_id.get(client_order_id or "")
        return order if order is not None and order.symbol == symbol else None

    def place(self, request: NewOrder) -> Order:
        """Accept the order and set its money aside, or raise the Refusal; it meets the book after the latency."""
        state = self._market.by_symbol[request.pair.symbol]
        order = self._acceptable(request, state)
        amount = self._to_lock(order, state)
        if amount > self.balances[order.locks].free:
            raise insufficient_balance()
        self._accept(order, amount)
        self.on_step()
        self._defer(self._settings.latency_ms / 1000, lambda: self._match(order))
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
        orders = [self._acceptable(request, state, before=index) for index, request in enumerate((first, second))]
        amount = max(self._to_lock(order, state) for order in orders)
        if amount > self.balances[orders[0].locks].free:
            raise insufficient_balance()
        made = OrderList(self.next_list, client_list_id, state.symbol, self._market.last_ms, orders)
        self.lists[made.list_id] = made
        self.next_list += 1
        for order, share in zip(orders, (amount, Decimal(0)), strict=True):
            order.pair = made
            self._accept(order, share)
        self._tell_list(made)
        self.on_step()
        self._defer(self._settings.latency_ms / 1000, lambda: self._match_all(orders))
        return made

    def last_price(self, symbol: str) -> Decimal:
        """Of the last trade, in quote currency."""
        state = self._market.by_symbol[symbol]
        return state.grid.price(state.last_ticks())

    def _acceptable(self, request: NewOrder, state: PairMarket, before: int = 0) -> Order:
        """The order, not accepted yet, or the Refusal. `before` orders of the same request come first."""
        self.check(request, before)
        if request.client_order_id in self._by_client_id:
            raise order_rejected("Duplicate order sent.")
        order = self._ordered(request, state, before)
        if order.is_waiting and reached(order.type, order.side, order.stop_ticks, state.last_ticks()):
            raise order_rejected("Stop price would trigger immediately.")
        if order.type is OrderType.LIMIT_MAKER and self._would_take(order, state):
            raise order_rejected("Order would immediately match and take.")
        return order

    def check(self, request: NewOrder, before: int = 0) -> None:
        """Whether the pair trades, and the filters as they stand now; `before` open orders more are on their way."""
        state = self._market.by_symbol[request.pair.symbol]
        if state.halted:
            raise market_closed()
        found = self.open_orders(state.symbol)
        waiting = sum(order.is_waiting for order in found)
        filters.check(request, filters.Market(state.grid.price(state.last_ticks()), len(found) + before, waiting))

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

    def restore(self, order: Order) -> None:
        """An order of an earlier time; `take_up` once all are there."""
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

    def _ordered(self, request: NewOrder, state: PairMarket, before: int) -> Order:
        now = self._market.now_ms()
        return Order(
            order_id=self.next_order + before,
            client_order_id=request.client_order_id,
            grid=state.grid,
            side=request.side,
            type=request.type,
            time_in_force=request.time_in_force,
            ticks=int(request.price / state.grid.tick) if request.price is not None else 0,
            lots=int(request.quantity / state.grid.lot) if request.quantity is not None else 0,
            quote_quantity=request.quote_quantity or Decimal(0),
            created_ms=now,
            updated_ms=now,
            stop_ticks=int(request.stop_price / state.grid.tick) if request.stop_price is not None else 0,
            working_ms=-1 if request.type in STOP_TYPES else now,
        )

    def _to_lock(self, order: Order, state: PairMarket) -> Decimal:
        """What the order may cost: at its limit, or at its stop price, or as the book stands for a market order."""
        if order.is_waiting and order.at_market:
            return state.grid.value(order.stop_ticks * order.lots) if order.is_buy else order.quantity
        if not order.at_market:
            return state.grid.value(order.ticks * order.lots) if order.is_buy else order.quantity
        if order.is_buy and order.quote_quantity:
            return order.quote_quantity
        if not order.is_buy and not order.quote_quantity:
            return order.quantity
        takes, _ = _takes(order, state)
        if order.is_buy:
            return state.grid.value(sum(ticks * lots for ticks, lots in takes))
        return state.grid.quantity(sum(lots for _, lots in takes))

    def _accept(self, order: Order, amount: Decimal) -> None:
        self.orders[order.order_id] = self._open[order.order_id] = self._by_client_id[order.client_order_id] = order
        self.next_order = order.order_id + 1
        self.balances.lock(order.locks, amount)
        order.locked = amount
        self._tell(order, Execution.NEW, order.locks)

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
        if order.type is OrderType.LIMIT_MAKER and self._would_take(order, state):
            self._expire(order)  # the market moved through its price within the latency
            return
        takes, complete = _takes(order, state)
        if order.time_in_force is TimeInForce.FOK and not complete:
            self._expire(order)
            return
        if order.quote_quantity:
            order.lots = sum(lots for _, lots in takes) + (0 if complete else 1)
        self._expire_own(order, state, takes)
        self._take(order, state, takes)
        if not order.is_open:
            return
        if order.at_market or order.time_in_force is not TimeInForce.GTC:
            self._expire(order)
            return
        state.book.rest(order)
        self._market.print_quote(state)

    def _take(self, order: Order, state: PairMarket, takes: list[tuple[int, int]]) -> None:
        side = state.book.asks if order.is_buy else state.book.bids
        for ticks, lots in takes:
            if not self._can_pay(order, ticks, lots):
                break
            side.taken += lots
            self._fill(order, state, ticks, lots, is_maker=False)
        if takes:
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

    def _can_pay(self, order: Order, ticks: int, lots: int) -> bool:
        """A market order may cost more than was set aside, when the book moved within the latency."""
        grid = order.grid
        cost = grid.value(ticks * lots) if order.is_buy else grid.quantity(lots)
        return cost <= order.locked + self.balances[order.locks].free

    def _fill(self, order: Order, state: PairMarket, ticks: int, lots: int, *, is_maker: bool) -> None:
        self._end_other(order)
        buyer_is_maker = order.is_buy == is_maker
        trade = self._market.print_trade(state, ticks, lots, buyer_is_maker=buyer_is_maker)
        fill = self._fill_of(order, trade.trade_id, ticks, lots, is_maker=is_maker)
        self._pay(order, fill)
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

    def _fill_of(self, order: Order, trade_id: int, ticks: int, lots: int, *, is_maker: bool) -> Fill:
        grid, pair = order.grid, order.grid.pair
        quantity, quote = grid.quantity(lots), grid.value(ticks * lots)
        rate = self._settings.maker_fee if is_maker else self._settings.taker_fee
        means = self._bnb_means(order, quantity) if self.bnb_fees else None
        fee, asset = fees.commission(pair, is_buy=order.is_buy, quantity=quantity, quote=quote, rate=rate, means=means)
        return Fill(
            trade_id=trade_id,
            order_id=order.order_id,
            symbol=order.symbol,
            side=order.side,
            price=grid.price(ticks),
            quantity=quantity,
            quote_quantity=quote,
            commission=fee,
            commission_asset=asset,
            time_ms=self._market.last_ms,
            is_maker=is_maker,
            list_id=order.list_id,
        )

    def _pay(self, order: Order, fill: Fill) -> None:
        """Give what was sold out of what is set aside, then out of what is free; take in the rest, and pay the fee."""
        grid = order.grid
        spent, received = (fill.quote_quantity, fill.quantity) if order.is_buy else (fill.quantity, fill.quote_quantity)
        reserved = spent
        if order.is_buy and order.ticks:  # a limit buy set its own price aside; a better one frees the difference
            reserved = fill.quantity * order.price
        reserved = min(reserved, order.locked)
        order.locked -= reserved
        self.balances.change(order.locks, free=reserved - spent, locked=-reserved)
        gained = grid.pair.base if order.is_buy else grid.pair.quote
        self.balances.change(gained, free=received)
        self.balances.change(fill.commission_asset, free=-fill.commission)

    def _bnb_means(self, order: Order, quantity: Decimal) -> fees.Means:
        """The BNB that is free once this trade is settled, and what one is worth in the pair's quote currency."""
        pair, free = order.grid.pair, self.balances[fees.DISCOUNT_ASSET].free
        if pair.base == fees.DISCOUNT_ASSET:
            free += quantity if order.is_buy else min(Decimal(0), order.locked - quantity)
        if pair.quote == fees.DISCOUNT_ASSET and order.is_buy:
            free = Decimal(0)  # what a trade costs in BNB is settled first; the fee comes out of what was bought
        state = self._market.by_symbol.get(fees.DISCOUNT_ASSET + pair.quote)
        return fees.Means(free, None if state is None else state.grid.price(state.last_ticks()))

    def _expire(self, order: Order, status: Status = Status.EXPIRED) -> None:
        if order.quote_quantity:
            order.lots = order.filled_lots
        self._end_other(order)
        self._close(order, status)
        self._tell(order, Execution.EXPIRED, order.locks)

    def _expire_own(self, order: Order, state: PairMarket, takes: list[tuple[int, int]]) -> None:
        """Self-trade prevention EXPIRE_MAKER: an order never trades with the account's own resting ones."""
        worst = order.ticks or (takes[-1][0] if takes else 0)
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

    @staticmethod
    def _would_take(order: Order, state: PairMarket) -> bool:
        best = state.book.best_ask()[0] if order.is_buy else state.book.best_bid()[0]
        return order.ticks >= best if order.is_buy else order.ticks <= best

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


def _takes(order: Order, state: PairMarket) -> tuple[list[tuple[int, int]], bool]:
    """(ticks, lots) per level that the order takes now, and whether that is all it asks for."""
    side = state.book.asks if order.is_buy else state.book.bids
    levels = side.within(order.ticks or None)
    return _by_value(order, levels) if order.quote_quantity else _by_lots(order, levels)


def _by_lots(order: Order, levels: Iterator[tuple[int, int]]) -> tuple[list[tuple[int, int]], bool]:
    left, takes = order.lots_left, []
    for ticks, lots in levels:
        if not left:
            break
        takes.append((ticks, min(lots, left)))
        left -= takes[-1][1]
    return takes, not left


def _by_value(order: Order, levels: Iterator[tuple[int, int]]) -> tuple[list[tuple[int, int]], bool]:
    """As many lots as the quote value buys; what does not make a whole lot is not spent."""
    left, takes = order.grid.units(order.quote_quantity), []
    for ticks, lots in levels:
        lot_value = ticks * order.grid.notional_units
        affordable = min(lots, left // lot_value)
        if affordable:
            takes.append((ticks, affordable))
            left -= affordable * lot_value
        if affordable < lots:
            return takes, True
    return takes, False
