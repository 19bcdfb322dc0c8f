"""Buttons: what each carries, in 64 bytes at most, and how it is read when it is pressed.

A button carries a verb and a short name: of a row of ours where it gives anything authority, else of what is to be
shown again. What it says has to be looked up; a press is no proof of anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

LONGEST_DATA: Final = 64
"""Bytes, by the Bot API."""
ARGUMENT: Final = re.compile(r"[\x21-\x7e][\x20-\x7e]*")


class Verb(StrEnum):
    """What a button does."""

    SHOW = "s"  # a command that only shows, once more, in place of what was there
    GO = "g"  # an approval, the first time
    SURE = "y"  # the same, the second time
    LEAVE = "n"  # not
    OFFER = "o"  # one of the offers of a question
    ASK = "q"  # a command that acts; it asks by itself where that is due


class Style(StrEnum):
    """The colour of a button, where the phone knows it."""

    GOOD = "success"
    GRAVE = "danger"
    USUAL = "primary"


@dataclass(frozen=True, slots=True)
class Button:
    """One button; with `address` it opens that instead. ValueError for data that no button can carry."""

    text: str
    verb: Verb = Verb.SHOW
    argument: str = ""
    style: Style | None = None
    address: str = ""

    def __post_init__(self) -> None:
        if not self.address and not fits(self.verb, self.argument):
            raise ValueError(f"a button cannot carry {self.verb}:{self.argument!r}")

    @property
    def data(self) -> str:
        """What Telegram sends back."""
        return f"{self.verb}:{self.argument}"


Rows = tuple[tuple[Button, ...], ...]


def fits(verb: Verb, argument: str) -> bool:
    """Whether a button can carry that."""
    return ARGUMENT.fullmatch(argument) is not None and len(f"{verb}:{argument}".encode()) <= LONGEST_DATA


def read_data(data: str) -> tuple[Verb, str] | None:
    """The verb and its argument; None for what no button of ours carries."""
    verb, colon, argument = data.partition(":")
    if not colon or verb not in set(Verb) or not fits(Verb(verb), argument):
        return None
    return Verb(verb), argument
