"""Whether a change gives the agent more to do with: then its owner is asked twice. What takes from it asks once."""

from __future__ import annotations

from typing import Final

from core.contracts import (
    AddIndicator,
    AddRule,
    EditPlan,
    Extract,
    Inline,
    Operation,
    RemoveIndicator,
    RemoveOverride,
    Rename,
    SetOverride,
    SetParameter,
)

WIDER: Final = frozenset({"stop_loss", "trailing_stop", "order_fraction", "max_hold_seconds"})
"""Parameters of which more is more risk. Of the trailing stop and the longest hold 0 is none at all, which is most."""
ZERO_IS_NONE: Final = frozenset({"trailing_stop", "max_hold_seconds"})
NARROWER: Final = frozenset({"buy_threshold", "min_confidence", "sell_threshold"})
"""Parameters of which less is more risk: more is bought, on less, and what is held is sold later."""
MORE: Final = frozenset({("entry", "force"), ("exit", "forbid"), ("exit", "require")})
"""Rules, by side and effect, that buy where nothing else would or keep what would be sold."""


def gives_more(plan: EditPlan | None) -> bool:
    """Whether anything in it widens a stop, lets an order be bigger, or takes away what forbade something.

    What is not known counts as that: a plan that nobody has, a function that is written anew, a rule that is
    switched on or off, an upgrade.
    """
    return plan is None or any(map(_more, plan.operations))


def _more(operation: Operation) -> bool:
    match operation:
        case SetParameter(name=name, value=value, was=was) | SetOverride(name=name, value=value, was=was):
            return _riskier(name, value, was)
        case RemoveOverride(name=name):
            return name in WIDER | NARROWER  # the value of every pair is in force then, whatever it is
        case AddRule(side=side, effect=effect):
            return (side, effect) in MORE
        case AddIndicator() | RemoveIndicator() | Rename() | Extract() | Inline():
            return False  # nothing decides otherwise by it
        case _:
            return True


def _riskier(name: str, value: float, was: float) -> bool:
    if name in ZERO_IS_NONE and (value == 0) != (was == 0):
        return value == 0
    return value > was if name in WIDER else value < was if name in NARROWER else False
