"""Chats and what was said in them: what a bot sent, as its owner sees it, and the updates that it has yet to hear."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from services.simulator.telegram.refusing import bad

BOT: Final = {"id": 7000000001, "is_bot": True, "first_name": "Sorte", "username": "sorte_test_bot"}


@dataclass(slots=True)
class Sent:
    """One message of the bot's. `text` is what a reader sees, `source` what the bot sent."""

    message_id: int
    chat: int
    text: str
    source: str
    at: float  # of the clock that the model was given
    rows: list[list[dict[str, Any]]] = field(default_factory=list)
    kind: str = "text"  # text, photo or document
    file_name: str = ""
    content: bytes = b""
    silent: bool = False
    edits: list[str] = field(default_factory=list)  # what it said before
    thread: int | None = None

    @property
    def buttons(self) -> dict[str, str]:
        """What each button says, and its data or address."""
        return {
            str(each["text"]): str(each.get("callback_data") or each.get("url", ""))
            for row in self.rows
            for each in row
        }

    def wire(self) -> dict[str, Any]:
        """As the Bot API tells it."""
        told: dict[str, Any] = {
            "message_id": self.message_id,
            "date": int(self.at),
            "chat": chat_of(self.chat),
            "from": BOT,
        }
        match self.kind:
            case "photo":
                told["photo"] = [{"file_id": "p", "file_unique_id": "p", "width": 1, "height": 1}]
                told["caption"] = self.text
            case "document":
                told["document"] = {"file_id": "d", "file_unique_id": "d", "file_name": self.file_name}
                told["caption"] = self.text
            case _:
                told["text"] = self.text
        if self.rows:
            told["reply_markup"] = {"inline_keyboard": self.rows}
        return told


def chat_of(chat: int) -> dict[str, Any]:
    """A private chat, or with a negative number a group."""
    return (
        {"id": chat, "type": "private", "first_name": "Ana"}
        if chat > 0
        else {"id": chat, "type": "supergroup", "title": "T"}
    )


class Chats:
    """What was sent, and the updates that wait; `clock` gives seconds of the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.sent: dict[tuple[int, int], Sent] = {}
        self.updates: list[dict[str, Any]] = []
        self.presses: dict[str, str | None] = {}  # id -> what its answer said; None for one without an answer
        self.menus: dict[tuple[str, str], list[dict[str, str]]] = {}
        self.on_update: Callable[[], None] = _nobody
        self._message_ids, self._update_ids = itertools.count(101), itertools.count(9001)

    # The bot's side ---------------------------------------------------------------------------------------------------

    def put(self, chat: int, text: str, source: str, **more: Any) -> Sent:
        """A new message of the bot's."""
        sent = Sent(next(self._message_ids), chat, text, source, self.clock(), **more)
        self.sent[chat, sent.message_id] = sent
        return sent

    def find(self, chat: int, message_id: int) -> Sent:
        """One of the bot's messages. Raises ApiRefusal."""
        try:
            return self.sent[chat, message_id]
        except KeyError:
            raise bad("message to edit not found") from None

    def in_chat(self, chat: int) -> list[Sent]:
        """The bot's messages, oldest first."""
        return [sent for (where, _), sent in self.sent.items() if where == chat]

    # The owner's side -------------------------------------------------------------------------------------------------

    def push(self, update: dict[str, Any]) -> int:
        """An update that the bot is to hear; its number."""
        number = next(self._update_ids)
        self.updates.append({"update_id": number, **update})
        self.on_update()
        return number

    def says(self, chat: int, user: int, text: str, **odd: Any) -> int:
        """A person writes; `odd` are further fields of the message, or other values of the usual ones."""
        return self.push({"message": self.message(chat, user, text, **odd)})

    def message(self, chat: int, user: int, text: str, **odd: Any) -> dict[str, Any]:
        """A message of a person's, on the wire."""
        return {
            "message_id": next(self._message_ids),
            "date": int(self.clock()),
            "chat": chat_of(chat),
            "from": {"id": user, "is_bot": False, "first_name": "Ana"},
            "text": text,
            **odd,
        }

    def press(self, sent: Sent, data: str, user: int, **odd: Any) -> str:
        """A person presses a button; the id of the press."""
        press = f"press{next(self._message_ids)}"
        self.presses[press] = None
        told = {"id": press, "from": {"id": user, "is_bot": False, "first_name": "Ana"}, "chat_instance": "1"}
        self.push({"callback_query": {**told, "message": sent.wire(), "data": data, **odd}})
        return press


def _nobody() -> None:
    """Nobody waits for updates."""
