"""The commander's process seen from the trader's: started, told what to work on, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from core.contracts.control import Live, Program
from core.errors import SorteError
from core.private import child_environment
from core.settings import Settings
from services.trader.control import Control
from services.trader.tasks import start_task
from services.trader.trader import Trader

RESTARTS: Final = 5
"""In a row."""
WELL_SECONDS: Final = 60.0
"""One that has served for so long was well; its death begins a new row."""
RESTART_SECONDS: Final = 1.0
"""Before the first try to start it again; twice as long before each that follows."""
LINE_BYTES: Final = 1 << 22


class CommanderProcess:
    """One commander over one workspace, for as long as the trader lives."""

    def __init__(
        self, workspace: Path, settings: Settings, tell: Callable[..., None], module: str = "services.commander"
    ) -> None:
        """`module` is what runs in the process; `python -m` must find it."""
        self._module = module
        self._last_words = "It said nothing."
        self._workspace, self._settings, self._tell = workspace, settings, tell
        self._process: asyncio.subprocess.Process | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._control: Control | None = None
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> Program:
        """Start it; returns what trades, once it has put the workspace in order. SorteError when it cannot."""
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", self._module, str(theirs.fileno())),
                pass_fds=(theirs.fileno(),),
                stdin=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=child_environment(os.environ),
                start_new_session=True,
            )
        reader, writer = await asyncio.open_connection(sock=ours, limit=LINE_BYTES)
        self._streams = reader, writer
        said = start_task(self._listen(self._process))
        writer.write(msgspec.json.encode(self._hello()) + b"\n")
        line = await reader.readline()
        if not line:
            await said
            raise SorteError(f"The commander did not start. {self._last_words}")
        live = msgspec.json.decode(line, type=Live)
        for change in live.recovered:
            self._tell("recovered", **{name: value for name, value in change.items() if name != "kind"})
        return live.program

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Remember the end of its standard error, and let it never wait for a reader."""
        tail = b""
        while process.stderr is not None and (chunk := await process.stderr.read(4096)):
            tail = (tail + chunk)[-4096:]
            lines = [line for line in tail.decode(errors="replace").splitlines() if line.strip()]
            self._last_words = lines[-1] if lines else self._last_words

    def _hello(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "workspace": str(self._workspace.resolve()),
            "data_dir": str(settings.data_dir.resolve()),
            "database_url": settings.database_url.get_secret_value(),
            "guardian": settings.guardian.model_dump(),
            "commander": settings.commander.model_dump(),
        }

    def serve(self, trader: Trader) -> None:
        """Give it its hand on a trader that is warm."""
        self._serving = start_task(self._serve(trader))

    def hear(self, kind: str, fields: dict[str, Any]) -> None:
        """Pass on what the trader tells."""
        if self._control is not None:
            self._control.hear(kind, fields)

    async def _serve(self, trader: Trader) -> None:
        left, pause = RESTARTS, RESTART_SECONDS
        while True:
            began = time.monotonic()
            if self._streams is not None:
                self._control = Control(trader, *self._streams)
                await self._control.serve()
                self._control = None
            code = await self._process.wait() if self._process is not None else None
            if time.monotonic() - began > WELL_SECONDS:
                left, pause = RESTARTS, RESTART_SECONDS
            if left == 0:
                break
            left -= 1
            trader.on_fault("commander_died", "commander", f"exit code {code}; it is started again, trading goes on")
            await asyncio.sleep(pause)
            pause *= 2
            try:
                await self.start()
            except (SorteError, OSError, msgspec.MsgspecError) as error:
                self._streams = None
                trader.on_fault("commander_not_started", "commander", str(error))
        trader.on_fault("commander_given_up", "commander", "no change is taken until the next start; trading goes on")

    async def close(self) -> None:
        """Hang up, and wait until it has gone."""
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        if self._streams is not None:
            self._streams[1].close()
        if self._process is not None:
            try:
                async with asyncio.timeout(5):
                    await self._process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
