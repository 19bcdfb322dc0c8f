"""A plan in one line, for the history."""

from __future__ import annotations

from typing import Final

from core.contracts import (
    AddFunction,
    AddIndicator,
    AddRule,
    DisableRule,
    EditPlan,
    EnableRule,
    Extract,
    Inline,
    Operation,
    RemoveFunction,
    RemoveIndicator,
    RemoveOverride,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetOverride,
    SetParameter,
    Upgrade,
)
from services.editor.conditions import about
from services.editor.literals import plain

LONGEST: Final = 120


def summary(plan: EditPlan) -> str:
    """What the plan does: `Set stop_loss to 0.03 (was 0.02)`."""
    line = "; ".join(_words(operation) for operation in plan.operations)
    return line if len(line) <= LONGEST else line[: LONGEST - 3].rstrip() + "..."


def _words(operation: Operation) -> str:
    match operation:
        case SetParameter(name=name, value=value, was=was):
            return f"Set {name} to {plain(value)} (was {plain(was)})"
        case SetOverride(name=name, pair=pair, value=value, was=was):
            return f"Set {name} of {pair} to {plain(value)} (was {plain(was)})"
        case RemoveOverride(name=name, pair=pair, was=was):
            return f"Set {name} of {pair} to that of every pair (was {plain(was)})"
        case AddRule(name=name):
            return f"Add rule {name}: {about(operation).rstrip('.')}"
        case RemoveRule(name=name):
            return f"Remove rule {name}"
        case EnableRule(name=name):
            return f"Enable rule {name}"
        case DisableRule(name=name):
            return f"Disable rule {name}"
        case Rename(what=what, old=old, new=new):
            return f"Rename {what} {old} to {new}"
        case AddFunction(name=name):
            return f"Add function {name}"
        case ReplaceFunction(name=name):
            return f"Rewrite function {name}"
        case RemoveFunction(name=name):
            return f"Remove function {name}"
        case Extract(function=function, value=value, name=name):
            return f"Make the {plain(value)} of {function} the parameter {name}"
        case Inline(name=name):
            return f"Write the parameter {name} as a number"
        case AddIndicator(name=name):
            return f"Add indicator {name}"
        case RemoveIndicator(name=name):
            return f"Remove indicator {name}"
        case Upgrade(frame=frame):
            return f"Upgrade to the shipped strategy {frame[:12]}"
