"""The sentences that the owner reads, in his language; `texts.toml` holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.contracts import Change, Language
from core.retelling import retold
from core.wording import Wording

WORDING: Final = Wording(Path(__file__).with_name("texts.toml"))
RETOLD: Final = frozenset({"detail", "why", "finding", "summary"})
"""What is filled in that code says in English by itself."""


def say(text: str, language: Language | None = None, /, **values: object) -> str:
    """The text of that name in that language, or in the owner's. KeyError when it, or a value of it, is missing."""
    told = {
        name: retold(value, language) for name, value in values.items() if name in RETOLD and isinstance(value, str)
    }
    return WORDING.say(text, language, **(values | told))


def confirmation(change: Change) -> str:
    """The question whether a change, a rollback or another deed shall be done."""
    understood, language = change.interpretation, change.language
    if understood is not None and understood.action is not None and understood.action.name == "close":
        figures = understood.action.args
        return say("confirm_close" if figures.get("price") else "confirm_close_kept", language, **figures)
    return say("confirm" if change.candidate is not None else "confirm_back", language)
