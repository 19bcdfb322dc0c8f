"""The dialect: every operation with its REST route, its WebSocket API method, its weight and its security.

REST and the WebSocket API are two ways to say the same, so both look their operations up here and go through `perform`,
which keeps one order of checks: weight, faults, key and signature, the operation, faults again.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from services.simulator import auth, market_data, order_lists, replacing, trading
from services.simulator.faults import Kind
from services.simulator.params import Params
from services.simulator.streams import Connection
from services.simulator.venue import Request, Venue

Weight = int | Callable[[Mapping[str, str]], int]


class Security(Enum):
    NONE = auto()
    KEY = auto()
    """API key only."""
    SIGNED = auto()
    """API key, timestamp and signature."""


@dataclass(frozen=True, slots=True)
class Operation:
    run: Callable[[Request], Any | Awaitable[Any]]
    rest: tuple[str, str] | None
    """HTTP method and path below /api/v3."""
    websocket: str | None
    weight: Weight
    security: Security = Security.NONE
    kind: Kind = Kind.OTHER


def _by_symbol(one: int, every: int) -> Weight:
    return lambda sent: one if sent.get("symbol") else every


def _depth_weight(sent: Mapping[str, str]) -> int:
    limit = sent.get("limit", "100")
    rows = int(limit) if limit.isdecimal() and len(limit) < 10 else 5000
    return 5 if rows <= 100 else 25 if rows <= 500 else 50 if rows <= 1000 else 250


SIGNED, KEY = Security.SIGNED, Security.KEY

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(market_data.ping, ("GET", "ping"), "ping", 1),
    Operation(market_data.server_time, ("GET", "time"), "time", 1),
    Operation(market_data.exchange_info, ("GET", "exchangeInfo"), "exchangeInfo", 20),
    Operation(market_data.klines, ("GET", "klines"), "klines", 2),
    Operation(market_data.depth, ("GET", "depth"), "depth", _depth_weight),
    Operation(market_data.trades, ("GET", "trades"), "trades.recent", 25),
    Operation(market_data.aggregate_trades, ("GET", "aggTrades"), "trades.aggregate", 4),
    Operation(market_data.old_trades, ("GET", "historicalTrades"), "trades.historical", 25),
    Operation(market_data.average_price, ("GET", "avgPrice"), "avgPrice", 2),
    Operation(market_data.ticker_price, ("GET", "ticker/price"), "ticker.price", _by_symbol(2, 4)),
    Operation(market_data.book_ticker, ("GET", "ticker/bookTicker"), "ticker.book", _by_symbol(2, 4)),
    Operation(market_data.day_ticker, ("GET", "ticker/24hr"), "ticker.24hr", _by_symbol(2, 80)),
    Operation(trading.place_order, ("POST", "order"), "order.place", 1, SIGNED, Kind.PLACE),
    Operation(trading.test_order, ("POST", "order/test"), "order.test", 1, SIGNED),
    Operation(trading.query_order, ("GET", "order"), "order.status", 4, SIGNED),
    Operation(trading.cancel_order, ("DELETE", "order"), "order.cancel", 1, SIGNED, Kind.CANCEL),
    Operation(replacing.replace_order, ("POST", "order/cancelReplace"), "order.cancelReplace", 1, SIGNED, Kind.REPLACE),
    Operation(order_lists.place_oco, ("POST", "orderList/oco"), "orderList.place.oco", 1, SIGNED, Kind.PLACE),
    Operation(order_lists.place_old_oco, ("POST", "order/oco"), "orderList.place", 1, SIGNED, Kind.PLACE),
    Operation(order_lists.cancel_list, ("DELETE", "orderList"), "orderList.cancel", 1, SIGNED, Kind.CANCEL),
    Operation(order_lists.query_list, ("GET", "orderList"), "orderList.status", 4, SIGNED),
    Operation(order_lists.open_lists, ("GET", "openOrderList"), "openOrderLists.status", 6, SIGNED),
    Operation(order_lists.all_lists, ("GET", "allOrderList"), "allOrderLists", 20, SIGNED),
    Operation(trading.open_orders, ("GET", "openOrders"), "openOrders.status", _by_symbol(6, 80), SIGNED),
    Operation(trading.cancel_open_orders, ("DELETE", "openOrders"), "openOrders.cancelAll", 1, SIGNED, Kind.CANCEL),
    Operation(trading.all_orders, ("GET", "allOrders"), "allOrders", 20, SIGNED),
    Operation(trading.account, ("GET", "account"), "account.status", 20, SIGNED),
    Operation(trading.commission_rates, ("GET", "account/commission"), "account.commission", 20, SIGNED),
    Operation(trading.my_trades, ("GET", "myTrades"), "myTrades", 20, SIGNED),
    Operation(trading.start_user_stream, ("POST", "userDataStream"), "userDataStream.start", 2, KEY),
    Operation(trading.ping_user_stream, ("PUT", "userDataStream"), "userDataStream.ping", 2, KEY),
    Operation(trading.stop_user_stream, ("DELETE", "userDataStream"), "userDataStream.stop", 2, KEY),
    Operation(trading.subscribe_user_stream, None, "userDataStream.subscribe.signature", 2, SIGNED),
    Operation(trading.unsubscribe_user_stream, None, "userDataStream.unsubscribe", 2),
    Operation(trading.user_subscriptions, None, "session.subscriptions", 2),
)
WALLET_OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation(market_data.system_status, ("GET", "system/status"), None, 1),
    Operation(trading.trade_fees, ("GET", "asset/tradeFee"), None, 1, SIGNED),
    Operation(trading.bnb_burn, ("GET", "bnbBurn"), None, 1, SIGNED),
    Operation(trading.set_bnb_burn, ("POST", "bnbBurn"), None, 1, SIGNED),
)
"""What the exchange has below /sapi/v1. Also answered below /api/v3, for clients that know one base address only."""
BY_WALLET_ROUTE: Final = {operation.rest: operation for operation in WALLET_OPERATIONS}
BY_ROUTE: Final = {
    operation.rest: operation for operation in (*OPERATIONS, *WALLET_OPERATIONS) if operation.rest is not None
}
BY_METHOD: Final = {operation.websocket: operation for operation in OPERATIONS if operation.websocket is not None}


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client sent: its parameters, its key, and the texts that its signature may cover."""

    params: Mapping[str, str]
    api_key: str | None
    payloads: tuple[str, ...]


async def perform(venue: Venue, operation: Operation, sent: Sent, connection: Connection | None = None) -> Any:
    """The operation's result; raises Refusal, or Swallowed when a fault keeps the answer."""
    weight = operation.weight
    venue.limit.spend(weight if isinstance(weight, int) else weight(sent.params))
    venue.faults.before_request(operation.kind)
    if operation.security is not Security.NONE:
        auth.check_key(sent.api_key, venue.settings.api_key)
    if operation.security is Security.SIGNED:
        auth.check_signature(sent.params, sent.payloads, venue.settings.api_secret, venue.faults.clock_ms)
    venue.faults.before_order(operation.kind)
    params = Params(sent.params)
    result = operation.run(Request(venue, params, connection))
    if inspect.isawaitable(result):
        result = await result
    params.refuse_unread()
    venue.faults.after_request(operation.kind)
    return result
