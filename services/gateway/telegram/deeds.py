"""Commands that do something: what takes from the agent is done at once, what gives it more is asked about first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import assert_never

import msgspec

from core.contracts.answers import Answer, Held, HeldShown, StatusShown
from core.contracts.asking import Question
from core.errors import SorteError
from core.formats import figure
from core.owner import OwnersWord
from services.gateway.approvals import Approval
from services.gateway.asking import PAIR, Ask, Usage, pair_of, rollback_of
from services.gateway.telegram.admitting import Place
from services.gateway.telegram.asked_first import deed_card, held_card
from services.gateway.telegram.buttons import Button, Verb, fits
from services.gateway.telegram.cards.answers import card_of, failed_card
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.context import Reader
from services.gateway.telegram.room import Room, message_of
from services.gateway.telegram.texts import said, say

EVERYTHING = frozenset({"all", "tudo", "todas", "everything"})


class Deeds:
    """Does what takes authority away, and asks about the rest."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._asks: Mapping[str, Callable[[str, Place, Reader], Awaitable[Card]]] = {
            "resume": self._resume,
            "restore": self._restore,
            "forceexit": self._close,
            "rollback": self._roll_back,
            "approve": self._approve,
            "reject": self._reject,
        }

    async def stop(self, name: str, place: Place, reader: Reader) -> Card:
        """Pause, or close everything: now, whoever is away."""
        question = Question(do="panic" if name == "panic" else "pause")
        try:
            card = card_of(await self.ask(question, place, reader), reader)
        except (SorteError, OSError) as error:
            return failed_card(str(error), "", reader)
        if name == "panic":
            return card
        resume = Button(say("button.resume", reader.language), Verb.ASK, "resume")
        panic = Button(say("button.panic", reader.language), Verb.ASK, "panic")
        return card.with_buttons(resume, panic)

    async def card(self, name: str, arguments: str, place: Place, reader: Reader) -> Card:
        """The question that comes first, or why there is none."""
        try:
            return await self._asks[name](arguments, place, reader)
        except SorteError as error:
            return failed_card(error.message, error.hint, reader)

    def panic_asked(self, place: Place, reader: Reader) -> Card:
        """Whether everything shall be closed: of a button that a thumb may have touched, or a word spelled wrong."""
        question = said("ask.panic", reader.language)
        return deed_card(self._room, place, reader, "panic", "", question, twice=False)

    async def do(self, approval: Approval, place: Place, reader: Reader) -> Card:
        """Do what was approved; not a change, which walks its road."""
        try:
            return card_of(await self.ask(_question(approval), place, reader), reader)
        except (SorteError, OSError) as error:
            return failed_card(str(error), "", reader)

    async def ask(self, question: Question, place: Place, reader: Reader) -> Answer:
        """Ask it for somebody. Raises SorteError."""
        signed = msgspec.structs.replace(question, message=message_of(place))
        return await self._room.line(place, reader).ask(signed, lambda _: None)

    # Asking -----------------------------------------------------------------------------------------------------------

    async def _resume(self, _: str, place: Place, reader: Reader) -> Card:
        """Trading goes on. After everything was closed it is asked twice."""
        word = OwnersWord(self._room.house.settings.data_dir)
        name = "ask.resume_closing" if word.closing else "ask.resume"
        return deed_card(
            self._room, place, reader, "resume", "", said(name, reader.language), twice=word.closing or word.killed
        )

    async def _restore(self, _: str, place: Place, reader: Reader) -> Card:
        """The kill switch is taken back."""
        if not OwnersWord(self._room.house.settings.data_dir).killed:
            return Card(said("ask.not_killed", reader.language))
        return deed_card(self._room, place, reader, "restore", "", said("ask.restore", reader.language), twice=True)

    async def _close(self, arguments: str, place: Place, reader: Reader) -> Card:
        """One position, or which one, or all of them."""
        if arguments.casefold() in EVERYTHING:
            return self.panic_asked(place, reader)
        if arguments and not PAIR.fullmatch(arguments):
            return Card(said("usage.forceexit", reader.language))
        if arguments:
            pair = pair_of(arguments)
            question = said("ask.close", reader.language, pair=pair)
            return deed_card(self._room, place, reader, "close", pair, question, twice=False)
        status = await self.ask(Question(do="status"), place, reader)
        trader = status.trader if isinstance(status, StatusShown) else None
        if trader is None or not trader.positions:
            return Card(said("positions.none", reader.language))
        card = Card(said("ask.which", reader.language))
        for held in trader.positions:
            if fits(Verb.ASK, f"forceexit {held.pair}"):
                label = f"{held.pair} {figure(held.profit, '+.2%', reader.language)}"
                card = card.with_buttons(Button(label, Verb.ASK, f"forceexit {held.pair}"))
        return card

    async def _roll_back(self, arguments: str, place: Place, reader: Reader) -> Card:
        match rollback_of(arguments):
            case Ask(question):
                held = msgspec.structs.replace(question, holds=True)
                return await self.shown(await self.ask(held, place, reader), place, reader)
            case Usage(name):
                return Card(said(f"usage.{name}", reader.language))
            case other:
                assert_never(other)

    async def _approve(self, arguments: str, place: Place, reader: Reader) -> Card:
        """What waits for a yes, with its buttons anew."""
        waiting = await self.ask(Question(do="held"), place, reader)
        found = waiting.held if isinstance(waiting, HeldShown) else []
        wanted = [each for each in found if each.id.startswith(arguments)]
        if not wanted:
            return Card(said("held.none", reader.language))
        return await self.shown(wanted[-1], place, reader)

    async def _reject(self, arguments: str, place: Place, reader: Reader) -> Card:
        waiting = await self.ask(Question(do="held"), place, reader)
        found = waiting.held if isinstance(waiting, HeldShown) else []
        wanted = [each for each in found if each.id.startswith(arguments)]
        if not wanted:
            return Card(said("held.none", reader.language))
        return card_of(await self.ask(Question(do="reject", id=wanted[-1].id), place, reader), reader)

    async def shown(self, answer: Answer, place: Place, reader: Reader) -> Card:
        """An answer; with buttons where it waits for a yes."""
        if not isinstance(answer, Held):
            return card_of(answer, reader)
        return held_card(self._room, place, reader, answer)


def _question(approval: Approval) -> Question:
    """What a deed asks of the commander."""
    match approval.deed:
        case "resume":
            return Question(do="resume")
        case "restore" | "unkill":
            return Question(do="unkill")
        case "panic":
            return Question(do="panic")
        case "close":
            return Question(do="close", pair=approval.change, yes=True)
        case other:
            raise SorteError(f"A button of the sort {other!r} does nothing in this chat.", "Say it as a command.")
