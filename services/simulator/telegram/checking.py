"""What a bot may send: lengths, buttons and commands as the Bot API holds them to its limits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from services.simulator.telegram.entities import MOST_ENTITIES, Shown, parse_html, units
from services.simulator.telegram.refusing import bad

LONGEST_TEXT: Final = 4096
LONGEST_CAPTION: Final = 1024
LONGEST_DATA: Final = 64
"""Bytes of a button's data."""
LONGEST_NOTICE: Final = 200
"""Characters of the answer to a press."""
MOST_COMMANDS: Final = 100
COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")
MOST_IN_ROW: Final = 8
MOST_BUTTONS: Final = 100


def shown_text(source: str, parse_mode: str) -> Shown:
    """The text of a message. Raises ApiRefusal."""
    shown = _parsed(source, parse_mode)
    if not shown.text.strip():
        raise bad("message text is empty")
    if units(shown.text) > LONGEST_TEXT:
        raise bad("message is too long")
    return shown


def shown_caption(source: str, parse_mode: str) -> Shown:
    """The words under a picture or a file. Raises ApiRefusal."""
    shown = _parsed(source, parse_mode)
    if units(shown.text) > LONGEST_CAPTION:
        raise bad("message caption is too long")
    return shown


def _parsed(source: str, parse_mode: str) -> Shown:
    if not parse_mode:
        return Shown(source, 0)
    if parse_mode.upper() != "HTML":
        raise bad("unsupported parse_mode")
    shown = parse_html(source)
    if shown.entities > MOST_ENTITIES:
        raise bad("too many entities")
    return shown


def checked_markup(markup: Any) -> list[list[dict[str, Any]]]:
    """The rows of an inline keyboard; none without one. Raises ApiRefusal."""
    if not markup:
        return []
    if not isinstance(markup, Mapping) or not isinstance(markup.get("inline_keyboard"), Sequence):
        raise bad("object expected as reply markup")
    rows = [list(row) for row in markup["inline_keyboard"]]
    for button in _buttons(rows):
        _check_button(button)
    if any(len(row) > MOST_IN_ROW for row in rows) or sum(map(len, rows)) > MOST_BUTTONS:
        raise bad("reply markup is too long")
    return [row for row in rows if row]


def _buttons(rows: list[list[Any]]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        for button in row:
            if not isinstance(button, Mapping):
                raise bad("object expected as button")
            yield button


def _check_button(button: Mapping[str, Any]) -> None:
    if not str(button.get("text", "")).strip():
        raise bad("inline keyboard button text is empty")
    if "url" in button:
        if not str(button["url"]).startswith(("http://", "https://", "tg://")):
            raise bad("inline keyboard button URL is invalid")
        return
    if not 1 <= len(str(button.get("callback_data", "")).encode()) <= LONGEST_DATA:
        raise bad("BUTTON_DATA_INVALID")


def checked_commands(commands: Any) -> list[dict[str, str]]:
    """A menu. Raises ApiRefusal."""
    if not isinstance(commands, Sequence) or len(commands) > MOST_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    for each in commands:
        if not COMMAND.fullmatch(str(each.get("command", ""))):
            raise bad("BOT_COMMAND_INVALID")
        if not 1 <= units(str(each.get("description", ""))) <= 256:
            raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
    return [{"command": str(each["command"]), "description": str(each["description"])} for each in commands]
