"""Keeps the picture: hears what is told, asks for the status, and wakes whoever looks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final

from core.contracts.answers import StatusShown
from core.contracts.asking import Question
from core.contracts.told import Telling
from core.errors import SorteError
from core.owner import OwnersWord
from core.settings import Settings
from services.gateway import painting
from services.gateway.alert import Alert
from services.gateway.line import Line
from services.gateway.listening import Deaf
from services.gateway.picture import Picture, Process
from services.gateway.tellings import Tellings

LOOKED_AT_SECONDS: Final = 1.0
"""Between two questions for the status while somebody looks, or a change is under way: what nobody tells of ages."""
ALONE_SECONDS: Final = 5.0
"""The same while nobody does."""
LEAST_SECONDS: Final = 0.25
"""Whatever is told, it is not asked for more often."""
ANSWER_SECONDS: Final = 10.0
"""A commander that has not answered by then is asked again."""
ALERTS: Final = 50
"""The last ones, which a page shows."""


class Pictures:
    """The picture that there is now, and those that come."""

    def __init__(
        self,
        settings: Settings,
        line: Line,
        clock_ns: Callable[[], int] = time.time_ns,
        *,
        looked_at_seconds: float = LOOKED_AT_SECONDS,
        alone_seconds: float = ALONE_SECONDS,
    ) -> None:
        self._line, self._clock_ns = line, clock_ns
        self._looked_at_seconds, self._alone_seconds = looked_at_seconds, alone_seconds
        self._word = OwnersWord(settings.data_dir)
        self._picture = Picture(time_ns=clock_ns())
        self._next = asyncio.Event()
        self._lookers = 0
        self._old = asyncio.Event()  # the status is, for all that is known
        self._hearers: list[Callable[[Telling], None]] = []
        self.tellings = Tellings(clock_ns)

    @property
    def current(self) -> Picture:
        """How everything stands, at this moment."""
        word = self._word
        now = replace(self._picture, time_ns=self._clock_ns())
        return replace(now, paused=word.paused, closing=word.closing, killed=word.killed)

    async def follow(self, *, looks: bool = True) -> AsyncIterator[Picture]:
        """The picture now, and the newest one whenever there is a new one; who is slow misses those between.

        Without `looks` nobody looks at it who wants it to be fresh.
        """
        self._lookers += looks
        if looks:
            self._old.set()  # it was asked for when nobody cared how old it is
        try:
            while True:
                coming = self._next
                yield self.current
                await coming.wait()
        finally:
            self._lookers -= looks

    def hear(self, hear: Callable[[Telling], None]) -> None:
        """Call `hear` with all that is told from now on."""
        self._hearers.append(hear)

    def alert(self, alert: Alert) -> None:
        """Something was told to the owner."""
        self._paint(replace(self._picture, alerts=(alert, *self._picture.alerts)[:ALERTS]))

    def process(self, name: str, well: bool | None, *, pid: int | None = None, said: str = "") -> None:
        """How one of our processes or parts does."""
        known = {each.name: each for each in self._picture.processes}
        before = known.get(name)
        same = before is not None and (before.well, before.said, before.pid) == (well, said, pid)
        if before is None or not same:
            known[name] = Process(name, well, self._clock_ns(), pid, said)
            self._paint(replace(self._picture, processes=tuple(known.values())))

    async def run(self) -> None:
        """Hear and ask, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            tasks.create_task(self._ask())

    async def _listen(self) -> None:
        async for told in self._line.listen():
            if isinstance(told, Deaf):
                self._paint(replace(self._picture, deaf=told.deaf))
                self.process("commander", not told.deaf, said="away" if told.deaf else "")
                self._old.set()
                continue
            self.told(told)

    def told(self, told: Telling) -> None:
        """Something was told: by the commander to everybody who listens, or by the trader itself."""
        self.tellings.add(told)
        self._paint(painting.heard(self._picture, told, self._clock_ns()))
        if isinstance(told, painting.MOVING):
            self._old.set()
        for hear in self._hearers:
            hear(told)

    async def _ask(self) -> None:
        while True:
            self._old.clear()
            with contextlib.suppress(SorteError, OSError, TimeoutError):
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await self._line.ask(Question(do="status"), lambda _: None)
                if isinstance(answer, StatusShown):
                    self._paint(painting.answered(self._picture, answer, self._clock_ns()))
            listener = self._word.listener
            self.process("trader", listener is not None, pid=listener, said="" if listener else "gone")
            await asyncio.sleep(LEAST_SECONDS)
            await self._until_old()

    async def _until_old(self) -> None:
        seconds = self._looked_at_seconds if self._busy else self._alone_seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(seconds - LEAST_SECONDS, 0.0)):
                await self._old.wait()

    @property
    def _busy(self) -> bool:
        underway = self._picture.underway
        return self._lookers > 0 or (underway is not None and underway.ended is None)

    def _paint(self, picture: Picture) -> None:
        self._picture = replace(picture, number=self._picture.number + 1, time_ns=self._clock_ns())
        self._next.set()
        self._next = asyncio.Event()
