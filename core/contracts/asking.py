"""What an owner asks of a commander, and the question that he may be asked back: one JSON line each."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from core.contracts.answers import Answer
from core.contracts.events import Told
from core.contracts.told import Step

MOST: Final = 1000
"""Releases to go back, or lines to show."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question. `owner` and `message` say who asks and where; a local socket fills them in itself."""

    do: Literal[
        "change",
        "history",
        "show",
        "diff",
        "rollback",
        "upgrade",
        "status",
        "pause",
        "resume",
        "panic",
        "unkill",
        "close",
        "listen",
    ]
    text: str = ""
    yes: bool = False  # the owner confirms beforehand
    id: str = ""
    pair: str = ""  # whose position is to be closed
    to: str | None = None
    steps: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 1
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 20
    all: bool = False  # also sentences that asked for no edit
    judged: bool = False  # of a history: without what was asked back, declined, or never judged
    asks: bool = False  # a rollback is asked about first, as one in a sentence is
    owner: str = ""
    message: str = ""


class Confirmation(Told, frozen=True, kw_only=True, tag="confirm"):
    """The owner is asked whether a change, a rollback or another deed shall be done."""

    id: str
    question: str  # in his language


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The owner's yes or no, or his words where they have yet to be understood."""

    confirm: bool | None = None
    said: str = ""


class _Framed(msgspec.Struct, frozen=True):
    """Of a line only whether it is the answer, after which nothing comes."""

    last: bool = False


Line = Step | Answer | Confirmation
decode_line: Final = msgspec.json.Decoder(Line).decode
"""A line of an answer; msgspec.ValidationError for one that another version wrote and that is not known here."""
_decode_frame: Final = msgspec.json.Decoder(_Framed).decode


def is_last(line: bytes) -> bool:
    """Whether a line is the answer itself."""
    return _decode_frame(line).last
