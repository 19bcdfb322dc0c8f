"""The lines between a trader's process and its gateway; costs little to import.

What the trader tells is numbered, and kept until the gateway says that it has it written down: one that is killed in
between is told again, and puts nothing into the outbox twice.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from core.wording import Wording

if TYPE_CHECKING:
    from core.settings.gateway import TelegramSettings

WORDING: Final = Wording(Path(__file__).with_name("texts.toml"))
say = WORDING.say
BOT_NOTE: Final = "bot"
"""Under which the store has the mark of the bot that a gateway hears with; see `mark_of`."""
PID_FILE: Final = "gateway.pid"
"""Held by a gateway that runs on a data folder (see `core.presence`)."""
NOTHING: Final = msgspec.Raw(b"null")


class Passed(msgspec.Struct, frozen=True):
    """Something that the trader told; with NOTHING it is the good-bye."""

    number: int
    told: msgspec.Raw = NOTHING


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the gateway says: a line for the terminal, or which number it has written down."""

    text: str = ""
    heard: int = 0
    trouble: bool = False  # it is worth a line where nobody reads what is said, too


def mark_of(telegram: TelegramSettings) -> str:
    """Tells two bots apart, and nothing of their tokens; empty without one."""
    token = telegram.token.get_secret_value() if telegram.token is not None else ""
    return hashlib.sha256(f"{telegram.base_url} {token}".encode()).hexdigest()[:16] if token else ""
