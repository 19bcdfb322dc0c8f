"""The WebSocket order API, and the account's events by listen key and by subscription."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.simulator.client import Client, Socket, connected, in_loop, quiet, running, ws_params

LIMIT_BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}


async def signed(socket: Socket, client: Client, method: str, **params: Any) -> Any:
    return await socket.ask(method, ws_params(client, **params), method)


@in_loop
async def test_orders_are_placed_queried_listed_and_cancelled() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        placed = await signed(s, client, "order.place", **LIMIT_BUY, quantity="0.01", price="60000.00")
        assert (placed["status"], placed["result"]["status"]) == (200, "NEW")
        assert placed["rateLimits"][0]["rateLimitType"] == "REQUEST_WEIGHT"
        order_id = placed["result"]["orderId"]
        asked = await signed(s, client, "order.status", symbol="BTCUSDT", orderId=order_id)
        assert asked["result"]["origQty"] == "0.01000000"
        listed = await signed(s, client, "openOrders.status", symbol="BTCUSDT")
        assert [order["orderId"] for order in listed["result"]] == [order_id]
        cancelled = await signed(s, client, "order.cancel", symbol="BTCUSDT", orderId=order_id)
        assert cancelled["result"]["status"] == "CANCELED"
        again = await signed(s, client, "order.cancel", symbol="BTCUSDT", orderId=order_id)
        assert (again["status"], again["error"]["code"]) == (400, -2011)


@in_loop
async def test_a_market_order_that_is_bigger_than_the_best_price_fills_in_several_trades() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        answer = await signed(s, client, "order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="1.2")
        fills = answer["result"]["fills"]
        assert answer["result"]["status"] == "FILLED"
        assert len(fills) > 1
        assert sum(Decimal(fill["qty"]) for fill in fills) == Decimal("1.2")
        prices = [Decimal(fill["price"]) for fill in fills]
        assert prices == sorted(prices)
        trades = (await signed(s, client, "myTrades", symbol="BTCUSDT"))["result"]
        assert [trade["id"] for trade in trades] == [fill["tradeId"] for fill in fills]
        account = (await signed(s, client, "account.status"))["result"]
        assert {row["asset"]: row["free"] for row in account["balances"]}["BTC"] == "3.19880000"  # 2 + 1.2 - 0.1%


@in_loop
async def test_all_open_orders_of_a_symbol_are_cancelled_at_once() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        for price in ("60000", "61000"):
            await signed(s, client, "order.place", **LIMIT_BUY, quantity="0.01", price=price)
        answer = await signed(s, client, "openOrders.cancelAll", symbol="BTCUSDT")
        assert [order["status"] for order in answer["result"]] == ["CANCELED", "CANCELED"]
        assert sim.exchange.balances["USDT"].locked == 0


@in_loop
async def test_public_requests_need_no_key() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        assert (await s.ask("ping"))["result"] == {}
        assert (await s.ask("time"))["result"]["serverTime"] > 0
        assert len((await s.ask("klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": 3}))["result"]) == 3


@in_loop
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("not json", -1135),
        ('{"id": 1}', -1102),
        ('{"id": 1, "method": "order.fly"}', -1130),
        ('{"id": 1, "method": "order.place", "params": []}', -1135),
        ('{"id": 1, "method": "order.place", "params": {"symbol": "BTCUSDT"}}', -2014),
        ('{"id": 1, "method": "klines", "params": {"symbol": null}}', -1102),
    ],
)
async def test_a_request_that_makes_no_sense_is_refused(message: str, code: int) -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        await s.socket.send_str(message)
        assert (await s.receive())["error"]["code"] == code


@in_loop
async def test_a_wrong_signature_is_refused_and_nothing_happens() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        params = {**ws_params(client, **LIMIT_BUY, quantity="0.01", price="60000"), "signature": "0" * 64}
        assert (await s.ask("order.place", params))["error"]["code"] == -1022
        assert not sim.exchange.orders


@in_loop
async def test_a_signed_subscription_brings_the_accounts_events_on_the_same_connection() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as s:
        assert (await signed(s, client, "userDataStream.subscribe.signature"))["result"] == {"subscriptionId": 0}
        await client.market("BUY", quantity="0.01")
        events = await s.take(4)
    assert all(event["subscriptionId"] == 0 for event in events)
    new, locked, trade, paid = (event["event"] for event in events)
    assert [(new["e"], new["x"], new["X"]), (trade["x"], trade["X"])] == [
        ("executionReport", "NEW", "NEW"),
        ("TRADE", "FILLED"),
    ]
    assert (trade["l"], trade["z"], trade["n"], trade["N"]) == ("0.01000000", "0.01000000", "0.00001000", "BTC")
    assert (locked["e"], [row["a"] for row in locked["B"]]) == ("outboundAccountPosition", ["USDT"])
    assert {row["a"]: row["f"] for row in paid["B"]}["BTC"] == "2.00999000"


@in_loop
async def test_a_listen_key_brings_the_accounts_events_until_it_is_closed() -> None:
    async with running(quiet()) as (sim, client):
        key = (await client.send("POST", "userDataStream")).body["listenKey"]
        assert (await client.send("POST", "userDataStream")).body["listenKey"] == key
        assert (await client.send("PUT", "userDataStream", f"listenKey={key}")).body == {}
        async with connected(client, f"{sim.stream_url}/ws/{key}") as s:
            order = (await client.limit("BUY", "0.01", "60000", newClientOrderId="mine")).body
            report = await s.next(lambda event: event["e"] == "executionReport")
            assert (report["c"], report["i"], report["w"]) == ("mine", order["orderId"], True)
            await client.private("DELETE", "order", symbol="BTCUSDT", origClientOrderId="mine", newClientOrderId="bye")
            gone = await s.next(lambda event: event.get("x") == "CANCELED")
            assert (gone["C"], gone["c"], gone["X"]) == ("mine", "bye", "CANCELED")
            assert (await client.send("DELETE", "userDataStream", f"listenKey={key}")).body == {}
            await s.until_closed()
        assert (await client.send("PUT", "userDataStream", f"listenKey={key}")).code == -1125


@in_loop
async def test_a_limit_order_is_matched_only_after_the_latency() -> None:
    """The order is accepted (and can be cancelled) before it meets the book."""
    async with running(quiet(latency_ms=60_000)) as (sim, client), connected(client, sim.ws_api_url) as s:
        await signed(s, client, "userDataStream.subscribe.signature")
        order = ws_params(client, **LIMIT_BUY, quantity="0.01", price="70000", newClientOrderId="early")
        await s.socket.send_json({"id": "late", "method": "order.place", "params": order})
        accepted = await s.next(lambda message: message.get("event", {}).get("e") == "executionReport")
        assert accepted["event"]["x"] == "NEW"
        assert not sim.exchange.trades
        cancelled = await signed(s, client, "order.cancel", symbol="BTCUSDT", origClientOrderId="early")
        assert (cancelled["result"]["status"], cancelled["result"]["executedQty"]) == ("CANCELED", "0.00000000")
        assert sim.exchange.balances["USDT"] == sim.exchange.balances["USDT"].__class__(Decimal(100_000))
