"""Streams: what subscribers get, that nothing is lost or doubled, and that klines are what the trades make them."""

from __future__ import annotations

import asyncio
import socket
from decimal import Decimal
from itertools import pairwise

import pytest

from tests.simulator.client import (
    MINUTE_START_MS,
    Client,
    connected,
    in_loop,
    quiet,
    running,
    settings,
    until,
    within,
)


def url(client: Client, *streams: str) -> str:
    return f"{client.sim.stream_url}/stream?streams={'/'.join(streams)}"


@in_loop
async def test_book_ticker_update_ids_rise_by_one() -> None:
    async with running(settings()) as (sim, client), connected(client, f"{sim.stream_url}/ws/btcusdt@bookTicker") as s:
        quotes = await s.take(30)
    assert all(set(quote) == {"u", "s", "b", "B", "a", "A"} for quote in quotes)
    assert all(Decimal(quote["b"]) < Decimal(quote["a"]) for quote in quotes)
    assert all(after["u"] == before["u"] + 1 for before, after in pairwise(quotes))


@in_loop
async def test_aggregate_trade_ids_rise_by_one_and_the_same_trades_are_refilled_by_rest() -> None:
    async with running(settings()) as (sim, client), connected(client, f"{sim.stream_url}/ws/btcusdt@aggTrade") as s:
        streamed = await s.take(20)
        refilled = (await client.get("aggTrades", symbol="BTCUSDT", fromId=streamed[0]["a"], limit=20)).body
    assert [trade["a"] for trade in streamed] == list(range(streamed[0]["a"], streamed[0]["a"] + 20))
    shared = ("a", "p", "q", "f", "l", "T", "m")
    assert [[trade[key] for key in shared] for trade in streamed] == [[t[key] for key in shared] for t in refilled]


@in_loop
async def test_combined_streams_wrap_each_event_with_its_name() -> None:
    async with (
        running(settings()) as (_, client),
        connected(client, url(client, "btcusdt@aggTrade", "ethusdt@aggTrade")) as s,
    ):
        events = await s.take(20)
    assert {event["stream"] for event in events} == {"btcusdt@aggTrade", "ethusdt@aggTrade"}
    assert all(event["data"]["s"].lower() == event["stream"].partition("@")[0] for event in events)


@in_loop
async def test_subscriptions_change_while_connected() -> None:
    async with running(settings()) as (sim, client), connected(client, f"{sim.stream_url}/ws") as s:
        assert await s.ask("SUBSCRIBE", ["btcusdt@aggTrade", "ethusdt@aggTrade"], 7) == {"result": None, "id": 7}
        assert (await s.ask("LIST_SUBSCRIPTIONS"))["result"] == ["btcusdt@aggTrade", "ethusdt@aggTrade"]
        await s.next(lambda event: event.get("s") == "ETHUSDT")
        assert await s.ask("UNSUBSCRIBE", ["btcusdt@aggTrade"], 8) == {"result": None, "id": 8}
        assert {event["s"] for event in await s.take(10)} == {"ETHUSDT"}


@in_loop
@pytest.mark.parametrize(
    ("message", "code"),
    [("{", 3), ("[]", 2), ('{"method": "FLY", "id": 1}', 2), ('{"method": "SUBSCRIBE", "params": [5], "id": 1}', 2)],
)
async def test_a_bad_control_message_is_refused_and_the_stream_goes_on(message: str, code: int) -> None:
    async with running(settings()) as (sim, client), connected(client, f"{sim.stream_url}/ws/btcusdt@aggTrade") as s:
        await s.socket.send_str(message)
        assert (await s.next(lambda event: "error" in event))["error"]["code"] == code
        await s.next(lambda event: event.get("e") == "aggTrade")


@in_loop
async def test_klines_are_what_the_streamed_trades_make_them() -> None:
    """Two whole market minutes, at 120 market seconds a second: streamed close, REST and our own sums agree."""
    async with running(settings(speed=120, start_ms=MINUTE_START_MS, history_bars=2)) as (_, client):
        async with connected(client, url(client, "btcusdt@aggTrade", "btcusdt@kline_1m")) as s:
            events = []
            while sum(1 for event in events if event.get("k", {}).get("x")) < 3:
                events.append((await s.next(lambda _: True))["data"])
        closed = [event["k"] for event in events if event["e"] == "kline" and event["k"]["x"]][1:]
        assert [bar["t"] for bar in closed] == [MINUTE_START_MS + 60_000, MINUTE_START_MS + 120_000]
        for bar in closed:
            inside = [e for e in events if e["e"] == "aggTrade" and bar["t"] <= e["T"] <= bar["T"]]
            prices = [Decimal(trade["p"]) for trade in inside]
            assert [Decimal(bar[key]) for key in "ohlc"] == [prices[0], max(prices), min(prices), prices[-1]]
            assert Decimal(bar["v"]) == sum(Decimal(trade["q"]) for trade in inside)
            assert Decimal(bar["V"]) == sum(Decimal(trade["q"]) for trade in inside if not trade["m"])
            assert (bar["n"], bar["f"], bar["L"]) == (len(inside), inside[0]["a"], inside[-1]["a"])
            rest = (await client.get("klines", symbol="BTCUSDT", interval="1m", startTime=bar["t"], limit=1)).body[0]
            assert rest[:6] == [bar["t"], *(bar[key] for key in "ohlcv")]


@in_loop
async def test_history_joins_the_live_prices_without_a_gap_in_time_or_price() -> None:
    async with running(quiet(history_bars=1000, start_ms=MINUTE_START_MS + 30_000)) as (_, client):
        rows = (await client.get("klines", symbol="BTCUSDT", interval="1m", limit=1000)).body
        book = (await client.get("ticker/bookTicker", symbol="BTCUSDT")).body
    assert all(after[0] - before[0] == 60_000 for before, after in pairwise(rows))
    assert rows[-1][0] == MINUTE_START_MS
    assert len(rows) == 1000
    assert 64_900 < Decimal(book["bidPrice"]) < 65_100
    assert abs(Decimal(rows[-1][4]) / Decimal(book["bidPrice"]) - 1) < Decimal("0.005")


@in_loop
@pytest.mark.parametrize(("interval", "minutes"), [("5m", 5), ("15m", 15), ("1h", 60), ("4h", 240), ("1d", 1440)])
async def test_longer_klines_are_aggregated_from_the_minutes(interval: str, minutes: int) -> None:
    async with running(quiet(history_bars=900, start_ms=MINUTE_START_MS)) as (_, client):
        longer = (await client.get("klines", symbol="BTCUSDT", interval=interval, limit=2)).body
        ones = (await client.get("klines", symbol="BTCUSDT", interval="1m", limit=1000)).body
    bar = longer[-2] if minutes < 500 else longer[-1]
    inside = [row for row in ones if bar[0] <= row[0] < bar[0] + minutes * 60_000]
    assert bar[6] == bar[0] + minutes * 60_000 - 1
    if minutes <= 240:
        assert len(inside) == minutes
    assert bar[8] == sum(row[8] for row in inside)
    assert Decimal(bar[2]) == max(Decimal(row[2]) for row in inside)
    assert Decimal(bar[3]) == min(Decimal(row[3]) for row in inside)
    assert (bar[1], bar[4]) == (inside[0][1], inside[-1][4])
    assert Decimal(bar[5]) == sum(Decimal(row[5]) for row in inside)


@in_loop
async def test_a_subscriber_that_does_not_read_is_cut_off_and_the_others_go_on() -> None:
    async with running(settings(events_per_second=60_000, backlog_bytes=1024)) as (sim, client):
        host, port = sim.stream_url.removeprefix("ws://").split(":")
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # or the kernel reads megabytes for who does not
        narrow.setblocking(False)
        await asyncio.get_running_loop().sock_connect(narrow, (host, int(port)))
        reader, writer = await asyncio.open_connection(sock=narrow)
        writer.write(
            b"GET /ws/btcusdt@bookTicker HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await within(reader.readuntil(b"\r\n\r\n"))
        assert sim.hub.wanted("btcusdt@bookTicker")
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: not sim.hub.wanted("btcusdt@bookTicker"))
        async with connected(client, f"{sim.stream_url}/ws/ethusdt@bookTicker") as s:
            assert (await s.receive())["s"] == "ETHUSDT"
        writer.transport.abort()
