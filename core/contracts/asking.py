"""What an owner asks of a commander, and the question that he may be asked back: one JSON line each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec

from core.contracts.answers import Answer
from core.contracts.events import Told
from core.contracts.told import Step, encode_line, fields_of, kind_of
from core.language import Language

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
        "profit",
        "trades",
        "compare",
        "why",
        "explain",
        "approve",
        "reject",
        "held",
        "trips",
        "trip",
        "periods",
        "performance",
        "stats",
        "count",
        "balance",
        "positions",
        "equity",
        "candles",
        "judged",
    ]
    text: str = ""
    yes: bool = False  # the owner confirms beforehand
    id: str = ""
    pair: str = ""  # whose position is to be closed, or what is asked about
    to: str | None = None
    steps: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 1
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 20
    all: bool = False  # also sentences that asked for no edit
    judged: bool = False  # of a history: without what was asked back, declined, or never judged
    asks: bool = False  # a rollback is asked about first, as one in a sentence is
    release: str = ""  # of round trips: a commit or a tree that decided an end of them, or the beginning of its name
    period: str = ""  # of a profit: today, yesterday, week, month, year, all, or a day; of periods: day, week, month
    timeframe: str = ""  # of candles: a multiple of what was recorded; empty: that
    at_ns: int | None = None  # the moment that is asked about
    holds: bool = False  # who asks does not wait for the owner's answer: the change is held until that comes
    hash: str = ""  # of what the owner was shown, and approves
    sure: bool = False  # he was asked a second time, where that is wanted
    owner: str = ""
    message: str = ""
    language: Language | None = None  # of the answer to what is not a sentence; None: the one that the commander speaks

    def spoken_in(self, language: Language) -> Question:
        """The same from an owner of that language. English is not sent: an older commander need not know the field."""
        return self if language is Language.EN else msgspec.structs.replace(self, language=language)


class Confirmation(Told, frozen=True, kw_only=True, tag="confirm"):
    """The owner is asked whether a change, a rollback or another deed shall be done."""

    id: str
    question: str  # in his language


class Word(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The owner's yes or no, or his words where they have yet to be understood."""

    confirm: bool | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class Last:
    """The answer itself, after which nothing comes."""

    answer: Answer


class _Frame(msgspec.Struct, frozen=True):
    """What else the line of an answer says."""

    last: bool = False


Line = Step | Answer | Confirmation
"""What comes before the answer; the owner's words at a question have answers of their own."""
_frame: Final = msgspec.json.Decoder(_Frame).decode
_line: Final = msgspec.json.Decoder(Line).decode
_answer: Final = msgspec.json.Decoder(Answer).decode


def encode_last(answer: Answer) -> bytes:
    """The line of the answer itself, without its end."""
    return encode_line({"kind": kind_of(answer), **fields_of(answer), "last": True})


def decode_line(line: bytes) -> Line | Last:
    """A line of an instance's. Raises msgspec.ValidationError for one that another version wrote."""
    return Last(_answer(line)) if _frame(line).last else _line(line)
