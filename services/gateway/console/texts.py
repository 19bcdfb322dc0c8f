"""What a person reads on a terminal, in the language that he is spoken to in; `texts.toml` holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.contracts import Language
from core.retelling import Retelling

WORDING: Final = Retelling(Path(__file__).with_name("texts.toml"), ("why", "summary", "about", "reason"))
say = WORDING.say


def named(kind: str, name: str, language: Language) -> str:
    """The name that a person knows a gate, a state or a figure by; its own where he has no other."""
    return say(f"{kind}.{name}", language) if f"{kind}.{name}" in WORDING.texts else name
