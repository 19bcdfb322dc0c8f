"""A simulated exchange that keeps its folder goes on where it was: account, orders, market; also after `kill -9`."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from core.errors import ConfigurationError
from services.simulator import DEFAULT_PAIRS, DEFAULT_PRICES, Sim
from services.simulator.kept import DamagedError, load
from services.simulator.orders import Status
from tests.simulator.client import BTC, ETH, Client, in_loop, running, settings, until
from tests.simulator.test_order_lists import NEW as PAIR
from tests.simulator.test_stops import STOP, fall

LINK = DEFAULT_PAIRS[7]


ORDER = (
    "client_order_id",
    "status",
    "filled",
    "filled_quote",
    "locked",
    "price",
    "stop_price",
    "is_waiting",
    "list_id",
)


def seen(sim: Sim) -> dict[str, Any]:
    """Everything that somebody outside can ask for."""
    exchange = sim.exchange
    orders = {order.order_id: [getattr(order, name) for name in ORDER] for order in exchange.orders.values()}
    markets = {
        state.symbol: (state.last_ticks(), state.tape.next_id, state.book.update_id, len(state.tape.minutes))
        for state in sim.market.pairs
    }
    bars = {state.symbol: [bar.row() for bar in state.tape.minutes] for state in sim.market.pairs}
    money = {asset: balance for asset, balance in exchange.balances.items() if balance.total}
    return {"orders": orders, "fills": list(exchange.trades), "money": money, "markets": markets, "bars": bars}


async def busy(client: Client) -> None:
    """Orders of every kind: filled, resting, waiting, paired, cancelled, refused."""
    await client.market("BUY", quantity="0.1")
    await client.limit("BUY", "0.1", "50000")
    gone = (await client.limit("BUY", "0.1", "50001")).body
    await client.private("DELETE", "order", symbol="BTCUSDT", orderId=gone["orderId"])
    await client.place(**STOP, stopPrice="59000", price="58000")
    await client.private("POST", "orderList/oco", **{**PAIR, "abovePrice": "79000"})
    await client.limit("SELL", "0.1", "90000", timeInForce="FOK")
    assert (await client.limit("BUY", "9", "60000")).code == -2010


@in_loop
async def test_account_orders_and_market_go_on_where_they_were_and_time_stood_still(tmp_path: Path) -> None:
    async with running(settings(keep=tmp_path / "x", speed=60)) as (sim, client):
        await busy(client)
        await until(lambda: sim.market.moves_played > 200)
        assert sim.kept is not None
        assert sim.kept.starts == 1
    before, ended_ms = seen(sim), sim.market.last_ms
    async with running(settings(keep=tmp_path / "x", speed=60, start_on_client=True)) as (sim, client):
        assert seen(sim) == before
        assert sim.market.last_ms == ended_ms
        assert sim.kept is not None
        assert sim.kept.starts == 2
        listed = (await client.private("GET", "openOrders")).body
        assert [row["type"] for row in listed] == ["LIMIT", "STOP_LOSS_LIMIT", "STOP_LOSS_LIMIT", "LIMIT_MAKER"]
        placed = (await client.market("BUY", quantity="0.01")).body
        assert placed["orderId"] == max(before["orders"]) + 1
        assert placed["fills"][0]["tradeId"] >= before["markets"]["BTCUSDT"][1]


@in_loop
async def test_what_rests_and_what_waits_acts_after_a_restart_as_before_it(tmp_path: Path) -> None:
    async with running(settings(keep=tmp_path / "x", events_per_second=0.001)) as (sim, client):
        fall(sim, 6_000_000)
        assert (await client.place(**STOP, stopPrice="59000", price="58000")).status == 200
        assert (await client.limit("BUY", "0.1", "57000")).status == 200
        assert (await client.private("POST", "orderList/oco", **PAIR)).status == 200
    async with running(settings(keep=tmp_path / "x", events_per_second=0.001)) as (sim, client):
        fall(sim, 5_895_000)
        statuses = {(str(order.type), order.list_id): order.status for order in sim.exchange.orders.values()}
        assert statuses == {
            ("STOP_LOSS_LIMIT", -1): Status.FILLED,
            ("LIMIT", -1): Status.NEW,
            ("STOP_LOSS_LIMIT", 1): Status.FILLED,
            ("LIMIT_MAKER", 1): Status.EXPIRED,
        }
        fall(sim, 5_690_000)
        assert statuses | {("LIMIT", -1): Status.FILLED} == {
            (str(order.type), order.list_id): order.status for order in sim.exchange.orders.values()
        }
        assert sim.exchange.balances["BTC"].locked == 0


@in_loop
async def test_an_order_that_was_on_its_way_expires_and_its_money_is_free(tmp_path: Path) -> None:
    async with running(settings(keep=tmp_path / "x", latency_ms=60_000)) as (sim, client):
        request = asyncio.create_task(client.market("BUY", quantity="0.1"))
        await until(lambda: sim.exchange.orders)
        request.cancel()
    async with running(settings(keep=tmp_path / "x")) as (sim, client):
        found = (await client.private("GET", "order", symbol="BTCUSDT", orderId=1)).body
        assert (found["status"], found["executedQty"]) == ("EXPIRED", "0.00000000")
        assert sim.exchange.balances["USDT"] == sim.exchange.balances["USDT"].__class__(Decimal(100_000))


@in_loop
async def test_a_market_that_goes_on_does_not_play_the_same_seconds_again(tmp_path: Path) -> None:
    paths = []
    for _ in range(3):
        async with running(settings(keep=tmp_path / "x", start_ms=1_700_000_040_000)) as (sim, _):
            await until(lambda: len(sim.market.pairs[0].tape.trades) >= 31)
            paths.append([trade.lots for trade in sim.market.pairs[0].tape.trades[-20:]])
    assert len({tuple(path) for path in paths}) == 3
    usual = {"start_ms": 1_700_000_040_000}
    async with running(settings(keep=tmp_path / "y", **usual)) as (one, _), running(settings(**usual)) as (other, _):
        await until(lambda: min(sim.market.moves_played for sim in (one, other)) > 50)
        a, b = ([trade[2:] for trade in sim.market.pairs[0].tape.trades[:40]] for sim in (one, other))
        assert a == b  # a new account begins in the seed's market


@in_loop
async def test_pairs_speed_and_pace_may_change_between_runs(tmp_path: Path) -> None:
    async with running(settings(keep=tmp_path / "x", pairs=(BTC, ETH))) as (sim, client):
        await client.market("BUY", quantity="1", symbol="ETHUSDT")
        btc = sim.market.by_symbol["BTCUSDT"].tape
        await until(lambda: btc.next_id > 40)
    last, next_id, ended_ms = btc.trades[-1].ticks, btc.next_id, sim.market.last_ms
    # BTC is owned too, so both go on being watched although nobody asks for them; LINK begins at its usual price.
    changed = settings(keep=tmp_path / "x", pairs=(LINK,), speed=3600, events_per_second=50, start_on_client=True)
    async with running(changed) as (sim, client):
        assert list(sim.market.by_symbol) == ["LINKUSDT", "BTCUSDT", "ETHUSDT"]
        assert abs(sim.exchange.last_price("LINKUSDT") - DEFAULT_PRICES["LINKUSDT"]) < Decimal("0.5")
        assert sim.market.by_symbol["BTCUSDT"].last_ticks() == last
        assert sim.market.last_ms == ended_ms
        assert sim.settings.events_per_second == 150  # LINK alone gets its 50
        sold = (await client.market("SELL", quantity="2", symbol="BTCUSDT")).body
        assert sold["status"] == "FILLED"
        assert sold["fills"][0]["tradeId"] >= next_id
        await client.market("SELL", quantity="0.999", symbol="ETHUSDT")
    async with running(settings(keep=tmp_path / "x", pairs=(LINK,))) as (sim, _):
        assert list(sim.market.by_symbol) == ["LINKUSDT"]  # nothing that could be sold is left of the others
    async with running(settings(keep=tmp_path / "x", pairs=(BTC, ETH), start_on_client=True)) as (sim, _):
        assert sim.market.by_symbol["BTCUSDT"].tape.next_id > sold["fills"][-1]["tradeId"]
        assert len(sim.market.by_symbol["BTCUSDT"].tape.minutes) >= 5
        assert sim.exchange.trades[0].symbol == "ETHUSDT"


@in_loop
async def test_a_long_log_becomes_a_new_snapshot_and_nothing_is_lost(tmp_path: Path) -> None:
    async with running(settings(keep=tmp_path / "x", speed=60, log_bytes=2_000)) as (sim, client):
        await busy(client)
        assert sim.keeper is not None
        for _ in range(5):
            sim.keeper.beat()
        assert int(next((tmp_path / "x").glob("log-*")).name.removeprefix("log-")) > 2
        found = load(tmp_path / "x")
        assert found is not None
        assert len(found.orders) == len(sim.exchange.orders)
        assert len(list((tmp_path / "x").glob("log-*"))) == 1


@in_loop
async def test_only_so_many_closed_orders_are_kept_and_every_open_one(tmp_path: Path) -> None:
    chosen = settings(keep=tmp_path / "x", events_per_second=0.001, kept_closed=3)
    async with running(chosen) as (sim, client):
        await client.limit("BUY", "0.1", "50000", newClientOrderId="rests")
        for _ in range(6):
            await client.market("BUY", quantity="0.001")
    async with running(chosen) as (sim, client):
        assert sorted(sim.exchange.orders) == [1, 5, 6, 7]
        assert sim.keeper is not None
        assert (await client.market("BUY", quantity="0.001")).body["orderId"] == 8
        sim.keeper.snapshot()  # as by itself once the log is long: what is done is forgotten, so memory is bounded
        assert (sorted(sim.exchange.orders), len(sim.exchange.trades)) == ([1, 6, 7, 8], 3)
        assert (await client.private("GET", "order", symbol="BTCUSDT", orderId=5)).code == -2013
        assert (await client.private("GET", "order", symbol="BTCUSDT", orderId=1)).body["status"] == "NEW"


# What cannot be read is named, never guessed at -----------------------------------------------------------------------


async def kept_folder(folder: Path) -> Path:
    """A folder whose exchange was killed: a snapshot, and a log of several lines."""
    async with running(settings(keep=folder, events_per_second=0.001)) as (sim, client):
        await busy(client)
        assert sim.keeper is not None
        sim.keeper.beat()
        copy = folder.with_name("killed")
        copy.mkdir()
        for file in folder.iterdir():  # noqa: ASYNC240 - a test's folder of three files
            (copy / file.name).write_bytes(file.read_bytes())
    return copy


@in_loop
async def test_a_torn_last_line_is_as_if_it_had_never_been(tmp_path: Path) -> None:
    folder = await kept_folder(tmp_path / "x")
    (log,) = folder.glob("log-*")
    whole = log.read_bytes().splitlines(keepends=True)
    for count in range(len(whole)):
        log.write_bytes(b"".join(whole[:count]))
        before = load(folder)
        log.write_bytes(b"".join(whole[:count]) + whole[count][:-1])
        assert load(folder) == before
        for asset, (free, locked) in (before.balances if before else {}).items():
            assert free >= 0
            held = [order.locked for order in before.orders if before and asset == asset_of(order)] if before else []
            assert locked == sum(held)


def asset_of(order: Any) -> str:
    return "USDT" if order.side == "BUY" else "BTC"


@in_loop
async def test_damage_and_other_versions_are_refused_by_name(tmp_path: Path) -> None:
    folder = await kept_folder(tmp_path / "x")
    (log,), snapshot = folder.glob("log-*"), folder / "snapshot"
    good, lines = snapshot.read_bytes(), log.read_bytes().splitlines(keepends=True)
    newer = msgspec_like(good, '"version":1', '"version":2')
    for file, data, told in (
        (snapshot, good[:-1], "its end is missing"),
        (snapshot, good.replace(b"USDT", b"USDC", 1), "is damaged"),
        (snapshot, b"", "its end is missing"),
        (snapshot, newer, r"another version of Sorte \(2, this one reads 1\)"),
        (snapshot, msgspec_like(good, '"seed"', '"seeed"'), None),
        (snapshot, msgspec_like(good, '"markets"', '"time_ms":"x","markets"'), "another version"),
        (log, b"".join([lines[0].replace(b"1", b"2", 3), *lines[1:]]), "line 1, is damaged"),
    ):
        before = file.read_bytes()
        file.write_bytes(data)
        if told is None:
            assert load(folder) is not None  # what this version does not know is no harm
        else:
            with pytest.raises(DamagedError, match=told) as refused:
                load(folder)
            assert str(file) in str(refused.value)
        file.write_bytes(before)
    snapshot.unlink()
    with pytest.raises(DamagedError, match="is missing"):
        load(folder)


def msgspec_like(line: bytes, old: str, new: str) -> bytes:
    """The line with a part replaced, and a checksum that is right."""
    import zlib

    body = line.partition(b" ")[2].strip().replace(old.encode(), new.encode(), 1)
    return b"%08x %s\n" % (zlib.crc32(body), body)


@in_loop
async def test_two_exchanges_never_keep_one_folder(tmp_path: Path) -> None:
    async with running(settings(keep=tmp_path / "x")):
        with pytest.raises(ConfigurationError, match="is in use"):
            Sim(settings(keep=tmp_path / "x", keep_waits_seconds=0.1))
    async with running(settings(keep=tmp_path / "x")):
        pass


# kill -9 ------------------------------------------------------------------------------------------------------------


class Killed:
    """`sorte sim --keep` as a process, and a client that remembers everything that it was told."""

    def __init__(self, folder: Path) -> None:
        words = ("sim", "--json", "--port", "0", "--pairs", "BTCUSDT,ETHUSDT", "--speed", "60")
        pace = ("--events-per-second", "400", "--keep", str(folder))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *words, *pace], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.ready = json.loads(self.process.stdout.readline())

    async def ask(self, session: aiohttp.ClientSession, method: str, path: str, **params: Any) -> Any:
        query = urlencode({**params, "timestamp": int(time.time() * 1000)})
        mac = hmac.new(self.ready["api_secret"].encode(), query.encode(), hashlib.sha256).hexdigest()
        url = f"{self.ready['rest_url']}/api/v3/{path}?{query}&signature={mac}"
        async with session.request(method, url, headers={"X-MBX-APIKEY": self.ready["api_key"]}) as response:
            return json.loads(await response.read())

    async def trade_until_killed(self, chance: random.Random, told: dict[int, Any]) -> None:
        """Send orders side by side; what is answered is told."""
        deadline = time.monotonic() + chance.uniform(0.2, 1.0)

        async def one(session: aiohttp.ClientSession, number: int) -> None:
            side = chance.choice(("BUY", "SELL"))
            order: dict[str, Any] = {"symbol": "BTCUSDT", "side": side, "quantity": "0.001"}
            if number % 3 == 0:
                order |= {"type": "LIMIT", "timeInForce": "GTC", "price": "60000" if side == "BUY" else "70000"}
            else:
                order |= {"type": "MARKET"}
            while True:
                answer = await self.ask(session, "POST", "order", **order)
                if "orderId" in answer:
                    told[answer["orderId"]] = answer

        async with aiohttp.ClientSession() as session:
            tasks = [asyncio.create_task(one(session, number)) for number in range(6)]
            await asyncio.sleep(deadline - time.monotonic())
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@in_loop
async def test_whenever_it_is_killed_it_knows_all_that_it_has_told(tmp_path: Path) -> None:
    chance, told = random.Random(3), {}  # noqa: S311 - no secret
    for _ in range(5):
        running_one = Killed(tmp_path / "x")
        try:
            await running_one.trade_until_killed(chance, told)
        finally:
            running_one.end()
    assert len(told) > 20
    last = Killed(tmp_path / "x")
    try:
        async with aiohttp.ClientSession() as session:
            for order_id, answer in told.items():
                found = await last.ask(session, "GET", "order", symbol="BTCUSDT", orderId=order_id)
                assert found["clientOrderId"] == answer["clientOrderId"]
                assert Decimal(found["executedQty"]) >= Decimal(answer["executedQty"])
            trades = await last.ask(session, "GET", "myTrades", symbol="BTCUSDT", limit=1000, fromId=1)
            ids = [trade["id"] for trade in trades]
            assert ids == sorted(set(ids))
            filled = {fill["tradeId"] for answer in told.values() for fill in answer["fills"]}
            assert filled <= set(ids)
            money = {"USDT": Decimal(10_000), "BTC": Decimal(0)}  # and nothing but trades and fees has moved it
            for trade in trades:
                sign = 1 if trade["isBuyer"] else -1
                money["BTC"] += sign * Decimal(trade["qty"])
                money["USDT"] -= sign * Decimal(trade["quoteQty"])
                money[trade["commissionAsset"]] -= Decimal(trade["commission"])
            account = await last.ask(session, "GET", "account")
            owned = {row["asset"]: Decimal(row["free"]) + Decimal(row["locked"]) for row in account["balances"]}
            assert {asset: owned.get(asset, Decimal(0)) for asset in money} == money
            open_orders = await last.ask(session, "GET", "openOrders")
            locked = sum(
                (Decimal(row["origQty"]) - Decimal(row["executedQty"])) * Decimal(row["price"])
                for row in open_orders
                if row["side"] == "BUY"
            )
            assert {row["asset"]: Decimal(row["locked"]) for row in account["balances"]}["USDT"] == locked
    finally:
        last.end()
