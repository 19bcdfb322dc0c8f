"""Numbers and moments as their owner writes them: 1,234.56 and 2026-11-27 14:05, or 1.234,56 and 27/11/2026 14:05.

For what a person reads. Keys, codes and what a program reads (`--json`, journals, files) are written by nothing here.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from core.language import Language
from core.zone import local_time

SWAPPED: Final = str.maketrans(",.", ".,")
DAYS: Final[Mapping[Language, str]] = MappingProxyType({Language.EN: "%Y-%m-%d", Language.PT: "%d/%m/%Y"})
SHORT_DAYS: Final[Mapping[Language, str]] = MappingProxyType({Language.EN: "%m-%d", Language.PT: "%d/%m"})


def figure(value: float | Decimal, form: str, language: Language) -> str:
    """A number in a form of Python's (`,.2f`, `+.1%`), with the marks of that language between its digits."""
    return localised(format(value, form), language)


def localised(number: str, language: Language) -> str:
    """A number that is written as in English (1,234.56), with the marks of that language between its digits."""
    return number.translate(SWAPPED) if language is Language.PT else number


def number(value: Decimal | float, language: Language) -> str:
    """A number without exponent and without zeros at its end: all the digits that it has."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = f"{exact:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if language is Language.PT else text


def percent(value: Decimal | float, language: Language) -> str:
    """A fraction as a percentage, all of its digits."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return number(exact * 100, language) + "%"


def moment(time_ns: int, zone: str, language: Language) -> str:
    """A moment by the clock of `zone`, to the minute: 2026-11-27 14:05, or 27/11/2026 14:05."""
    return written(local_time(time_ns, zone), language)


def written(local: datetime, language: Language) -> str:
    """The same of a moment that is local already."""
    return f"{local:{DAYS[language]} %H:%M}"


def day(local: date, language: Language) -> str:
    """2026-11-27, or 27/11/2026."""
    return f"{local:{DAYS[language]}}"


def short_moment(time_ns: int, zone: str, language: Language) -> str:
    """A moment of this year to the second: 11-27 14:05:09, or 27/11 14:05:09."""
    return f"{local_time(time_ns, zone):{SHORT_DAYS[language]} %H:%M:%S}"


class Filling(string.Formatter):
    """`str.format` whose numbers with a form (`{share:.1%}`) are written as that language does."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        """One value in its place. A number without a form is one that a sentence repeats as it was said."""
        if format_spec and isinstance(value, int | float | Decimal):
            return figure(value, format_spec, self._language)
        return str(super().format_field(value, format_spec))
