"""Give a parameter another default: its literal in parameters.py, and nothing else on that line."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from core.contracts import Operation, SetParameter
from core.symbols import PARAMETERS_FILE
from services.editor.draft import Draft
from services.editor.literals import plain, restyled
from services.editor.proofs import Thing
from services.editor.refusals import EditRefused


def apply(draft: Draft, operation: SetParameter) -> None:
    """Write the value as its neighbours are written, or as it was written when the parameter had it last."""
    name, value = operation.name, operation.value
    parameter = draft.parameter(name)
    low, high, unit = parameter.range
    if not low <= value <= high:
        raise EditRefused("out_of_range", name=name, value=plain(value), low=low, high=high, unit=unit)
    if parameter.kind is int and value != int(value):
        raise EditRefused("not_whole", name=name, value=plain(value), unit=unit)
    if operation.was != parameter.value:
        raise EditRefused("stale", name=name, now=plain(parameter.value), was=plain(operation.was))
    if value == parameter.value:
        raise EditRefused("same_value", name=name, value=plain(value))
    thing = Thing("parameter", name, "value")
    module = draft.module(PARAMETERS_FILE)
    old = literal_of(module, name)
    new = draft.proofs.written_before(thing, value) or restyled(value, old, parameter.kind)
    edited = module.visit(_Default(name, new))
    draft.write(PARAMETERS_FILE, edited)
    draft.proofs.claim(thing, now=new, was=old)


def inverse(_files: Mapping[str, bytes], operation: SetParameter) -> tuple[Operation, ...] | None:
    """The value that it had."""
    return (SetParameter(operation.name, value=operation.was, was=operation.value),)


def literal_of(module: cst.Module, name: str) -> str:
    """A parameter's default as it is written."""
    finder = _Default(name, None)
    module.visit(finder)
    return module.code_for_node(finder.found) if finder.found else ""


class _Default(cst.CSTTransformer):
    """Replaces the default of one field of `class Parameters`, or only finds it."""

    def __init__(self, name: str, text: str | None) -> None:
        super().__init__()
        self.name = name
        self.text = text
        self.found: cst.BaseExpression | None = None

    def visit_Module(self, node: cst.Module) -> bool:  # noqa: N802 - the name is LibCST's, and so below
        del node
        return True

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: N802
        return node.name.value == "Parameters"

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802
        del node
        return False

    def leave_AnnAssign(  # noqa: N802
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.AnnAssign:
        target = original_node.target
        if not isinstance(target, cst.Name) or target.value != self.name or original_node.value is None:
            return updated_node
        self.found = original_node.value
        return updated_node if self.text is None else updated_node.with_changes(value=cst.parse_expression(self.text))
