"""Give a parameter another default: its literal in parameters.py, and nothing else on that line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
    literal = _Literal(
        name, lambda old: draft.proofs.written_before(thing, value) or restyled(value, old, parameter.kind)
    )
    draft.write(PARAMETERS_FILE, draft.module(PARAMETERS_FILE).visit(literal))
    draft.proofs.claim(thing, now=literal.new, was=literal.old)


def inverse(_files: Mapping[str, bytes], operation: SetParameter) -> tuple[Operation, ...] | None:
    """The value that it had."""
    return (SetParameter(operation.name, value=operation.was, was=operation.value),)


class _Literal(cst.CSTTransformer):
    """Replaces the default of one field of `class Parameters`, and remembers both texts."""

    def __init__(self, name: str, rewrite: Callable[[str], str]) -> None:
        super().__init__()
        self.name = name
        self.rewrite = rewrite
        self.old = self.new = ""

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: N802 - the name is LibCST's, and so below
        return node.name.value == "Parameters"

    def visit_AnnAssign(self, node: cst.AnnAssign) -> bool:  # noqa: N802
        del node
        return False  # there is nothing for us inside

    def leave_AnnAssign(  # noqa: N802
        self, original_node: cst.AnnAssign, updated_node: cst.AnnAssign
    ) -> cst.AnnAssign:
        target, value = original_node.target, original_node.value
        if not isinstance(target, cst.Name) or target.value != self.name or value is None:
            return updated_node
        self.old = cst.Module([]).code_for_node(value.with_changes(lpar=[], rpar=[]))
        self.new = self.rewrite(self.old)
        literal = cst.parse_expression(self.new).with_changes(lpar=value.lpar, rpar=value.rpar)
        return updated_node.with_changes(value=literal)
