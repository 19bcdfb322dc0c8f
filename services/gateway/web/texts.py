"""What the page says, in the language of who reads it; `texts.toml` holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.language import Language
from core.retelling import Retelling
from services.gateway.console import texts as console

WORDING: Final = Retelling(Path(__file__).with_name("texts.toml"), ("why", "reason", "detail"))
say = WORDING.say


def named(kind: str, name: str, language: Language) -> str:
    """The name that a person knows a gate, a state or a code by: this page's, the console's, or its own."""
    if f"{kind}.{name}" in WORDING.texts:
        return say(f"{kind}.{name}", language)
    return console.named(kind, name, language)
