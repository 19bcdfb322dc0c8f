"""The sentences that the owner reads, in his language; `texts.toml` holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.contracts import Change
from core.retelling import Retelling

WORDING: Final = Retelling(Path(__file__).with_name("texts.toml"), ("detail", "why", "finding", "summary", "history"))
say = WORDING.say


def confirmation(change: Change) -> str:
    """The question whether a change, a rollback or another deed shall be done, to who types his answer."""
    return f"{asked(change)} {say('yes_no', change.language)}"


def asked(change: Change) -> str:
    """The same to who presses a button."""
    understood, language = change.interpretation, change.language
    if understood is not None and understood.action is not None and understood.action.name == "close":
        figures = understood.action.args
        return say("confirm_close" if figures.get("price") else "confirm_close_kept", language, **figures)
    return say("confirm" if change.candidate is not None else "confirm_back", language)
