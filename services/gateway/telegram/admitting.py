"""Who is heard, and what of what he sends: decided from the update alone, before anything is done.

Only a listed person in a listed chat, only a message that he wrote himself, as it was first sent, and not long ago. The
same goes for buttons: whoever sees one is not who may press it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.gateway.telegram.updates import Message, Press, Update, User

FRESH_SECONDS: Final = 60
"""An older message is told, and not done: its writer may have changed his mind, or given up waiting."""
LONGEST_COMMAND: Final = 32


class Unheard(StrEnum):
    """Why an update does nothing."""

    OTHER = "other"  # a kind that says nothing to us
    STRANGER = "stranger"
    CHANNEL = "channel"
    EDITED = "edited"
    FORWARDED = "forwarded"
    VIA_BOT = "via_bot"
    STALE = "stale"
    EMPTY = "empty"  # a picture, a sticker, a voice
    ELSEWHERE = "elsewhere"  # a command for another bot of the group


@dataclass(frozen=True, slots=True)
class Access:
    """Who may say something, and where. With either list empty nobody may."""

    users: frozenset[int]
    chats: frozenset[int]

    def admits(self, user: int, chat: int) -> bool:
        """Whether this person is heard in this chat. A chat with one person (its number is his) is nobody else's."""
        return user in self.users and chat in self.chats and (chat < 0 or chat == user)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer goes, and who asked."""

    user: int
    chat: int
    message: int
    thread: int | None = None
    spoken: str = ""  # language of his phone, as IETF names it


@dataclass(frozen=True, slots=True)
class Command:
    """`/name arguments`, the name without its slash and in small letters."""

    place: Place
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence."""

    place: Place
    text: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button. `data` is what it carries, and is to be believed only as far as our own records say the same."""

    place: Place
    id: str
    data: str
    editable: bool = True  # it hangs at a text; that of a picture or a file is another thing


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing is done. With a place its writer is one of ours, and is told why."""

    why: Unheard
    place: Place | None = None
    press: str = ""  # of a press: its id, which wants an answer all the same
    user: int | None = None  # of a stranger


Heard = Command | Words | Pressed | Ignored


def admit(update: Update, access: Access, own_name: str, now: float, *, deaf_seconds: float = 0.0) -> Heard:
    """What an update comes to at `now`, in seconds of the epoch.

    A press carries no time of its own. One that comes after we heard nothing for `deaf_seconds` may be as old as that.
    """
    if update.callback_query is not None:
        return _admit_press(update.callback_query, access, deaf_seconds)
    if update.message is not None:
        return _admit_message(update.message, access, own_name, now)
    if (edited := update.edited_message) is not None:
        return _refused(edited, access) or Ignored(Unheard.EDITED, _place(edited))
    return Ignored(Unheard.OTHER)


def _admit_message(message: Message, access: Access, own_name: str, now: float) -> Heard:
    if (refused := _refused(message, access)) is not None:
        return refused
    place = _place(message)
    if (why := _second_hand(message)) is not None:
        return Ignored(why, place)
    if abs(now - message.date) > FRESH_SECONDS:
        return Ignored(Unheard.STALE, place)
    text = message.text.strip()
    if not text:
        return Ignored(Unheard.EMPTY, place)
    if not text.startswith("/"):
        return Words(place, text)
    called, _, arguments = text[1:].partition(" ") if " " in text else text[1:].partition("\n")
    name, _, bot = called.partition("@")
    if bot and bot.casefold() != own_name.casefold():
        return Ignored(Unheard.ELSEWHERE)
    return Command(place, name.casefold()[:LONGEST_COMMAND], arguments.strip())


def _admit_press(press: Press, access: Access, deaf_seconds: float) -> Heard:
    message = press.message
    if press.sender.is_bot or message is None or message.chat.type == "channel":
        return Ignored(Unheard.STRANGER, press=press.id, user=press.sender.id)
    if not access.admits(press.sender.id, message.chat.id):
        return Ignored(Unheard.STRANGER, press=press.id, user=press.sender.id)
    spoken = press.sender.language_code
    place = Place(press.sender.id, message.chat.id, message.message_id, _thread(message), spoken)
    if deaf_seconds > FRESH_SECONDS:
        return Ignored(Unheard.STALE, place, press=press.id)
    return Pressed(place, press.id, press.data, bool(message.text))


def _refused(message: Message, access: Access) -> Ignored | None:
    """Why nobody of ours has written it."""
    if message.chat.type == "channel" or message.sender_chat is not None:
        return Ignored(Unheard.CHANNEL)
    if message.sender is None or message.sender.is_bot:
        return Ignored(Unheard.STRANGER, user=message.sender.id if message.sender else None)
    if not access.admits(message.sender.id, message.chat.id):
        return Ignored(Unheard.STRANGER, user=message.sender.id)
    return None


def _second_hand(message: Message) -> Unheard | None:
    if message.edit_date is not None:
        return Unheard.EDITED
    if message.forward_origin is not None or message.forward_date is not None or message.is_automatic_forward:
        return Unheard.FORWARDED
    return Unheard.VIA_BOT if message.via_bot is not None else None


def _place(message: Message) -> Place:
    sender = message.sender or User(0)
    return Place(sender.id, message.chat.id, message.message_id, _thread(message), sender.language_code)


def _thread(message: Message) -> int | None:
    """The topic of a forum; a reply in any other group has a thread too, in which nothing can be sent."""
    return message.message_thread_id if message.is_topic_message else None
