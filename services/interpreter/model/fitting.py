"""Whether an answer fits what was said: all of it is used, each number for its own name, and counted as that counts.

A model that swaps two numbers or leaves a condition out says nothing that was not said, and is wrong all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from core.symbols import Parameter
from services.interpreter.grammar.features import Measure, bounds, measure
from services.interpreter.model.said import FACTOR, PERCENT, UNITS, UNITS_OF, Amount, Said
from services.interpreter.model.speaking import LEADING

MOST_OF_ONE: Final = 1
"""A fraction above it is a percentage of which the sign was not said."""


def in_order(steps: Sequence[dict[str, Any]], said: Said) -> bool:
    """Whether names, numbers and comparisons pair up as they stand in the sentence, and no name is left out."""
    conditions = [each for step in steps for each in step.get("when", ())]
    uses = [(each.get("name") or each.get("feature"), each) for each in (*steps, *conditions) if each["is"] != "rule"]
    if any(step["is"] == "switch" for step in steps):
        rules = {step.get("rule") for step in steps}
        return len(steps) == len(rules) == 1 and all(rules & set(place) for place in said.named)
    names = [name for name, _ in uses] + [each["other"] for _, each in uses if "other" in each]
    if any(not set(place) & set(names) for place in said.named) or sum(step["is"] == "rule" for step in steps) > 1:
        return False
    if any(names.count(name) > sum(name in place for place in said.named) for name in names if name in said.features):
        return False
    uses.sort(key=lambda use: _place(use[0], said))
    amounts = [list(said.amounts).index(each["amount"]) for _, each in uses if "amount" in each]
    ops = tuple(each["op"] for _, each in uses if "op" in each)
    return amounts == sorted(amounts) and (len(said.ops) < 2 or ops == said.comparisons)


def _place(name: str, said: Said) -> int:
    return next((place for place, names in enumerate(said.named) if name in names), len(said.named))


def leads(feature: str, other: str, said: Said) -> bool:
    """Whether the first of two is what is compared: it is said first, and no band or average before the price."""
    turned = other in LEADING and feature not in LEADING  # `if the upper band is below the price`
    return not turned and _place(feature, said) < _place(other, said)


def counts(parameter: Parameter, how: str, amount: Amount) -> bool:
    """Whether an amount counts as the parameter does."""
    fitting = UNITS_OF.get(parameter.range.unit)
    if amount.unit == FACTOR or (amount.unit == PERCENT and how != "to"):
        return True
    if not amount.unit:
        fraction = parameter.range.unit.startswith("of ")
        return abs(amount.number) < MOST_OF_ONE and amount.number != 0 if fraction else True
    return fitting is None or amount.unit in fitting


def tells(feature: str, amount: Amount) -> bool:
    """Whether a number with its unit says anything of a feature."""
    kind = measure(feature)
    low, high = bounds(feature)
    if amount.unit == FACTOR or not low <= amount.plain <= high:
        return False
    if kind is Measure.FRACTION and amount.unit not in UNITS:
        return abs(amount.plain) < MOST_OF_ONE
    return (amount.unit == "seconds") == (kind is Measure.SECONDS) or not amount.unit
