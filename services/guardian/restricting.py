"""Whether a plan says that fewer positions will be opened: then a window without any is what its owner asked for."""

from __future__ import annotations

from typing import Final

from core.contracts import AddRule, EditPlan, EnableRule, Operation, SetOverride, SetParameter

FEWER: Final = frozenset({"buy_threshold", "min_confidence", "cooldown_seconds"})
"""Parameters of which more opens fewer positions."""
WEIGHT: Final = "weight_"
"""How the names of those begin that may silence what used to buy."""


def restricts_entries(plan: EditPlan | None) -> bool:
    """Nobody said so where there is no plan."""
    return plan is not None and any(map(_restricts, plan.operations))


def _restricts(operation: Operation) -> bool:
    match operation:
        case AddRule(side="entry", effect="require" | "forbid") | EnableRule():
            return True
        case SetParameter(name=name, value=value, was=was) | SetOverride(name=name, value=value, was=was):
            return name.startswith(WEIGHT) or (name in FEWER and value > was)
    return False
