"""Twice of what was said before: `stop 3%, take twice that` says 6%, and not twice of what the take is now."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

FACTORS: Final = {
    **dict.fromkeys(("half", "metade"), Decimal("0.5")),
    **dict.fromkeys(("twice", "double", "dobro"), Decimal(2)),
    **dict.fromkeys(("triple", "triplo"), Decimal(3)),
}
OF_THAT: Final = re.compile(
    r"(?<![\d.,])(?P<number>\d{1,6}(?:[.,]\d{1,6})?)"
    r"(?P<unit> ?(?:%|percent|por cento|s|seconds|segundos|minutes|minutos|min)?)"
    r"(?P<between>[ ,;]+(?:(?:and|e|the|o) )*"
    r"(?:take(?: profit)?|stop(?: loss)?|trailing(?: stop)?|target|alvo|tp|sl)"
    r"(?: (?:to|at|of|is|be|em|de|no|com|na|o|do|a))* )"
    r"(?P<factor>twice|double|half|triple|dobro|metade|triplo) "
    r"(?:(?:of )?(?:that|this)|disso|disto|dele|(?:of )?the (?:stop|take)|do (?:stop|take))\b",
    re.IGNORECASE,
)


def counted_out(text: str) -> str:
    """The sentence with the amount that is meant."""
    return OF_THAT.sub(_counted, text)


def _counted(found: re.Match[str]) -> str:
    value = Decimal(found["number"].replace(",", ".")) * FACTORS[found["factor"].lower()]
    return f"{found['number']}{found['unit']}{found['between']}{value.normalize():f}{found['unit']}"
