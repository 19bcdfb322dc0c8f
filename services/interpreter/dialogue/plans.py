"""Plans put together: one and what is added to it, a value as it was, and a strategy as if a plan were in force."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import msgspec

from core.contracts import (
    AddIndicator,
    AddRule,
    DisableRule,
    EditPlan,
    EnableRule,
    Operation,
    RemoveOverride,
    RemoveRule,
    SetOverride,
    SetParameter,
)
from core.contracts.plan import MOST_OPERATIONS
from core.symbols import Rule, Symbols

ADDING: Final = (AddRule, AddIndicator)


def merged(plan: EditPlan, more: EditPlan) -> EditPlan | None:
    """Both as one: what is said again of a name takes the place of what was said; None when it is more than a plan."""
    operations = list(plan.operations)
    for operation in more.operations:
        same = [place for place, each in enumerate(operations) if _about(each) == _about(operation)]
        if same:
            operations[same[0]] = operation
        else:
            operations.append(operation)
    return EditPlan(tuple(operations)) if len(operations) <= MOST_OPERATIONS else None


def without(plan: EditPlan, ends: EditPlan) -> EditPlan | None:
    """A plan without what it adds and another one ends; None when nothing is left of it."""
    ended = {name_of(each) for each in ends.operations}
    left = [each for each in plan.operations if not (isinstance(each, ADDING) and name_of(each) in ended)]
    return EditPlan(tuple(left)) if left else None


def is_part(plan: EditPlan, whole: EditPlan) -> bool:
    """Whether a plan speaks of some of what another one speaks of, and of nothing else."""
    about = {_about(each) for each in plan.operations}
    return about < {_about(each) for each in whole.operations}


def _about(operation: Operation) -> tuple[bool, str, str]:
    return isinstance(operation, SetParameter), name_of(operation), getattr(operation, "pair", "")


def name_of(operation: Operation) -> str:
    """What an operation is about."""
    return getattr(operation, "name", "") or getattr(operation, "old", "")


def topic(plan: EditPlan | None) -> str | None:
    """What `it` is: the one name that a plan is about, or the last of several."""
    return name_of(plan.operations[-1]) if plan is not None else None


def only_parameter(plan: EditPlan) -> str | None:
    """The parameter that a plan sets, if it does nothing else."""
    (first, *more) = plan.operations
    return first.name if isinstance(first, SetParameter) and not more else None


def as_it_was(called: str, past: Iterable[SetParameter], symbols: Symbols) -> EditPlan | None:
    """Back to the value before the last one that was confirmed; None when none was, or it is in force again."""
    known = symbols.parameters.get(called)
    for change in reversed(tuple(past)):
        if known is not None and change.name == called and change.was != known.value:
            return EditPlan((SetParameter(called, change.was, known.value),))
    return None


def assumed(symbols: Symbols, plan: EditPlan) -> Symbols:
    """The strategy as if a plan were in force, as far as later sentences can speak of it."""
    parameters, rules = dict(symbols.parameters), dict(symbols.rules)
    for operation in plan.operations:
        match operation:
            case SetParameter(name=name, value=value) if name in parameters:
                parameters[name] = replace(parameters[name], value=value)
            case SetOverride(name=name, pair=pair, value=value) if name in parameters:
                own = MappingProxyType({**parameters[name].own, pair: value})
                parameters[name] = replace(parameters[name], own=own)
            case RemoveOverride(name=name, pair=pair) if name in parameters:
                left = {each: value for each, value in parameters[name].own.items() if each != pair}
                parameters[name] = replace(parameters[name], own=MappingProxyType(left))
            case DisableRule(name=name) | EnableRule(name=name) if name in rules:
                rules[name] = replace(rules[name], enabled=isinstance(operation, EnableRule))
            case RemoveRule(name=name):
                rules.pop(name, None)
            case AddRule(name=name):
                rules[name] = Rule(name, "", enabled=True, answers=(), features=(), parameters=(), line=0)
            case _:
                pass
    return replace(symbols, parameters=MappingProxyType(parameters), rules=MappingProxyType(rules))


def as_of(symbols: Symbols, plan: EditPlan | None) -> EditPlan | None:
    """A plan that was made as if another were in force, against what is."""
    if plan is None:
        return None
    return EditPlan(tuple(_as_of(symbols, operation) for operation in plan.operations))


def _as_of(symbols: Symbols, operation: Operation) -> Operation:
    if isinstance(operation, SetParameter) and operation.name in symbols.parameters:
        return SetParameter(operation.name, operation.value, symbols.parameters[operation.name].value)
    if isinstance(operation, SetOverride) and operation.name in symbols.parameters:
        return msgspec.structs.replace(operation, was=symbols.parameters[operation.name].of(operation.pair))
    return operation
