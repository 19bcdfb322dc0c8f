"""The messages of the dialect that we read, and only the fields that we use. Numbers come as strings."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import field

from core.kernel import NANOSECONDS
from services.trader.exchanges.protocol import Trade
from services.trader.orders import Answer, Fill, Side, Status

MILLISECOND_NS: Final = NANOSECONDS // 1000

Milliseconds = Annotated[int, msgspec.Meta(ge=0, lt=10**13)]
"""UTC since 1970, up to the year 2286: more would not fit an event, and is no time but garbage."""
Amount = Annotated[float, msgspec.Meta(ge=0)]
"""Of base currency; refuses NaN too."""

STATUSES: Final[Mapping[str, Status]] = {
    "NEW": Status.OPEN,
    "PENDING_NEW": Status.OPEN,
    "PARTIALLY_FILLED": Status.OPEN,
    "PENDING_CANCEL": Status.OPEN,
    "FILLED": Status.FILLED,
    "CANCELED": Status.CANCELED,
    "EXPIRED": Status.CANCELED,
    "EXPIRED_IN_MATCH": Status.CANCELED,
    "REJECTED": Status.REJECTED,
}


class BookTicker(msgspec.Struct, frozen=True):
    """`<symbol>@bookTicker`: the best bid and ask."""

    update_id: int = field(name="u")
    bid: float = field(name="b")
    bid_size: float = field(name="B")
    ask: float = field(name="a")
    ask_size: float = field(name="A")


class AggTrade(msgspec.Struct, frozen=True):
    """`<symbol>@aggTrade`, and an element of GET aggTrades."""

    trade_id: int = field(name="a")
    price: float = field(name="p")
    quantity: Amount = field(name="q")
    time_ms: Milliseconds = field(name="T")
    buyer_is_maker: bool = field(name="m")

    def trade(self) -> Trade:
        """As the trader reads it: a maker who bought was sold to."""
        sold, bought = (self.quantity, 0.0) if self.buyer_is_maker else (0.0, self.quantity)
        return Trade(self.trade_id, self.time_ms * MILLISECOND_NS, self.price, bought, sold)


class Candle(msgspec.Struct, frozen=True):
    """The `k` of `<symbol>@kline_<interval>`."""

    open_ms: Milliseconds = field(name="t")
    close_ms: Milliseconds = field(name="T")
    open: float = field(name="o")
    high: float = field(name="h")
    low: float = field(name="l")
    close: float = field(name="c")
    volume: Amount = field(name="v")
    closed: bool = field(name="x")


class CandleEvent(msgspec.Struct, frozen=True):
    """`<symbol>@kline_<interval>`."""

    candle: Candle = field(name="k")


class Envelope(msgspec.Struct, frozen=True):
    """A message of a combined stream."""

    stream: str
    data: msgspec.Raw


class ExecutionReport(msgspec.Struct, frozen=True):
    """The account's stream, event `executionReport`: one step of one order."""

    symbol: str = field(name="s")
    client_id: str = field(name="c")
    original_client_id: str = field(name="C")  # of the order, in the report of a cancel; else empty
    side: Side = field(name="S")
    kind: str = field(name="x")
    status: str = field(name="X")
    reject_reason: str = field(name="r")
    trade_id: int = field(name="t")
    quantity: Decimal = field(name="l")
    price: Decimal = field(name="L")
    fee: Decimal = field(name="n")
    time_ms: Milliseconds = field(name="T")
    fee_asset: str | None = field(name="N", default=None)

    @property
    def order_id(self) -> str:
        """The client id of the order, whatever the report is about."""
        return self.original_client_id or self.client_id

    def fill(self) -> Fill | None:
        """The trade that this report tells of, if any."""
        if self.kind != "TRADE":
            return None
        time_ns = self.time_ms * MILLISECOND_NS
        fee_asset = self.fee_asset or ""
        return Fill(
            self.order_id,
            self.symbol,
            self.side,
            self.trade_id,
            self.quantity,
            self.price,
            self.fee,
            fee_asset,
            time_ns,
        )

    def answer(self) -> Answer:
        """What became of the order."""
        detail = "" if self.reject_reason == "NONE" else self.reject_reason
        return Answer(self.order_id, STATUSES.get(self.status, Status.UNKNOWN), detail)


class OrderTrade(msgspec.Struct, frozen=True):
    """An element of `fills` in the full answer to an order, and of myTrades."""

    price: Decimal
    quantity: Decimal = field(name="qty")
    fee: Decimal = field(name="commission")
    fee_asset: str = field(name="commissionAsset")
    trade_id: int = field(name="tradeId", default=0)
    id: int = 0  # myTrades calls it so
    time_ms: Milliseconds = field(name="time", default=0)


class OrderResult(msgspec.Struct, frozen=True):
    """The full answer to an order, and to a question about one."""

    symbol: str
    client_id: str = field(name="clientOrderId")
    order_id: int = field(name="orderId")
    status: str
    side: Side
    executed: Decimal = field(name="executedQty", default=Decimal(0))
    time_ms: Milliseconds = field(name="transactTime", default=0)
    fills: tuple[OrderTrade, ...] = ()

    def answer(self) -> Answer:
        """What became of the order."""
        return Answer(self.client_id, STATUSES.get(self.status, Status.UNKNOWN))

    def filled(self) -> list[Fill]:
        """Its trades."""
        return [fill_of(trade, self.client_id, self.symbol, self.side, self.time_ms) for trade in self.fills]


class ServerTime(msgspec.Struct, frozen=True):
    """The answer to GET time."""

    time_ms: Milliseconds = field(name="serverTime")


class ProblemData(msgspec.Struct, frozen=True):
    """What comes with some errors: when a pause that is asked for ends, and what became of a cancelReplace's halves."""

    retry_after_ms: int | None = field(name="retryAfter", default=None)  # UTC since 1970
    cancel_result: str = field(name="cancelResult", default="")
    new_order_response: msgspec.Raw = field(name="newOrderResponse", default=msgspec.Raw(b"null"))


class Problem(msgspec.Struct, frozen=True):
    """An error body, over REST and WebSocket alike."""

    code: int = 0
    msg: str = ""
    data: ProblemData | None = None


class Replaced(msgspec.Struct, frozen=True):
    """The answer to a cancelReplace of which both halves were done."""

    new_order_response: msgspec.Raw = field(name="newOrderResponse")


class OrderResponse(msgspec.Struct, frozen=True):
    """An answer of the WebSocket API, or an event of the account's stream wrapped in one."""

    id: str | int | None = None
    status: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: Problem | None = None
    event: msgspec.Raw = msgspec.Raw()  # empty when this is an answer


class EventKind(msgspec.Struct, frozen=True):
    """Which event of the account's stream it is."""

    kind: str = field(name="e", default="")


def fill_of(trade: OrderTrade, client_id: str, symbol: str, side: Side, time_ms: int) -> Fill:
    """One of our trades as the ledger keeps it."""
    return Fill(
        client_id=client_id,
        symbol=symbol,
        side=side,
        trade_id=trade.trade_id or trade.id,
        quantity=trade.quantity,
        price=trade.price,
        fee=trade.fee,
        fee_asset=trade.fee_asset,
        time_ns=(trade.time_ms or time_ms) * MILLISECOND_NS,
    )


def decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Decodes `kind`; prices and sizes come as strings and become numbers."""
    return msgspec.json.Decoder(kind, strict=False)


def sign(secret: bytes, payload: str) -> str:
    """HMAC-SHA256 as the dialect wants it: lower-case hexadecimal."""
    return hmac.digest(secret, payload.encode(), hashlib.sha256).hex()
