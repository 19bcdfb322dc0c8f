"""Words as chats shorten them, written out: `so compra c rsi abaixo d 33`, `u can set it w/ 10 bars`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from core.contracts import Language
from services.interpreter.grammar.normalise import Kind, Text

FILE: Final = Path(__file__).with_name("shorthand.toml")
SLASHED: Final = frozenset({"w", "c", "p"})
"""Written with a slash: `w/ rsi under 33`."""


def written_out(text: Text, language: Language) -> str:
    """The sentence with the shortened words of a language in full."""
    said, end = "", 0
    for place, token in enumerate(text.tokens):
        long = _long(language).get(token.key) if token.kind is Kind.WORD else None
        if long is None or token.start < end:
            continue
        said += text.lower[end : token.start] + long
        after = text.tokens[place + 1] if place + 1 < len(text.tokens) else None
        slashed = after is not None and after.key == "/" and token.key in SLASHED
        end = after.end if slashed and after is not None else token.end
        said += " " if slashed else ""
    return " ".join((said + text.lower[end:]).split()) if end else text.clean


@cache
def _long(language: Language) -> Mapping[str, str]:
    content: dict[str, dict[str, str]] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return content[language.value]
