"""What the interpreter says back: the sentences of `wording.toml`, and values as their owner would say them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from core.contracts import Language
from core.symbols import Parameter

FILE: Final = Path(__file__).with_name("wording.toml")

UNITS: Final = {
    "of entry price": ("fração do preço de entrada", "a fraction of the entry price"),
    "of best price": ("fração do melhor preço", "a fraction of the best price"),
    "of equity": ("fração do patrimônio", "a fraction of the equity"),
    "seconds": ("segundos", "seconds"),
    "bars": ("períodos", "bars"),
    "RSI points": ("pontos de RSI", "RSI points"),
    "weight": ("peso", "weight"),
    "score": ("pontuação", "score"),
    "ratio": ("razão", "a ratio"),
    "standard deviations": ("desvios padrão", "standard deviations"),
}


def say(case: str, language: Language, **values: object) -> str:
    """The sentence of a case."""
    return sentences()[case][language.value].format(**values)


@cache
def sentences() -> Mapping[str, Mapping[str, str]]:
    """Every case, read once."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def number(value: Decimal | float, language: Language) -> str:
    """A number without exponent and without zeros at its end; a comma in Portuguese."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = f"{exact:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if language is Language.PT else text


def percent(value: Decimal | float, language: Language) -> str:
    """A fraction as a percentage."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    return number(exact * 100, language) + "%"


def unit(parameter: Parameter, language: Language) -> str:
    """What a parameter is counted in."""
    portuguese, english = UNITS.get(parameter.range.unit, (parameter.range.unit, parameter.range.unit))
    return portuguese if language is Language.PT else english


def amount(value: Decimal | float, parameter: Parameter, language: Language) -> str:
    """A parameter's value as its owner would say it."""
    if parameter.range.unit.startswith("of "):
        return percent(value, language)
    if parameter.range.unit == "seconds":
        return f"{number(value, language)} s"
    return number(value, language)


def listed(names: Iterable[str], language: Language) -> str:
    """`a, b or c`."""
    *most, last = tuple(names) or ("",)
    joined = " ou " if language is Language.PT else " or "
    return f"{', '.join(most)}{joined}{last}" if most else last
