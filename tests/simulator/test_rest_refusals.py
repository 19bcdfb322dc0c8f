"""Bad input over REST: the right code and status, and nothing changed."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from services.simulator import Sim
from tests.simulator.client import in_loop, quiet, running, settings

GOOD = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.01",
    "price": "60000.00",
}
ABSENT = None


def untouched(sim: Sim) -> bool:
    money = {asset: (balance.free, balance.locked) for asset, balance in sim.exchange.balances.items()}
    return not sim.exchange.orders and money == {"USDT": (Decimal(100_000), 0), "BTC": (Decimal(2), 0)}


@in_loop
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": ABSENT}, -1102),
        ({"symbol": "NOSUCHPAIR"}, -1121),
        ({"symbol": "btcusdt"}, -1100),
        ({"symbol": "BTC USDT"}, -1100),
        ({"side": ABSENT}, -1102),
        ({"side": "HOLD"}, -1117),
        ({"type": "STOP"}, -1116),
        ({"timeInForce": ABSENT}, -1102),
        ({"timeInForce": "GTX"}, -1115),
        ({"quantity": ABSENT}, -1102),
        ({"quantity": ""}, -1102),
        ({"quantity": "-0.01"}, -1100),
        ({"quantity": "NaN"}, -1100),
        ({"quantity": "Infinity"}, -1100),
        ({"quantity": "1e-2"}, -1100),
        ({"quantity": "0x10"}, -1100),
        ({"quantity": "\u0661"}, -1100),
        ({"quantity": "0.01\n"}, -1100),
        ({"quantity": "9" * 21}, -1100),
        ({"quantity": "0.0000000001"}, -1111),
        ({"quantity": "0.000001"}, -1013),
        ({"quantity": "0"}, -1013),
        ({"quantity": "9" * 20}, -1013),
        ({"price": ABSENT}, -1102),
        ({"price": "0"}, -1013),
        ({"price": "60000.001"}, -1013),
        ({"price": "9" * 20}, -1013),
        ({"price": "1.00"}, -1013),
        ({"quantity": "0.00005", "price": "20000"}, -1013),
        ({"quantity": "9", "price": "60000"}, -2010),
        ({"side": "SELL", "quantity": "2.00001"}, -2010),
        ({"quoteOrderQty": "100"}, -1106),
        ({"newClientOrderId": "a" * 37}, -1100),
        ({"newClientOrderId": "sp ace"}, -1100),
        ({"newOrderRespType": "LOUD"}, -1130),
        ({"unheardOf": "1"}, -1104),
        ({"type": "MARKET"}, -1106),
        ({"type": "MARKET", "price": ABSENT, "timeInForce": ABSENT, "quantity": ABSENT}, -1102),
        ({"type": "MARKET", "price": ABSENT, "timeInForce": ABSENT, "quantity": "5"}, -2010),
        ({"type": "LIMIT_MAKER"}, -1106),
        ({"type": "LIMIT_MAKER", "timeInForce": ABSENT, "price": "70000"}, -2010),
    ],
    ids=lambda value: urlencode(value)[:50] if isinstance(value, dict) else None,
)
async def test_a_bad_order_is_refused_and_nothing_changes(change: dict[str, Any], code: int) -> None:
    async with running(quiet()) as (sim, client):
        params = {name: value for name, value in {**GOOD, **change}.items() if value is not ABSENT}
        answer = await client.private("POST", "order", **params)
        assert (answer.status, answer.code) == (400, code)
        assert answer.body["msg"]
        assert untouched(sim)


@in_loop
async def test_a_client_order_id_is_used_once_for_ever() -> None:
    async with running(quiet()) as (sim, client):
        first = await client.place(**GOOD, newClientOrderId="once")
        assert (await client.place(**GOOD, newClientOrderId="once")).body == {
            "code": -2010,
            "msg": "Duplicate order sent.",
        }
        await client.private("DELETE", "order", symbol="BTCUSDT", orderId=first.body["orderId"])
        assert (await client.place(**GOOD, newClientOrderId="once")).code == -2010
        assert len(sim.exchange.orders) == 1


@in_loop
async def test_keys_signatures_and_times_are_checked_in_the_exchanges_order() -> None:
    async with running(quiet()) as (sim, client):
        query = urlencode({**GOOD, "timestamp": int(time.time() * 1000)})
        key, client.key = client.key, ""
        assert [(a.status, a.code) for a in [await client.place(**GOOD)]] == [(401, -2014)]
        client.key = "wrong"
        assert [(a.status, a.code) for a in [await client.place(**GOOD)]] == [(401, -2015)]
        client.key = key
        assert (await client.send("POST", "order", query)).code == -1102
        assert (await client.send("POST", "order", query + "&signature=" + "0" * 64)).code == -1022
        assert (await client.send("POST", "order", query + "&signature=\u00e9")).code == -1022
        tampered = client.signed(GOOD).replace("quantity=0.01", "quantity=0.02")
        assert (await client.send("POST", "order", tampered)).code == -1022
        assert (await client.place(**GOOD, timestamp="")).code == -1102
        assert (await client.place(**GOOD, recvWindow="60001")).code == -1131
        now = int(time.time() * 1000)
        assert (await client.place(**GOOD, timestamp=now - 6_000)).code == -1021
        assert (await client.place(**GOOD, timestamp=now + 60_000)).code == -1021
        assert untouched(sim)
        assert (await client.place(**GOOD, timestamp=now - 6_000, recvWindow=30_000)).status == 200


@in_loop
async def test_parameters_may_come_in_the_body_and_are_signed_as_they_were_sent() -> None:
    async with running(quiet()) as (_, client):
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-MBX-APIKEY": client.key}
        url = f"{client.sim.rest_url}/api/v3/order"
        signed = client.signed({**GOOD, "newClientOrderId": "a:b/c"})  # percent-encoded on the wire
        async with client.session.post(url, data=signed, headers=headers) as answer:
            assert (answer.status, (await answer.json())["clientOrderId"]) == (200, "a:b/c")


@in_loop
@pytest.mark.parametrize(
    ("path", "params", "code"),
    [
        ("klines", {"symbol": "BTCUSDT"}, -1102),
        ("klines", {"symbol": "BTCUSDT", "interval": "7m"}, -1120),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "limit": "0"}, -1100),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "9" * 20}, -1108),
        ("klines", {"symbol": "BTCUSDT", "interval": "1m", "startTime": "-1"}, -1100),
        ("depth", {"symbol": "NOPE"}, -1121),
        ("aggTrades", {"symbol": "BTCUSDT", "fromId": "1", "startTime": "1"}, -1128),
        ("ticker/price", {"symbols": "BTC"}, -1100),
        ("ticker/24hr", {"symbols": '["BTCUSDT","BTCUSDT"]'}, -1151),
    ],
)
async def test_a_bad_question_is_refused(path: str, params: dict[str, str], code: int) -> None:
    async with running(quiet()) as (_, client):
        answer = await client.get(path, **params)
        assert (answer.status, answer.code) == (400, code)


@in_loop
async def test_the_used_weight_is_told_and_its_limit_is_real() -> None:
    async with running(settings(weight_per_minute=45)) as (_, client):
        statuses = []
        while 429 not in statuses:
            answer = await client.get("exchangeInfo")  # weight 20
            statuses.append(answer.status)
        assert statuses[:2] == [200, 200]
        assert len(statuses) <= 5  # the third, or two more when a minute began in between
        assert (answer.code, int(answer.headers["X-MBX-USED-WEIGHT-1M"])) == (-1003, 60)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60


@in_loop
async def test_unknown_routes_are_not_found() -> None:
    async with running(quiet()) as (_, client):
        assert (await client.get("order/oco")).status == 404
        assert (await client.send("PATCH", "order")).status == 404
