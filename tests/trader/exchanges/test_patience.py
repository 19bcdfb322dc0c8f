"""A start asks again while an exchange stumbles, tells each try, and leaves a refusal and a ban as they are."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from core.errors import ExchangeError
from core.settings import ExchangeSettings
from services.simulator import Kind, Sim
from services.trader.exchanges.ban import Ban, banned_until_ms
from services.trader.exchanges.binance import Binance
from services.trader.exchanges.patience import Patience
from services.trader.orders import Status
from tests.lines import said
from tests.simulator.client import in_loop, quiet, running, until
from tests.trader.exchanges.test_binance import BTC, Ears, account, address, buying, connected

SORTE = Path(sys.executable).with_name("sorte")
Told = list[tuple[str, dict[str, Any]]]


def waiting(seconds: float, told: Told) -> Patience:
    """That asks again soon."""
    return Patience(seconds, lambda event: told.append(said(event)), pauses_seconds=(0.01, 0.02))


@contextlib.asynccontextmanager
async def patient(seconds: float = 5.0) -> AsyncIterator[tuple[Sim, Binance, Told]]:
    """An account whose questions are asked with patience, and what it told meanwhile."""
    told: Told = []
    async with account() as (sim, _, binance):
        binance.be_patient(waiting(seconds, told))
        yield sim, binance, told


@pytest.mark.parametrize("question", ["pairs", "account", "bars", "resting", "measure_clock"])
@in_loop
async def test_every_question_of_a_start_is_asked_again_after_a_servers_error(question: str) -> None:
    async with patient() as (sim, binance, told):
        sim.faults.error_before(3, status=502, on=Kind.OTHER)
        match question:
            case "pairs":
                assert await binance.pairs([BTC.symbol])
            case "account":
                assert await binance.account()
            case "bars":
                assert len(await binance.bars(BTC.symbol, "1m", limit=5)) == 5
            case "resting":
                assert await binance.resting() == []
            case "measure_clock":
                await binance.measure_clock()
                assert binance.clock.measured
        assert [(kind, fields["tries"]) for kind, fields in told] == [("waiting", n) for n in (1, 2, 3)]
        assert "HTTP 502" in told[0][1]["detail"]


@in_loop
async def test_too_many_requests_are_waited_for_as_long_as_the_exchange_says() -> None:
    async with patient() as (sim, binance, told):
        sim.faults.rate_limit(1, retry_after=1)
        began = time.monotonic()
        assert await binance.pairs([BTC.symbol])
        assert time.monotonic() - began >= 0.99
        assert told[0][1]["seconds"] == 1.0


@in_loop
async def test_an_exchange_that_is_not_there_yet_is_waited_for() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    told: Told = []
    binance = Binance(ExchangeSettings(rest_url=f"http://127.0.0.1:{port}"))
    binance.be_patient(waiting(20.0, told))
    asking = asyncio.ensure_future(binance.pairs([BTC.symbol]))
    await until(lambda: len(told) >= 2)
    async with running(quiet(port=port)):
        assert await asking
    await binance.close()


@in_loop
async def test_patience_ends_with_what_was_tried_and_what_to_do() -> None:
    async with patient(0.1) as (sim, binance, told):
        sim.faults.error_before(10_000, on=Kind.OTHER)
        with pytest.raises(ExchangeError, match=r"HTTP 503.*Tried") as raised:
            await binance.pairs([BTC.symbol])
        assert "rest_url" in raised.value.hint
        assert len(told) > 2


@in_loop
async def test_a_refusal_is_final_at_once() -> None:
    async with patient() as (_, binance, told):
        with pytest.raises(ExchangeError, match="Invalid symbol"):
            await binance.pairs(["NOPEUSDT"])
        assert told == []


@in_loop
async def test_a_wait_that_is_longer_than_our_patience_is_told_and_not_begun() -> None:
    async with patient(5.0) as (sim, binance, told):
        sim.faults.rate_limit(1, retry_after=300)
        with pytest.raises(ExchangeError) as raised:
            await binance.pairs([BTC.symbol])
        assert "Start again in 300 s" in raised.value.hint
        assert told == []


@in_loop
async def test_without_patience_each_question_is_asked_once() -> None:
    async with account() as (sim, _, binance):
        sim.faults.error_before(1, on=Kind.OTHER)
        with pytest.raises(ExchangeError):
            await binance.pairs([BTC.symbol])
        assert await binance.pairs([BTC.symbol])


# A run ----------------------------------------------------------------------------------------------------------------


def run_against(tmp_path: Path, **urls: str) -> subprocess.Popen[str]:
    names = {"rest_url": "http://127.0.0.1:9", "stream_url": "ws://127.0.0.1:9", "ws_api_url": "ws://127.0.0.1:9"}
    variables = {f"SORTE_EXCHANGE__{name.upper()}": url for name, url in {**names, **urls}.items()}
    keys = {"SORTE_EXCHANGE__API_KEY": "k", "SORTE_EXCHANGE__API_SECRET": "s"}
    command = [str(SORTE), "run", "--json", "--feed", "exchange", "--mode", "shadow", "--pairs", "BTCUSDT"]
    environment = {**os.environ, **keys, **variables}
    return subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)


def test_a_run_tells_that_it_waits_and_ctrl_c_ends_it_at_once(tmp_path: Path) -> None:
    process = run_against(tmp_path)
    assert process.stdout is not None
    line = json.loads(process.stdout.readline())
    assert (line["kind"], line["tries"]) == ("waiting", 1)
    assert "exchangeInfo: no answer" in line["detail"]
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    lines = [json.loads(line) for line in process.stdout]
    assert process.wait(timeout=20) == 0
    assert time.monotonic() - began < 10  # a pause of its own would be over sooner; its patience lasts a minute
    assert (lines[-1]["kind"], lines[-1]["orders"], lines[-1]["faults"]) == ("summary", 0, 0)


# Bans -----------------------------------------------------------------------------------------------------------------


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_ban_holds_orders_and_questions_and_too_many_questions_hold_questions_alone() -> None:
    clock, told = Seconds(), []
    ban = Ban(clock)
    ban.on_banned = told.append
    ban.begin(429, 30)
    assert (ban.left(), ban.orders_left()) == (30, 0)
    ban.begin(418, 120)
    assert (ban.left(), ban.orders_left()) == (120, 120)
    clock.now += 10
    ban.begin(418, 120)  # asked by something that did not know: the same ban, longer
    assert (ban.left(), ban.orders_left(), told) == (120, 120, [120])
    clock.now += 120
    assert (ban.left(), ban.orders_left()) == (0, 0)
    ban.begin(418, None)
    assert told == [120, 10]


def test_too_many_orders_hold_everything() -> None:
    ban = Ban(Seconds())
    ban.begin(429, 30, order=True)
    assert (ban.left(), ban.orders_left()) == (30, 30)


@pytest.mark.parametrize(
    ("message", "until_ms"),
    [("Way too many requests; IP banned until 1573458000000.", 1573458000000), ("Way too many requests.", None)],
)
def test_the_end_of_a_ban_is_read_from_its_words(message: str, until_ms: int | None) -> None:
    assert banned_until_ms(message) == until_ms


@in_loop
async def test_a_ban_without_retry_after_lasts_until_the_time_in_its_words() -> None:
    seen: list[str] = []

    async def banned(request: web.Request) -> web.Response:
        seen.append(request.path)
        until_ms = time.time_ns() // 1_000_000 + 90_000
        body = {"code": -1003, "msg": f"Way too much request weight used; IP banned until {until_ms}."}
        return web.json_response(body, status=418)

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", banned)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with account() as (sim, _, _binance):
        port = runner.addresses[0][1]
        ears, told = Ears(), []
        urls = {"rest_url": f"http://127.0.0.1:{port}", "ws_api_url": f"ws://127.0.0.1:{port}/ws-api/v3"}
        banned_one = Binance(address(sim, **urls))
        banned_one.ban.on_banned = told.append
        with pytest.raises(ExchangeError) as raised:
            await banned_one.pairs([BTC.symbol])
        assert 85 < raised.value.retry_after_seconds <= 90
        for _ in range(3):
            with pytest.raises(ExchangeError, match="not asked"):
                await banned_one.measure_clock()
        await banned_one.connect("1m", ears, ears)
        await asyncio.sleep(0.5)
        await banned_one.close()
        assert len(told) == 1
        assert seen.count("/api/v3/exchangeInfo") == 1
        assert seen.count("/ws-api/v3") <= 1  # opened once, refused with 418, and not tried again
    await runner.cleanup()


@in_loop
async def test_an_order_that_is_refused_with_429_makes_the_next_ones_wait() -> None:
    async with connected() as (sim, _, binance, ears):
        sim.faults.rate_limit(1, retry_after=40, on=Kind.PLACE)
        binance.place(buying(sim))
        await until(lambda: ears.answers)
        assert ears.answers[0].status is Status.REJECTED
        assert 30 < binance.ban.orders_left() <= 40
