"""Pairs of orders of which one cancels the other (OCO), in the old form and in the new one.

One order of a pair wins (LIMIT_MAKER, TAKE_PROFIT, TAKE_PROFIT_LIMIT), the other loses (STOP_LOSS, STOP_LOSS_LIMIT),
and the market is between their prices when they are placed. Old and new form differ in how the two are spelled.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from services.simulator import answers
from services.simulator.orders import NewOrder, OrderList, OrderType, Side, TimeInForce
from services.simulator.params import CLIENT_ID, required
from services.simulator.refusals import (
    Refusal,
    invalid,
    no_such_list,
    order_rejected,
    unknown_order,
)
from services.simulator.trading import DETAILS, Detail, check_form
from services.simulator.venue import Request

LOSING: Final = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT})
TAKING: Final = frozenset({OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT})
PAIRED: Final = LOSING | TAKING | {OrderType.LIMIT_MAKER}


async def place_oco(request: Request) -> dict[str, Any]:
    """The new form: an order above the market and one below it, each of a type of its own."""
    params, side = request.params, _side(request)
    quantity = required(params.decimal("quantity"), "quantity")
    above, below = (_leg(request, side, quantity, where) for where in ("above", "below"))
    _check_sides(side, above.type, below.type)
    losing, winning = (above, below) if above.type in LOSING else (below, above)
    return await _placed(request, losing, winning)


async def place_old_oco(request: Request) -> dict[str, Any]:
    """The old form: a LIMIT_MAKER order, and a stop-loss with or without a limit."""
    params, side, pair = request.params, _side(request), request.state().grid.pair
    quantity = required(params.decimal("quantity"), "quantity")
    price = required(params.decimal("price"), "price")
    stop_price = required(params.decimal("stopPrice"), "stopPrice")
    stop_limit = params.decimal("stopLimitPrice")
    kind = OrderType.STOP_LOSS if stop_limit is None else OrderType.STOP_LOSS_LIMIT
    time_in_force = params.choice("stopLimitTimeInForce", TimeInForce, Refusal(-1115, "Invalid timeInForce."))
    sent = {"timeInForce": time_in_force, "quantity": quantity, "price": stop_limit, "stopPrice": stop_price}
    names = {"timeInForce": "stopLimitTimeInForce", "price": "stopLimitPrice"}
    check_form(kind, sent, None, lambda name: names.get(name, name))
    stop_id, limit_id = (_client_id(request, name) for name in ("stopClientOrderId", "limitClientOrderId"))
    rest = {"quantity": quantity, "stop_price": stop_price, "price": stop_limit}
    losing = NewOrder(pair, side, kind, stop_id, time_in_force or TimeInForce.GTC, **rest)
    winning = NewOrder(pair, side, OrderType.LIMIT_MAKER, limit_id, quantity=quantity, price=price)
    return await _placed(request, losing, winning)


def cancel_list(request: Request) -> dict[str, Any]:
    symbol = request.state().symbol
    made = _found(request, "listClientOrderId")
    cancel_id = request.params.text("newClientOrderId", CLIENT_ID) or secrets.token_hex(11)
    request.params.refuse_unread()
    if made is None or made.symbol != symbol or not made.is_open:
        raise unknown_order()
    request.venue.exchange.cancel(next(order for order in made.orders if order.is_open), cancel_id)
    return answers.order_list_canceled(made)


def query_list(request: Request) -> dict[str, Any]:
    made = _found(request, "origClientOrderId")
    if made is None:
        raise no_such_list()
    return answers.order_list(made)


def open_lists(request: Request) -> list[dict[str, Any]]:
    return [answers.order_list(made) for made in request.venue.exchange.lists.values() if made.is_open]


def all_lists(request: Request) -> list[dict[str, Any]]:
    params = request.params
    from_id, limit = params.integer("fromId", 0), params.limit(500, 1000)
    start_ms, end_ms = params.integer("startTime", 0), params.integer("endTime", 2**63)
    found = [
        answers.order_list(made)
        for made in request.venue.exchange.lists.values()
        if made.list_id >= (from_id or 0) and (start_ms or 0) <= made.created_ms <= (end_ms or 0)
    ]
    return found[:limit] if from_id or start_ms else found[-limit:]


def _found(request: Request, client_name: str) -> OrderList | None:
    """The list that the request names by its id, or by its client's id."""
    params, lists = request.params, request.venue.exchange.lists
    list_id, client_id = params.integer("orderListId"), params.text(client_name, CLIENT_ID)
    if list_id is None and client_id is None:
        raise Refusal(-1102, f"Param '{client_name}' or 'orderListId' must be sent, but both were empty/null!")
    made = lists.get(list_id) if list_id is not None else _latest(list(lists.values()), client_id)
    return made if made is not None and client_id in (None, made.client_list_id) else None


def _latest(lists: list[OrderList], client_id: str | None) -> OrderList | None:
    return next((made for made in reversed(lists) if made.client_list_id == client_id), None)


async def _placed(request: Request, losing: NewOrder, winning: NewOrder) -> dict[str, Any]:
    params, exchange = request.params, request.venue.exchange
    client_list_id = _client_id(request, "listClientOrderId")
    detail = params.choice("newOrderRespType", Detail, invalid("newOrderRespType")) or Detail.RESULT
    if params.text("selfTradePreventionMode") not in (None, answers.PREVENTION):
        raise invalid("selfTradePreventionMode")
    params.refuse_unread()
    for wish in (losing, winning):
        exchange.check(wish)
    _check_prices(losing, winning, exchange.last_price(losing.pair.symbol))
    if any(made.is_open and made.client_list_id == client_list_id for made in exchange.lists.values()):
        raise order_rejected("Duplicate order sent.")
    made = exchange.place_pair(losing, winning, client_list_id)
    for order in made.orders:
        await order.matched.wait()
    return {**answers.order_list(made), "orderReports": [DETAILS[detail](order) for order in made.orders]}


def _leg(request: Request, side: Side, quantity: Any, where: str) -> NewOrder:
    """The order `above` or `below` the market."""
    params = request.params
    kind = required(params.choice(f"{where}Type", OrderType, Refusal(-1116, "Invalid orderType.")), f"{where}Type")
    if kind not in PAIRED:
        raise Refusal(-1158, "Order type not supported in OCO.")
    wrong = Refusal(-1115, "Invalid timeInForce.")
    time_in_force = params.choice(f"{where}TimeInForce", TimeInForce, wrong)
    price, stop_price = (params.decimal(f"{where}{name}") for name in ("Price", "StopPrice"))
    sent = {"timeInForce": time_in_force, "quantity": quantity, "price": price, "stopPrice": stop_price}
    check_form(kind, sent, None, lambda name: name if name == "quantity" else where + name[0].upper() + name[1:])
    client_id = _client_id(request, f"{where}ClientOrderId")
    pair = request.state().grid.pair
    rest = {"quantity": quantity, "price": price, "stop_price": stop_price}
    return NewOrder(pair, side, kind, client_id, time_in_force or TimeInForce.GTC, **rest)


def _check_sides(side: Side, above: OrderType, below: OrderType) -> None:
    """Raise unless one order wins, the other loses, and each lies where it must."""
    if (above in LOSING) == (below in LOSING):
        if OrderType.LIMIT_MAKER in (above, below) and not {above, below} & LOSING:
            raise Refusal(-1168, "At least one OCO order must be contingent.")
        raise Refusal(-1158, "Order type not supported in OCO.")
    buys = side is Side.BUY
    winning = below if above in LOSING else above
    if (above in LOSING) != buys:
        if winning is OrderType.LIMIT_MAKER:
            raise (
                Refusal(-1165, "A limit order in a buy OCO must be below.")
                if buys
                else Refusal(-1166, "A limit order in a sell OCO must be above.")
            )
        raise (
            Refusal(-1198, "A take profit order in a buy OCO must be below.")
            if buys
            else Refusal(-1199, "A take profit order in a sell OCO must be above.")
        )


def _check_prices(losing: NewOrder, winning: NewOrder, last: Any) -> None:
    """Raise unless the market is between the two."""
    target = winning.stop_price if winning.type is OrderType.TAKE_PROFIT else winning.price
    stop = losing.stop_price
    if (
        stop is None
        or target is None
        or not (target < last < stop if losing.side is Side.BUY else stop < last < target)
    ):
        raise order_rejected("The relationship of the prices for the orders is not correct.")


def _side(request: Request) -> Side:
    return required(request.params.choice("side", Side, Refusal(-1117, "Invalid side.")), "side")


def _client_id(request: Request, name: str) -> str:
    return request.params.text(name, CLIENT_ID) or secrets.token_hex(11)
