"""What every part of the bot is given."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from core.language import Language
from core.wording import owners_language
from services.gateway.charts import Painter
from services.gateway.house import House
from services.gateway.line import Line
from services.gateway.telegram.admitting import Access, Place
from services.gateway.telegram.context import Reader
from services.gateway.telegram.polling import Hearing
from services.gateway.telegram.voice import Chat, Voice

SURFACE = "telegram"


@dataclass(slots=True)
class Room:
    """The bot's own things beside the house's. `name` is the bot's, without its @."""

    house: House
    voice: Voice
    access: Access
    painter: Painter
    name: str = ""
    hearing: Hearing = field(default_factory=Hearing)
    now_ns: Callable[[], int] = time.time_ns

    def reader(self, place: Place) -> Reader:
        """How somebody is spoken to: as he has chosen, as the settings say, or as his phone does."""
        settings, stopped = self.house.settings, self.house.pictures.current.stopped
        if chosen := self.house.store.notes.get(_note(place.user)):
            return Reader(Language(chosen), settings.time_zone, stopped)
        if settings.language is None and place.spoken[:2] in set(Language):
            return Reader(Language(place.spoken[:2]), settings.time_zone, stopped)
        return Reader(owners_language(), settings.time_zone, stopped)

    def speak(self, user: int, language: Language) -> None:
        """From now on he is spoken to in that language."""
        self.house.store.notes.set(_note(user), language.value)

    def line(self, place: Place, reader: Reader) -> Line:
        """The line of somebody to the commander. Where one alone is on the list he is the machine's user himself."""
        alone = self.access.users == {place.user}
        owner = self.house.owner if alone and self.house.owner else f"{SURFACE}:{place.user}"
        return self.house.line.of(owner, SURFACE, reader.language)


def chat_of(place: Place) -> Chat:
    """Where an answer goes."""
    return Chat(place.chat, place.thread)


def message_of(place: Place) -> str:
    """The name of a message, unique for its source."""
    return f"{SURFACE}:{place.chat}:{place.message}"


def _note(user: int) -> str:
    return f"telegram.language.{user}"
