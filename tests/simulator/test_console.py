"""`sorte sim` as a person or a program runs it."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import aiohttp
import ccxt
import numpy as np
import pytest

from tests.simulator.test_sources import RISING, bars

DEADLINE_SECONDS = 20


@contextmanager
def sorte_sim(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "cli.main", "sim", "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_json_lines_tell_when_it_is_ready_what_is_traded_and_that_it_ended(number: int) -> None:
    with sorte_sim("--json", "--pairs", "BTCUSDT") as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert (ready["kind"], ready["pid"]) == ("ready", process.pid)
        exchange = ccxt.binance(
            {
                "apiKey": ready["api_key"],
                "secret": ready["api_secret"],
                "options": {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False, "fetchMargins": False},
            }
        )
        exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], f"{ready['rest_url']}/api/v3")
        exchange.create_order("BTC/USDT", "market", "buy", 0.001)
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert [(line["kind"], line["status"]) for line in lines] == [("order", "NEW"), ("fill", "FILLED")]
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert json.loads(out.splitlines()[-1]) == {"kind": "stopped"}
        assert (process.returncode, err) == (0, "")


def test_a_replay_waits_for_its_first_subscriber_and_tells_its_end(tmp_path: Path) -> None:
    np.savez(tmp_path / "bars.npz", ETHUSDT=bars(RISING))
    with sorte_sim("--json", "--replay", str(tmp_path / "bars.npz"), "--speed", "3600") as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["kind"] == "ready"
        readable, _, _ = select.select([process.stdout], [], [], 0.3)  # the replay itself would take a sixtieth of it
        assert not readable
        assert (
            asyncio.run(line_after_subscribing(f"{ready['stream_url']}/ws/ethusdt@aggTrade", process.stdout))
            == "finished"
        )


async def line_after_subscribing(url: str, stdout: IO[str]) -> str:
    """The kind of the program's next line, once somebody hears its market."""
    async with asyncio.timeout(DEADLINE_SECONDS), aiohttp.ClientSession() as session, session.ws_connect(url) as stream:
        assert (await stream.receive_json())["e"] == "aggTrade"
        return str(json.loads(await asyncio.to_thread(stdout.readline))["kind"])


def test_an_unknown_pair_is_refused_with_what_there_is() -> None:
    with sorte_sim("--pairs", "NOPE") as process:
        _, err = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 1
        assert "NOPE" in err
        assert "BTCUSDT" in err
