"""What the bot says, in the language that its owner is spoken to in; `texts.toml` holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from core.language import Language
from core.retelling import Retelling
from services.gateway.telegram.markup import escaped

WORDING: Final = Retelling(Path(__file__).with_name("texts.toml"), ("why", "reason"))
say = WORDING.say


def said(text: str, language: Language | None = None, /, **values: object) -> str:
    """The same as HTML: the text is ours and may have tags, what is filled in is anybody's and has none."""
    safe = {name: escaped(value) if isinstance(value, str) else value for name, value in values.items()}
    return say(text, language, **safe)


def known(text: str) -> bool:
    """Whether there is a text of that name."""
    return text in WORDING.texts
