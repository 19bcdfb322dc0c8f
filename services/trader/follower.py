"""The process that lets the database follow the journal, seen from the trader: started, poked, and never waited for."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.private import child_environment
from core.telemetry.process import hand_down

BEHIND_BYTES: Final = 1 << 20
"""A database may keep it waiting; what the loop hands over meanwhile must not fill our memory."""


class Follower:
    """`services.trader.mirror` as a child. What it misses, the next start makes up for from the journal."""

    def __init__(self, journal: Path, database_url: str, on_fault: Callable[[str, str, str], None]) -> None:
        """Without a URL it is the SQLite file beside the journal; the mirror makes that URL, so that no database
        library is loaded here: a quarter of the trader's start."""
        self._journal, self._database_url = journal, database_url
        self._on_fault = on_fault
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; the address, which may hold a password, goes over its standard input."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "services.trader.mirror", str(self._journal), *hand_down()),
            stdin=asyncio.subprocess.PIPE,
            env=child_environment(os.environ),
            start_new_session=True,  # Ctrl-C is for the trader, which then closes our standard input
        )
        self._write(self._database_url.encode() + b"\n")

    def poke(self) -> None:
        """Let it look at the journal. That it died is told once."""
        if self._process is not None and self._process.returncode is not None:
            code, self._process = self._process.returncode, None
            self._on_fault("mirror_died", self._database_url.partition("://")[0] or "sqlite", f"exit code {code}")
        self._write(b".")

    def hand(self, line: bytes) -> None:
        """Give it a line to keep, unless it is so far behind that it keeps no more."""
        stream = self._listening()
        if line and stream is not None and stream.transport.get_write_buffer_size() < BEHIND_BYTES:
            stream.write(line + b"\n")

    async def close(self) -> None:
        """Let it take in what is left, and end."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()

    def _write(self, words: bytes) -> None:
        if (stream := self._listening()) is not None:
            stream.write(words)

    def _listening(self) -> asyncio.StreamWriter | None:
        """Its standard input; None once it is gone, which is seen there before its exit code is known."""
        stream = self._process.stdin if self._process is not None else None
        return None if stream is None or stream.is_closing() else stream
