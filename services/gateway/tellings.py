"""The last things that were told, numbered: who was away for a while asks for those after the last that he saw."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from core.contracts.told import Telling

KEPT: Final = 5_000
"""A page that missed more is drawn anew."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """One thing that was told. Numbers grow, over restarts too."""

    number: int
    time_ns: int
    told: Telling


class Tellings:
    """What was told lately, and who hears what is told next."""

    def __init__(self, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._clock_ns = clock_ns
        self._kept: deque[Numbered] = deque(maxlen=KEPT)
        self.newest = clock_ns() // 1_000_000  # a number of the process before is smaller
        self._more = asyncio.Event()

    def add(self, told: Telling) -> Numbered:
        """Keep it, and wake whoever follows."""
        self.newest += 1
        numbered = Numbered(self.newest, self._clock_ns(), told)
        self._kept.append(numbered)
        self._more.set()
        self._more = asyncio.Event()
        return numbered

    def since(self, number: int) -> list[Numbered] | None:
        """Those after that number, oldest first; None when some of them are forgotten."""
        if number > self.newest or (self._kept and number < self._kept[0].number - 1):
            return None
        if not self._kept:
            return [] if number == self.newest else None
        return [each for each in self._kept if each.number > number]

    async def follow(self, after: int | None = None) -> AsyncIterator[Numbered]:
        """Each that comes; with `after` first those since, as far as they are kept."""
        last = self.newest if after is None else after
        while True:
            more = self._more
            missed = self.since(last)
            for each in list(self._kept) if missed is None else missed:
                last = each.number
                yield each
            if last >= self.newest:
                await more.wait()
