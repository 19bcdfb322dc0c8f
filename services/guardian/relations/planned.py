"""Which decisions a plan may change, when candidate and parent answer the same events.

A parameter reaches what reads it and nothing before it; a rule changes only what it is the reason of. What stands in
between (how a score becomes an action) is not the plan's.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from core.contracts import (
    AddRule,
    DisableRule,
    EditPlan,
    EnableRule,
    RemoveOverride,
    RemoveRule,
    SetOverride,
    SetParameter,
)
from core.kernel import BUY, Records
from services.guardian.relations.claims import count_changed

VOTES: Final = ("technical", "orderbook", "flow", "qlearning")
VALUES: Final = SetParameter | SetOverride | RemoveOverride
RULES: Final = AddRule | RemoveRule | EnableRule | DisableRule
STAGES: Final = (
    (("state.py", "indicators.py", "signals.py"), VOTES, "signal values"),
    (("decide.py:ensemble",), ("score", "confidence"), "score and confidence"),
    (("rules.py", "levels.py", "decide.py:choose"), ("action", "rule", "stop", "target"), "actions and levels"),
    (("decide.py:decide",), ("size", "min_hold_seconds"), "size and least time"),
)
"""What is worked out where, in this order: what is read in one of them may change it and all that follows."""
KNOWN: Final = frozenset(place for where, _, _ in STAGES for place in where)


def readers(trees: Mapping[str, ast.Module], name: str) -> set[str]:
    """Where a parameter is read: the file, or of decide.py the function of it."""
    found = set()
    for file, tree in trees.items():
        for top in tree.body:
            if any(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(top)):
                found.add(f"{file}:{getattr(top, 'name', '')}" if file == "decide.py" else file)
    return found


def check_planned(
    plan: EditPlan | None,
    trees: Mapping[str, ast.Module],
    rules: tuple[Sequence[str], Sequence[str]],
    before: Records,
    after: Records,
) -> Iterator[str]:
    """What differs and is not explained. `rules` are the parent's and the candidate's, in their order."""
    operations = () if plan is None else plan.operations
    if not operations or not all(isinstance(each, VALUES | RULES) for each in operations):
        return
    names = [each.name for each in operations if isinstance(each, VALUES)]
    places = set().union(*(readers(trees, name) for name in names)) if names else set()
    reached = bool(places - KNOWN)
    for where, fields, what in STAGES:
        reached = reached or bool(places & set(where))
        if reached or (len(names) < len(operations) and "action" in fields):
            continue
        if changed := count_changed(before, after, fields):
            yield f"{changed:,} of {len(before):,} decisions have other {what}, which the plan does not explain."
    if not names:
        yield from check_reasons({each.name for each in operations}, rules, before, after)  # type: ignore[union-attr]
    yield from check_threshold(operations, before, after)


def check_reasons(
    named: Collection[str], rules: tuple[Sequence[str], Sequence[str]], before: Records, after: Records
) -> Iterator[str]:
    """Each action that differs is the work of a rule that the plan names, there or here."""
    places = [[at for at, name in enumerate(listed) if name in named] for listed in rules]
    explained = np.isin(before["rule"], places[0]) | np.isin(after["rule"], places[1])
    if strange := int(((before["action"] != after["action"]) & ~explained).sum()):
        yield f"{strange:,} of {len(before):,} actions differ, and no rule of the plan is the reason."


def check_threshold(operations: Sequence[object], before: Records, after: Records) -> Iterator[str]:
    """A lower bar to jump is never jumped less often."""
    match operations:
        case (SetParameter(name="buy_threshold" | "min_confidence" as name, value=value, was=was),):
            fewer, more = (before, after) if value < was else (after, before)
            if lost := int(((fewer["action"] == BUY) & (more["action"] != BUY)).sum()):
                yield f"{lost:,} of {len(before):,} events are bought at with the higher {name} and not with the lower."
