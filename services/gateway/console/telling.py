"""One line of what a trader tells, for a person: the names and values of its fields, in his language."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.contracts import Language
from core.contracts.told import Telling, fields_of, kind_of
from core.formats import figure
from core.retelling import retold
from core.text import printable
from services.gateway.console.texts import named

CODES: Final = frozenset({"cause", "code"})
LEFT_OUT: Final = frozenset({"signals"})


def kind_said(told: Telling, language: Language) -> str:
    """What it is about, in one word."""
    return named("told", kind_of(told), language)


def fields_said(told: Telling, language: Language, *, most: int) -> str:
    """`pair=BTCUSDT  price=65000`; `most` characters of each value."""
    fields = ((name, value) for name, value in fields_of(told).items() if name not in LEFT_OUT)
    return "  ".join(
        f"{named('field', name, language)}={_value(name, value, language, most)}" for name, value in fields
    )


def _value(name: str, value: object, language: Language, most: int) -> str:
    if isinstance(value, float | Decimal):
        return figure(value, ".8g", language)
    said = str(value)
    return printable(named("cause", said, language) if name in CODES else retold(said, language), most=most)
