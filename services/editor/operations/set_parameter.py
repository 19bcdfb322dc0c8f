"""Give a parameter another default: its literal in parameters.py, and nothing else on that line."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from core.contracts import Operation, SetParameter
from core.symbols import PARAMETERS_FILE, Parameter
from services.editor.draft import Draft
from services.editor.literals import plain, restyled
from services.editor.proofs import Thing
from services.editor.refusals import EditRefused
from services.editor.tree import parameters_class


def apply(draft: Draft, operation: SetParameter) -> None:
    """Write the value as its neighbours are written, or as it was written when the parameter had it last."""
    name, value = operation.name, operation.value
    parameter = draft.parameter(name)
    check_range(parameter, value)
    if operation.was != parameter.value:
        raise EditRefused("stale", name=name, now=plain(parameter.value), was=plain(operation.was))
    if value == parameter.value:
        raise EditRefused("same_value", name=name, value=plain(value))
    thing = Thing("parameter", name, "value")
    module = draft.module(PARAMETERS_FILE)
    literal = _default(module, name)
    was = cst.Module([]).code_for_node(literal.with_changes(lpar=[], rpar=[]))
    now = draft.proofs.written_before(thing, value) or restyled(value, was, parameter.kind)
    edited = module.deep_replace(literal, cst.parse_expression(now).with_changes(lpar=literal.lpar, rpar=literal.rpar))
    assert isinstance(edited, cst.Module)  # noqa: S101 - for the type checker
    draft.write(PARAMETERS_FILE, edited)
    draft.proofs.claim(thing, now=now, was=was)


def check_range(parameter: Parameter, value: float) -> None:
    """EditRefused for a value that the parameter may not have."""
    name, (low, high, unit) = parameter.name, parameter.range
    if not low <= value <= high:
        raise EditRefused("out_of_range", name=name, value=plain(value), low=low, high=high, unit=unit)
    if parameter.kind is int and value != int(value):
        raise EditRefused("not_whole", name=name, value=plain(value), unit=unit)


def inverse(_files: Mapping[str, bytes], operation: SetParameter) -> tuple[Operation, ...] | None:
    """The value that it had."""
    return (SetParameter(operation.name, value=operation.was, was=operation.value),)


def _default(module: cst.Module, name: str) -> cst.BaseExpression:
    """The default of a field of `class Parameters`, the last of them when it is declared twice, as Python takes it."""
    found = [
        part.value
        for line in parameters_class(module).body.body
        for part in (line.body if isinstance(line, cst.SimpleStatementLine) else [line])
        if isinstance(part, cst.AnnAssign) and isinstance(part.target, cst.Name) and part.target.value == name
    ]
    if not found or found[-1] is None:
        raise EditRefused("unreadable", file=PARAMETERS_FILE)
    return found[-1]
