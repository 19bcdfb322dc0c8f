"""Stop-loss and take-profit orders: they wait with their money set aside until a trade reaches the stop price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.simulator import Sim
from services.simulator.orders import Execution, OrderType, Report, Side, Status, TimeInForce
from services.simulator.refusals import Refusal
from services.simulator.sources import Move
from tests.simulator.client import BTC, connected, in_loop, quiet, running
from tests.simulator.test_matching import BID, Desk, quote, trade
from tests.simulator.test_order_api import signed

LAST = 6_000_000  # ticks: the market's last price, 60,000.00


def desk(**changes: Any) -> Desk:
    """A market whose last trade was at 60,000.00."""
    made = Desk(**changes)
    made.market.play(trade(LAST, 1, sold=True))
    return made


@pytest.mark.parametrize(
    ("kind", "side", "stop", "before", "hit"),
    [
        (OrderType.STOP_LOSS, Side.SELL, 5_900_000, 5_900_001, 5_900_000),
        (OrderType.TAKE_PROFIT, Side.SELL, 6_100_000, 6_099_999, 6_100_000),
        (OrderType.STOP_LOSS, Side.BUY, 6_100_000, 6_099_999, 6_100_001),
        (OrderType.TAKE_PROFIT, Side.BUY, 5_900_000, 5_900_001, 5_899_999),
    ],
)
@pytest.mark.parametrize("limited", [False, True], ids=["market", "limit"])
def test_a_trade_at_the_stop_price_or_beyond_triggers_and_one_before_it_does_not(
    kind: OrderType, side: Side, stop: int, before: int, hit: int, *, limited: bool
) -> None:
    it = desk()
    wish: dict[str, Any] = {"quantity": "0.05", "stop_price": stop * BTC.price_tick}
    if limited:  # a limit that takes the market as it then is
        kind = OrderType(f"{kind}_LIMIT")
        wish["price"] = (hit + 200 if side is Side.BUY else hit - 200) * BTC.price_tick
    order = it.place(side, kind, **wish)
    assert (order.status, order.is_waiting) == (Status.NEW, True)
    it.market.play(trade(before, 1, sold=True, at=quote(before - 1, before + 1)))
    assert (order.status, order.is_waiting) == (Status.NEW, True)
    it.market.play(trade(hit, 1, sold=True, at=quote(hit - 1, hit + 1)))
    assert (order.status, order.filled, order.is_waiting) == (Status.FILLED, Decimal("0.05"), False)
    assert {order.fills[0].price} == {(hit + 1 if side is Side.BUY else hit - 1) * BTC.price_tick}
    assert it.exchange.balances[order.locks].locked == 0


def test_a_quote_beyond_the_stop_price_triggers_nothing() -> None:
    it = desk()
    order = it.place(Side.SELL, OrderType.STOP_LOSS, quantity="0.05", stop_price="59000")
    it.market.play(quote(5_800_000, 5_800_100))
    assert order.is_waiting


def test_a_stop_limit_that_the_market_fell_through_rests_at_its_limit() -> None:
    it = desk()
    order = it.place(Side.SELL, OrderType.STOP_LOSS_LIMIT, quantity="0.05", stop_price="59000", price="58900")
    it.market.play(trade(5_800_000, 1, sold=True, at=quote(5_800_000, 5_800_100)))
    assert (order.status, order.is_waiting) == (Status.NEW, False)
    assert it.market.pairs[0].book.sells == [order]
    it.market.play(trade(5_890_000, 50_000, sold=False, at=quote(5_889_900, 5_890_100)))
    assert (order.status, order.fills[0].price, order.fills[0].is_maker) == (Status.FILLED, Decimal(58_900), True)


def test_an_immediate_or_cancel_stop_expires_when_its_limit_is_not_there() -> None:
    it = desk()
    order = it.place(
        Side.SELL,
        OrderType.STOP_LOSS_LIMIT,
        quantity="0.05",
        stop_price="59000",
        price="58900",
        time_in_force=TimeInForce.IOC,
    )
    it.market.play(trade(5_800_000, 1, sold=True, at=quote(5_800_000, 5_800_100)))
    assert (order.status, order.filled) == (Status.EXPIRED, 0)


def test_waiting_sets_the_money_aside_and_cancelling_gives_it_back() -> None:
    it = desk()
    sell = it.place(Side.SELL, OrderType.STOP_LOSS_LIMIT, quantity="0.5", stop_price="59000", price="58900")
    buy = it.place(Side.BUY, OrderType.STOP_LOSS_LIMIT, quantity="0.5", stop_price="61000", price="61100")
    market = it.place(Side.BUY, OrderType.STOP_LOSS, quantity="0.1", stop_price="61000")
    assert it.exchange.balances["BTC"].locked == Decimal("0.5")
    assert it.exchange.balances["USDT"].locked == Decimal(30_550) + Decimal(6_100)  # 0.5 x 61,100, 0.1 x 61,000
    for order in (sell, buy, market):
        it.exchange.cancel(order, "x")
    assert it.exchange.balances["BTC"].locked == it.exchange.balances["USDT"].locked == 0
    it.market.play(trade(6_200_000, 1, sold=False, at=quote(6_199_900, 6_200_100)))
    assert not it.exchange.trades


def test_more_than_is_there_cannot_be_protected() -> None:
    with pytest.raises(Refusal, match="insufficient balance"):
        desk().place(Side.SELL, OrderType.STOP_LOSS_LIMIT, quantity="2.1", stop_price="59000", price="58900")


@pytest.mark.parametrize(
    ("kind", "side", "stop"),
    [
        (OrderType.STOP_LOSS, Side.SELL, "60000"),
        (OrderType.STOP_LOSS, Side.SELL, "60000.01"),
        (OrderType.TAKE_PROFIT, Side.SELL, "60000"),
        (OrderType.STOP_LOSS, Side.BUY, "59999.99"),
        (OrderType.TAKE_PROFIT, Side.BUY, "60000.01"),
    ],
)
def test_a_stop_price_that_the_market_has_reached_already_is_refused(kind: OrderType, side: Side, stop: str) -> None:
    it = desk()
    with pytest.raises(Refusal, match=r"Stop price would trigger immediately\.") as refused:
        it.place(side, kind, quantity="0.05", stop_price=stop)
    assert refused.value.code == -2010
    assert not it.exchange.orders


def test_a_stop_price_that_the_market_reached_within_the_latency_triggers_at_once() -> None:
    it = desk(hold=True)
    order = it.place(Side.SELL, OrderType.STOP_LOSS, quantity="0.05", stop_price="59000")
    it.market.play(trade(5_890_000, 1, sold=True, at=quote(5_890_000, 5_890_100)))
    assert order.is_open
    it.held[0]()
    assert order.status is Status.FILLED


def test_five_stops_may_wait_in_one_pair_and_a_triggered_one_makes_room() -> None:
    it = desk()
    for step in range(5):
        it.place(
            Side.SELL, OrderType.STOP_LOSS_LIMIT, quantity="0.01", stop_price=str(59_000 + step), price=str(70_000)
        )
    with pytest.raises(Refusal, match="Filter failure: MAX_NUM_ALGO_ORDERS") as refused:
        it.place(Side.SELL, OrderType.TAKE_PROFIT, quantity="0.01", stop_price="61000")
    assert refused.value.code == -2010
    it.market.play(trade(5_900_400, 1, sold=True, at=quote(5_900_400, 5_900_500)))  # the highest stop
    it.place(Side.SELL, OrderType.TAKE_PROFIT, quantity="0.01", stop_price="61000")


def test_one_stops_trades_trigger_the_next_ones() -> None:
    it = desk()
    first = it.place(Side.SELL, OrderType.STOP_LOSS, quantity="0.25", stop_price="59990")
    second = it.place(Side.SELL, OrderType.STOP_LOSS, quantity="0.01", stop_price="59988")
    at = quote(5_999_000, 5_999_100)  # 0.1 BTC here, more some ticks below
    it.market.play(trade(5_999_000, 1, sold=True, at=at))
    assert first.status is second.status is Status.FILLED
    assert min(fill.price for fill in first.fills) <= Decimal(59_988)


def test_the_account_is_told_that_it_waits_then_that_it_works_then_what_it_traded() -> None:
    it, told = desk(), []

    def tell(report: Report) -> None:
        told.append((report.execution, report.order.status, report.order.is_waiting))

    it.exchange.reporters.append(tell)
    it.place(Side.SELL, OrderType.STOP_LOSS_LIMIT, quantity="0.05", stop_price="59000", price="58000")
    it.market.play(trade(5_890_000, 1, sold=True, at=quote(5_890_000, 5_890_100)))
    assert told == [
        (Execution.NEW, Status.NEW, True),
        (Execution.NEW, Status.NEW, False),
        (Execution.TRADE, Status.FILLED, False),
    ]


def fall(sim: Sim, ticks: int) -> None:
    """Somebody sells at `ticks`, and the market is there."""
    sim.market.play(Move(sim.market.clock.now_ms(), 0, ticks, ticks + 100, 10**6, 10**6, ticks, 1, True))


STOP = {"side": "SELL", "type": "STOP_LOSS_LIMIT", "timeInForce": "GTC", "quantity": "0.01"}


@in_loop
async def test_over_rest_it_is_accepted_shown_as_not_working_and_then_as_working() -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, BID)
        placed = await client.place(**STOP, stopPrice="59000", price="58000.00")
        assert set(placed.body) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}  # ACK
        (shown,) = (await client.private("GET", "openOrders", symbol="BTCUSDT")).body
        assert (shown["type"], shown["stopPrice"], shown["isWorking"], shown["workingTime"]) == (
            "STOP_LOSS_LIMIT",
            "59000.00000000",
            False,
            -1,
        )
        fall(sim, 5_700_000)  # below its limit, so it rests
        shown = (await client.private("GET", "order", symbol="BTCUSDT", orderId=shown["orderId"])).body
        assert (shown["status"], shown["isWorking"]) == ("NEW", True)
        assert shown["workingTime"] > 0
        gone = await client.private("DELETE", "order", symbol="BTCUSDT", orderId=shown["orderId"])
        assert (gone.body["status"], gone.body["stopPrice"]) == ("CANCELED", "59000.00000000")
        assert sim.exchange.balances["BTC"].locked == 0


@in_loop
async def test_over_the_order_api_its_events_carry_the_stop_price_and_whether_it_is_on_the_book() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        fall(sim, BID)
        await signed(s, client, "userDataStream.subscribe.signature")
        answer = await client.place(**STOP, stopPrice="59000", price="58000.00", newOrderRespType="RESULT")
        assert (answer.body["workingTime"], answer.body["stopPrice"]) == (-1, "59000.00000000")
        new = await s.next(lambda message: message.get("event", {}).get("e") == "executionReport")
        assert (new["event"]["x"], new["event"]["w"], new["event"]["P"]) == ("NEW", False, "59000.00000000")
        assert "W" not in new["event"]
        fall(sim, 5_700_000)
        works = await s.next(lambda message: message.get("event", {}).get("e") == "executionReport")
        assert (works["event"]["x"], works["event"]["X"], works["event"]["w"]) == ("NEW", "NEW", True)
        assert works["event"]["W"] > 0


@in_loop
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"stopPrice": None}, -1102),
        ({"price": None}, -1102),
        ({"timeInForce": None}, -1102),
        ({"quantity": None}, -1102),
        ({"type": "STOP_LOSS"}, -1106),  # its price and timeInForce are not required
        ({"type": "LIMIT"}, -1106),  # its stopPrice is not
        ({"stopPrice": "59000.001"}, -1013),
        ({"stopPrice": "0"}, -1013),
        ({"price": "1.00"}, -1013),
        ({"quantity": "0.00001"}, -1013),
        ({"stopPrice": "60000"}, -2010),
        ({"stopPrice": "-1"}, -1100),
    ],
)
async def test_a_stop_whose_form_or_numbers_are_wrong_is_refused(change: dict[str, Any], code: int) -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, BID)
        sent = {**STOP, "stopPrice": "59000", "price": "58000.00", **change}
        answer = await client.place(**{name: value for name, value in sent.items() if value is not None})
        assert (answer.status, answer.code) == (400, code)
        assert not sim.exchange.orders
