"""The sentences that the owner reads, in his language; `texts.toml` holds them."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.contracts import Change, Language


@functools.cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))


def confirmation(change: Change) -> str:
    """The question whether a change, a rollback or another deed shall be done."""
    understood, language = change.interpretation, change.language
    if understood is not None and understood.action is not None and understood.action.name == "close":
        figures = understood.action.args
        return say("confirm_close" if figures.get("price") else "confirm_close_kept", language, **figures)
    return say("confirm" if change.candidate is not None else "confirm_back", language)


def say(name: str, language: Language | None, **values: Any) -> str:
    """The sentence of that name. KeyError when it or a value of it is missing, which a test finds for each."""
    return _texts()[name][language or Language.EN].format(**values)
