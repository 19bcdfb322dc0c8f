"""Each fault strikes as told, as often as told, and is counted."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise
from typing import Any

import pytest

from services.simulator import Kind, SymbolStatus
from tests.simulator.client import Client, connected, in_loop, quiet, running, settings, until, ws_params

ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "60000",
}


def trades(client: Client) -> str:
    return f"{client.sim.stream_url}/ws/btcusdt@aggTrade"


@in_loop
async def test_disconnect_cuts_every_socket_and_clients_may_come_back() -> None:
    async with running(settings()) as (sim, client):
        async with connected(client, trades(client)) as s, connected(client, sim.ws_api_url) as api:
            await s.receive()
            await api.ask("ping")
            assert sim.faults.disconnect() == 2
            await s.until_closed()
            await api.until_closed()
        assert sim.faults.counts["disconnect"] == 2
        async with connected(client, trades(client)) as s:
            assert (await s.receive())["e"] == "aggTrade"


@in_loop
async def test_gap_loses_events_whose_ids_are_used_up_and_rest_has_them() -> None:
    async with running(settings()) as (sim, client), connected(client, trades(client)) as s:
        before = (await s.receive())["a"]
        sim.faults.gap(3)
        await s.next(lambda event: event["a"] > before + 3)
        assert sim.faults.counts["gap"] == 3
        ids = [trade["a"] for trade in (await client.get("aggTrades", symbol="BTCUSDT", fromId=before, limit=5)).body]
        assert ids[:4] == [before, before + 1, before + 2, before + 3]


@in_loop
async def test_a_gap_may_be_limited_to_some_streams() -> None:
    async with running(settings()) as (sim, client):
        streams = "btcusdt@aggTrade/ethusdt@aggTrade"
        async with connected(client, f"{sim.stream_url}/ws/{streams}") as s:
            sim.faults.gap(5, stream="btcusdt@")
            seen: dict[str, list[int]] = {"BTCUSDT": [], "ETHUSDT": []}
            while len(seen["BTCUSDT"]) < 10:
                event = await s.receive()
                seen[event["s"]].append(event["a"])
        assert all(after == before + 1 for before, after in pairwise(seen["ETHUSDT"]))
        assert sim.faults.counts["gap"] == 5


@in_loop
async def test_duplicate_sends_events_twice() -> None:
    async with running(settings()) as (sim, client), connected(client, trades(client)) as s:
        await s.receive()
        sim.faults.duplicate(2)
        ids = [event["a"] for event in await s.take(12)]
        assert len(ids) - len(set(ids)) == 2
        assert sim.faults.counts["duplicate"] == 2


@in_loop
async def test_stall_keeps_streams_open_and_silent_until_released() -> None:
    async with running(settings()) as (sim, client), connected(client, trades(client)) as s:
        last = (await s.receive())["a"]
        sim.faults.stall()

        await until(lambda: sim.faults.counts["stall"] >= 5)
        sim.faults.release()
        events = await s.take(12)
        assert not s.socket.closed
        jumps = [after["a"] - before["a"] for before, after in pairwise([{"a": last}, *events])]
        assert sorted(jumps)[:-1] == [1] * 11
        assert max(jumps) == sim.faults.counts["stall"] + 1


@in_loop
async def test_rate_limit_answers_429_with_retry_after() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as api:
        sim.faults.rate_limit(2, retry_after=7)
        refused = await client.get("ping")
        assert (refused.status, refused.code, refused.headers["Retry-After"]) == (429, -1003, "7")
        error = await api.ask("ping")
        assert (error["status"], error["error"]["code"]) == (429, -1003)
        assert error["error"]["data"]["retryAfter"] - error["error"]["data"]["serverTime"] == 7_000
        assert (await client.get("ping")).status == 200
        assert sim.faults.counts["rate_limit"] == 2


@in_loop
async def test_a_ban_answers_418_to_everything_until_it_is_over() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as api:
        assert (await script(client, fault="ban", seconds=60))[1]["armed"] == {"ban": 60}
        refused = await client.get("ping")
        assert (refused.status, refused.code) == (418, -1003)
        assert 55 <= int(refused.headers["Retry-After"]) <= 60
        until_ms = int(refused.body["msg"].partition("IP banned until ")[2].partition(".")[0])
        assert abs(until_ms - int(time.time() * 1000) - 60_000) < 10_000
        assert (await client.place(**ORDER)).status == 418
        assert (await api.ask("ping"))["status"] == 418
        assert sim.faults.counts["ban"] == 3
        sim.faults.ban(0)
        assert (await client.get("ping")).status == 200


@in_loop
async def test_error_before_does_nothing_and_error_after_has_done_it() -> None:
    async with running(quiet()) as (sim, client):
        sim.faults.error_before(1, status=502)
        answer = await client.place(**ORDER, newClientOrderId="a")
        assert (answer.status, answer.code, len(sim.exchange.orders)) == (502, -1007, 0)
        sim.faults.error_after(1)
        answer = await client.place(**ORDER, newClientOrderId="b")
        assert (answer.status, answer.code) == (503, -1007)
        found = await client.private("GET", "order", symbol="BTCUSDT", origClientOrderId="b")
        assert found.body["status"] == "NEW"
        assert (await client.private("GET", "order", symbol="BTCUSDT", origClientOrderId="a")).code == -2013
        assert (sim.faults.counts["error_before"], sim.faults.counts["error_after"]) == (1, 1)


@in_loop
async def test_timeouts_send_no_answer_whether_or_not_the_order_was_accepted() -> None:
    async with running(quiet()) as (sim, client):
        for fault, accepted in (("timeout_before", 0), ("timeout_after", 1)):
            getattr(sim.faults, fault)(1)
            request = asyncio.create_task(client.send("POST", "order", client.signed(ORDER)))

            await until(lambda name=fault: sim.faults.counts[name])
            assert (await client.get("ping")).status == 200  # a whole round trip, and still no answer
            assert not request.done()
            assert len(sim.exchange.orders) == accepted
            request.cancel()


@in_loop
async def test_faults_strike_the_order_api_too() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as api:
        sim.faults.timeout_after(1)
        await api.socket.send_json({"id": "lost", "method": "order.place", "params": ws_params(client, **ORDER)})
        await until(lambda: sim.faults.counts["timeout_after"])
        sim.faults.error_before(1)
        failed = await api.ask("order.place", ws_params(client, **ORDER), "failed")
        assert failed["status"] == 503
        listed = await api.ask("openOrders.status", ws_params(client, symbol="BTCUSDT"), "list")
        assert len(listed["result"]) == len(sim.exchange.orders) == 1


@in_loop
async def test_reject_order_refuses_a_good_order_once() -> None:
    async with running(quiet()) as (sim, client):
        sim.faults.reject_order()
        assert (await client.place(**ORDER)).code == -2010
        assert (await client.place(**ORDER)).status == 200
        assert (len(sim.exchange.orders), sim.faults.counts["reject_order"]) == (1, 1)


@in_loop
async def test_a_fault_may_wait_for_cancellations_only() -> None:
    async with running(quiet()) as (sim, client):
        sim.faults.error_before(1, on=Kind.CANCEL)
        order = (await client.place(**ORDER)).body
        assert (await client.private("DELETE", "order", symbol="BTCUSDT", orderId=order["orderId"])).status == 503
        assert len(sim.exchange.open_orders()) == 1


@in_loop
async def test_faults_are_scripted_over_http() -> None:
    async with running(quiet()) as (sim, client):
        url = f"{sim.rest_url}/sim/faults"
        async with client.session.post(url, json={"fault": "reject_order", "orders": 2}) as answer:
            assert (await answer.json())["armed"] == {"reject_order": 2}
        assert (await client.place(**ORDER)).code == -2010
        async with client.session.get(url) as answer:
            assert await answer.json() == {"counts": {"reject_order": 1}, "armed": {"reject_order": 1}}


@in_loop
@pytest.mark.parametrize(
    "wish",
    [{}, [], {"fault": "fly"}, {"fault": "gap"}, {"fault": "gap", "events": -1}, {"fault": "gap", "events": "3"},
     {"fault": "stall", "events": 3}, {"fault": "error_before", "requests": 1, "status": 200},
     {"fault": "rate_limit", "requests": True}, {"fault": "close_streams"}],
)  # fmt: skip
async def test_a_fault_that_makes_no_sense_is_refused_with_a_sentence(wish: Any) -> None:
    async with running(quiet()) as (sim, client):
        async with client.session.post(f"{sim.rest_url}/sim/faults", json=wish) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"]
        assert not sim.faults.armed()


async def script(client: Client, **wish: Any) -> Any:
    """Ask for a fault over HTTP, as a program outside does."""
    async with client.session.post(f"{client.sim.rest_url}/sim/faults", json=wish) as answer:
        return answer.status, await answer.json()


async def statuses(client: Client, **params: Any) -> dict[str, str]:
    return {row["symbol"]: row["status"] for row in (await client.get("exchangeInfo", **params)).body["symbols"]}


@in_loop
@pytest.mark.parametrize("status", ["HALT", "BREAK"])
async def test_a_pair_whose_status_is_not_trading_says_so_refuses_orders_and_lets_them_be_cancelled(
    status: str,
) -> None:
    async with running(quiet()) as (sim, client):
        resting = (await client.place(**ORDER)).body["orderId"]
        said = await script(client, fault="status", symbol="BTCUSDT", status=status)
        assert said == (200, {"counts": {"status": 1}, "armed": {"status": -1}})
        assert await statuses(client) == {"BTCUSDT": status, "ETHUSDT": "TRADING"}
        assert await statuses(client, symbolStatus="TRADING") == {"ETHUSDT": "TRADING"}
        refused = await client.place(**ORDER)
        assert (refused.status, refused.body) == (400, {"code": -1013, "msg": "Market is closed."})
        assert (await client.place(**{**ORDER, "symbol": "ETHUSDT", "price": "3000"})).status == 200
        assert (await client.private("DELETE", "order", symbol="BTCUSDT", orderId=resting)).status == 200
        await script(client, fault="status", symbol="BTCUSDT", status="TRADING")
        assert (await client.place(**ORDER)).status == 200
        assert not sim.faults.armed()


@in_loop
async def test_a_halted_pairs_streams_are_silent_and_go_on_where_the_market_then_is() -> None:
    async with running(settings(events_per_second=500)) as (sim, client):
        streams = "/".join(
            f"{symbol}@{kind}" for symbol in ("btcusdt", "ethusdt") for kind in ("aggTrade", "bookTicker")
        )
        async with connected(client, f"{sim.stream_url}/ws/{streams}/btcusdt@kline_1m") as s:
            before = await s.next(lambda event: event["s"] == "BTCUSDT" and event.get("e") == "aggTrade")
            await script(client, fault="status", symbol="BTCUSDT", status="HALT")
            await client.get("ping")  # what was sent before the halt has been read by then, or stands before these
            events = [event for event in await s.take(400) if event["s"] == "BTCUSDT"]
            assert len(events) < 100  # of about 200 with the market open
            assert not [event for event in await s.take(100) if event["s"] == "BTCUSDT"]
            sim.faults.clear()
            after = await s.next(lambda event: event["s"] == "BTCUSDT" and event.get("e") == "aggTrade")
            last_before = max([before["a"], *(event["a"] for event in events if event.get("e") == "aggTrade")])
            assert after["a"] == last_before + 1


@in_loop
async def test_an_order_that_is_on_its_way_when_the_market_closes_expires_without_a_trade() -> None:
    async with running(quiet(latency_ms=200)) as (sim, client):
        request = asyncio.create_task(client.market("BUY", quantity="0.01"))
        await until(lambda: sim.exchange.orders)
        sim.faults.status("BTCUSDT", SymbolStatus.BREAK)
        assert (await request).body["status"] == "EXPIRED"
        assert not sim.exchange.trades


@in_loop
async def test_the_exchanges_clock_goes_ahead_or_behind_and_signatures_are_judged_by_it() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as api:
        for ms in (3_600_000, -3_600_000):
            await script(client, fault="clock", ms=ms)
            apart = (await client.get("time")).body["serverTime"] - int(time.time() * 1000)
            assert abs(apart - ms) < 1_000
            assert (await client.place(**ORDER)).code == -1021
            assert (await api.ask("order.place", ws_params(client, **ORDER)))["error"]["code"] == -1021
            corrected = int(time.time() * 1000) + ms
            assert (await client.place(**ORDER, timestamp=corrected)).status == 200
        assert len(sim.exchange.orders) == 2
        await script(client, fault="clock", ms=0)
        assert (await client.place(**ORDER)).status == 200


@in_loop
async def test_fills_are_told_in_the_opposite_order() -> None:
    async with running(quiet()) as (sim, client), connected(client, sim.ws_api_url) as api:
        await api.ask("userDataStream.subscribe.signature", ws_params(client), "subscribe")
        sim.faults.reorder(2)
        await client.market("BUY", quantity="0.01")
        await client.market("BUY", quantity="0.02")
        told = [await api.next(lambda message: message.get("event", {}).get("x") == "TRADE") for _ in range(2)]
        assert [(event["event"]["q"], event["event"]["t"]) for event in told] == [
            ("0.02000000", sim.exchange.trades[1].trade_id),
            ("0.01000000", sim.exchange.trades[0].trade_id),
        ]
        assert (sim.faults.counts["reorder"], sim.faults.armed()) == (2, {})


@in_loop
@pytest.mark.parametrize(
    "wish",
    [
        {"fault": "status", "symbol": "NOSUCHPAIR", "status": "BREAK"},
        {"fault": "status", "symbol": "BTCUSDT", "status": "CLOSED"},
        {"fault": "status", "symbol": "BTCUSDT"},
        {"fault": "clock", "ms": "3000"},
        {"fault": "clock", "ms": 1.5},
        {"fault": "clock"},
        {"fault": "reorder", "fills": -1},
    ],
)
async def test_a_status_or_a_clock_that_makes_no_sense_is_refused_with_a_sentence(wish: Any) -> None:
    async with running(quiet()) as (sim, client):
        status, answer = await script(client, **wish)
        assert status == 400
        assert answer["error"]
        assert not sim.faults.armed()
