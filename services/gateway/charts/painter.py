"""Has pictures drawn, one after the other, by a process that is started for the first and ends when none was wanted."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import Final

from core.errors import ConfigurationError, SorteError
from services.gateway.charts.asking import DRAWN, LENGTH, MISSING, Request, encode, framed

DRAW_SECONDS: Final = 30.0
"""A picture takes 0.3 s, the first one 2 s; on a busy machine more."""
IDLE_SECONDS: Final = 60.0
KEPT: Final = ("PATH", "LANG", "LC_ALL", "HOME", "PYTHONPATH", "PYTHONUTF8", "TMPDIR", "MPLCONFIGDIR")
"""Of the environment, what a process that draws needs; it is given no secret."""


class Painter:
    """One process that draws. Close it at the end."""

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS, draw_seconds: float = DRAW_SECONDS) -> None:
        self._idle_seconds, self._draw_seconds = idle_seconds, draw_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._ended: list[asyncio.subprocess.Process] = []  # that were killed, and are to be waited for
        self._turn = asyncio.Lock()
        self._end: asyncio.TimerHandle | None = None

    async def draw(self, request: Request) -> bytes:
        """The PNG. Raises SorteError when it cannot be drawn, takes too long, or nothing can draw here."""
        async with self._turn:
            if self._end is not None:
                self._end.cancel()
            try:
                async with asyncio.timeout(self._draw_seconds):
                    answer = await self._ask(framed(encode(request)))
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                self._kill()
                raise SorteError("The chart could not be drawn in time.", "Ask for it again.") from error
            except asyncio.CancelledError:
                self._kill()  # half an answer is in the pipe
                raise
            self._end = asyncio.get_running_loop().call_later(self._idle_seconds, self._kill)
        if answer == MISSING:
            raise ConfigurationError("Charts need matplotlib.", 'Install it: pip install "sorte[charts]"')
        if answer[:1] != DRAWN:
            raise SorteError(f"The chart could not be drawn: {answer[1:].decode(errors='replace')}.")
        return answer[1:]

    async def close(self) -> None:
        """End the process."""
        if self._end is not None:
            self._end.cancel()
        self._kill()
        await self._wait_for_ended()

    @property
    def pid(self) -> int | None:
        """Of the process that draws; None while there is none."""
        return self._process.pid if self._process is not None else None

    async def _wait_for_ended(self) -> None:
        while self._ended:
            await self._ended.pop().wait()

    async def _ask(self, message: bytes) -> bytes:
        process = self._process
        if process is None or process.returncode is not None:
            await self._wait_for_ended()
            process = self._process = await _started()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        process.stdin.write(message)
        await process.stdin.drain()
        size = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))[0]
        return await process.stdout.readexactly(size)

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        if self._process is not None:
            self._ended.append(self._process)
        self._process = None


async def _started() -> asyncio.subprocess.Process:
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.gateway.charts"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
