"""The held-out sets as they lie in tests/interpreter/held_out, and what one sentence or dialogue expects.

There are three sets, each written by someone who knew none of the rules that it measures. Rules have been made for the
kinds of the first, of the second, and of the opened half of the third since then; nobody who works on them reads its
other half, which alone is called the third here. All are frozen by their hash.
An answer of a record is a `plan`, an `action` (with `any_args` when only its name counts) or `open`: a question without
an offer.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

FOLDER: Final = Path(__file__).parents[2] / "tests" / "interpreter" / "held_out"
FROZEN: Final = {
    "pt.jsonl": "dd57f9666d2e9da120601bc5592e8205a897a24e2678dd4c8b6064f39b0f8454",
    "en.jsonl": "fc3b50deedb5c12020e321474334efe653c19108ed7880ae88e06ee1e94101b8",
    "dialogues.jsonl": "7b71e4ab1881b90b46baef32c4c53febac656757a151dac4823e715da9822964",
    "second_pt.jsonl": "d50e43162588fcd6ea7e33a48ee45f9104f3541462ecdc29c8ca0993a8bee6e3",
    "second_en.jsonl": "cb962a27416f0bd7d02fc8e741cae82fefd14a4596f7f37e153f64328827a64d",
    "second_dialogues.jsonl": "ff3e0699ae0831f7fd4df3e2bb6def791fb9ce404b079af2911a96c722712cc3",
    "opened_pt.jsonl": "256c2ffb3e3975f4d4d3f8c288212d89154d52a98070271c35d65336208a4975",
    "opened_en.jsonl": "d43a9f61a2a016f9049bcdde04dcc9f27373274b148b6ea236f74f2fd1ea11a1",
    "opened_dialogues.jsonl": "89c89bd7a4c5ebd6d40f6a35f9eb72cfa85fa141b6616e8c11d97e366f1f9b8b",
    "third_pt.jsonl": "5ea715e33aed2646cb8d93193449c967bd6a71f34f923cd08cc0c05d0a6fa3a1",
    "third_en.jsonl": "2f83501cdbf7e63857da24b7fc021839c2df200b542f29a8c209f760453ac5a7",
    "third_dialogues.jsonl": "b107f19e12674b8e96e6aa706368efdc8e98a06daccf4432505adeb9ddacf938",
}
"""SHA-256 of each file. A rule is changed to fit a set that is known, never a set to fit a rule."""

Which = Literal["first", "second", "opened", "third"]
PREFIXES: Final[dict[Which, str]] = {"first": "", "second": "second_", "opened": "opened_", "third": "third_"}
"""Of the names of a set's files."""

LANGUAGES: Final = {"pt": "Portuguese", "en": "English"}


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One answer that a reasonable person would accept."""

    plan: list[dict[str, Any]] | None = None
    action: dict[str, Any] | None = None
    any_args: bool = False
    open: bool = False  # a question that offers nothing


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`do` expects a plan or action, `ask` a question, `either` one of both, `nothing` that nothing is edited."""

    text: str
    language: Literal["pt", "en"]
    family: str
    want: Literal["do", "ask", "either", "nothing"]
    answers: tuple[Answer, ...] = ()
    trap: bool = False  # it must not even be offered an edit
    world: Literal["shipped", "grown", "paused"] = "shipped"


class Dialogue(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Turns of an owner, and what stands after the last one."""

    turns: tuple[str, ...]
    language: Literal["pt", "en"]
    family: str
    want: Literal["do", "nothing"]
    answers: tuple[Answer, ...] = ()
    confirmed: bool = False  # the owner has said yes to what stands
    offer: int | None = None  # what stands is this offer of the first turn's question, from 1


def sentences(which: Which = "first") -> list[Sentence]:
    """A set's, in both languages."""
    return [
        msgspec.json.decode(line, type=Sentence)
        for language in LANGUAGES
        for line in (FOLDER / f"{PREFIXES[which]}{language}.jsonl").read_bytes().splitlines()
    ]


def dialogues(which: Which = "first") -> list[Dialogue]:
    """A set's, in both languages."""
    lines = (FOLDER / f"{PREFIXES[which]}dialogues.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Dialogue) for line in lines]


def digest(name: str) -> str:
    """Of a file as it lies there."""
    return hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()
