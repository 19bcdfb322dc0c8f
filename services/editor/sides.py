"""A crossing as two comparisons: on which side the one was at the event before, and where it is now.

`ema_9 crosses above ema_21` is `side_golden < 0.0 and ema_9 > ema_21` in the rule `golden`: the strategy remembers for
it that at the last event ema_9 was below (-1), above (1), or not to be told (0). A touch leaves it where it was.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from core.contracts import AddRule, Condition
from core.symbols import SIDE
from services.editor.refusals import EditRefused


def side_names(rule: str) -> Iterator[str]:
    """What a rule calls the sides that it remembers, one for each crossing: `side_golden`, `side2_golden` ..."""
    yield f"side_{rule}"
    yield from (f"side{number}_{rule}" for number in itertools.count(2))


def is_side(feature: str, rule: str | None = None) -> bool:
    """Whether a feature is such a memory, of that rule if one is named."""
    found = SIDE.fullmatch(feature)
    return found is not None and rule in (None, found["rule"])


def crossings(rule: AddRule) -> list[tuple[str, Condition]]:
    """Each crossing of a rule, from left to right, with the name of its memory."""
    return list(zip(side_names(rule.name), _crossings(rule.when), strict=False))


def _crossings(condition: Condition) -> Iterator[Condition]:
    for branch in condition.branches:
        yield from _crossings(branch)
    if condition.cross is not None:
        yield condition


def expanded(rule: AddRule) -> Condition:
    """Its condition without crossings; EditRefused when that has too many comparisons."""
    try:
        return _expanded(rule.when, side_names(rule.name))
    except ValueError:
        raise EditRefused("tangled_condition") from None


def as_comparisons(crossing: Condition, side: str) -> Condition:
    """One crossing as two comparisons."""
    above = crossing.cross == "above"
    before = Condition(feature=side, op="<" if above else ">", value=0.0)
    now = Condition(feature=crossing.feature, op=">" if above else "<", value=crossing.value, other=crossing.other)
    return Condition(all=(before, now))


def _expanded(condition: Condition, sides: Iterator[str]) -> Condition:
    if condition.cross is not None:
        return as_comparisons(condition, next(sides))
    if condition.all:
        return Condition(all=tuple(_expanded(branch, sides) for branch in condition.all))
    if condition.any:
        return Condition(any=tuple(_expanded(branch, sides) for branch in condition.any))
    return condition
