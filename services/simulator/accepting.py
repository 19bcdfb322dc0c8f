"""Which orders are accepted: the filters as they stand now, an id that is new, a price that makes sense at this moment.

Nothing but market time is changed; what is not accepted is a Refusal in the exchange's own words.
"""

from __future__ import annotations

from decimal import Decimal

from services.simulator import filters
from services.simulator.account import Account
from services.simulator.depth import would_take
from services.simulator.grid import Grid
from services.simulator.market import Market
from services.simulator.orders import STOP_TYPES, NewOrder, Order, OrderType
from services.simulator.refusals import market_closed, order_rejected
from services.simulator.stops import reached


def check(request: NewOrder, account: Account, market: Market, before: int = 0) -> None:
    """Whether the pair trades, and the filters as they stand now; `before` open orders more are on their way."""
    state = market.by_symbol[request.pair.symbol]
    if state.halted:
        raise market_closed()
    found = account.open_orders(state.symbol)
    waiting = sum(order.is_waiting for order in found)
    filters.check(request, filters.Market(state.grid.price(state.last_ticks()), len(found) + before, waiting))


def acceptable(request: NewOrder, account: Account, market: Market, before: int = 0) -> Order:
    """The order, not accepted yet, or the Refusal. `before` orders of the same request come first."""
    check(request, account, market, before)
    if account.knows(request):
        raise order_rejected("Duplicate order sent.")
    state = market.by_symbol[request.pair.symbol]
    order = _ordered(request, account.next_order + before, state.grid, market.now_ms())
    if order.is_waiting and reached(order.type, order.side, order.stop_ticks, state.last_ticks()):
        raise order_rejected("Stop price would trigger immediately.")
    if order.type is OrderType.LIMIT_MAKER and would_take(order, state):
        raise order_rejected("Order would immediately match and take.")
    return order


def _ordered(request: NewOrder, order_id: int, grid: Grid, now_ms: int) -> Order:
    return Order(
        order_id=order_id,
        client_order_id=request.client_order_id,
        grid=grid,
        side=request.side,
        type=request.type,
        time_in_force=request.time_in_force,
        ticks=int(request.price / grid.tick) if request.price is not None else 0,
        lots=int(request.quantity / grid.lot) if request.quantity is not None else 0,
        quote_quantity=request.quote_quantity or Decimal(0),
        created_ms=now_ms,
        updated_ms=now_ms,
        stop_ticks=int(request.stop_price / grid.tick) if request.stop_price is not None else 0,
        working_ms=-1 if request.type in STOP_TYPES else now_ms,
    )
