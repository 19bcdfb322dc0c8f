"""Commands that the bot answers by itself, whatever else runs or does not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from typing import Final

from pydantic import BaseModel, SecretStr

from core.contracts.answers import LogsShown
from core.language import Language
from core.owner import OwnersWord
from core.telemetry.process import folder_of
from core.telemetry.reading import Follower, Wanted
from services.gateway.binding import login_link
from services.gateway.store.entering import LINK_NS
from services.gateway.telegram.admitting import Place
from services.gateway.telegram.buttons import Button, Verb
from services.gateway.telegram.cards.answers import card_of
from services.gateway.telegram.cards.card import Card
from services.gateway.telegram.commands import COMMANDS, MENU
from services.gateway.telegram.context import Reader
from services.gateway.telegram.markup import block, bold, escaped, joined
from services.gateway.telegram.room import Room
from services.gateway.telegram.texts import said, say

MINUTE_NS: Final = 60 * 10**9
USUAL_LINES: Final = 12
MOST_LINES: Final = 60


class Local:
    """Answers them."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._all: Mapping[str, Callable[[str, Place, Reader], Awaitable[Card]]] = {
            "start": self._start,
            "help": self._help,
            "lang": self._language,
            "version": self._version,
            "tg_info": self._info,
            "settings": self._settings,
            "reload_config": self._reload,
            "logs": self._logs,
            "web": self._web,
        }

    async def card(self, name: str, arguments: str, place: Place, reader: Reader) -> Card:
        """The message that answers it."""
        if (answer := self._all.get(name)) is None:
            return Card(said("command.not_yet", reader.language, name=name))
        return await answer(arguments, place, reader)

    async def _start(self, _: str, __: Place, reader: Reader) -> Card:
        """A greeting; it starts nothing by itself, and offers to."""
        language = reader.language
        word = OwnersWord(self._room.house.settings.data_dir)
        card = Card(joined(said("start.hello", language), said("start.how", language)))
        buttons = [Button(say("button.status", language), Verb.SHOW, "status")]
        if word.paused or word.closing:
            buttons.append(Button(say("button.resume", language), Verb.ASK, "resume"))
        return card.with_buttons(*buttons)

    async def _help(self, _: str, __: Place, reader: Reader) -> Card:
        language = reader.language
        shown = (f"/{each.name} {escaped(say(f'does.{each.name}', language))}" for each in MENU)
        more = ", ".join(f"/{each.name}" for each in COMMANDS if not each.menu)
        return Card(joined(said("help.head", language), *shown, "", said("help.more", language), more))

    async def _language(self, arguments: str, place: Place, reader: Reader) -> Card:
        """The language that somebody is spoken to in from now on."""
        wanted = arguments.casefold()[:2]
        if wanted not in set(Language):
            return Card(said("usage.lang", reader.language))
        self._room.speak(place.user, Language(wanted))
        return Card(said("lang.set", Language(wanted)))

    async def _version(self, _: str, __: Place, ___: Reader) -> Card:
        return Card(f"Sorte {escaped(version('sorte'))}")

    async def _info(self, _: str, place: Place, reader: Reader) -> Card:
        told = {"chat": str(place.chat), "user": str(place.user), "topic": str(place.thread or "-")}
        return Card(said("info", reader.language, **told))

    async def _settings(self, _: str, __: Place, reader: Reader) -> Card:
        """What is set, other than by default; secrets are masked."""
        lines = "\n".join(_set(self._room.house.settings, ""))
        return Card(joined(bold(say("settings.head", reader.language)), block(lines or "-")))

    async def _reload(self, _: str, __: Place, reader: Reader) -> Card:
        return Card(said("settings.reload", reader.language))

    async def _web(self, _: str, place: Place, reader: Reader) -> Card:
        """A link that logs in once; at the name that a proxy serves the page under, where there is one.

        Whoever reads it can use it, so it is told in a chat of two alone.
        """
        house = self._room.house
        if place.chat != place.user:
            return Card(said("web.private", reader.language))
        if not house.address:
            return Card(said("web.none", reader.language))
        now_ns = self._room.now_ns()
        code = await asyncio.to_thread(lambda: house.store.entering.make_link(now_ns, owner=house.owner))
        names = house.settings.web.names
        link = login_link(f"https://{names[0]}" if names else house.address, code)
        how = "web.link" if names else "web.here"
        return Card(said(how, reader.language, link=link, minutes=LINK_NS // MINUTE_NS))

    async def _logs(self, arguments: str, __: Place, reader: Reader) -> Card:
        """The newest warnings and what is worse; where there is none, the newest lines at all."""
        most = min(int(arguments), MOST_LINES) if arguments.isdecimal() and len(arguments) < 5 else USUAL_LINES
        folder = folder_of(self._room.house.settings.data_dir)
        for level in ("warning", "info"):
            found = await asyncio.to_thread(Follower([folder], Wanted(level=level)).newest, most)
            if found:
                break
        return card_of(LogsShown(lines=found), reader)


def _set(section: BaseModel, prefix: str) -> list[str]:
    """`telegram.users = (42,)` for each setting that is not as it would be by itself."""
    lines = list[str]()
    for name, field in type(section).model_fields.items():
        value = getattr(section, name, None)
        if isinstance(value, BaseModel):
            lines += _set(value, f"{prefix}{name}.")
        elif value != field.get_default(call_default_factory=True, validated_data={}):
            lines.append(f"{prefix}{name} = {'***' if isinstance(value, SecretStr) else value}")
    return lines
