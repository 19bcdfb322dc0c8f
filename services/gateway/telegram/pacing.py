"""One message a second for each chat, as Telegram asks and its library leaves to us; what is urgent goes first."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

GAP_SECONDS: Final = 1.0
SHORTEST: Final = 0.001


class Rank(IntEnum):
    """Who goes first among those who wait for the same chat."""

    URGENT = 0
    ANSWER = 1
    NEWS = 2
    """What is told without being asked."""
    PROGRESS = 3


@dataclass(slots=True)
class _Chat:
    busy: bool = False
    free_at: float = 0.0  # by the loop's clock
    waiting: list[tuple[int, int, asyncio.Future[None]]] = field(default_factory=list)


class Pace:
    """The turns of every chat."""

    def __init__(self, gap_seconds: float = GAP_SECONDS) -> None:
        self._gap = gap_seconds
        self._chats: dict[int, _Chat] = {}
        self._order = itertools.count()

    @contextlib.asynccontextmanager
    async def turn(self, chat: int, rank: Rank = Rank.ANSWER) -> AsyncIterator[None]:
        """Be the only one who speaks there, a second after who spoke last."""
        its = self._chats.setdefault(chat, _Chat())
        await self._enter(its, rank)
        loop = asyncio.get_running_loop()
        try:
            while (wait := its.free_at - loop.time()) > SHORTEST:  # noqa: ASYNC110 - it may be held meanwhile
                await asyncio.sleep(wait)
            yield
        finally:
            its.free_at = max(its.free_at, loop.time() + self._gap)
            _leave(its)

    def hold(self, chat: int, seconds: float) -> None:
        """Nobody speaks there for so long."""
        its = self._chats.setdefault(chat, _Chat())
        its.free_at = max(its.free_at, asyncio.get_running_loop().time() + seconds)

    async def _enter(self, its: _Chat, rank: Rank) -> None:
        if not its.busy:
            its.busy = True
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(its.waiting, (rank, next(self._order), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given to us just now
                _leave(its)
            raise


def _leave(its: _Chat) -> None:
    """Give the turn to the next who still wants it."""
    while its.waiting:
        _, _, turn = heapq.heappop(its.waiting)
        if not turn.done():
            turn.set_result(None)
            return
    its.busy = False
