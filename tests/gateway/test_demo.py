"""`sorte demo`: its chat page is for this machine alone, and one command brings all of it up and takes it down."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from cli.demo import USER, Run, words
from core.presence import holder
from services.simulator.telegram.page import STATIC, ChatPage
from services.simulator.telegram.server import BotApi, serve
from tests.simulator.client import in_loop

TOKEN = "7000000001:AAtest-test-test-test-test-test-test"  # noqa: S105 - of a bot that is nowhere else
JSON = {"content-type": "application/json"}
PATIENCE_SECONDS = 100.0


@contextlib.asynccontextmanager
async def chat() -> AsyncIterator[tuple[BotApi, ChatPage, httpx.AsyncClient]]:
    pages: list[ChatPage] = []

    def beside(api: BotApi) -> list[object]:
        pages.append(ChatPage(api, USER, words()))
        return list(pages[0].routes())

    async with (
        serve(TOKEN, lambda: 1_800_000_000.0, 0, beside) as api,  # type: ignore[arg-type]
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}") as client,
    ):
        yield api, pages[0], client


@in_loop
async def test_what_is_said_reaches_the_bot_and_what_it_says_is_shown() -> None:
    async with chat() as (api, page, client):
        shown = (await client.get("/")).text
        assert "{{" not in shown
        assert (await client.post("/chat/say", json={"text": " stop at 3% "})).is_success
        assert api.chats.updates[0]["message"]["text"] == "stop at 3%"
        keys = [[{"text": "Apply", "callback_data": "a:1"}, {"text": "Page", "url": "http://127.0.0.1:1/"}]]
        sent = api.chats.put(USER, "sure?", "<b>sure?</b>", rows=keys)
        told = (await client.get("/chat/messages")).json()
        assert [(each["own"], each["text"]) for each in told["messages"]] == [(True, "stop at 3%"), (False, "sure?")]
        await client.post("/chat/press", json={"id": sent.message_id, "data": "a:2"})  # no such button
        assert len(api.chats.updates) == 1
        await client.post("/chat/press", json={"id": sent.message_id, "data": "a:1"})
        assert api.chats.updates[1]["callback_query"]["data"] == "a:1"
        broken: list[bool] = []
        page.on_break = lambda: broken.append(True)
        await client.post("/chat/break", json={})
        assert broken == [True]


@in_loop
async def test_no_other_page_and_no_other_name_gets_in() -> None:
    async with chat() as (api, _, client):
        for headers in (
            JSON | {"host": "evil.example.org"},
            JSON | {"origin": "http://evil.example.org"},
            JSON | {"origin": "null"},
            {"content-type": "text/plain"},
            {"content-type": "application/x-www-form-urlencoded"},
        ):
            for path in ("/chat/say", "/chat/press", "/chat/break"):
                answer = await client.post(path, content=b'{"text": "panic"}', headers=headers)
                assert answer.status_code in (403, 415), (path, headers)
        assert (await client.get("/chat/messages", headers={"host": "evil.example.org"})).status_code == 403
        assert (await client.get("/static/..%2Fpage.py")).status_code == 404
        assert api.chats.updates == []
        policy = (await client.get("/")).headers["content-security-policy"]
        assert "script-src 'self'" in policy
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", (STATIC / "chat.html").read_text(encoding="utf-8"), re.DOTALL)
    assert [script for script in scripts if script.strip()] == []


def test_breaking_it_kills_the_hosts_of_what_decides_and_no_others() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as victim:
        run = Run()
        for release, pid in (("old", os.getpid()), ("new", victim.pid)):
            run.hear({"kind": "host", "release": release, "pid": pid})
            run.hear({"kind": "epoch", "release": release})
        run.break_it()
        assert victim.wait(10) == -signal.SIGKILL
        run.break_it()  # a second time nobody is left


@pytest.mark.timeout(240)
def test_one_command_brings_it_all_up_and_takes_it_all_down(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "SORTE_WEB__ENABLED"}
    command = [sys.executable, "-m", "cli.main", "demo", "--folder", str(tmp_path / "demo")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=environment | {"SORTE_LANGUAGE": "en", "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None
    try:
        address = process.stdout.readline().partition(": ")[2].strip()
        link = process.stdout.readline().partition(": ")[2].strip()
        assert httpx.get(link, timeout=PATIENCE_SECONDS).status_code == 200
        with httpx.Client(base_url=address, timeout=PATIENCE_SECONDS) as client:
            client.post("/chat/say", json={"text": "/version"})
            wait_for(lambda: len(client.get("/chat/messages").json()["messages"]) > 1)
            told = client.get("/chat/messages").json()
        assert "Sorte" in told["messages"][-1]["text"]
        assert list(told["links"]) == ["Open the status page beside"]
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
        process.stdout.close()
    assert code == 0
    data = tmp_path / "demo" / "data"
    assert [holder(data / name) for name in ("trader.pid", "gateway.pid")] == [None, None]


def wait_for(so: object) -> None:
    assert callable(so)
    until = time.monotonic() + PATIENCE_SECONDS
    while not so():
        assert time.monotonic() < until, "it did not come to it"
        time.sleep(0.05)
