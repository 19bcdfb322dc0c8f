"""Numbers of an edit that its sentence does not say so: a minus that is part of the value, a trade of two values."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from core.contracts import EditPlan, SetParameter

PLACED: Final = re.compile(r"(?:\b(?:of|to|at|is|em|para|pra|de|e) |[=:] )- (\d*[.,]?\d+)")
"""A negative number that is said to be the value: `flow weight of -0.1` takes nothing off."""
SWAPPED: Final = re.compile(r"\b(?:swap|replace|troca|troque)\b\D*(\d+) (?:for|with|by|por|pela|pelo) (\d+)")
WEIGHTS: Final = {
    "weight_technical": re.compile(r"\b(?:technicals?|chart|tecnico|grafico)\b"),
    "weight_orderbook": re.compile(r"\b(?:order ?book|book|livro)\b"),
    "weight_flow": re.compile(r"\b(?:flow|fluxo)\b"),
    "weight_qlearning": re.compile(r"\b(?:q )?(?:learning|table|tabela)\b"),
}
EACH: Final = re.compile(r"\b(?:each|both|all (?:three|four)|cada|ambos|os (?:dois|tres|quatro))\b")
"""Beside these every weight that is said is one that is set."""


def is_misread(plan: EditPlan, said: str) -> bool:
    """Whether a value of the plan is not what the words say."""
    settings = [each for each in plan.operations if isinstance(each, SetParameter)]
    return (bool(EACH.search(said)) and _is_short_of_one(settings, said)) or any(
        _is_a_minus(each, said) or _is_swapped(each, said) for each in settings
    )


def _is_short_of_one(settings: list[SetParameter], said: str) -> bool:
    """Whether weights are set, and not all that are said."""
    names = {each.name for each in settings}
    named = {name for name, word in WEIGHTS.items() if word.search(said)}
    return bool(names & set(WEIGHTS)) and not named <= names


def _is_a_minus(each: SetParameter, said: str) -> bool:
    """Whether it takes off what is said to be the value."""
    down = Decimal(repr(each.was)) - Decimal(repr(each.value))
    sizes = ("1", "60", "3600") if each.name.endswith("seconds") else ("1", "0.01")
    minus = [Decimal(found[1].replace(",", ".")) for found in PLACED.finditer(said)]
    return any(down == number * Decimal(size) for number in minus for size in sizes)


def _is_swapped(each: SetParameter, said: str) -> bool:
    """Whether a period takes the place of another that it is not."""
    swapped = SWAPPED.search(said)
    return swapped is not None and each.name.startswith("ema_") and Decimal(swapped[1]) != Decimal(repr(each.was))
