"""Numbers of an edit that its sentence does not say so: a minus that is part of the value, a trade of two values."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from core.contracts import EditPlan, SetParameter

PLACED: Final = re.compile(r"(?:\b(?:of|to|at|is|em|para|pra|de|e) |[=:] )- (\d*[.,]?\d+)")
"""A negative number that is said to be the value: `flow weight of -0.1` takes nothing off."""
BOUNDED: Final = re.compile(
    r"\b(?:(?:menos|mais|abaixo|acima|inferior|superior|maior|menor) (?:de|que|do que|a)|"
    r"(?:less|more|greater|lower|higher|smaller|fewer|tighter|wider|shorter|longer) than|below|above|under|"
    r"over) (\d*[.,]?\d+)"
)
"""A bound, which is no step: `stop menos de 3%` takes nothing off."""
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
        _is_a_minus(each, said) or _is_a_step(each, said) or _is_swapped(each, said) for each in settings
    )


def _is_short_of_one(settings: list[SetParameter], said: str) -> bool:
    """Whether weights are set, and not all that are said."""
    names = {each.name for each in settings}
    named = {name for name, word in WEIGHTS.items() if word.search(said)}
    return bool(names & set(WEIGHTS)) and not named <= names


def _is_a_minus(each: SetParameter, said: str) -> bool:
    """Whether it takes off what is said to be the value."""
    down = Decimal(repr(each.was)) - Decimal(repr(each.value))
    return any(down in _sizes(each, found[1]) for found in PLACED.finditer(said))


def _is_a_step(each: SetParameter, said: str) -> bool:
    """Whether it goes up or down by what is said to bound it, or by as many hundredths of itself."""
    was, value = Decimal(repr(each.was)), Decimal(repr(each.value))
    for found in BOUNDED.finditer(said):
        sizes = _sizes(each, found[1])
        step = abs(value - was)
        if value not in sizes and (step in sizes or (was and step / abs(was) in sizes)):
            return True
    return False


def _sizes(each: SetParameter, number: str) -> set[Decimal]:
    """What a number may come to, in units of time or percent."""
    said = Decimal(number.replace(",", "."))
    if each.name.endswith("seconds"):
        return {said, 60 * said, 3600 * said}
    return {said, said / 100}


def _is_swapped(each: SetParameter, said: str) -> bool:
    """Whether a period takes the place of another that it is not."""
    swapped = SWAPPED.search(said)
    return swapped is not None and each.name.startswith("ema_") and Decimal(swapped[1]) != Decimal(repr(each.was))
