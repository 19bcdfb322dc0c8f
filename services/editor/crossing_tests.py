"""The test of a rule's crossings: at which of a row of events it speaks, with what is remembered between them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Final

from core.contracts import AddRule, Condition
from core.symbols import Symbols
from services.editor.conditions import ANSWERS, WIDTH, holds
from services.editor.sides import as_comparisons, crossings, expanded
from services.editor.worlds import World, points_around, world_of_part

LOW, AT, HIGH, NAN = "low", "at", "high", "nan"
ROW: Final = (HIGH, LOW, AT, LOW, HIGH, HIGH, AT, HIGH, LOW, AT, HIGH, NAN, HIGH, LOW, NAN, HIGH, LOW, HIGH)
"""The first event, a touch from below, across, one from above, back, across by way of a touch, out of the unknown."""


def crossing_test(test: str, rule: AddRule, symbols: Symbols) -> str:
    """The test of that name; one row of events for each crossing."""
    answer = "ALLOW" if rule.effect == "require" else ANSWERS[rule.side, rule.effect]
    lines = [
        '"""Once for each crossing: not at the first event, not by a touch, not out of the unknown."""',
        f'rule, rules, remember = package.rule("{rule.name}"), package.rules, package.indicators.remember',
    ]
    for side, crossing in crossings(rule):
        lines += _row(rule, side, crossing, answer, symbols)
    return "\n".join([f"def {test}(package):", *(f"    {line}" for line in lines)])


def _row(rule: AddRule, side: str, crossing: Condition, answer: str, symbols: Symbols) -> list[str]:
    """One crossing, in a world where the rest of the condition lets it decide."""
    whole = expanded(rule)
    world = world_of_part(whole, as_comparisons(crossing, side), symbols)
    low, *between, high = points_around(crossing, world, symbols)
    at = between[0] if between else low
    values = {LOW: low.value, AT: at.value, HIGH: high.value, NAN: math.nan}
    row = [name for name in ROW if name != NAN or crossing.feature not in symbols.whole]
    spoken = _spoken(whole, side, crossing, world, [values[name] for name in row])
    feature = crossing.feature or ""
    given = [f"{name}={point.text}" for name, point in world.items() if name not in (side, feature)]
    texts = {LOW: low.text, AT: at.text, HIGH: high.text, NAN: "math.nan"}
    names = dict.fromkeys(row)
    return [
        "state, told = np.zeros(1, package.strategy.state_dtype), []",
        *(f"{name} = {texts[name]}" for name in names),
        *_wrapped(f"for value in ({', '.join(row)}):"),
        f"    before = float(state[0].{side})",
        *_called("    world = package.world", [*given, f"{feature}=value", f"{side}=before"]),
        f"    told.append(rule(world) == rules.{answer})",
        "    remember(state, world)",
        f"assert [event for event, crossed in enumerate(told) if crossed] == {spoken}",
    ]


def _spoken(whole: Condition, side: str, crossing: Condition, world: World, row: list[float]) -> list[int]:
    """Which events of a row the condition holds at, by the plainest account of what a crossing is."""
    fixed: Mapping[str, float] = {name: point.value for name, point in world.items()}
    other = crossing.value if crossing.other is None else fixed[crossing.other]
    assert other is not None  # noqa: S101 - for the type checker; a crossing has a value or another feature
    found: list[int] = []
    before = 0.0
    for event, value in enumerate(row):
        if holds(whole, {**fixed, crossing.feature or "": value, side: before}):
            found.append(event)
        if math.isnan(value):
            before = 0.0
        elif value != other:
            before = 1.0 if value > other else -1.0
    return found


def _called(head: str, arguments: list[str]) -> list[str]:
    whole = f"{head}({', '.join(arguments)})"
    if len(whole) + 4 <= WIDTH:
        return [whole]
    return [f"{head}(", *(f"        {argument}," for argument in arguments), "    )"]


def _wrapped(line: str) -> list[str]:
    if len(line) + 4 <= WIDTH:
        return [line]
    return textwrap.wrap(line, WIDTH - 8, subsequent_indent="    ")
