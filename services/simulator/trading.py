"""Private operations: orders, the account and its events."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final

from services.simulator import answers
from services.simulator.orders import NewOrder, Order, OrderType, Side, TimeInForce
from services.simulator.params import CLIENT_ID, SYMBOL, Params, required
from services.simulator.refusals import Refusal, invalid, missing, no_such_order, not_required, unknown_order
from services.simulator.venue import Request


class Detail(StrEnum):
    """How much the answer to a new order tells."""

    ACK = "ACK"
    RESULT = "RESULT"
    FULL = "FULL"


DETAILS: Final = {Detail.ACK: answers.order_ack, Detail.RESULT: answers.order_result, Detail.FULL: answers.order_full}


async def place_order(request: Request) -> dict[str, Any]:
    """Answered once the order met the book, whatever the detail: what follows is told by the user data stream."""
    wish, detail = new_order(request)
    request.params.refuse_unread()
    return await placed(request, wish, detail)


async def placed(request: Request, wish: NewOrder, detail: Detail) -> dict[str, Any]:
    """Place it and answer in this detail, or raise the Refusal."""
    order = request.venue.exchange.place(wish)
    await order.matched.wait()
    return DETAILS[detail](order)


async def test_order(request: Request) -> dict[str, Any]:
    """The form of an order, checked and not sent."""
    new_order(request)
    request.params.refuse_unread()
    return {}


def new_order(request: Request) -> tuple[NewOrder, Detail]:
    """The order that the request describes, its form checked, and how much of it to answer."""
    params, grid = request.params, request.state().grid
    side = required(params.choice("side", Side, Refusal(-1117, "Invalid side.")), "side")
    kind = required(params.choice("type", OrderType, Refusal(-1116, "Invalid orderType.")), "type")
    time_in_force = params.choice("timeInForce", TimeInForce, Refusal(-1115, "Invalid timeInForce."))
    quantity, quote_quantity, price, stop_price = (
        params.decimal(name, grid.digits) for name in ("quantity", "quoteOrderQty", "price", "stopPrice")
    )
    default = Detail.FULL if kind in (OrderType.MARKET, OrderType.LIMIT) else Detail.ACK
    detail = params.choice("newOrderRespType", Detail, invalid("newOrderRespType")) or default
    client_id = params.text("newClientOrderId", CLIENT_ID) or secrets.token_hex(11)
    if params.text("selfTradePreventionMode") not in (None, answers.PREVENTION):
        raise invalid("selfTradePreventionMode")
    sent = {"timeInForce": time_in_force, "quantity": quantity, "price": price, "stopPrice": stop_price}
    check_form(kind, sent, quote_quantity)
    rest = (quantity, quote_quantity, price, stop_price)
    return NewOrder(grid.pair, side, kind, client_id, time_in_force or TimeInForce.GTC, *rest), detail


_MANDATORY = {
    OrderType.LIMIT: ("timeInForce", "quantity", "price"),
    OrderType.LIMIT_MAKER: ("quantity", "price"),
    OrderType.MARKET: (),
    **dict.fromkeys((OrderType.STOP_LOSS, OrderType.TAKE_PROFIT), ("quantity", "stopPrice")),
    **dict.fromkeys(
        (OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT), ("timeInForce", "quantity", "price", "stopPrice")
    ),
}
_NOT_REQUIRED = {
    OrderType.LIMIT: ("stopPrice",),
    OrderType.LIMIT_MAKER: ("timeInForce", "stopPrice"),
    OrderType.MARKET: ("timeInForce", "price", "stopPrice"),
    **dict.fromkeys((OrderType.STOP_LOSS, OrderType.TAKE_PROFIT), ("timeInForce", "price")),
    **dict.fromkeys((OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT), ()),
}


def check_form(kind: OrderType, sent: dict[str, Any], quote_quantity: Any, called: Callable[[str], str] = str) -> None:
    """Raise for a field that this type of order needs and lacks, or has and must not have.

    `called` gives the name of a field in this request.
    """
    for name in _MANDATORY[kind]:
        if sent[name] is None:
            raise missing(called(name))
    for name in _NOT_REQUIRED[kind]:
        if sent[name] is not None:
            raise not_required(called(name))
    if kind is not OrderType.MARKET:
        if quote_quantity is not None:
            raise not_required("quoteOrderQty")
    elif sent["quantity"] is None and quote_quantity is None:
        raise Refusal(-1102, "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!")
    elif sent["quantity"] is not None and quote_quantity is not None:
        raise Refusal(-1128, "Combination of optional parameters invalid.")


def _found(request: Request, absent: Refusal) -> Order:
    params, symbol = request.params, request.state().symbol
    order_id, client_id = params.integer("orderId"), params.text("origClientOrderId", CLIENT_ID)
    if order_id is None and client_id is None:
        raise Refusal(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
    order = request.venue.exchange.find(symbol, order_id, client_id)
    if order is None or client_id not in (None, order.client_order_id):
        raise absent
    return order


def query_order(request: Request) -> dict[str, Any]:
    return answers.order_status(_found(request, no_such_order()))


def cancel_order(request: Request) -> dict[str, Any]:
    order = _found(request, unknown_order())
    cancel_id = request.params.text("newClientOrderId", CLIENT_ID) or secrets.token_hex(11)
    request.params.refuse_unread()
    request.venue.exchange.cancel(order, cancel_id)
    return answers.order_canceled(order)


def open_orders(request: Request) -> list[dict[str, Any]]:
    symbol = request.params.text("symbol", SYMBOL)
    if symbol is not None:
        request.named(symbol)
    return [answers.order_status(order) for order in request.venue.exchange.open_orders(symbol)]


def cancel_open_orders(request: Request) -> list[dict[str, Any]]:
    symbol = request.state().symbol
    request.params.refuse_unread()
    found = request.venue.exchange.open_orders(symbol)
    if not found:
        raise unknown_order()
    for order in found:
        if order.is_open:  # cancelling one of a pair has cancelled the other
            request.venue.exchange.cancel(order, secrets.token_hex(11))
    lists = dict.fromkeys(order.pair for order in found if order.pair is not None)
    alone = [answers.order_canceled(order) for order in found if order.pair is None]
    return alone + [answers.order_list_canceled(made) for made in lists]


def all_orders(request: Request) -> list[dict[str, Any]]:
    params, symbol = request.params, request.state().symbol
    from_id, limit = params.integer("orderId"), params.limit(500, 1000)
    start_ms, end_ms = _window(params)
    found = [
        order
        for order in request.venue.exchange.orders.values()
        if order.symbol == symbol and order.order_id >= (from_id or 0) and start_ms <= order.created_ms <= end_ms
    ]
    return [answers.order_status(order) for order in _limited(found, limit, oldest=from_id is not None or start_ms > 0)]


def my_trades(request: Request) -> list[dict[str, Any]]:
    params, symbol = request.params, request.state().symbol
    from_id, order_id, limit = params.integer("fromId"), params.integer("orderId"), params.limit(500, 1000)
    start_ms, end_ms = _window(params)
    found = [
        fill
        for fill in request.venue.exchange.trades
        if fill.symbol == symbol
        and fill.trade_id >= (from_id or 0)
        and order_id in (None, fill.order_id)
        and start_ms <= fill.time_ms <= end_ms
    ]
    return [answers.my_trade(fill) for fill in _limited(found, limit, oldest=from_id is not None or start_ms > 0)]


def _window(params: Params) -> tuple[int, int]:
    start_ms, end_ms = params.integer("startTime"), params.integer("endTime")
    return start_ms or 0, 2**63 if end_ms is None else end_ms


def _limited(rows: list[Any], limit: int, *, oldest: bool) -> list[Any]:
    """The first rows when the request says where to begin, the latest ones otherwise."""
    return rows[:limit] if oldest else rows[-limit:]


def account(request: Request) -> dict[str, Any]:
    venue = request.venue
    omit_zero = request.params.text("omitZeroBalances") == "true"
    return answers.account(venue.settings, venue.exchange.balances, venue.exchange.updated_ms, omit_zero=omit_zero)


def commission_rates(request: Request) -> dict[str, Any]:
    exchange = request.venue.exchange
    return answers.commission_rates(request.venue.settings, request.state().symbol, bnb_fees=exchange.bnb_fees)


def trade_fees(request: Request) -> list[dict[str, Any]]:
    return [answers.trade_fee(request.venue.settings, state.symbol) for state in request.states()]


def bnb_burn(request: Request) -> dict[str, bool]:
    """Whether fees are paid in BNB."""
    return {"spotBNBBurn": request.venue.exchange.bnb_fees, "interestBNBBurn": False}


def set_bnb_burn(request: Request) -> dict[str, bool]:
    """Choose whether fees are paid in BNB."""
    chosen = request.params.text("spotBNBBurn", "true|false")
    request.params.text("interestBNBBurn", "true|false")
    request.params.refuse_unread()
    if chosen is not None:
        request.venue.exchange.bnb_fees = chosen == "true"
    return bnb_burn(request)


def start_user_stream(request: Request) -> dict[str, Any]:
    return {"listenKey": request.venue.users.start()}


def ping_user_stream(request: Request) -> dict[str, Any]:
    request.venue.users.keep_alive(required(request.params.text("listenKey"), "listenKey"))
    return {}


def stop_user_stream(request: Request) -> dict[str, Any]:
    request.venue.users.stop(required(request.params.text("listenKey"), "listenKey"))
    return {}


def subscribe_user_stream(request: Request) -> dict[str, Any]:
    if request.connection is None:
        raise Refusal(-1020, "This operation is not supported.")
    return {"subscriptionId": request.venue.users.subscribe(request.connection)}


def unsubscribe_user_stream(request: Request) -> dict[str, Any]:
    if request.connection is None:
        raise Refusal(-1020, "This operation is not supported.")
    request.venue.users.unsubscribe(request.connection, request.params.integer("subscriptionId"))
    return {}


def user_subscriptions(request: Request) -> list[dict[str, int]]:
    return request.venue.users.subscriptions(request.connection) if request.connection else []
