"""Buttons that were pressed: what shows something shows it, what does something is looked up first, and done once."""

from __future__ import annotations

from typing import Final

from services.gateway.approvals import Again, Approval, Go, Press, Refuse
from services.gateway.telegram.admitting import Place, Pressed
from services.gateway.telegram.answering import Answering
from services.gateway.telegram.asked_first import GOING_ON, shown_hash, sure_rows
from services.gateway.telegram.buttons import Verb, read_data
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.commands import BY_NAME, Sort
from services.gateway.telegram.context import Reader
from services.gateway.telegram.deeds import Deeds
from services.gateway.telegram.room import SURFACE, Room, chat_of
from services.gateway.telegram.talking import Talking
from services.gateway.telegram.texts import said, say

STAYS: Final = frozenset({"show", "diff", "gates", "why", "explain", "chart"})
"""Commands whose answer is a message of its own, beside the one with the button."""

ROADS: Final = frozenset({"approve", "rollback"})
"""Deeds that a change walks for."""


class Presses:
    """Does what buttons say."""

    def __init__(self, room: Room, answering: Answering, deeds: Deeds, talking: Talking) -> None:
        self._room, self._answering, self._deeds, self._talking = room, answering, deeds, talking

    async def press(self, pressed: Pressed, reader: Reader) -> None:
        """One press."""
        match read_data(pressed.data):
            case (Verb.SHOW, command):
                await self._show(command, pressed, reader)
            case (Verb.ASK, command):
                await self._ask(command, pressed, reader)
            case (Verb.OFFER, argument):
                await self._offer(argument, pressed, reader)
            case (Verb.GO | Verb.SURE as verb, token):
                await self._approve(token, pressed, reader, again=verb is Verb.SURE)
            case (Verb.LEAVE, token):
                await self._leave(token, pressed, reader)
            case _:
                await self._room.voice.answer_press(pressed.id, say("press.unknown", reader.language))

    async def _show(self, command: str, pressed: Pressed, reader: Reader) -> None:
        name, _, arguments = command.partition(" ")
        entry, place = BY_NAME.get(name), pressed.place
        if entry is None or entry.sort is not Sort.SHOWS:  # no button of ours: those that do something carry a token
            await self._room.voice.answer_press(pressed.id, say("press.unknown", reader.language))
            return
        await self._room.voice.answer_press(pressed.id)
        card = await self._answering.card(entry.name, arguments, place, reader)
        if entry.name in STAYS or not pressed.editable or not await self._replace(card, place):
            await self._room.voice.send(card, chat_of(place))

    async def _ask(self, command: str, pressed: Pressed, reader: Reader) -> None:
        """A command that asks by itself; closing everything is asked about too: a thumb slips."""
        name, _, arguments = command.partition(" ")
        await self._room.voice.answer_press(pressed.id)
        entry, place = BY_NAME.get(name), pressed.place
        if entry is not None and entry.name == "panic":
            card = self._deeds.panic_asked(place, reader)
        elif entry is not None and entry.sort is Sort.STOPS:
            card = await self._deeds.stop(entry.name, place, reader)
        elif entry is not None and entry.sort is Sort.ACTS:
            card = await self._deeds.card(entry.name, arguments, place, reader)
        else:
            card = Card(said("press.unknown", reader.language))
        await self._room.voice.send(card, chat_of(place))

    async def _offer(self, argument: str, pressed: Pressed, reader: Reader) -> None:
        change, _, number = argument.partition(" ")
        if not number.isdigit() or not self._talking.still_asked(change, pressed.place):
            await self._refuse("answered", pressed, reader)
            return
        await self._room.voice.answer_press(pressed.id)
        await self._room.voice.unbutton(chat_of(pressed.place), pressed.place.message)
        await self._talking.take(number, pressed.place, reader)

    async def _approve(self, token: str, pressed: Pressed, reader: Reader, *, again: bool) -> None:
        place = pressed.place
        now = self._shown_now(token)
        press = Press(token, str(place.user), str(place.chat), SURFACE, now, again=again)
        match self._room.house.store.approvals.press(press, self._room.now_ns()):
            case Refuse("stale", Approval(deed=deed)) if deed in GOING_ON:
                await self._refuse("moved", pressed, reader)
            case Refuse(reason):
                await self._refuse(reason, pressed, reader)
            case Again(approval):
                await self._room.voice.answer_press(pressed.id, say("press.again", reader.language))
                await self._ask_again(approval, pressed, reader)
            case Go(approval):
                await self._room.voice.answer_press(pressed.id, say("press.done", reader.language))
                await self.go(approval, pressed, reader)

    def is_as_shown(self, approval: Approval) -> bool:
        """Whether the question behind a yes would still be asked like that."""
        return self._shown_now(approval.token) in ("", approval.hash)

    def _shown_now(self, token: str) -> str:
        """What the question behind a button would show now; empty where its commander is who knows."""
        kept = self._room.house.store.approvals.find(token)
        if kept is None or kept.deed not in GOING_ON:
            return ""
        return shown_hash(self._room.house.settings.data_dir, kept.deed, kept.change)

    async def _ask_again(self, approval: Approval, pressed: Pressed, reader: Reader) -> None:
        """The second question, in a message of its own: a thumb that taps twice in one place has said one yes."""
        chat = chat_of(pressed.place)
        await self._room.voice.unbutton(chat, pressed.place.message)
        card = Card(said(f"again.{approval.deed}", reader.language), sure_rows(approval, reader))
        await self._room.voice.send(card, chat)

    async def go(self, approval: Approval, pressed: Pressed, reader: Reader, *, again: bool = False) -> None:
        """Do what was said yes to; `again`: a restart came between the two, or in the middle of it."""
        place = pressed.place
        if approval.deed in ROADS:
            if not pressed.editable:
                await self._room.voice.unbutton(chat_of(place), place.message)
            message = place.message if pressed.editable else 0
            await self._talking.approve(approval, place, reader, message=message, again=again)
            return
        self._room.house.store.notes.set(_handed(approval), approval.deed)
        card = await self._deeds.do(approval, place, reader)
        if not pressed.editable or not await self._replace(card, place):
            await self._room.voice.send(card, chat_of(place))

    def was_handed(self, approval: Approval) -> bool:
        """Whether it may have been done, and is not to be done again.

        A change may be: its commander knows, and walks no road twice. What stops is said twice rather than not.
        """
        return approval.deed not in {*ROADS, "panic"} and bool(self._room.house.store.notes.get(_handed(approval)))

    async def _leave(self, token: str, pressed: Pressed, reader: Reader) -> None:
        """Not: of a change the commander is told so, of anything else the buttons go."""
        place = pressed.place
        approval = self._room.house.store.approvals.find(token)
        if approval is None or (approval.user, approval.chat) != (str(place.user), str(place.chat)):
            await self._refuse("foreign" if approval is not None else "unknown", pressed, reader)
            return
        await self._room.voice.answer_press(pressed.id)
        self._room.house.store.approvals.drop(token, self._room.now_ns())
        if approval.deed in ROADS:
            card = await self._deeds.card("reject", approval.change, place, reader)
        else:
            card = Card(said("press.left", reader.language))
        if not pressed.editable or not await self._replace(card, place):
            await self._room.voice.unbutton(chat_of(place), place.message)
            await self._room.voice.send(card, chat_of(place))

    async def _refuse(self, reason: str, pressed: Pressed, reader: Reader) -> None:
        """Nothing is done; he who pressed is told why, and a button that is spent goes."""
        await self._room.voice.answer_press(pressed.id, say(f"press.{reason}", reader.language), alert=True)
        if reason in ("expired", "used", "answered", "moved"):
            await self._room.voice.unbutton(chat_of(pressed.place), pressed.place.message)

    async def _replace(self, card: Card, place: Place) -> bool:
        return await self._room.voice.edit(card, chat_of(place), place.message)


def _handed(approval: Approval) -> str:
    return f"telegram.handed.{approval.token}"
