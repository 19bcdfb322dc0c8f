"""Charts in the chat: what the account is worth, a price with its trades, before and after a change."""

from __future__ import annotations

import asyncio
import re
from typing import Final

import msgspec

from core.contracts.answers import Answer
from core.contracts.asking import Question
from core.contracts.ledger import CandlesShown, EquityShown, JudgedShown
from core.errors import SorteError
from services.gateway.asking import PAIR, PERIODS, pair_of
from services.gateway.charts import Request, joined
from services.gateway.telegram.admitting import Place
from services.gateway.telegram.buttons import Button
from services.gateway.telegram.cards.answers import card_of
from services.gateway.telegram.cards.card import Card, again
from services.gateway.telegram.context import Reader
from services.gateway.telegram.room import Room, message_of
from services.gateway.telegram.texts import said, say

TIMEFRAME: Final = re.compile(r"\d{1,2}[mhdw]")
BARS: Final = 120
PERIODS_OFFERED: Final = ("today", "week", "month", "all")


class Charts:
    """Has them drawn."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def card(self, place: Place, reader: Reader, arguments: str) -> Card:
        """The account's curve, or a pair's price. Raises SorteError where nothing can be drawn."""
        words = arguments.casefold().split()
        period = PERIODS.get(words[0]) if words else "week"
        if period is not None and len(words) < 2:
            return await self._worth(period, place, reader)
        timeframe = words[1] if len(words) == 2 else ""
        if (
            not words
            or not PAIR.fullmatch(words[0])
            or len(words) > 2
            or (timeframe and not TIMEFRAME.fullmatch(timeframe))
        ):
            return Card(said("usage.chart", reader.language))
        return await self._price(pair_of(words[0]), timeframe, place, reader)

    async def judged(self, change: str, place: Place, reader: Reader) -> bytes:
        """Before and after a change as the judge counted them; nothing where that cannot be drawn."""
        try:
            shown = await self._ask(Question(do="judged", id=change), place, reader)
            return await self._drawn(shown, reader) if isinstance(shown, JudgedShown) and shown.times_ns else b""
        except (SorteError, OSError):
            return b""

    async def _worth(self, period: str, place: Place, reader: Reader) -> Card:
        shown = await self._ask(Question(do="equity", period=period), place, reader)
        if not isinstance(shown, EquityShown):
            return card_of(shown, reader)
        now_ns = self._room.now_ns()
        samples = await asyncio.to_thread(self._room.house.store.samples.since, shown.from_ns)
        whole = joined(shown, samples, now_ns)
        buttons = (Button(say(f"profit.{name}", reader.language), argument=f"chart {name}") for name in PERIODS_OFFERED)
        return await self._card(whole, reader, f"chart {period}", bool(whole.points), *buttons)

    async def _price(self, pair: str, timeframe: str, place: Place, reader: Reader) -> Card:
        question = Question(do="candles", pair=pair, timeframe=timeframe, limit=BARS)
        shown = await self._ask(question, place, reader)
        if not isinstance(shown, CandlesShown):
            return card_of(shown, reader)
        return await self._card(shown, reader, f"chart {pair} {timeframe}".strip(), bool(shown.candles))

    async def _card(
        self, shown: EquityShown | CandlesShown, reader: Reader, command: str, drawable: bool, *buttons: Button
    ) -> Card:
        """The picture with its sentence below it; the sentence alone where there is nothing to draw."""
        card = card_of(shown, reader)
        if drawable:
            card = Card(card.html, picture=await self._drawn(shown, reader))
        return card.with_buttons(*buttons).with_buttons(again(command, say("button.again", reader.language)))

    async def _drawn(self, shown: EquityShown | CandlesShown | JudgedShown, reader: Reader) -> bytes:
        return await self._room.painter.draw(Request(shown, reader.language, reader.zone))

    async def _ask(self, question: Question, place: Place, reader: Reader) -> Answer:
        signed = msgspec.structs.replace(question, message=message_of(place))
        return await self._room.line(place, reader).ask(signed, lambda _: None)
