"""The real gateway process: started beside a trader, killed, told good-bye, and left alone by a trader that dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import select

from cli.web import address_in
from core.contracts.events import FaultTold
from core.contracts.told import encode_line
from core.errors import ConfigurationError
from core.settings import AlertSettings, LogSettings, Settings, WebSettings
from services.gateway.binding import bound
from services.gateway.child import GatewayProcess, beside, is_wanted
from services.gateway.door import ADDRESS_NOTE
from services.gateway.hello import Hello
from services.gateway.passing import Passed
from services.gateway.store import opened
from services.gateway.store.tables import outbox
from tests.gateway.hook import hook
from tests.simulator.client import in_loop

SECONDS = 30.0
FAULTS = [FaultTold(cause="host_late", subject=f"host {number}", detail="late") for number in range(6)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a gateway that serves no page and writes to a webhook that nobody has: what it puts in stays."""
    return Settings(
        data_dir=tmp_path / "data",
        web=WebSettings(enabled=False),
        alerts=AlertSettings(webhook="http://127.0.0.1:9/never"),  # type: ignore[arg-type]
        logs=LogSettings(),
    )


@pytest.fixture
def gateway(settings: Settings, tmp_path: Path) -> Iterator[GatewayProcess]:
    made = GatewayProcess(settings, tmp_path, lambda _: None, shows_link=False, pause=lambda _, __: None)
    made.start()
    yield made
    made.close()


def wait_for(what: Callable[[], object]) -> None:
    until = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < until, "it did not come to it"
        time.sleep(0.02)


def put_in(settings: Settings) -> list[str]:
    with opened(settings.data_dir) as store, store.engine.begin() as connection:
        return [row.text for row in connection.execute(select(outbox.c.text).order_by(outbox.c.id))]


def test_killed_between_any_two_tellings_it_loses_none_and_doubles_none(
    settings: Settings, gateway: GatewayProcess
) -> None:
    wait_for(lambda: gateway.pid)
    for told in FAULTS:
        gateway.hear(told)
        if told in FAULTS[::2]:
            if (pid := gateway.pid) is not None:
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda pid=pid: gateway.pid not in (None, pid))  # type: ignore[misc]
    wait_for(lambda: len(put_in(settings)) >= len(FAULTS))
    assert [text.partition(":")[0] for text in put_in(settings)] == [told.subject for told in FAULTS]


def test_it_ends_with_a_good_bye_and_tells_that_the_trader_died_without_one(settings: Settings, tmp_path: Path) -> None:
    with hook() as heard:
        told = AlertSettings(webhook=heard.address)  # type: ignore[arg-type]
        hello = Hello.of(
            settings.model_copy(update={"alerts": told}), tmp_path, owner="ana", run="r", debug=False, shows_link=False
        )
        lines = [hello, Passed(1, msgspec.Raw(encode_line(FAULTS[0]))), Passed(2)]
        for said in (lines, lines[:-1]):
            process = subprocess.run(
                [sys.executable, "-m", "services.gateway"],
                input=b"".join(msgspec.json.encode(line) + b"\n" for line in said),
                check=False,
                timeout=SECONDS,
                capture_output=True,
            )
            assert (process.returncode, process.stderr) == (0, b"")
    assert len(put_in(settings)) == 2  # a telling, twice told, and the death
    assert "died or was killed" in put_in(settings)[-1]
    assert "Stop orders that rest" in heard.posted[-1]["text"]


def test_it_is_started_where_there_is_something_to_do(settings: Settings, tmp_path: Path) -> None:
    nothing = Settings(data_dir=tmp_path, web=WebSettings(enabled=False))
    assert is_wanted(settings)
    assert not is_wanted(nothing)
    with beside(nothing, tmp_path, None) as hear:
        hear(FAULTS[0])
    assert not (settings.data_dir / "gateway.sqlite").exists()


def test_a_trader_without_a_workspace_has_one_too(settings: Settings) -> None:
    told = Hello.of(settings, None, owner="ana", run="r", debug=False, shows_link=False)
    assert told.settings().workspace is None
    with beside(settings, None, None) as hear:
        hear(FAULTS[0])
        wait_for(lambda: put_in(settings))


def test_it_is_not_told_what_it_has_no_business_with(tmp_path: Path) -> None:
    secrets = {"api_key": "kkkkkkkkkkkk", "api_secret": "ssssssssssss"}
    settings = Settings(
        exchange=secrets,  # type: ignore[arg-type]
        database_url="postgresql+psycopg://me:pppppppp@127.0.0.1/x",  # type: ignore[arg-type]
        telegram={"token": "1:tttttttttttt"},  # type: ignore[arg-type]
    )
    said = msgspec.json.encode(Hello.of(settings, tmp_path, owner="ana", run="r", debug=False, shows_link=False))
    assert b"tttttttttttt" in said
    assert [secret for secret in (b"kkkkkkkk", b"ssssssss", b"pppppppp") if secret in said] == []
    again = msgspec.json.decode(said, type=Hello).settings()
    assert again.exchange.api_key is None
    assert again.telegram.token is not None
    assert again.telegram.token.get_secret_value() == "1:tttttttttttt"


def page_of(settings: Settings) -> str:
    """Where the page of a gateway is; empty while it is nowhere."""
    with opened(settings.data_dir) as store:
        return store.notes.get(ADDRESS_NOTE)


def test_two_runs_in_two_folders_have_a_page_each() -> None:
    """The usual port is the first one's, and the second takes another; one that was named is not left."""
    with contextlib.closing(bound(WebSettings())) as first, contextlib.closing(bound(WebSettings())) as second:
        ports = [each.getsockname()[1] for each in (first, second)]
        assert len(set(ports)) == 2
        with pytest.raises(ConfigurationError, match="already in use"):
            bound(WebSettings(port=next(port for port in ports if port != WebSettings().port)))


@in_loop
async def test_no_answer_waits_for_the_one_before_to_be_acknowledged() -> None:
    """Nagle's algorithm and delayed acknowledgements together cost 40 ms an answer."""
    accepted: asyncio.Queue[int] = asyncio.Queue()

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.put_nowait(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    with bound(WebSettings(port=0)) as listener:
        async with await asyncio.start_server(take, sock=listener.dup()):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            assert await accepted.get() == 1
            writer.close()


def test_a_port_that_is_taken_is_told_and_keeps_nothing_else_from_its_work(settings: Settings, tmp_path: Path) -> None:
    """The port of the first run is named in the second one's settings; once it is free the page is served there."""
    first = settings.model_copy(update={"web": WebSettings(port=0), "data_dir": tmp_path / "first"})
    before = GatewayProcess(first, tmp_path, lambda _: None, shows_link=False)
    before.start()
    with contextlib.ExitStack() as closing:
        closing.callback(before.close)
        wait_for(lambda: page_of(first))
        port = int(page_of(first).rpartition(":")[2])
        named = settings.model_copy(update={"web": WebSettings(port=port)})
        said, trouble = list[str](), list[str]()
        gateway = GatewayProcess(named, tmp_path, said.append, shows_link=False, trouble=trouble.append)
        gateway.start()
        closing.callback(gateway.close)
        wait_for(lambda: trouble)
        assert f"The page cannot listen at 127.0.0.1, port {port}: Address already in use." in trouble[0]
        assert "Set web.host and web.port" in trouble[0]
        assert "Trading and all else go on" in trouble[0]
        with pytest.raises(ConfigurationError, match=f"port {port}: Address already in use"):
            address_in(named.data_dir)  # `sorte web` says it too
        gateway.hear(FAULTS[0])
        wait_for(lambda: any("host 0" in text for text in put_in(named)))
        before.close()
        wait_for(lambda: page_of(named))
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=SECONDS).status_code == 200
        wait_for(lambda: any(str(port) in line for line in said))
        assert len(trouble) == 1
