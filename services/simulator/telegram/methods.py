"""The methods of the Bot API that Sorte calls, each from its parameters to its result."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from services.simulator.telegram.checking import (
    LONGEST_NOTICE,
    checked_commands,
    checked_markup,
    shown_caption,
    shown_text,
)
from services.simulator.telegram.entities import units
from services.simulator.telegram.messages import BOT, Chats, Sent
from services.simulator.telegram.refusing import bad

Files = Mapping[str, tuple[str, bytes]]
"""Uploads by the name of their part: file name and content."""
NOT_MODIFIED: Final = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)
TOO_OLD: Final = "query is too old and response timeout expired or query ID is invalid"


class Methods:
    """They act on `chats`; `getUpdates` is the server's, since it waits."""

    def __init__(self, chats: Chats) -> None:
        self._chats = chats
        self._all: Final[Mapping[str, Callable[[Mapping[str, Any], Files], Any]]] = {
            "getMe": lambda _, __: {**BOT, "can_join_groups": True, "can_read_all_group_messages": False},
            "deleteWebhook": lambda _, __: True,
            "sendChatAction": lambda _, __: True,
            "sendMessage": self._send_message,
            "sendPhoto": self._send_file,
            "sendDocument": self._send_file,
            "editMessageText": self._edit_text,
            "editMessageMedia": self._edit_media,
            "editMessageReplyMarkup": self._edit_markup,
            "answerCallbackQuery": self._answer_press,
            "setMyCommands": self._set_commands,
        }

    def known(self, name: str) -> bool:
        """Whether there is such a method."""
        return name in self._all

    def call(self, name: str, given: Mapping[str, Any], files: Files) -> Any:
        """Its result. Raises ApiRefusal."""
        return self._all[name](given, files)

    def _send_message(self, given: Mapping[str, Any], _: Files) -> dict[str, Any]:
        source = str(given.get("text", ""))
        shown = shown_text(source, str(given.get("parse_mode", "")))
        return self._put(given, shown.text, source)

    def _send_file(self, given: Mapping[str, Any], files: Files) -> dict[str, Any]:
        kind = "photo" if "photo" in files or "photo" in given else "document"
        if kind not in files:
            raise bad(f"there is no {kind} in the request")
        source = str(given.get("caption", ""))
        shown = shown_caption(source, str(given.get("parse_mode", "")))
        name, content = files[kind]
        if not content:
            raise bad("file must be non-empty")
        return self._put(given, shown.text, source, kind=kind, file_name=name, content=content)

    def _put(self, given: Mapping[str, Any], text: str, source: str, **more: Any) -> dict[str, Any]:
        rows = checked_markup(given.get("reply_markup"))
        thread = given.get("message_thread_id")
        quiet = bool(given.get("disable_notification"))
        sent = self._chats.put(_chat(given), text, source, rows=rows, silent=quiet, thread=thread, **more)
        return sent.wire()

    def _edit_text(self, given: Mapping[str, Any], _: Files) -> dict[str, Any]:
        sent = self._found(given)
        if sent.kind != "text":
            raise bad("there is no text in the message to edit")
        source = str(given.get("text", ""))
        shown = shown_text(source, str(given.get("parse_mode", "")))
        return self._changed(sent, shown.text, source, checked_markup(given.get("reply_markup")))

    def _edit_media(self, given: Mapping[str, Any], files: Files) -> dict[str, Any]:
        sent, media = self._found(given), given.get("media")
        if not isinstance(media, Mapping) or media.get("type") not in ("photo", "document"):
            raise bad("can't parse media")
        part = str(media.get("media", "")).removeprefix("attach://")
        if part not in files:
            raise bad("wrong file identifier/HTTP URL specified")
        source = str(media.get("caption", ""))
        shown = shown_caption(source, str(media.get("parse_mode", "")))
        sent.kind, (sent.file_name, sent.content) = str(media["type"]), files[part]
        sent.edits.append(sent.text)
        sent.text, sent.source, sent.rows = shown.text, source, checked_markup(given.get("reply_markup"))
        return sent.wire()

    def _edit_markup(self, given: Mapping[str, Any], _: Files) -> dict[str, Any]:
        sent = self._found(given)
        return self._changed(sent, sent.text, sent.source, checked_markup(given.get("reply_markup")))

    def _found(self, given: Mapping[str, Any]) -> Sent:
        return self._chats.find(_chat(given), int(given.get("message_id", 0)))

    def _changed(self, sent: Sent, text: str, source: str, rows: list[list[dict[str, Any]]]) -> dict[str, Any]:
        if source == sent.source and rows == sent.rows:
            raise bad(NOT_MODIFIED)
        if source != sent.source:
            sent.edits.append(sent.text)
        sent.text, sent.source, sent.rows = text, source, rows
        return sent.wire()

    def _answer_press(self, given: Mapping[str, Any], _: Files) -> bool:
        press, said = str(given.get("callback_query_id", "")), str(given.get("text", ""))
        if self._chats.presses.get(press, "unknown") is not None:
            raise bad(TOO_OLD)
        if units(said) > LONGEST_NOTICE:
            raise bad("MESSAGE_TOO_LONG")
        self._chats.presses[press] = said
        return True

    def _set_commands(self, given: Mapping[str, Any], _: Files) -> bool:
        scope = given.get("scope") or {"type": "default"}
        language = str(given.get("language_code", ""))
        if language and len(language) != 2:
            raise bad("invalid language code specified")
        where = f"{scope.get('type')}:{scope.get('chat_id', '')}:{scope.get('user_id', '')}"
        self._chats.menus[where, language] = checked_commands(given.get("commands"))
        return True


def _chat(given: Mapping[str, Any]) -> int:
    try:
        return int(given["chat_id"])
    except (KeyError, ValueError):
        raise bad("chat not found") from None


def parameters(fields: Mapping[str, str]) -> dict[str, Any]:
    """The parameters of a form: what is JSON in it is read; texts stay texts."""
    return {name: value if name in ("text", "caption") else _read(value) for name, value in fields.items()}


def _read(value: str) -> Any:
    if not value or (value[0] not in "[{" and value not in ("true", "false") and not value.lstrip("-").isdigit()):
        return value
    try:
        return json.loads(value)
    except ValueError:
        raise bad("can't parse JSON object") from None
