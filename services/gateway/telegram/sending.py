"""Brings what lies in the outbox to its chats."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Final

from core.wording import owners_language
from services.gateway.outbox.parcel import Later, Never, Parcel, Sent
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.flying import saying
from services.gateway.telegram.markup import bold, italic, joined, worded
from services.gateway.telegram.pacing import Rank
from services.gateway.telegram.room import SURFACE
from services.gateway.telegram.texts import say
from services.gateway.telegram.voice import Chat, NotTaken, Voice

RANKS: Final = {"critical": Rank.URGENT, "normal": Rank.NEWS, "info": Rank.NEWS}


class ChatSender:
    """A Sender of the outbox; see `services.gateway.outbox.parcel`."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._broken: dict[tuple[int, ...], int] = {}  # parcels that broke off -> the last id that was known before

    @property
    def name(self) -> str:
        """As addresses name it."""
        return SURFACE

    async def send(self, parcel: Parcel) -> Sent | Later | Never:
        """Say it in its chat."""
        with saying(f"outbox:{'+'.join(map(str, parcel.ids))}"):
            return await self._send(parcel, Chat(int(parcel.address.recipient)))

    async def _send(self, parcel: Parcel, chat: Chat) -> Sent | Later | Never:
        before = self._broken.get(parcel.ids)
        if before is None and parcel.perhaps and (before := self._voice.took_off(chat)) is not None:
            self._broken[parcel.ids] = before
        plain_text, highest = parcel.picture is None, self._voice.highest(chat.id)
        try:
            if before is not None and plain_text:
                if await self._voice.arrived(Card(_html(parcel, perhaps=False)), chat, before):
                    return self._sent(parcel)
                if chat.id > 0:  # in a group there is more between two messages than a bot hears of
                    parcel = replace(parcel, perhaps=False)  # it has surely not
            picture = await asyncio.to_thread(parcel.picture.read_bytes) if parcel.picture is not None else b""
            card = Card(_html(parcel, perhaps=parcel.perhaps), picture=picture)
            await self._voice.send(card, chat, RANKS[parcel.urgency], quiet=not parcel.sound)
        except NotTaken as refused:
            if refused.unsure and plain_text and not parcel.perhaps and highest is not None:
                self._broken.setdefault(parcel.ids, highest)
            return Never(str(refused)) if refused.for_good else Later(0.0, str(refused), perhaps=refused.unsure)
        return self._sent(parcel)

    def _sent(self, parcel: Parcel) -> Sent:
        self._broken.pop(parcel.ids, None)
        return Sent()


def _html(parcel: Parcel, *, perhaps: bool) -> str:
    note = italic(say("outbox.perhaps", owners_language())) if perhaps else ""
    return joined(bold(parcel.title) if parcel.title else "", worded(parcel.text), note)
