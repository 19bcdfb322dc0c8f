"""Any answer as lines of text, as the console says it: one wording for every surface."""

from __future__ import annotations

import io
from typing import Final

from rich.console import Console

from core.contracts.answers import Answer, ChangeEnded, DiffShown
from core.contracts.told import GateHeld, Step, Telling
from core.language import Language
from services.gateway.console.shown import Shown
from services.gateway.console.telling import fields_said, kind_said

WIDTH: Final = 100
MOST: Final = 160
"""Characters of a value in a line of the story."""


def text_of(told: Step | Answer, zone: str, language: Language) -> str:
    """The answer in words; nothing for what the page draws by itself."""
    if isinstance(told, DiffShown | GateHeld):
        return ""
    if isinstance(told, ChangeEnded):
        return told.reason or ""
    written = io.StringIO()
    console = Console(file=written, width=WIDTH, no_color=True, highlight=False, emoji=False, force_terminal=False)
    Shown(console, zone, language).show(told)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()).strip("\n")


def story_line(told: Telling, language: Language) -> tuple[str, str]:
    """What it is about, and what is told of it."""
    return kind_said(told, language), fields_said(told, language, most=MOST)
