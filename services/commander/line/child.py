"""The commander's process seen from the trader's: started, told what to work on, started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from core.contracts.control import Live, Program
from core.contracts.events import EpochBegan
from core.contracts.told import Recovered, SettingChanged, Tell, Telling
from core.errors import SorteError
from core.presence import present
from core.private import child_environment
from core.settings import ModelSettings, Settings
from core.settings.changes import Changed, with_changes
from core.tasks import start_task
from core.telemetry.process import debugging, log_at
from core.workspace import starting_file, trader_file
from services.commander.line.patience import Patience
from services.trader.control import Control
from services.trader.inherited import Inherited
from services.trader.trader import Trader

LEAVE_SECONDS: Final = 5.0
"""What a commander has to end what is under way, once the trader has hung up."""
LINE_BYTES: Final = 1 << 22
GIVEN_UP: Final = (
    "it died again and again; the next try is in {seconds:.0f} s, then after pauses that grow. No change is taken "
    "until it is back. Trading goes on; pause, panic and kill work."
)


class CommanderProcess:
    """One commander over one workspace, for as long as the trader lives."""

    def __init__(
        self,
        workspace: Path,
        settings: Settings,
        tell: Tell,
        module: str = "services.commander",
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`module` is what runs in the process; `python -m` must find it. `clock` and `pause` are in seconds."""
        self._clock, self._pause = clock, pause
        self._leaving = asyncio.Event()
        self._trades = False
        self._there = contextlib.ExitStack()  # that somebody trades this workspace, for who asks while we are down
        self._module = module
        self._last_words = "It said nothing."
        self._workspace, self._settings, self._tell = workspace, settings, tell
        self._process: asyncio.subprocess.Process | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._control: Control | None = None
        self._serving: asyncio.Task[None] | None = None
        self._trader: Trader | None = None
        self._inherited = Inherited()

    async def start(self) -> Program:
        """Start it; returns what trades, once it has put the workspace in order. SorteError when it cannot."""
        self._say_that_we_trade()
        with contextlib.ExitStack() as starting:
            if self._trades:
                starting.enter_context(present(starting_file(self._workspace)))
            return await self._start()

    async def _start(self) -> Program:
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
            self._tell(Recovered.of(change))
        return live.program

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Remember the end of its standard error, and let it never wait for a reader."""
        tail = b""
        while process.stderr is not None and (chunk := await process.stderr.read(4096)):
            tail = (tail + chunk)[-4096:]
            if debugging():
                sys.stderr.write(chunk.decode(errors="replace"))
            lines = [line for line in tail.decode(errors="replace").splitlines() if line.strip()]
            self._last_words = lines[-1] if lines else self._last_words

    def _say_that_we_trade(self) -> None:
        file = trader_file(self._workspace)
        if not self._trades and file.parent.is_dir():
            self._there.enter_context(present(file))
            self._trades = True

    def _hello(self) -> dict[str, Any]:
        settings = self._settings
        return {
            "workspace": str(self._workspace.resolve()),
            "data_dir": str(settings.data_dir.resolve()),
            "database_url": settings.database_url.get_secret_value(),
            "guardian": settings.guardian.model_dump(),
            "commander": settings.commander.model_dump(),
            "time_zone": settings.time_zone,
            "logs": settings.logs.model_dump(),
            "models": _models(settings.models),
            "debug": debugging(),
            "language": settings.language,
        }

    def serve(self, trader: Trader) -> None:
        """Give it its hand on a trader that is warm."""
        self._trader = trader
        self._serving = start_task(self._serve(trader))

    def hear(self, told: Telling) -> None:
        """Pass on what the trader tells."""
        if isinstance(told, EpochBegan) and self._trader is not None:
            self._inherited.begin(self._trader.portfolio.holdings)
        if isinstance(told, SettingChanged):  # the next commander begins with it
            said = Changed(told.key, told.old, told.new, live=told.live)
            self._settings = with_changes(self._settings, [said])
            log_at(self._settings.logs.level)
        if self._control is not None:
            self._control.hear(told)

    async def _serve(self, trader: Trader) -> None:
        patience = Patience()
        while True:
            began = self._clock()
            if self._streams is not None:
                self._control = Control(trader, *self._streams, self._inherited)
                await self._control.serve()
                self._control = None
            code = await self._process.wait() if self._process is not None else None
            if self._leaving.is_set():
                return
            given_up, pause = patience.given_up, patience.after(self._clock() - began)
            if not patience.given_up:
                said = f"exit code {code}; it is started again, trading goes on"
                trader.faults.hear("commander_died", "commander", said)
            elif not given_up:
                trader.faults.hear("commander_given_up", "commander", GIVEN_UP.format(seconds=pause))
            if await self._left_within(pause):
                return
            try:
                await self.start()
            except (SorteError, OSError, msgspec.MsgspecError) as error:
                self._streams = None
                trader.faults.hear("commander_not_started", "commander", str(error))

    async def _left_within(self, seconds: float) -> bool:
        """Whether the trader ends before so many seconds are over; it waits for one of both."""
        pausing, leaving = asyncio.ensure_future(self._pause(seconds)), asyncio.ensure_future(self._leaving.wait())
        try:
            await asyncio.wait({pausing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pausing.cancel()
            leaving.cancel()
        return self._leaving.is_set()

    def leave(self) -> None:
        """Tell it that the trader ends, before anything of the trader does."""
        self._leaving.set()
        if self._control is not None:
            self._control.leave()

    async def close(self) -> None:
        """Hang up, hear what it still has to tell, and wait until it has gone."""
        self.leave()
        if self._serving is not None:
            await asyncio.wait({self._serving}, timeout=LEAVE_SECONDS)
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        if self._streams is not None:
            self._streams[1].close()
        if self._process is not None:
            try:
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._process.wait()
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self._process.kill()
                await self._process.wait()
        self._there.close()


def _models(models: ModelSettings) -> dict[str, Any]:
    """As JSON, with the key as it is: the commander is who asks models."""
    key = models.openai_key.get_secret_value() if models.openai_key is not None else None
    file = str(models.llama_file.expanduser().resolve()) if models.llama_file is not None else None
    return models.model_dump(mode="json") | {"openai_key": key, "llama_file": file}
