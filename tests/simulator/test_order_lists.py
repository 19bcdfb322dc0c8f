"""Pairs of orders of which one cancels the other: one lock for both, and never two fills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.simulator import Sim
from services.simulator.sources import Move
from tests.simulator.client import Answer, Client, connected, in_loop, quiet, running, ws_params
from tests.simulator.test_order_api import signed
from tests.simulator.test_stops import fall

OLD = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "0.5",
    "price": "62000",
    "stopPrice": "59000",
    "stopLimitPrice": "58900",
    "stopLimitTimeInForce": "GTC",
}
NEW = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "0.5",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "62000",
    "belowType": "STOP_LOSS_LIMIT",
    "belowStopPrice": "59000",
    "belowPrice": "58900",
    "belowTimeInForce": "GTC",
}
BUY = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "quantity": "0.5",
    "aboveType": "STOP_LOSS_LIMIT",
    "aboveStopPrice": "61000",
    "abovePrice": "61100",
    "aboveTimeInForce": "GTC",
    "belowType": "LIMIT_MAKER",
    "belowPrice": "58000",
}
ROUTES = {"order/oco": OLD, "orderList/oco": NEW}


async def place(client: Client, path: str, sent: dict[str, Any], **change: Any) -> Answer:
    wish = {name: value for name, value in {**sent, **change}.items() if value is not None}
    return await client.private("POST", path, **wish)


def statuses(sim: Sim) -> dict[str, str]:
    return {str(order.type): str(order.status) for order in sim.exchange.orders.values()}


def locked(sim: Sim, asset: str) -> Decimal:
    return sim.exchange.balances[asset].locked


@in_loop
@pytest.mark.parametrize("path", ROUTES)
async def test_both_forms_place_the_same_pair_and_set_the_money_aside_once(path: str) -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, 6_000_000)
        answer = await place(client, path, ROUTES[path], listClientOrderId="both")
        body = answer.body
        assert (answer.status, body["contingencyType"], body["listStatusType"], body["listOrderStatus"]) == (
            200,
            "OCO",
            "EXEC_STARTED",
            "EXECUTING",
        )
        stop, limit = body["orderReports"]
        assert (stop["type"], stop["stopPrice"], stop["workingTime"]) == ("STOP_LOSS_LIMIT", "59000.00000000", -1)
        assert (limit["type"], limit["price"], limit["status"]) == ("LIMIT_MAKER", "62000.00000000", "NEW")
        assert stop["orderListId"] == limit["orderListId"] == body["orderListId"]
        assert [row["orderId"] for row in body["orders"]] == [stop["orderId"], limit["orderId"]]
        assert locked(sim, "BTC") == Decimal("0.5")
        listed = (await client.private("GET", "openOrders", symbol="BTCUSDT")).body
        assert {row["orderListId"] for row in listed} == {body["orderListId"]}


@in_loop
async def test_the_stop_triggers_and_the_limit_expires() -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, 6_000_000)
        await place(client, "orderList/oco", NEW)
        fall(sim, 5_895_000)
        assert statuses(sim) == {"STOP_LOSS_LIMIT": "FILLED", "LIMIT_MAKER": "EXPIRED"}
        assert (locked(sim, "BTC"), sim.exchange.balances["BTC"].free) == (0, Decimal("1.5"))
        shown = (await client.private("GET", "orderList", orderListId=1)).body
        assert (shown["listStatusType"], shown["listOrderStatus"]) == ("ALL_DONE", "ALL_DONE")
        assert (await client.private("GET", "openOrderList")).body == []
        assert len((await client.private("GET", "allOrderList")).body) == 1


@in_loop
async def test_a_part_of_the_limit_is_filled_and_the_stop_expires() -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, 6_000_000)
        await place(client, "order/oco", OLD)
        sim.market.play(Move(sim.market.clock.now_ms(), 0, 6_199_900, 6_200_100, 10**6, 10**6, 6_200_000, 1))
        assert statuses(sim) == {"STOP_LOSS_LIMIT": "EXPIRED", "LIMIT_MAKER": "PARTIALLY_FILLED"}
        assert locked(sim, "BTC") == Decimal("0.49999")


@in_loop
async def test_a_buying_pair_sets_the_dearer_order_aside_and_gives_the_rest_back() -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, 6_000_000)
        assert (await place(client, "orderList/oco", BUY)).status == 200
        assert locked(sim, "USDT") == Decimal(30_550)  # 0.5 x 61,100
        fall(sim, 5_790_000)  # through the limit: filled at its own price
        assert statuses(sim) == {"STOP_LOSS_LIMIT": "EXPIRED", "LIMIT_MAKER": "FILLED"}
        assert (locked(sim, "USDT"), sim.exchange.balances["USDT"].free) == (0, Decimal(100_000 - 29_000))


@in_loop
@pytest.mark.parametrize("kind", ["TAKE_PROFIT", "TAKE_PROFIT_LIMIT"])
async def test_the_winning_order_may_be_a_take_profit(kind: str) -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, 6_000_000)
        limited = {"abovePrice": "62000", "aboveTimeInForce": "GTC"} if kind.endswith("LIMIT") else {"abovePrice": None}
        answer = await place(client, "orderList/oco", NEW, aboveType=kind, aboveStopPrice="62000", **limited)
        assert answer.status == 200
        fall(sim, 6_210_000)
        assert statuses(sim) == {"STOP_LOSS_LIMIT": "EXPIRED", kind: "FILLED"}


@in_loop
@pytest.mark.parametrize("how", ["order", "list", "all"])
async def test_cancelling_one_cancels_both(how: str) -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, 6_000_000)
        made = (await place(client, "orderList/oco", NEW, listClientOrderId="both")).body
        if how == "order":
            gone = await client.private("DELETE", "order", symbol="BTCUSDT", orderId=made["orders"][1]["orderId"])
        elif how == "list":
            gone = await client.private("DELETE", "orderList", symbol="BTCUSDT", listClientOrderId="both")
            assert [row["status"] for row in gone.body["orderReports"]] == ["CANCELED", "CANCELED"]
        else:
            gone = await client.private("DELETE", "openOrders", symbol="BTCUSDT")
            assert gone.body[0]["listOrderStatus"] == "ALL_DONE"
        assert gone.status == 200
        assert set(statuses(sim).values()) == {"CANCELED"}
        assert locked(sim, "BTC") == 0
        again = await client.private("DELETE", "orderList", symbol="BTCUSDT", orderListId=made["orderListId"])
        assert again.code == -2011


@in_loop
@pytest.mark.parametrize(
    ("sent", "change", "code"),
    [
        (OLD, {"stopPrice": "60500"}, -2010),
        (OLD, {"price": "59500"}, -2010),
        (OLD, {"quantity": "2.5"}, -2010),
        (OLD, {"stopPrice": None}, -1102),
        (OLD, {"stopLimitTimeInForce": None}, -1102),
        (OLD, {"stopLimitPrice": None}, -1106),
        (OLD, {"price": "62000.001"}, -1013),
        (NEW, {"aboveType": "STOP_LOSS", "aboveStopPrice": "62000", "abovePrice": None}, -1158),
        (NEW, {"belowType": "LIMIT_MAKER", "belowStopPrice": None, "belowTimeInForce": None}, -1168),
        (NEW, {"aboveType": "MARKET"}, -1158),
        (NEW, {"abovePrice": None}, -1102),
        (NEW, {"belowStopPrice": None}, -1102),
        (NEW, {"side": "BUY"}, -1165),
        (NEW, {"belowStopPrice": "60000"}, -2010),
        (NEW, {"aboveClientOrderId": "same", "belowClientOrderId": "same"}, -2010),
        (BUY, {"side": "SELL"}, -1166),
        (BUY, {"aboveStopPrice": "59900"}, -2010),
    ],
)
async def test_a_pair_that_makes_no_sense_is_refused_as_a_whole(
    sent: dict[str, Any], change: dict[str, Any], code: int
) -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, 6_000_000)
        path = "order/oco" if sent is OLD else "orderList/oco"
        assert (await place(client, path, sent, **change)).code == code
        assert not sim.exchange.orders
        assert locked(sim, "BTC") == locked(sim, "USDT") == 0


@in_loop
async def test_the_order_api_places_pairs_and_tells_when_they_begin_and_are_done() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        fall(sim, 6_000_000)
        await signed(s, client, "userDataStream.subscribe.signature")
        await s.socket.send_json({"id": 1, "method": "orderList.place.oco", "params": ws_params(client, **NEW)})
        begun = await s.next(lambda message: message.get("event", {}).get("e") == "listStatus")
        assert (begun["event"]["l"], begun["event"]["L"], len(begun["event"]["O"])) == ("EXEC_STARTED", "EXECUTING", 2)
        fall(sim, 5_895_000)
        done = await s.next(lambda message: message.get("event", {}).get("e") == "listStatus")
        assert (done["event"]["l"], done["event"]["L"]) == ("ALL_DONE", "ALL_DONE")
        assert (await signed(s, client, "orderList.status", orderListId=1))["result"]["listOrderStatus"] == "ALL_DONE"
        assert (await signed(s, client, "orderList.status", orderListId=9))["error"]["code"] == -2013
