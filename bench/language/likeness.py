"""When two plans or two actions are the same: all is compared but the name that was made up for a new rule.

The order of operations and of the branches of a condition says nothing. Conditions that speak of hours and days alone
are compared by the hours of the week in which they hold, for "Friday" has more than one spelling in comparisons.
"""

from __future__ import annotations

import contextlib
import json
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from core.indicator_kinds import KINDS

CLOCK: Final = ("hour", "weekday")
COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
QUOTES: Final = ("USDT", "BRL", "USD")


def same_plan(one: list[dict[str, Any]], other: list[dict[str, Any]], *, was: bool = True) -> bool:
    """Whether they edit the same. Without `was` it does not count what a value was resolved against."""
    return _plan(one, was=was) == _plan(other, was=was)


def same_action(one: dict[str, Any], other: dict[str, Any], *, any_args: bool = False) -> bool:
    """Whether they do or show the same; a pair is named with or without what it is quoted in."""
    return one["name"] == other["name"] and (any_args or _arguments(one) == _arguments(other))


def _arguments(action: dict[str, Any]) -> dict[str, Any]:
    return {key: _bare(value) if key == "pair" else value for key, value in action["args"].items()}


def _bare(pair: str) -> str:
    name = pair.upper().replace("/", "").replace("-", "")
    return next((name.removesuffix(quote) for quote in QUOTES if name.endswith(quote) and name != quote), name)


def _plan(operations: list[dict[str, Any]], *, was: bool) -> list[str]:
    return sorted(json.dumps(_operation(each, was=was), sort_keys=True) for each in operations)


def _operation(operation: dict[str, Any], *, was: bool) -> dict[str, Any]:
    kind = operation["operation"]
    dropped = {"name"} if kind == "add_rule" else set() if was else {"was"}
    kept = {key: _number(value) for key, value in operation.items() if key not in dropped}
    if kind == "add_rule":
        kept["when"] = _condition(operation["when"])
    if kind == "add_indicator":
        kept["parameters"] = {key: _number(value) for key, value in _completed(operation).items()}
    return kept


def _completed(indicator: dict[str, Any]) -> dict[str, Any]:
    """Its parameters, those that need not be said filled in; as they are when they are not fit."""
    with contextlib.suppress(ValueError):
        return KINDS[indicator["kind"]].completed(indicator["parameters"])
    given: dict[str, Any] = indicator["parameters"]
    return given


def _number(value: Any) -> Any:
    """Numbers that differ by less than a rounding are one; 30 and 30.0 are too."""
    return float(f"{value:.9g}") if isinstance(value, int | float) and not isinstance(value, bool) else value


def _condition(when: dict[str, Any]) -> Any:
    if all(leaf.get("feature") in CLOCK and "value" in leaf and "op" in leaf for leaf in _leaves(when)):
        return {"week": "".join("x" if _holds(when, h, d) else "." for d in range(7) for h in range(24))}
    for joined in ("all", "any"):
        if when.get(joined):
            return {joined: _branches(when, joined)}
    return {key: _number(value) for key, value in when.items() if value is not None}


def _branches(when: dict[str, Any], joined: str) -> list[str]:
    """As text, sorted; a group within a group of its kind says nothing more."""
    found: list[str] = []
    for branch in when[joined]:
        if branch.get(joined):
            found += _branches(branch, joined)
        else:
            found.append(json.dumps(_condition(branch), sort_keys=True))
    return sorted(found)


def _leaves(when: dict[str, Any]) -> list[dict[str, Any]]:
    branches = when.get("all") or when.get("any")
    return [leaf for branch in branches for leaf in _leaves(branch)] if branches else [when]


def _holds(when: dict[str, Any], hour: int, weekday: int) -> bool:
    if when.get("all"):
        return all(_holds(branch, hour, weekday) for branch in when["all"])
    if when.get("any"):
        return any(_holds(branch, hour, weekday) for branch in when["any"])
    return COMPARED[when["op"]](hour if when["feature"] == "hour" else weekday, when["value"])
