"""From an update to what is done about it: stop words first and at once, the rest in order, and each only once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any, Final

from core.errors import first_line
from core.telemetry import get_logger
from services.gateway.telegram.admitting import Access, Command, Heard, Ignored, Place, Pressed, Unheard, Words, admit
from services.gateway.telegram.answering import Answering, unknown_card
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.commands import BY_NAME, Sort
from services.gateway.telegram.context import Reader
from services.gateway.telegram.deeds import Deeds
from services.gateway.telegram.flying import saying
from services.gateway.telegram.local import Local
from services.gateway.telegram.pacing import Rank
from services.gateway.telegram.pressing import Presses
from services.gateway.telegram.resuming import Resuming
from services.gateway.telegram.room import Room, chat_of
from services.gateway.telegram.strangers import Strangers
from services.gateway.telegram.talking import Talking
from services.gateway.telegram.texts import said, say
from services.gateway.telegram.updates import Update
from services.gateway.telegram.voice import NotTaken
from services.interpreter.stopping import Stop, heard

log = get_logger()

GATHER_SECONDS: Final = 2.0
"""Several old messages at once are told of in one."""

ASKS_FIRST: Final = frozenset({"resume", "restore", "forceexit", "approve"})
"""Commands that only put a question, which may be put again."""


class Ears:
    """Hears updates; `access` decides from whom."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._answering, self._deeds, self._local = Answering(room), Deeds(room), Local(room)
        self._talking = Talking(room, self._deeds)
        self._presses = Presses(room, self._answering, self._deeds, self._talking)
        self._resuming = Resuming(room, self._deeds, self._talking, self._presses)
        self._strangers = Strangers(room)
        self._lanes: dict[int, asyncio.Lock] = {}
        self._unheard: Counter[tuple[Place, Unheard]] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def hear(self, update: Update, silent_seconds: float, again: bool) -> None:
        """Begin to do what it says. `again`: it was begun before, and cut short by a restart."""
        access: Access = self._room.access
        told = admit(update, access, self._room.name, self._room.now_ns() / 1e9, deaf_seconds=silent_seconds)
        if update.message is not None:
            self._room.voice.saw(update.message.chat.id, update.message.message_id)
        self._start(self._done(update, self._hear(told, update, again=again)))

    async def settle(self) -> None:
        """Wait until all that was begun is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _done(self, update: Update, work: Coroutine[Any, Any, None]) -> None:
        try:
            with saying(f"update:{update.update_id}"):
                await work
        except NotTaken as refused:
            log.warning("telegram.not_said", why=str(refused))
        except Exception:  # the boundary of one update: the next one is heard all the same
            log.exception("telegram.update_failed", update=update.update_id)
        await asyncio.to_thread(self._write_done, update.update_id)

    def _write_done(self, number: int) -> None:
        try:
            self._room.house.store.updates.done(number, self._room.now_ns())
        except Exception as error:  # noqa: BLE001 - a full disk; it is told as cut short after a restart
            log.warning("telegram.not_written", why=first_line(error, typed=True))

    async def _hear(self, told: Heard, update: Update, *, again: bool) -> None:
        match told:
            case Ignored(place=Place() as place, press=str(press)) if again and press:
                await self._resuming.cut_short(place, self._room.reader(place))
            case Ignored():
                await self._ignore(told, update)
            case Command() if (entry := BY_NAME.get(told.name)) is not None and entry.sort is Sort.STOPS:
                await self._say(await self._deeds.stop(entry.name, told.place, self._reader(told)), told, Rank.URGENT)
            case Words() if (stop := heard(told.text)) is not None:
                await self._stop(stop.stop, told, unsure=stop.unsure)
            case Command(place=place):
                if again and self._acts(told):
                    await self._resuming.cut_short(place, self._reader(told))
                    return
                async with self._lane(place):  # answers come in the order of their questions
                    await self._say(await self._answer(told, self._reader(told)), told)
            case Words() if again:
                said_at = update.message.date if update.message is not None else 0
                await self._resuming.words(told, said_at, self._reader(told))
            case Pressed() if again:
                await self._resuming.press(told, self._reader(told))
            case Words(place=place, text=text):
                await self._talking.say(text, place, self._reader(told))
            case Pressed():
                await self._presses.press(told, self._reader(told))

    async def _stop(self, stop: Stop, told: Words, *, unsure: bool) -> None:
        """A word that stops, in a sentence of its own."""
        reader = self._reader(told)
        if stop is Stop.PANIC and unsure:
            await self._say(self._deeds.panic_asked(told.place, reader), told, Rank.URGENT)
            return
        name = "panic" if stop is Stop.PANIC else "pause"
        await self._say(await self._deeds.stop(name, told.place, reader), told, Rank.URGENT)

    async def _answer(self, told: Command, reader: Reader) -> Card:
        entry = BY_NAME.get(told.name)
        if entry is None:
            return unknown_card(told.name, reader)
        match entry.sort:
            case Sort.SHOWS:
                return await self._answering.card(entry.name, told.arguments, told.place, reader)
            case Sort.ACTS:
                return await self._deeds.card(entry.name, told.arguments, told.place, reader)
        return await self._local.card(entry.name, told.arguments, told.place, reader)

    async def _ignore(self, told: Ignored, update: Update) -> None:
        """One of ours is told why nothing was done; several old ones at once are told of together."""
        if told.why is Unheard.STRANGER:
            await self._strangers.meet(told, update)
            return
        if told.place is None:
            return
        if told.press:
            text = say(f"unheard.{told.why}_press", self._room.reader(told.place).language)
            await self._room.voice.answer_press(told.press, text, alert=True)
            return
        if told.why is not Unheard.STALE:
            reader = self._room.reader(told.place)
            await self._room.voice.send(Card(said(f"unheard.{told.why}", reader.language)), chat_of(told.place))
            return
        where = (Place(told.place.user, told.place.chat, 0, told.place.thread, told.place.spoken), told.why)
        self._unheard[where] += 1
        if self._unheard[where] == 1:
            await asyncio.sleep(GATHER_SECONDS)
            await self._tell_unheard(where)

    async def _tell_unheard(self, where: tuple[Place, Unheard]) -> None:
        place, why = where
        count = self._unheard.pop(where)
        text = said(f"unheard.{why}", self._room.reader(place).language, count=count)
        await self._room.voice.send(Card(text), chat_of(place))

    def _acts(self, told: Command) -> bool:
        entry = BY_NAME.get(told.name)
        return entry is not None and entry.sort is Sort.ACTS and entry.name not in ASKS_FIRST

    def _reader(self, told: Command | Words | Pressed) -> Reader:
        return self._room.reader(told.place)

    def _lane(self, place: Place) -> asyncio.Lock:
        return self._lanes.setdefault(place.chat, asyncio.Lock())

    async def _say(self, card: Card, told: Command | Words | Pressed, rank: Rank = Rank.ANSWER) -> None:
        await self._room.voice.send(card, chat_of(told.place), rank)
