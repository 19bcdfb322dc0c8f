"""Messages as the exchange's documentation shows them are read, with fields that we do not use or that are null.

developers.binance.com/docs/binance-spot-api-docs: web-socket-streams, user-data-stream, web-socket-api.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from services.trader.exchanges.binance.rest import refusal
from services.trader.exchanges.binance.wire import (
    STATUSES,
    AggTrade,
    BookTicker,
    CandleEvent,
    Envelope,
    EventKind,
    ExecutionReport,
    OrderResponse,
    OrderResult,
    OrderTrade,
    decoder,
    fill_of,
    sign,
)
from services.trader.exchanges.protocol import Trade
from services.trader.orders import Answer, Fill, Side, Status

BOOK_TICKER = b"""{"stream":"bnbusdt@bookTicker","data":
    {"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}}"""
AGG_TRADE = b"""{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,
    "T":1672515782136,"m":true,"M":true}"""
KLINE = b"""{"e":"kline","E":1672515782136,"s":"BNBBTC","k":{"t":1672515780000,"T":1672515839999,"s":"BNBBTC","i":"1m",
    "f":100,"L":200,"o":"0.0010","c":"0.0020","h":"0.0025","l":"0.0015","v":"1000","n":100,"x":false,"q":"1.0000",
    "V":"500","Q":"0.500","B":"123456"}}"""
EXECUTION_REPORT: dict[str, Any] = {
    "e": "executionReport",
    "E": 1499405658658,
    "s": "ETHBTC",
    "c": "mUvoqJxFIILMdfAW5iGSOW",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "1.00000000",
    "p": "0.10264410",
    "P": "0.00000000",
    "F": "0.00000000",
    "g": -1,
    "C": "",
    "x": "NEW",
    "X": "NEW",
    "r": "NONE",
    "i": 4293153,
    "l": "0.00000000",
    "z": "0.00000000",
    "L": "0.00000000",
    "n": "0",
    "N": None,
    "T": 1499405658657,
    "t": -1,
    "v": 3,
    "I": 8641984,
    "w": True,
    "m": False,
    "M": False,
    "O": 1499405658657,
    "Z": "0.00000000",
    "Y": "0.00000000",
    "Q": "0.00000000",
    "W": 1499405658657,
    "V": "NONE",
}
ORDER_PLACE = b"""{"id":"56374a46-3061-486b-a311-99ee972eb648","status":200,"result":{"symbol":"BTCUSDT",
    "orderId":12569099453,"orderListId":-1,"clientOrderId":"4d96324ff9d44481926157ec08158a40",
    "transactTime":1660801715793,"price":"23416.10000000","origQty":"0.00847000","executedQty":"0.00847000","origQuoteOrderQty":"0.000000",
    "cummulativeQuoteQty":"198.33521500","status":"FILLED","timeInForce":"GTC","type":"LIMIT","side":"SELL",
    "workingTime":1660801715793,"selfTradePreventionMode":"NONE","fills":[{"price":"23416.10000000","qty":"0.00635000",
    "commission":"0.000000","commissionAsset":"BNB","tradeId":1650422481},{"price":"23416.50000000","qty":"0.00212000",
    "commission":"0.000000","commissionAsset":"BNB","tradeId":1650422482}]},"rateLimits":[{"rateLimitType":"ORDERS",
    "interval":"SECOND","intervalNum":10,"limit":50,"count":1}]}"""
ORDER_REFUSED = b"""{"id":"e2a85d9f-07a5-4f94-8d5f-789dc3deb097","status":400,"error":{"code":-2010,
    "msg":"Account has insufficient balance for requested action."},"rateLimits":[]}"""
ORDER_QUERY = b"""{"symbol":"LTCBTC","orderId":1,"orderListId":-1,"clientOrderId":"myOrder1","price":"0.1",
    "origQty":"1.0","executedQty":"0.4","cummulativeQuoteQty":"0.04","status":"PARTIALLY_FILLED","timeInForce":"GTC",
    "type":"LIMIT","side":"BUY","stopPrice":"0.0","icebergQty":"0.0","time":1499827319559,"updateTime":1499827319559,
    "isWorking":true,"workingTime":1499827319559,"origQuoteOrderQty":"0.000000","selfTradePreventionMode":"NONE"}"""
MY_TRADE = b"""{"symbol":"BNBBTC","id":28457,"orderId":100234,"orderListId":-1,"price":"4.00000100","qty":"12.00000000",
    "quoteQty":"48.000012","commission":"10.10000000","commissionAsset":"BNB","time":1499865549590,"isBuyer":true,
    "isMaker":false,"isBestMatch":true}"""


def report(**changes: Any) -> ExecutionReport:
    found: ExecutionReport = decoder(ExecutionReport).decode(msgspec.json.encode(EXECUTION_REPORT | changes))
    return found


def test_a_book_ticker_inside_its_envelope() -> None:
    envelope = decoder(Envelope).decode(BOOK_TICKER)
    assert envelope.stream == "bnbusdt@bookTicker"
    assert decoder(BookTicker).decode(envelope.data) == BookTicker(400900217, 25.3519, 31.21, 25.3652, 40.66)


@pytest.mark.parametrize(("maker_bought", "bought", "sold"), [(b"true", 0.0, 100.0), (b"false", 100.0, 0.0)])
def test_a_trade_was_sold_when_its_maker_is_the_buyer(maker_bought: bytes, bought: float, sold: float) -> None:
    trade = decoder(AggTrade).decode(AGG_TRADE.replace(b'"m":true', b'"m":' + maker_bought)).trade()
    assert trade == Trade(12345, 1672515782136 * 1_000_000, 0.001, bought, sold)


def test_a_bar_and_whether_it_has_closed() -> None:
    bar = decoder(CandleEvent).decode(KLINE).candle
    assert (bar.open_ms, bar.close_ms, bar.closed) == (1672515780000, 1672515839999, False)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (0.001, 0.0025, 0.0015, 0.002, 1000.0)


def test_a_report_of_a_new_order_has_no_fill() -> None:
    new = report()
    assert new.answer() == Answer("mUvoqJxFIILMdfAW5iGSOW", Status.OPEN)
    assert new.fill() is None


def test_a_report_of_a_trade_is_a_fill() -> None:
    traded = report(x="TRADE", X="PARTIALLY_FILLED", t=77, l="0.40000000", L="0.10264400", n="0.00040000", N="ETH")
    assert traded.answer().status is Status.OPEN
    assert traded.fill() == Fill(
        "mUvoqJxFIILMdfAW5iGSOW",
        "ETHBTC",
        Side.BUY,
        77,
        Decimal("0.4"),
        Decimal("0.102644"),
        Decimal("0.0004"),
        "ETH",
        1499405658657 * 1_000_000,
    )


def test_a_trade_without_a_fee_names_no_asset() -> None:
    fill = report(x="TRADE", X="FILLED", t=77, l="1", L="0.1", N=None).fill()
    assert fill is not None
    assert (fill.fee, fill.fee_asset) == (0, "")


def test_a_cancel_is_of_the_order_that_it_names_and_not_of_itself() -> None:
    assert report(x="CANCELED", X="CANCELED", C="ours", c="the cancel's own").answer() == Answer(
        "ours", Status.CANCELED
    )


def test_a_rejection_says_why() -> None:
    said = report(x="REJECTED", X="REJECTED", r="INSUFFICIENT_BALANCES").answer()
    assert said == Answer("mUvoqJxFIILMdfAW5iGSOW", Status.REJECTED, "INSUFFICIENT_BALANCES")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        *STATUSES.items(),
        ("PENDING_REVIEW", Status.UNKNOWN),
        ("", Status.UNKNOWN),
    ],
)
def test_a_status_that_we_do_not_know_is_unknown_and_is_asked_for(said: str, status: Status) -> None:
    assert report(X=said).answer().status is status


def test_an_expired_order_is_closed() -> None:
    assert STATUSES["EXPIRED"].closed  # what an immediate-or-cancel order becomes
    assert STATUSES["EXPIRED_IN_MATCH"].closed


def test_the_full_answer_to_an_order() -> None:
    response = decoder(OrderResponse).decode(ORDER_PLACE)
    assert (response.id, response.status, response.error) == ("56374a46-3061-486b-a311-99ee972eb648", 200, None)
    assert not response.event
    result = decoder(OrderResult).decode(response.result)
    assert result.answer() == Answer("4d96324ff9d44481926157ec08158a40", Status.FILLED)
    assert [(fill.trade_id, fill.quantity, fill.price) for fill in result.filled()] == [
        (1650422481, Decimal("0.00635"), Decimal("23416.1")),
        (1650422482, Decimal("0.00212"), Decimal("23416.5")),
    ]
    assert {fill.time_ns for fill in result.filled()} == {1660801715793 * 1_000_000}


def test_a_refused_order() -> None:
    response = decoder(OrderResponse).decode(ORDER_REFUSED)
    assert response.status == 400
    assert response.error is not None
    assert (response.error.code, response.error.msg[:7]) == (-2010, "Account")


def test_an_event_of_the_account_is_told_from_an_answer() -> None:
    wrapped = decoder(OrderResponse).decode(msgspec.json.encode({"subscriptionId": 0, "event": EXECUTION_REPORT}))
    assert wrapped.id is None
    assert decoder(EventKind).decode(wrapped.event).kind == "executionReport"
    other = decoder(OrderResponse).decode(b'{"subscriptionId":0,"event":{"e":"balanceUpdate","a":"BTC","d":"1.0"}}')
    assert decoder(EventKind).decode(other.event).kind == "balanceUpdate"


def test_an_answer_without_an_id_or_a_result() -> None:
    response = decoder(OrderResponse).decode(b'{"id":null,"status":400,"error":{"code":-1000,"msg":"?"},"later":{}}')
    assert (response.id, response.result) == (None, msgspec.Raw(b"null"))


def test_an_order_that_was_asked_for() -> None:
    found = decoder(OrderResult).decode(ORDER_QUERY)
    assert (found.answer().status, found.executed, found.fills) == (Status.OPEN, Decimal("0.4"), ())


def test_a_trade_of_ours_has_its_id_under_another_name() -> None:
    fill = fill_of(decoder(OrderTrade).decode(MY_TRADE), "ours", "BNBBTC", Side.BUY, 0)
    assert (fill.trade_id, fill.fee, fill.time_ns) == (28457, Decimal("10.1"), 1499865549590 * 1_000_000)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        pytest.param(b"{}", BookTicker, id="fields are missing"),
        pytest.param(BOOK_TICKER, AggTrade, id="another message"),
        pytest.param(AGG_TRADE.replace(b'"0.001"', b'"cheap"'), AggTrade, id="a price in words"),
        pytest.param(AGG_TRADE.replace(b'"0.001"', b"null"), AggTrade, id="a price of null"),
        pytest.param(AGG_TRADE[:-3], AggTrade, id="cut short"),
        pytest.param(b"", OrderResponse, id="nothing"),
    ],
)
def test_what_cannot_be_read_raises_what_the_connection_expects(message: bytes, kind: Any) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decoder(kind).decode(message)


def test_the_signature_is_that_of_the_documentation() -> None:
    secret = b"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"
    payload = (
        "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559"
    )
    assert sign(secret, payload) == "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"code":-1121,"msg":"Invalid symbol."}', "GET order: HTTP 400, Invalid symbol. (-1121)."),
        (b"<html>", "GET order: HTTP 400, no reason given (0)."),
        (b"[]", "GET order: HTTP 400, no reason given (0)."),
        (b'{"code":1,"msg":"\xff"}', "GET order: HTTP 400, no reason given (0)."),
        (b'{"code":"x"}', "GET order: HTTP 400, no reason given (0)."),
        (b"", "GET order: HTTP 400, no reason given (0)."),
    ],
)
def test_an_error_tells_the_exchanges_reason_if_it_gave_one(body: bytes, told: str) -> None:
    assert str(refusal("GET order", 400, body)) == told
