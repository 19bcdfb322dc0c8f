"""A rule's condition: as code, as words, checked, and answered for a world.

Code and answer must agree on NaN too: a comparison with NaN is false, so a rule is written with the condition as it was
said and never with its opposite. `ALLOW if volume > average else FORBID` forbids when the volume cannot be told.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from core.contracts import AddRule, Condition
from core.symbols import Symbols
from services.editor.literals import checkable, plain
from services.editor.refusals import EditRefused, nearest
from services.editor.sides import expanded

WIDTH: Final = 120

COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = MappingProxyType(
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
)
WORDS: Final = MappingProxyType({"<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"})

ANSWERS: Final = MappingProxyType(
    {
        ("entry", "require"): "FORBID_ENTRY",
        ("entry", "forbid"): "FORBID_ENTRY",
        ("entry", "force"): "FORCE_ENTRY",
        ("exit", "require"): "FORBID_EXIT",
        ("exit", "forbid"): "FORBID_EXIT",
        ("exit", "force"): "FORCE_EXIT",
    }
)
"""What a rule of this side and effect answers besides ALLOW. The judge has a table of his own, which is not this one on
purpose: what is wrong here must not be wrong there too."""

ABOUT: Final = MappingProxyType(
    {
        ("entry", "require"): "Open no position unless",
        ("entry", "forbid"): "Open no position while",
        ("entry", "force"): "Open a position while",
        ("exit", "require"): "Let no signal close a position unless",
        ("exit", "forbid"): "Let no signal close a position while",
        ("exit", "force"): "Close a position while",
    }
)


def check(condition: Condition, symbols: Symbols) -> None:
    """EditRefused for what cannot become a rule of this strategy."""
    for branch in condition.branches:
        check(branch, symbols)
    if condition.feature is None:
        return
    for name in (condition.feature, condition.other):
        if name is not None and name not in symbols.spoken:
            raise EditRefused("unknown_feature", name=name, near=nearest(name, symbols.spoken))
    if condition.other == condition.feature:
        raise EditRefused("with_itself", name=condition.feature)
    for number in (condition.value, condition.factor):
        if number is not None:
            checkable(number)


def holds(condition: Condition, world: Mapping[str, float]) -> bool:
    """Whether it is true there; what the world does not name is 0."""
    if condition.all:
        return all(holds(branch, world) for branch in condition.all)
    if condition.any:
        return any(holds(branch, world) for branch in condition.any)
    assert condition.feature is not None  # noqa: S101 - for the type checker; a condition is one of three shapes
    assert condition.op is not None  # noqa: S101 - for the type checker; a crossing was taken apart
    right = condition.value
    if condition.other is not None:
        right = world.get(condition.other, 0)
        right = right if condition.factor is None else condition.factor * right
    return COMPARE[condition.op](world.get(condition.feature, 0), right)


def leaves(condition: Condition) -> list[Condition]:
    """Its comparisons, from left to right."""
    return [leaf for branch in condition.branches for leaf in leaves(branch)] if condition.branches else [condition]


def function_of(rule: AddRule) -> str:
    """The rule as a function of rules.py."""
    answer = ANSWERS[rule.side, rule.effect]
    spoken, otherwise = ("ALLOW", answer) if rule.effect == "require" else (answer, "ALLOW")
    lines = ["@kernel", f"def {rule.name}(f: Features) -> int:", f'    """{about(rule)}"""']
    when = expanded(rule)
    whole = f"    return {spoken} if {_code(when)} else {otherwise}"
    if len(whole) <= WIDTH:
        return "\n".join([*lines, whole])
    lines += ["    speaks = (", *_block(when, 8), "    )", f"    return {spoken} if speaks else {otherwise}"]
    return "\n".join(lines)


def about(rule: AddRule) -> str:
    """When the rule acts, in one line."""
    text = f"{ABOUT[rule.side, rule.effect]} {in_words(rule.when)}."
    if len(text) + len('    """"""') <= WIDTH:
        return text
    return f"{ABOUT[rule.side, rule.effect]} its {rule.when.leaves} comparisons say so."


def in_words(condition: Condition) -> str:
    """The condition in English."""
    if condition.branches:
        joint = " and " if condition.all else " or "
        parts = [f"({in_words(b)})" if b.branches else in_words(b) for b in condition.branches]
        return joint.join(parts)
    right = plain(condition.value) if condition.value is not None else condition.other
    if condition.cross is not None:
        return f"{condition.feature} crosses {condition.cross} {right}"
    assert condition.op is not None  # noqa: S101 - for the type checker; a comparison has one
    times = f"{plain(condition.factor)} times " if condition.factor is not None else ""
    return f"{condition.feature} {WORDS[condition.op]} {times}{right}"


def as_said(condition: Condition) -> str:
    """The condition as a formula, which is the same in every language."""
    return _code(condition).replace("f.", "")


def _code(condition: Condition) -> str:
    if condition.branches:
        joint = " and " if condition.all else " or "
        return joint.join(f"({_code(b)})" if b.branches else _code(b) for b in condition.branches)
    right = plain(condition.value) if condition.value is not None else f"f.{condition.other}"
    times = f"{plain(condition.factor)} * " if condition.factor is not None else ""
    return f"f.{condition.feature} {condition.op} {times}{right}"


def _block(condition: Condition, indent: int) -> list[str]:
    """The condition on lines of their own, one branch on each."""
    margin = " " * indent
    if len(margin + _code(condition)) <= WIDTH:
        return [margin + _code(condition)]
    joint = "and " if condition.all else "or "
    lines: list[str] = []
    for branch in condition.branches:
        lead = margin + (joint if lines else "")
        code = f"({_code(branch)})" if branch.branches else _code(branch)
        if len(lead + code) <= WIDTH:
            lines.append(lead + code)
        else:
            lines += [f"{lead}(", *_block(branch, indent + 4), f"{margin})"]
    return lines
