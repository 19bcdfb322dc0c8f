"""Commands that show something: the question that one puts, and the message that shows its answer."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

import msgspec

from core.contracts.answers import Answer, HistoryShown, Shown, StatusShown
from core.contracts.asking import Question
from core.contracts.ledger import PerformanceShown, TripFigures
from core.errors import SorteError
from core.formats import figure
from core.language import Language
from core.text import one_line
from services.gateway.asking import Ask, Usage, ask_of
from services.gateway.telegram.admitting import Place
from services.gateway.telegram.buttons import Verb, fits
from services.gateway.telegram.cards.answers import card_of, failed_card
from services.gateway.telegram.cards.card import Card, again
from services.gateway.telegram.cards.changed import gates
from services.gateway.telegram.charting import Charts
from services.gateway.telegram.commands import ABSENT, BY_NAME
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import escaped, joined
from services.gateway.telegram.room import Room, message_of
from services.gateway.telegram.texts import known, said, say

AGES: Final = frozenset(
    {
        *("status", "positions", "profit", "balance", "health", "count", "locks", "performance", "why", "trades"),
        *("daily", "weekly", "monthly", "stats", "entries", "exits", "compare"),
    }
)
"""What ages, and so has a button that shows it as it is now."""
WELL, UNWELL = "\N{CHECK MARK}", "\N{WARNING SIGN}"
LATEST: Final = frozenset({"show", "diff", "gates"})
"""Without an id they are about the last change."""
UNKNOWN_NEAR: Final = 0.6
LONGEST_SENTENCE: Final = 200


class Answering:
    """Answers commands that change nothing."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._charts = Charts(room)
        self._special: Mapping[str, Callable[[Place, Reader, str], Awaitable[Card]]] = {
            "blacklist": self._blacklist,
            "chart": self._charts.card,
            "backtest": self._backtest,
        }

    async def card(self, name: str, arguments: str, place: Place, reader: Reader) -> Card:
        """The message that answers it. What cannot be asked is told as that."""
        try:
            return await self._card(name, arguments, place, reader)
        except SorteError as error:
            return failed_card(error.message, error.hint, reader)

    async def _card(self, name: str, arguments: str, place: Place, reader: Reader) -> Card:
        if (special := self._special.get(name)) is not None:
            return await special(place, reader, arguments)
        if name in LATEST and not arguments:
            arguments = await self._latest(place, reader)
            if not arguments:
                return Card(said("history.none", reader.language))
        match ask_of(name, arguments):
            case Ask(question, part):
                answer = await self.ask(question, place, reader)
                return self._shown(answer, part, f"{name} {arguments}".strip(), reader)
            case Usage(usage):
                return Card(said(f"usage.{usage}", reader.language))
        return Card(said("command.not_yet", reader.language, name=name))

    async def ask(self, question: Question, place: Place, reader: Reader) -> Answer:
        """Ask it for somebody. Raises SorteError."""
        signed = msgspec.structs.replace(question, message=message_of(place))
        return await self._room.line(place, reader).ask(signed, lambda _: None)

    def _shown(self, answer: Answer, part: str, command: str, reader: Reader) -> Card:
        if isinstance(answer, StatusShown) and part:
            answer = msgspec.structs.replace(answer, asked=part)
        if part == "gates" and isinstance(answer, Shown):
            verdict = answer.change.verdict if answer.change is not None else None
            none = said("gates.none", reader.language)
            return Card(gates(verdict.gates, reader) if verdict is not None else none)
        if isinstance(answer, PerformanceShown) and part:
            others: dict[str, list[TripFigures]] = {
                name: [] for name in ("pairs", "releases", "entries", "exits") if name != part
            }
            answer = msgspec.structs.replace(answer, **others)
        card = card_of(answer, reader)
        if part == "health":
            card = replace(card, html=joined(card.html, self._beside(reader)))
        if command.partition(" ")[0] in AGES and fits(Verb.SHOW, command):
            card = card.with_buttons(again(command, say("button.again", reader.language)))
        return card

    def _beside(self, reader: Reader) -> str:
        """How the rest of the house does: each process, how long ago Telegram was heard, what still waits."""
        house, language = self._room.house, reader.language
        age = self._room.hearing.age(asyncio.get_running_loop().time()) or 0.0
        named = {each: _process_name(each.name, language) for each in house.pictures.current.processes}
        lines = [
            f"{WELL if each.well else UNWELL} {name} {escaped(each.said)}".rstrip()
            for each, name in named.items()
            if each.well is not None
        ]
        lines.append(said("health.poll", language, seconds=figure(age, ",.0f", language)))
        if waiting := house.outbox.waiting():
            lines.append(said("health.unsent", language, count=waiting))
        return "\n".join(lines)

    async def _latest(self, place: Place, reader: Reader) -> str:
        """The id of the last change that edited anything; empty where there is none."""
        found = await self.ask(Question(do="history", limit=1, judged=True), place, reader)
        return found.changes[0].id if isinstance(found, HistoryShown) and found.changes else ""

    async def _backtest(self, place: Place, reader: Reader, arguments: str) -> Card:
        """As a sentence does: how it is done, and over what."""
        text = one_line(f"backtest {arguments}", most=LONGEST_SENTENCE)
        return card_of(await self.ask(Question(do="change", text=text, holds=True), place, reader), reader)

    async def _blacklist(self, _place: Place, reader: Reader, _arguments: str) -> Card:
        return Card(said("pairs.none_excluded", reader.language))


def unknown_card(name: str, reader: Reader) -> Card:
    """What is said of a command that is not there: why, or which one is meant."""
    if name in ABSENT and known(f"absent.{name}"):
        return Card(said("command.absent", reader.language, name=name, why=say(f"absent.{name}", reader.language)))
    near = difflib.get_close_matches(name, BY_NAME, 1, UNKNOWN_NEAR)
    meant = said("command.near", reader.language, name=near[0]) if near else said("command.help", reader.language)
    return Card(f"{said('command.unknown', reader.language, name=name)} {meant}")


def _process_name(name: str, language: Language) -> str:
    """Of a process, as a person knows it; of a part of ours its own."""
    return say(f"process.{name}", language) if known(f"process.{name}") else escaped(name)
