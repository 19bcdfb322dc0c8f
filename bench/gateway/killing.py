"""A gateway that is killed at chosen moments, beside a real trader and commander, before a simulated Telegram.

It is kept by the class that keeps it beside `sorte run`, whose pauses between two starts are left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from bench.gateway.world import START_SECONDS, TOKEN, USER, running, until
from core.contracts.asking import Question
from core.contracts.told import Telling
from core.language import Language
from core.owner import OwnersWord
from core.settings import Settings, WebSettings
from core.settings.gateway import TelegramSettings
from core.telemetry.process import logging_as
from core.workspace import create
from services.gateway.child import GatewayProcess
from services.gateway.line import Line
from services.gateway.listening import Deaf
from services.simulator.telegram.messages import Sent
from services.simulator.telegram.server import BotApi, Fault, serve

LOOK_SECONDS: Final = 0.0005
"""Between two looks into the gateway's file, of who kills it between two rows of it."""
CALM_SECONDS: Final = 0.6
UNDONE: Final = "SELECT id FROM updates WHERE done_ns = 0"
UNSENT: Final = "SELECT id FROM outbox WHERE ended_ns = 0"
"""So long nothing may come before nothing more is thought to come."""

Arm = Callable[["Killing"], None]
"""Lets the gateway be killed at a moment that is to come."""


@dataclass(slots=True)
class Killing:
    """What is killed, and what is seen of it."""

    folder: Path
    api: BotApi
    line: Line
    gateway: GatewayProcess
    told: list[Telling] = field(default_factory=list)  # by the commander to everybody
    kills: int = 0
    sentences: int = 0  # that were said, each another one
    heard: int = 0  # questions for news before the last kill
    watches: list[Callable[[Telling], bool]] = field(default_factory=list)
    _looking: asyncio.Task[None] | None = None

    @property
    def sent(self) -> list[Sent]:
        """The bot's messages to its owner."""
        return self.api.chats.in_chat(USER)

    def kill(self) -> None:
        """As an operator or the kernel would; once until it is armed again."""
        pid = self.gateway.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
            self.heard = self._polls
        self.disarm()

    def disarm(self) -> None:
        """Whatever comes, nothing is killed."""
        self.api.script = lambda _, __: None
        self.watches.clear()
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    @property
    def _polls(self) -> int:
        return sum(method == "getUpdates" for method, _ in self.api.calls)

    # Moments ----------------------------------------------------------------------------------------------------------

    def on_call(self, method: str, nth: int, fault: Fault) -> None:
        """At the `nth` call of a method from now on; of those for updates only what brings some counts."""
        calls = 0

        def script(called: str, given: dict[str, Any]) -> Fault:
            nonlocal calls
            offset = int(given.get("offset", 0))
            news = called != "getUpdates" or any(each["update_id"] >= offset for each in self.api.chats.updates)
            calls += called == method and news
            if calls < nth:
                return None
            self.kill()
            return fault

        self.api.script = script

    def on_row(self, query: str) -> None:
        """As soon as the gateway's file has a row of that query that it has not now."""
        connection = sqlite3.connect(f"file:{self.folder / 'data' / 'gateway.sqlite'}?mode=ro", uri=True)
        known = set(connection.execute(query))

        async def look() -> None:
            with contextlib.closing(connection):
                while not set(connection.execute(query)) - known:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(LOOK_SECONDS)
                self._looking = None
                self.kill()

        self._looking = asyncio.ensure_future(look())

    def on_told(self, kind: type[Telling], nth: int = 1) -> None:
        """When the commander tells that to everybody."""
        found = 0

        def watch(told: Telling) -> bool:
            nonlocal found
            found += isinstance(told, kind)
            return found >= nth

        self.watches.append(watch)

    def after(self, seconds: float) -> None:
        """So long after now, by the machine's clock."""
        asyncio.get_running_loop().call_later(seconds, self.kill)

    def starting(self, arm: Callable[[], None] | None, seconds: float) -> None:
        """Now; and the next one too, at what `arm` says, or so long after it was started."""
        killed = self.gateway.pid
        self.kill()
        if arm is not None:
            arm()
            return

        async def again() -> None:
            await until(lambda: self.gateway.pid not in (None, killed))
            await asyncio.sleep(seconds)
            self._looking = None
            self.kill()

        self._looking = asyncio.ensure_future(again())

    # Calm -------------------------------------------------------------------------------------------------------------

    async def listen(self) -> None:
        """Hear what everybody is told, for good."""
        async for told in self.line.listen():
            if isinstance(told, Deaf):
                continue
            self.told.append(told)
            if any(watch(told) for watch in self.watches):
                self.kill()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The gateway, from its first rest on."""
        listening = asyncio.ensure_future(self.listen())
        self.gateway.start()
        try:
            await until(lambda: self.api.polling)
            await self.line.ask(Question(do="status"), lambda _: None)
            await self.calm()
            yield
        finally:
            self.disarm()
            listening.cancel()
            await asyncio.to_thread(self.gateway.close)

    async def calm(self) -> None:
        """Wait until a gateway runs, hears, and has nothing left to do or to say."""
        end, quiet_since, before = time.monotonic() + START_SECONDS, time.monotonic(), -1
        while time.monotonic() - quiet_since < CALM_SECONDS:
            if time.monotonic() > end:
                raise TimeoutError("the gateway does not come to rest")
            seen = len(self.api.calls)
            if not self._rests() or seen != before:
                quiet_since, before = time.monotonic(), seen
            await asyncio.sleep(0.05)

    def _rests(self) -> bool:
        hears = self._polls >= self.heard + 2  # one for what is behind, one that is held
        if self.gateway.pid is None or not hears or self.api.chats.updates:
            return False
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "gateway.sqlite")) as connection:
            return not any(connection.execute(query).fetchone() for query in (UNDONE, UNSENT))


@contextlib.asynccontextmanager
async def killing() -> AsyncIterator[Killing]:
    """One whole Sorte whose gateway is ours to kill, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="sorte-bench-") as made:
        folder = Path(made)
        create(folder / "workspace").close()
        async with serve(TOKEN, time.time) as api, running(folder, None, 50.0):
            settings = Settings(
                data_dir=folder / "data",
                workspace=folder / "workspace",
                language=Language.EN,
                telegram=TelegramSettings(token=SecretStr(TOKEN), users=(USER,), base_url=api.base_url),
                web=WebSettings(port=0),
            )
            line = Line(settings, "bench", "bench")
            await until(lambda: OwnersWord(settings.data_dir).listener)
            gateway = GatewayProcess(
                settings, folder / "workspace", lambda _: None, shows_link=False, pause=lambda _, __: None
            )
            it = Killing(folder, api, line, gateway)
            async with _quietly(settings), it.running():
                yield it


@contextlib.asynccontextmanager
async def _quietly(settings: Settings) -> AsyncIterator[None]:
    """Whoever is in the middle of what breaks off tells so into a log of our own, or not at all."""
    logging.disable()
    try:
        with logging_as("bench", settings):
            yield
    finally:
        logging.disable(logging.NOTSET)
