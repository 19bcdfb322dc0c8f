"""Any answer as lines of text, as the console says it: one wording for every surface."""

from __future__ import annotations

import io
from typing import Final

from rich.console import Console

from core.contracts.answers import Answer, ChangeEnded, DiffShown, Held
from core.contracts.events import Decided, Filled
from core.contracts.told import GateHeld, Received, Step, Telling, kind_of
from core.formats import number
from core.language import Language
from core.text import one_line
from services.gateway.console.shown import Shown
from services.gateway.console.telling import fields_said
from services.gateway.ledger.words import reason_name
from services.gateway.web.texts import named, say

WIDTH: Final = 100
MOST: Final = 160
MOST_OF_LINE: Final = 400
"""Characters of a value in a line of the story, and of the whole line."""


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


def story_line(told: Telling, zone: str, language: Language) -> tuple[str, str]:
    """What it is about in a word or two, and what is told of it in one line."""
    return named("told", kind_of(told), language), one_line(_story(told, zone, language), most=MOST_OF_LINE, more="...")


def _story(told: Telling, zone: str, language: Language) -> str:
    match told:
        case Received(id=change):
            return say("story.received", language, id=change)
        case DiffShown(id=change):
            return say("story.edited", language, id=change)
        case Held(id=change):
            return say("story.held", language, id=change)
        case GateHeld(gate=gate):
            outcome = named("outcome", gate.outcome.value, language)
            name = named("gate", gate.name, language)
            return say("story.gate", language, gate=name, outcome=outcome, seconds=gate.seconds)
        case ChangeEnded(id=change, state=state, reason=reason):
            return say("story.ended", language, id=change, state=named("state", state, language), reason=reason or "")
        case Filled(side="BUY" | "SELL" as side, pair=pair, fee_asset=asset):
            amounts = {"quantity": told.quantity, "price": told.price, "fee": told.fee}
            figures = {name: number(amount, language) for name, amount in amounts.items()}
            return say(f"story.filled_{side.casefold()}", language, pair=pair, asset=asset, **figures)
        case Decided(action="buy" | "sell" as action, pair=pair, reason=reason):
            why, score, confidence = reason_name(reason, language), told.score, told.confidence
            return say(f"story.decided_{action}", language, pair=pair, reason=why, score=score, confidence=confidence)
        case _ if isinstance(told, Step | Answer):
            return text_of(told, zone, language)
        case _:
            return fields_said(told, language, most=MOST)
