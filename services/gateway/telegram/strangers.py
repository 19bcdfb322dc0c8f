"""Who is not on the list: nothing is said to him, and his owner is told; but a code that waits anybody may type."""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Final

from core.telemetry import get_logger
from core.text import one_line
from core.wording import owners_language
from services.gateway.alerts.notice import Notice
from services.gateway.store.pairing import LENGTH, Paired
from services.gateway.telegram.admitting import FRESH_SECONDS, Ignored
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.room import Room
from services.gateway.telegram.texts import said
from services.gateway.telegram.updates import Message, Update
from services.gateway.telegram.voice import Chat, NotTaken

log = get_logger()

CODE: Final = re.compile(rf"(?:/start\s+)?([A-Za-z0-9]{{{LENGTH}}})")
LONGEST_NAME: Final = 40
MOST_TRIES: Final = 5
"""Codes that one stranger may try; of the millions that there are he finds none."""


class Strangers:
    """Meets them."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._tries: dict[int, int] = {}

    async def meet(self, told: Ignored, update: Update) -> None:
        """Tell the owner, who is told of the same person once in a while; or pair."""
        log.warning("telegram.stranger", user=told.user)
        message = update.message
        if message is not None and (code := self._typed(message)) and await self._pair(code, message):
            with contextlib.suppress(NotTaken):
                card = Card(said("pair.done", owners_language()))
                await self._room.voice.send(card, Chat(message.chat.id))
            return
        if told.user is not None:
            values = {"user": str(told.user), "name": _name_in(update)}
            self._room.house.alarm.raise_(Notice("stranger", str(told.user), "stranger", values))

    def _typed(self, message: Message) -> str:
        """What may be a code, in a message of his own to the bot alone; empty for anything else."""
        sender = message.sender
        own = sender is not None and not sender.is_bot and message.chat.id == sender.id and message.edit_date is None
        second_hand = (
            message.forward_origin is not None or message.forward_date is not None or message.via_bot is not None
        )
        fresh = abs(self._room.now_ns() / 1e9 - message.date) <= FRESH_SECONDS
        found = CODE.fullmatch(message.text.strip())
        if sender is None or not own or second_hand or not fresh or found is None:
            return ""
        self._tries[sender.id] = self._tries.get(sender.id, 0) + 1
        return found[1] if self._tries[sender.id] <= MOST_TRIES else ""

    async def _pair(self, code: str, message: Message) -> bool:
        assert message.sender is not None  # noqa: S101 - a code is typed by somebody
        who = Paired(message.sender.id, message.sender.first_name, message.chat.id)
        return await asyncio.to_thread(self._room.house.store.pairing.typed, code, who, self._room.now_ns())


def _name_in(update: Update) -> str:
    """What he calls himself."""
    said = update.message or update.edited_message
    sender = update.callback_query.sender if update.callback_query is not None else said.sender if said else None
    return one_line(sender.first_name, most=LONGEST_NAME) if sender is not None and sender.first_name else "?"
