"""What an edit is about, in the names that the table of doubts has for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from core.contracts import AddIndicator, AddRule, EditPlan, Operation, SetOverride, SetParameter

OUTCOMES: Final = frozenset({"stop_loss", "take_profit", "trailing_stop"})
FLOORS: Final = frozenset(
    {"take_profit", "min_hold_seconds", "cooldown_seconds", "min_confidence", "buy_threshold", "rsi_overbought"}
)
CEILINGS: Final = frozenset(
    {"stop_loss", "trailing_stop", "order_fraction", "max_hold_seconds", "rsi_oversold", "sell_threshold"}
)
WEIGHT: Final = "weight_"
HALF: Final = 0.5


def of_plan(plan: EditPlan) -> frozenset[str]:
    """All of its subjects: parameters, effects and features by name, and what they come to together."""
    found = {subject for each in plan.operations for subject in _of_operation(each)}
    if all(isinstance(each, SetParameter | SetOverride) for each in plan.operations):
        found.add("settings")
    if all(isinstance(each, AddIndicator) for each in plan.operations):
        found.add("indicators")
    if all(isinstance(each, SetParameter) for each in plan.operations) and found & OUTCOMES:
        found.add("outcomes")  # of every pair: `only on BTC` is a pair's own
    if "rule" in found and not all(isinstance(each, AddRule) for each in plan.operations):
        found.add("mixed")
    return frozenset(found)


def _of_operation(operation: Operation) -> Iterator[str]:
    match operation:
        case SetParameter(name=name) | SetOverride(name=name):
            yield name
            yield from ("not a ceiling",) if name not in CEILINGS else ()
            yield from ("not a floor",) if name not in FLOORS else ()
            yield from ("weight",) if name.startswith(WEIGHT) else ()
        case AddRule(effect=effect, when=when):
            features = {each for each in (when.feature, *(branch.feature for branch in when.branches)) if each}
            yield from ("rule", effect, *features)
            yield from (f"{effect} of several",) if len({branch.feature for branch in when.branches}) > 1 else ()


def halved(plan: EditPlan) -> EditPlan:
    """With its weights at a half: who counts for half counts for a half of all, not of what it counted before."""
    return EditPlan(tuple(_half(each) for each in plan.operations))


def _half(operation: Operation) -> Operation:
    weight = isinstance(operation, SetParameter) and operation.name.startswith(WEIGHT)
    return msgspec.structs.replace(operation, value=HALF) if weight else operation
