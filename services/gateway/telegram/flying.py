"""What was on its way to a chat when we died: Telegram takes no key by which it would know a message that comes twice.

Before a message is sent it is noted what it is for, and which was the last one of its chat. A chat takes one message at
a time; so whatever has come behind that one since is the message itself, which can then be looked for.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from core.errors import first_line
from core.telemetry import get_logger
from services.gateway.store.notes import Notes

log = get_logger()

NOTE: Final = "telegram.flying"


class Flight(msgspec.Struct, frozen=True):
    """One message."""

    key: str  # what it is for
    after: int  # id of the last message of the chat before it


@dataclass(slots=True)
class Saying:
    """What is being answered or told; its messages are counted."""

    name: str
    count: int = 0

    @property
    def key(self) -> str:
        """Of its next message; the same after a restart, when the same is said again."""
        return f"{self.name}:{self.count + 1}"


_saying: ContextVar[Saying | None] = ContextVar("saying", default=None)


@contextlib.contextmanager
def saying(name: str) -> Iterator[None]:
    """What is sent within the block, and in tasks that it begins, is for that."""
    before = _saying.set(Saying(name))
    try:
        yield
    finally:
        _saying.reset(before)


def coming_key() -> str:
    """Of the next message; empty for one that nobody will look for."""
    said = _saying.get()
    return said.key if said is not None else ""


def next_key() -> str:
    """The same, and it is the next one's no more."""
    key, said = coming_key(), _saying.get()
    if said is not None:
        said.count += 1
    return key


class Flights:
    """The last one to each chat: those that the process before us left, and ours."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self.left: dict[int, Flight] = _read(notes)
        self._flying = dict(self.left)
        self._writing = threading.Lock()  # two chats are spoken to at once

    def begin(self, chat: int, key: str, after: int | None) -> None:
        """It is about to be sent. Where nothing can be written it is sent all the same."""
        with self._writing:
            if after is None:
                self._flying.pop(chat, None)
            else:
                self._flying[chat] = Flight(key, after)
            try:
                self._notes.set(NOTE, msgspec.json.encode(self._flying).decode())
            except SQLAlchemyError as error:
                log.warning("telegram.not_written", why=first_line(error, typed=True))

    def took_off(self, chat: int, key: str) -> int | None:
        """Behind which message it is to be looked for, if it was on its way when the process before us died. Once."""
        flight = self.left.get(chat)
        if not key or flight is None or flight.key != key:
            return None
        return self.left.pop(chat).after


def _read(notes: Notes) -> dict[int, Flight]:
    try:
        return msgspec.json.decode(notes.get(NOTE) or "{}", type=dict[int, Flight])
    except (msgspec.MsgspecError, SQLAlchemyError):
        return {}
