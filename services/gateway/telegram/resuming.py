"""What a restart cut short: done after all where it surely was not, shown where it was, and told where nobody can know.

The commander knows what reached it: a sentence is in its records, a yes walks one road however often it is said.
"""

from __future__ import annotations

from typing import Final

from core.contracts.answers import HistoryShown
from core.contracts.asking import Question
from core.errors import SorteError
from core.owner import OwnersWord
from services.gateway.approvals import Deed
from services.gateway.telegram.admitting import FRESH_SECONDS, Place, Pressed, Words
from services.gateway.telegram.buttons import Verb, read_data
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.context import Reader
from services.gateway.telegram.deeds import Deeds
from services.gateway.telegram.pressing import Presses
from services.gateway.telegram.room import Room, chat_of, message_of
from services.gateway.telegram.talking import Talking
from services.gateway.telegram.texts import said

LOOKED_AT: Final = 50
"""Changes among which a sentence is looked for; a minute has fewer."""


class Resuming:
    """Goes on with sentences and presses of before."""

    def __init__(self, room: Room, deeds: Deeds, talking: Talking, presses: Presses) -> None:
        self._room, self._deeds, self._talking, self._presses = room, deeds, talking, presses

    async def words(self, told: Words, said_at: float, reader: Reader) -> None:
        """A sentence, said at that second of the epoch."""
        place = told.place
        try:
            if await self._talking.shown_held(message_of(place), place, reader):
                return
            reached = await self._reached(told, said_at, reader)
        except (SorteError, OSError):
            reached = True
        if reached:
            await self.cut_short(place, reader)
        else:
            await self._talking.say(told.text, place, reader)

    async def press(self, pressed: Pressed, reader: Reader) -> None:
        """A press. What was not said yes to before the restart is pressed as if there had been none."""
        match read_data(pressed.data):
            case (Verb.GO | Verb.SURE, token):
                await self._approved(token, pressed, reader)
            case (Verb.OFFER, argument) if not self._talking.is_asked(argument.partition(" ")[0], pressed.place):
                await self.cut_short(pressed.place, reader)
            case _:
                await self._presses.press(pressed, reader)

    async def cut_short(self, place: Place, reader: Reader) -> None:
        """Say that nobody knows how it ended, and that nothing was repeated."""
        await self._room.voice.send(Card(said("again.cut_short", reader.language)), chat_of(place))

    async def _reached(self, told: Words, said_at: float, reader: Reader) -> bool:
        """Whether the commander has heard it: a sentence of those words, since then."""
        question = Question(do="history", limit=LOOKED_AT, all=True)
        found = await self._deeds.ask(question, told.place, reader)
        since_ns = (said_at - FRESH_SECONDS) * 1e9  # two machines' clocks
        changes = found.changes if isinstance(found, HistoryShown) else []
        return any(each.text == told.text and each.time_ns >= since_ns for each in changes)

    def _is_so(self, deed: Deed) -> bool:
        """Whether what was said yes to is how it stands, whoever brought it about."""
        word = OwnersWord(self._room.house.settings.data_dir)
        if deed == "resume":
            return not (word.paused or word.closing or word.killed)
        return deed in ("restore", "unkill") and not word.killed

    async def _approved(self, token: str, pressed: Pressed, reader: Reader) -> None:
        approval, place = self._room.house.store.approvals.find(token), pressed.place
        his = approval is not None and (approval.user, approval.chat) == (str(place.user), str(place.chat))
        if approval is None or not his or not approval.said_yes:
            await self._presses.press(pressed, reader)
        elif self._presses.was_handed(approval):
            name = "again.done" if self._is_so(approval.deed) else "again.cut_short"
            await self._room.voice.send(Card(said(name, reader.language)), chat_of(place))
        elif self._presses.is_as_shown(approval):
            await self._presses.go(approval, pressed, reader, again=True)
        else:
            await self._room.voice.send(Card(said("press.moved", reader.language)), chat_of(place))
