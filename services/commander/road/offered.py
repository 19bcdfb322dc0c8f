"""A question with its offers in one line, as its owner reads them: numbered, so that he can say the number."""

from __future__ import annotations

from collections.abc import Callable

from core.contracts import Interpretation, Language, Offer, Operation
from core.symbols import Symbols

Describe = Callable[[Operation, Symbols, Language, str], str]


def question(asked: Interpretation, symbols: Symbols, describe: Describe, zone: str) -> str:
    """`Which one? 1) stop_loss: 2% -> 3%; 2) stop_loss: 2% -> 2.02%`."""
    told = [_line(offer, symbols, describe, asked.language, zone) for offer in asked.offers]
    numbered = "; ".join(f"{place}) {line}" for place, line in enumerate(told, 1))
    return " ".join(part for part in (asked.question or "", numbered) if part)


def _line(offer: Offer, symbols: Symbols, describe: Describe, language: Language, zone: str) -> str:
    if offer.plan is not None:
        return " + ".join(describe(operation, symbols, language, zone) for operation in offer.plan.operations)
    action = offer.action
    return " ".join((f"/{action.name}", *map(str, action.args.values()))) if action is not None else ""
