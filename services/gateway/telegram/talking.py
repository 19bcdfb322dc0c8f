"""A sentence of the owner's, and his yes to what came of it: walked by the commander, shown as it goes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from core.contracts import Interpretation, State, Status
from core.contracts.answers import Answer, ChangeEnded, CloseSaid, Held, HeldShown, Outcome, Said, Shown
from core.contracts.asking import Question
from core.contracts.told import Step
from core.errors import SorteError
from core.language import Language
from services.gateway.approvals import Approval
from services.gateway.outbox.parcel import Address
from services.gateway.telegram.admitting import Place
from services.gateway.telegram.asked_first import deed_card
from services.gateway.telegram.buttons import Button, Verb, fits
from services.gateway.telegram.cards.answers import card_of, failed_card
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.cards.changed import ended, ended_card
from services.gateway.telegram.charting import Charts
from services.gateway.telegram.context import Reader
from services.gateway.telegram.deeds import Deeds
from services.gateway.telegram.markup import joined, plain, worded
from services.gateway.telegram.moving import Moving
from services.gateway.telegram.progress import Walk, measured, walk_card
from services.gateway.telegram.room import SURFACE, Room, chat_of, message_of
from services.gateway.telegram.voice import NotTaken
from services.gateway.telegram.waiting import its_end

OFFERS: Final = re.compile(r"(?:^|\s)(\d)\) (.+?)(?=; \d\) |$)")
"""The offers of a question, as the commander numbers them in its text."""
ARROW: Final = " \N{RIGHTWARDS ARROW} "
LONGEST_LABEL: Final = 60
MOST_KEPT: Final = 50


class Talking:
    """Walks sentences and approvals."""

    def __init__(self, room: Room, deeds: Deeds) -> None:
        self._room, self._deeds, self._charts = room, deeds, Charts(room)
        self._walks: dict[str, Walk] = {}

    async def say(self, text: str, place: Place, reader: Reader) -> None:
        """A sentence, up to its answer or to the question that it comes to."""
        walk = Walk(text=text)
        moving = Moving(self._room.voice, chat_of(place), lambda: walk_card(walk, reader))

        def hear(told: Step | Answer) -> None:
            nonlocal walk
            walk = walk.after(told)
            if walk.begun:
                moving.touch()

        question = Question(do="change", text=text, holds=True, message=message_of(place))
        async with self._room.voice.typing(chat_of(place)):
            try:
                answer = await self._room.line(place, reader).ask(question, hear)
                card = await self._answered(answer, place, _heard_in(walk, reader))
            except (SorteError, OSError) as error:
                card = _failed(error, reader)
        await moving.end(walk_card(walk, reader, ended="\N{CHECK MARK}"))
        await self._tell(card, place)

    async def approve(
        self, approval: Approval, place: Place, reader: Reader, *, message: int, again: bool = False
    ) -> None:
        """Go on with a change that was said yes to, in its message where that can be edited, up to its end.

        `again`: it may be on its way since before a restart, and is waited for.
        """
        walk = self._walks.pop(approval.change, Walk(id=approval.change))
        moving = Moving(self._room.voice, chat_of(place), lambda: walk_card(walk, reader), message)
        moving.touch()

        def hear(told: Step | Answer) -> None:
            nonlocal walk
            walk = walk.after(told)
            moving.touch()

        question = Question(do="approve", id=approval.change, hash=approval.hash, sure=True, message=message_of(place))
        line = self._room.line(place, reader)
        try:
            answer = await (its_end(line, question, hear) if again else line.ask(question, hear))
        except (SorteError, OSError) as error:
            card = _failed(error, reader)
            await moving.end(walk_card(walk, reader, ended=card.html))
            await self._tell(card, place)
            return
        end = ended(answer, reader) if isinstance(answer, Outcome) else card_of(answer, reader).html
        await moving.end(walk_card(walk, reader, ended=end))
        result = self._result(answer, walk, reader)
        if walk.gates:  # it was judged
            result = replace(result, picture=await self._charts.judged(approval.change, place, reader))
        await self._tell(result, place, key=f"end:{approval.change}")

    def _keep(self, held: Held) -> None:
        """What was said and what it comes to stands above the gates later; a restart forgets it, and only that."""
        self._walks[held.id] = Walk(text=held.text, id=held.id, lines=held.lines)
        for oldest in list(self._walks)[:-MOST_KEPT]:
            del self._walks[oldest]

    async def take(self, offer: str, place: Place, reader: Reader) -> None:
        """One of the offers of a question."""
        await self.say(offer, place, reader)

    def _result(self, answer: Answer, walk: Walk, reader: Reader) -> Card:
        """How it ended, with what was measured before and after."""
        if not isinstance(answer, Outcome):
            return card_of(answer, reader)
        card = ended_card(answer, reader)
        return Card(joined(card.html, measured(walk, reader)), card.rows)

    async def _answered(self, answer: Answer, place: Place, reader: Reader) -> Card:
        match answer:
            case Held():
                self._keep(answer)
                return await self._deeds.shown(answer, place, reader)
            case ChangeEnded(state=State.ASK):
                return await self._question(answer, place, reader)
            case Said(done=False, action=action, text=text) if getattr(action, "name", "") == "close":
                pair = str(getattr(action, "args", {}).get("pair", ""))
                return deed_card(self._room, place, reader, "close", pair, worded(text), twice=False)
            case Said(done=False, action=action) if getattr(action, "name", "") == "resume":
                return await self._deeds.card("resume", "", place, reader)
            case CloseSaid() | Said():
                return card_of(answer, reader)
        return card_of(answer, reader)

    async def _question(self, asked: ChangeEnded, place: Place, reader: Reader) -> Card:
        """A question, with a button for each offer."""
        text = asked.reason or ""
        card = Card(worded(text))
        understood = await self._understood(asked.id, place, reader)
        if understood is None or understood.status is not Status.ASK or not understood.offers:
            return card
        self._room.house.store.notes.set(_asked(place), asked.id)
        for number, label in OFFERS.findall(text.removeprefix(understood.question or "")):  # which may hold code
            if fits(Verb.OFFER, f"{asked.id} {number}"):
                shown = label.replace(" -> ", ARROW)[:LONGEST_LABEL]
                card = card.with_buttons(Button(shown, Verb.OFFER, f"{asked.id} {number}"))
        return card

    async def _understood(self, change: str, place: Place, reader: Reader) -> Interpretation | None:
        """What a question comes with, which no step tells: a sentence that is asked back about is never understood."""
        try:
            shown = await self._room.line(place, reader).ask(Question(do="show", id=change), _unheard)
        except (SorteError, OSError):
            return None
        return shown.interpretation if isinstance(shown, Shown) else None

    async def shown_held(self, message: str, place: Place, reader: Reader) -> bool:
        """Show what the sentence of that message has come to, where it waits for a yes; False where it does not."""
        waiting = await self._room.line(place, reader).ask(Question(do="held"), _unheard)
        found = [each for each in waiting.held if each.message == message] if isinstance(waiting, HeldShown) else []
        if not found:
            return False
        in_its = replace(reader, language=found[-1].language or reader.language)
        await self._tell(await self._answered(found[-1], place, in_its), place)
        return True

    def is_asked(self, change: str, place: Place) -> bool:
        """Whether that question is the last one in this chat, and was not answered."""
        return self._room.house.store.notes.get(_asked(place)) == change

    def still_asked(self, change: str, place: Place) -> bool:
        """The same; it is answered from here on."""
        if not self.is_asked(change, place):
            return False
        self._room.house.store.notes.drop(_asked(place))
        return True

    async def _tell(self, card: Card, place: Place, key: str = "") -> None:
        """Send it; what Telegram does not take now waits in the outbox."""
        try:
            await self._room.voice.send(card, chat_of(place))
        except NotTaken as refused:
            if not refused.for_good:
                to = [Address(SURFACE, str(place.chat))]
                self._room.house.outbox.put("answer", plain(card.html), key=key, to=to)


def _unheard(_: Step | Answer) -> None:
    """What only shows something has no steps."""


def _asked(place: Place) -> str:
    return f"telegram.asked.{place.user}.{place.chat}"


def _heard_in(walk: Walk, reader: Reader) -> Reader:
    """In the language of the sentence."""
    understood = walk.interpretation
    language: Language = understood.language if understood is not None else reader.language
    return replace(reader, language=language)


def _failed(error: Exception, reader: Reader) -> Card:
    if isinstance(error, SorteError):
        return failed_card(error.message, error.hint, reader)
    return failed_card(str(error), "", reader)
