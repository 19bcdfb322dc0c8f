"""What the interpreter says back: the texts of `texts.toml`, and values as their owner would say them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Final

from core.contracts import Language
from core.formats import number, percent
from core.symbols import Parameter
from core.wording import Wording

WORDING: Final = Wording(Path(__file__).with_name("texts.toml"))
say = WORDING.say


def unit(counted: str, language: Language) -> str:
    """What a parameter is counted in, by its unit in the code."""
    return say(f"unit.{counted}", language) if f"unit.{counted}" in WORDING.texts else counted


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
    return say("or", language, most=", ".join(most), last=last) if most else last
