"""Cancel and place in one request: what is done, what is told, and what a failed half leaves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from services.simulator import Kind, Sim, SymbolStatus
from tests.simulator.client import Answer, Client, connected, in_loop, quiet, running, ws_params
from tests.simulator.test_order_api import signed
from tests.simulator.test_stops import STOP, fall

NEW = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.02", "price": "59000"}


async def rests(client: Client, **params: Any) -> int:
    """The id of an order that rests far from the market."""
    return int((await client.limit("BUY", "0.01", "50000", **params)).body["orderId"])


async def replace(client: Client, **params: Any) -> Answer:
    usual = {"symbol": "BTCUSDT", "cancelReplaceMode": "STOP_ON_FAILURE", **NEW}
    sent = {name: value for name, value in {**usual, **params}.items() if value is not None}
    return await client.private("POST", "order/cancelReplace", **sent)


def prices(sim: Sim) -> list[Decimal]:
    return [order.price for order in sim.exchange.open_orders()]


@in_loop
async def test_both_halves_succeed_and_each_is_answered_in_its_own_shape() -> None:
    async with running(quiet()) as (sim, client):
        old = await rests(client, newClientOrderId="old")
        answer = await replace(client, cancelOrderId=old, cancelNewClientOrderId="bye", newClientOrderId="new")
        assert (answer.status, answer.body["cancelResult"], answer.body["newOrderResult"]) == (
            200,
            "SUCCESS",
            "SUCCESS",
        )
        gone, made = answer.body["cancelResponse"], answer.body["newOrderResponse"]
        assert (gone["origClientOrderId"], gone["clientOrderId"], gone["status"]) == ("old", "bye", "CANCELED")
        assert (made["clientOrderId"], made["status"], made["fills"]) == ("new", "NEW", [])
        assert prices(sim) == [Decimal(59_000)]
        assert sim.exchange.balances["USDT"].locked == 1_180  # 0.02 x 59,000


@in_loop
async def test_the_money_of_the_old_order_pays_for_the_new_one() -> None:
    async with running(quiet(balances={"USDT": Decimal(1_200)})) as (sim, client):
        old = (await client.limit("BUY", "0.02", "58000")).body["orderId"]
        assert (await replace(client, cancelOrderId=old)).status == 200
        assert prices(sim) == [Decimal(59_000)]


@in_loop
async def test_a_cancellation_that_fails_stops_the_new_order_or_does_not_as_the_mode_says() -> None:
    async with running(quiet()) as (sim, client):
        stopped = await replace(client, cancelOrderId=99)
        assert (stopped.status, stopped.code) == (400, -2022)
        assert stopped.body["data"] == {
            "cancelResult": "FAILURE",
            "newOrderResult": "NOT_ATTEMPTED",
            "cancelResponse": {"code": -2011, "msg": "Unknown order sent."},
            "newOrderResponse": None,
        }
        assert not sim.exchange.orders
        allowed = await replace(client, cancelOrderId=99, cancelReplaceMode="ALLOW_FAILURE")
        assert (allowed.status, allowed.code, allowed.body["msg"]) == (
            409,
            -2021,
            "Order cancel-replace partially failed.",
        )
        assert allowed.body["data"]["newOrderResult"] == "SUCCESS"
        assert prices(sim) == [Decimal(59_000)]


@in_loop
async def test_a_new_order_that_the_engine_refuses_leaves_the_old_one_cancelled() -> None:
    async with running(quiet()) as (sim, client):
        old = await rests(client)
        answer = await replace(client, cancelOrderId=old, quantity="9")
        assert (answer.status, answer.code, answer.body["data"]["cancelResult"]) == (409, -2021, "SUCCESS")
        assert answer.body["data"]["newOrderResponse"]["code"] == -2010
        assert not sim.exchange.open_orders()
        both = await replace(client, cancelOrderId=old, quantity="9", cancelReplaceMode="ALLOW_FAILURE")
        assert (both.status, both.code, both.body["data"]["newOrderResult"]) == (400, -2022, "FAILURE")


@in_loop
async def test_a_new_order_that_breaks_a_filter_cancels_nothing() -> None:
    async with running(quiet()) as (sim, client):
        old = await rests(client)
        answer = await replace(client, cancelOrderId=old, price="59000.001")
        assert (answer.status, answer.code) == (400, -1013)
        assert prices(sim) == [Decimal(50_000)]


@in_loop
async def test_while_a_pair_does_not_trade_nothing_is_cancelled_for_a_new_order() -> None:
    async with running(quiet()) as (sim, client):
        old = await rests(client)
        sim.faults.status("BTCUSDT", SymbolStatus.BREAK)
        answer = await replace(client, cancelOrderId=old)
        assert (answer.code, answer.body["msg"]) == (-1013, "Market is closed.")
        assert prices(sim) == [Decimal(50_000)]


@in_loop
async def test_the_old_stop_still_counts_when_the_filters_of_the_new_one_are_checked() -> None:
    async with running(quiet()) as (sim, client):
        fall(sim, 6_000_000)
        placed = [(await client.place(**STOP, stopPrice=str(59_000 + n), price="58000")).body for n in range(5)]
        moved = {**STOP, "stopPrice": "59500", "price": "58500"}
        answer = await replace(client, cancelOrderId=placed[0]["orderId"], **moved)
        assert (answer.status, answer.code, answer.body["msg"]) == (
            400,
            -2010,
            "Filter failure: MAX_NUM_ALGO_ORDERS",
        )
        assert len(sim.exchange.open_orders()) == 5


@in_loop
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"cancelOrderId": None}, -1102),
        ({"cancelReplaceMode": None}, -1102),
        ({"cancelReplaceMode": "PERHAPS"}, -1130),
        ({"cancelRestrictions": "SOME"}, -1145),
        ({"cancelRestrictions": "ONLY_PARTIALLY_FILLED"}, -2022),
        ({"cancelOrigClientOrderId": "another"}, -2022),
        ({"price": None}, -1102),
        ({"side": None}, -1102),
        ({"nonsense": "1"}, -1104),
    ],
)
async def test_a_request_that_makes_no_sense_leaves_the_old_order_alone(change: dict[str, Any], code: int) -> None:
    async with running(quiet()) as (sim, client):
        old = await rests(client)
        assert (await replace(client, **{"cancelOrderId": old, **change})).code == code
        assert prices(sim) == [Decimal(50_000)]


@in_loop
async def test_a_fault_on_placing_or_cancelling_strikes_a_replacement_too() -> None:
    async with running(quiet()) as (sim, client):
        old = await rests(client)
        for kind in (Kind.PLACE, Kind.CANCEL, Kind.REPLACE):
            sim.faults.error_before(1, on=kind)
            assert (await replace(client, cancelOrderId=old)).status == 503
        assert prices(sim) == [Decimal(50_000)]
        sim.faults.reject_order()
        answer = await replace(client, cancelOrderId=old)
        assert (answer.code, answer.body["data"]["newOrderResponse"]["msg"]) == (-2021, "Market is closed.")
        assert not sim.exchange.open_orders()


@in_loop
async def test_the_order_api_moves_a_stop_and_tells_both_steps() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        fall(sim, 6_000_000)
        await signed(s, client, "order.place", symbol="BTCUSDT", **STOP, stopPrice="58000", price="57000")
        await signed(s, client, "userDataStream.subscribe.signature")
        moved = {**STOP, "stopPrice": "59000", "price": "58000"}
        which = {"symbol": "BTCUSDT", "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": 1}
        await s.socket.send_json(
            {"id": "move", "method": "order.cancelReplace", "params": ws_params(client, **which, **moved)}
        )
        told: list[str] = []
        while "answer" not in told:
            message = await s.receive()
            event = message.get("event", {})
            told += ["answer"] if message.get("id") == "move" else [event["x"]] if event.get("x") else []
        assert sorted(told) == ["CANCELED", "NEW", "answer"]
        failed = await signed(s, client, "order.cancelReplace", **which, **moved)
        assert (failed["status"], failed["error"]["code"], failed["error"]["data"]["cancelResult"]) == (
            400,
            -2022,
            "FAILURE",
        )
