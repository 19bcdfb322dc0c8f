"""The end of the log for who looks at it: read once for everybody, and read on when its files are written to."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from core.language import Language
from core.tasks import start_task
from core.telemetry.lines import Line
from core.telemetry.reading import Follower, Wanted
from core.telemetry.showing import shown
from services.gateway.web.live.board import Board
from services.gateway.web.rendering import render

LINES: Final = 200
"""That a page begins with."""
KEPT: Final = 2_000
"""For who was away for a while."""
TOGETHER_MS: Final = 200
"""What is written within so long is shown at once."""
LOOK_ANYWAY_MS: Final = 2_000
"""What was written while the watch over the files began is seen by then; so is what a disk afar tells nobody of."""


class Tail:
    """The log of one data folder. Nothing is read while nobody looks."""

    def __init__(self, folder: Path, zone: str) -> None:
        """`folder` is that of the logs; `zone` is the owner's."""
        self._folder, self._zone = folder, zone
        self.board = Board(lines=KEPT, looked_at=self._turn)
        self._follower: Follower | None = None
        self._reading = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None

    async def catch_up(self) -> None:
        """Put on the board what was written since the last time."""
        async with self._reading:
            for line in await asyncio.to_thread(self._read):
                self.board.tell(self._painted(line))

    @property
    def follows(self) -> bool:
        """Whether the files are watched."""
        return self._following is not None

    def close(self) -> None:
        """Follow no more."""
        if self._following is not None:
            self._following.cancel()
            self._following = None

    def _read(self) -> list[Line]:
        if self._follower is not None:
            return self._follower.more()
        self._follower = Follower([self._folder], Wanted(level="info"))
        return self._follower.newest(LINES)

    def _painted(self, line: Line) -> str:
        return render("parts/log_line.html", Language.EN, self._zone, {"line": shown(line, self._zone)})

    def _turn(self) -> None:
        """Follow while somebody reads."""
        if not self.board.readers:
            self.close()
        elif self._following is None:
            self._following = start_task(self._follow(), "the log is followed no more")

    async def _follow(self) -> None:
        from watchfiles import awatch  # what it weighs is for who looks

        self._folder.mkdir(parents=True, exist_ok=True)
        changes = awatch(
            self._folder,
            watch_filter=None,
            debounce=TOGETHER_MS,
            step=TOGETHER_MS // 2,
            rust_timeout=LOOK_ANYWAY_MS,
            yield_on_timeout=True,
            recursive=False,
        )
        async for _ in changes:
            await self.catch_up()
