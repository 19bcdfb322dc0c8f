"""The bot as one part of the gateway: put together, opened when Telegram answers, and hearing until it is cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from telegram.error import InvalidToken, TelegramError

from core.settings.gateway import TelegramSettings
from core.telemetry import get_logger
from core.wording import owners_language
from services.gateway.charts import Painter
from services.gateway.house import House
from services.gateway.outbox.parcel import Address
from services.gateway.telegram.admitting import Access
from services.gateway.telegram.connection import Connection, connect
from services.gateway.telegram.ears import Ears
from services.gateway.telegram.flying import Flights
from services.gateway.telegram.menus import set_menus
from services.gateway.telegram.pacing import Pace
from services.gateway.telegram.polling import CONFLICT_PAUSE, LONGEST_PAUSE, REFUSED_PAUSE, Poller
from services.gateway.telegram.room import SURFACE, Room
from services.gateway.telegram.sending import ChatSender
from services.gateway.telegram.texts import say
from services.gateway.telegram.voice import Voice
from services.interpreter.stopping import prepare

log = get_logger()

LOOK_SECONDS: Final = 5.0
HOUR_NS: Final = 3600 * 10**9
PROCESS: Final = "telegram"


def access_of(settings: TelegramSettings) -> Access:
    """Who is heard: the listed users, in the listed chats; without any, in their private chats with the bot."""
    users = frozenset(settings.users)
    return Access(users, frozenset(settings.chats) or users)


def addresses(settings: TelegramSettings) -> list[Address]:
    """Who is told what nobody asked for; none without a token or anybody on the list."""
    access = access_of(settings)
    told = sorted(access.chats) if settings.token is not None and access.users else []
    return [Address(SURFACE, str(chat)) for chat in told]


class Bot:
    """One bot. With nobody on the list it hears a pairing code and nothing else."""

    def __init__(self, house: House, now_ns: Callable[[], int] = time.time_ns, painter: Painter | None = None) -> None:
        settings = house.settings.telegram
        if settings.token is None:
            raise ValueError("a bot without a token")
        self._house, self._now_ns = house, now_ns
        self._connection: Connection = connect(settings.token.get_secret_value(), settings.base_url)
        self.voice = Voice(self._connection, Pace(), Flights(house.store.notes))
        self.sender = ChatSender(self.voice)
        self._painter = painter or Painter()
        self._ears: Ears | None = None

    async def run(self) -> None:
        """Hear, until cancelled."""
        access = access_of(self._house.settings.telegram)
        async with self._open() as name:
            await asyncio.to_thread(prepare)
            room = Room(self._house, self.voice, access, self._painter, name=name, now_ns=self._now_ns)
            ears, updates = Ears(room), self._house.store.updates
            self._ears = ears
            poller = Poller(self._connection, updates, ears.hear, self._trouble, now_ns=self._now_ns)
            room.hearing = poller.hearing
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(set_menus(self._connection, access.chats))
                tasks.create_task(self._look(poller))
                tasks.create_task(poller.run())

    async def settle(self) -> None:
        """Wait until all that was heard is done."""
        if self._ears is not None:
            await self._ears.settle()

    @contextlib.asynccontextmanager
    async def _open(self) -> AsyncIterator[str]:
        """The connection, as soon as Telegram answers; the bot's name."""
        pause = 1.0
        while True:
            try:
                await self._connection.initialize()
                break
            except InvalidToken as error:
                await self._trouble("refused", str(error))
                await asyncio.sleep(REFUSED_PAUSE)
            except TelegramError as error:
                await self._trouble("network", str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        try:
            yield self._connection.username
        finally:
            await self._painter.close()
            with contextlib.suppress(TelegramError):
                await self._connection.shutdown()

    async def _look(self, poller: Poller) -> None:
        """Say how well the bot hears: by when it last heard."""
        while True:
            hearing = poller.hearing
            deaf = hearing.deaf(asyncio.get_running_loop().time())
            told = hearing.trouble or ("deaf" if deaf else "")
            self._house.pictures.process(PROCESS, not told, said=told)
            await asyncio.sleep(LOOK_SECONDS)

    async def _trouble(self, what: str, detail: str) -> None:
        """A token that is used twice is told plainly, by every way that there is: this one may come late."""
        if what == "conflict":
            language = owners_language()
            text = say("trouble.conflict", language, seconds=int(CONFLICT_PAUSE))
            title, hour = say("trouble.conflict_title", language), self._now_ns() // HOUR_NS
            self._house.outbox.put("telegram", text, "critical", title=title, key=f"conflict:{hour}")
        self._house.pictures.process(PROCESS, not what, said=what)
        log.info("telegram.hearing", trouble=what, detail=detail)
