"""Asks Telegram for news, for good: one poller a token, whatever the network does; how long ago it heard is known.

An update is written down before Telegram is told that we have it, so that a crash loses none; what was written down is
not done again, so that none is done twice.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from core.errors import first_line
from core.telemetry import get_logger
from services.gateway.store.updates import Undone
from services.gateway.telegram.connection import ANSWER_SECONDS, MOST_UPDATES, POLL_SECONDS, Connection, wanted_pause
from services.gateway.telegram.updates import KINDS, Update, read_update

log = get_logger()

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0
CONFLICT_PAUSE: Final = 15.0
REFUSED_PAUSE: Final = 60.0
DEAF_SECONDS: Final = 90.0
"""So long after the last answer the poller counts as deaf; a poll without news takes POLL_SECONDS."""


@dataclass(slots=True)
class Hearing:
    """How well we hear. `trouble` is empty, or conflict, refused, network."""

    heard_at: float = 0.0  # of the monotonic clock, when Telegram last answered; 0 for never
    trouble: str = ""
    detail: str = ""

    def age(self, now: float) -> float | None:
        """Seconds since Telegram last answered; None for never."""
        return now - self.heard_at if self.heard_at else None

    def deaf(self, now: float) -> bool:
        """Whether the owner is not heard: what decides is when we last heard, not whether a process lives."""
        age = self.age(now)
        return age is None or age > max(DEAF_SECONDS, 2 * POLL_SECONDS)


class Taken(Protocol):
    """Where updates are written down; `services.gateway.store.updates`."""

    def take_all(self, raws: Mapping[int, str], now_ns: int, /) -> list[int]:
        """Write them down; the numbers of those that were not there before."""

    def undone(self) -> Mapping[int, Undone]:
        """What was taken and not done, oldest first."""


Handle = Callable[[Update, float, bool], Awaitable[None]]
"""Does what an update says; how old one may be that says nothing of that itself, and whether it was begun before."""
Trouble = Callable[[str, str], Awaitable[None]]
"""Hears of trouble when it begins, and of its end (empty)."""


class Poller:
    """Hears for one bot until it is cancelled."""

    def __init__(
        self,
        connection: Connection,
        taken: Taken,
        handle: Handle,
        trouble: Trouble,
        *,
        monotonic: Callable[[], float] | None = None,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._connection, self._taken, self._handle, self._trouble = connection, taken, handle, trouble
        self._monotonic = monotonic or asyncio.get_running_loop().time
        self._now_ns = now_ns
        self.hearing = Hearing()
        self._unwritten: set[int] = set()
        self._wall, self._silent, self._catching_up = 0.0, 0.0, False

    async def run(self) -> None:
        """Hear, for good."""
        for number, undone in (await asyncio.to_thread(self._taken.undone)).items():
            age = max(0.0, (self._now_ns() - undone.time_ns) / 1e9)
            await self._handle(_kept(number, undone.raw), age, True)
        offset, pause, behind = None, FIRST_PAUSE, True  # what waits there is fetched without holding first
        while True:
            try:
                found = await self._connection.updates(offset, KINDS, 0 if behind else POLL_SECONDS)
            except TelegramError as error:
                await asyncio.sleep(await self._failed(error, pause))
                pause, behind = min(pause * 2, LONGEST_PAUSE), True
                continue
            silent = self._heard(behind=behind)
            pause = FIRST_PAUSE
            await self._is(("", ""))
            offset = await self._take(found, silent) or offset
            behind = behind and len(found) >= MOST_UPDATES

    def _heard(self, *, behind: bool) -> float:
        """For how long nothing was heard before what has just come. A machine that slept knows it by its wall clock."""
        before, self._wall = self._wall, self._now_ns() / 1e9
        apart = self._wall - before if before else math.inf
        if not behind:
            self._silent = apart if apart > POLL_SECONDS + ANSWER_SECONDS else 0.0
        elif not self._catching_up:
            self._silent = apart
        self.hearing.heard_at, self._catching_up = self._monotonic(), behind
        return self._silent

    async def _take(self, found: Sequence[object], silent_seconds: float) -> int | None:
        """Write down and hand over each that is new; the number after the last."""
        raws = [(update, msgspec.json.encode(raw).decode()) for raw in found if (update := _read(raw)) is not None]
        for update in await asyncio.to_thread(self._written, raws):
            await self._handle(update, silent_seconds, False)
        return max((update.update_id for update, _ in raws), default=-1) + 1 or None

    def _written(self, raws: list[tuple[Update, str]]) -> list[Update]:
        """Those that are new. Where nothing can be written they are heard all the same: one of them may be a panic."""
        numbered = {update.update_id: raw for update, raw in raws if update.update_id not in self._unwritten}
        try:
            new = set(self._taken.take_all(numbered, self._now_ns()))
        except SQLAlchemyError as error:
            log.warning("telegram.not_written", why=first_line(error, typed=True))
            new = set(numbered)
            self._unwritten |= new
        return [update for update, _ in raws if update.update_id in new]

    async def _failed(self, error: TelegramError, pause: float) -> float:
        """What went wrong is told once; how long to wait before the next try."""
        match error:
            case RetryAfter():
                return wanted_pause(error)
            case Conflict():
                await self._is(("conflict", str(error)))
                return CONFLICT_PAUSE
            case InvalidToken():
                await self._is(("refused", str(error)))
                return REFUSED_PAUSE
        await self._is(("network", str(error)))
        return pause

    async def _is(self, trouble: tuple[str, str]) -> None:
        before, (self.hearing.trouble, self.hearing.detail) = self.hearing.trouble, trouble
        if before != trouble[0]:
            log.warning("telegram.trouble", what=trouble[0], detail=trouble[1]) if trouble[0] else log.info(
                "telegram.hears"
            )
            await self._trouble(*trouble)


def _read(raw: object) -> Update | None:
    try:
        return read_update(raw)
    except ValueError as error:
        log.warning("telegram.strange_update", why=str(error))
        return None


def _kept(number: int, raw: str) -> Update:
    """An update as it was written down; one that says nothing where that is not whole."""
    try:
        return _read(msgspec.json.decode(raw)) or Update(update_id=number)
    except msgspec.DecodeError:
        return Update(update_id=number)
