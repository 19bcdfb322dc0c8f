"""What an annotation may hold. It is code too: `typing.get_type_hints` runs it."""

from __future__ import annotations

# ruff: noqa: N802 - the names of these methods are given by ast.NodeVisitor
import ast

from services.guardian.policy.place import MOST_TEXT, TYPES, Place, number


class Annotation(Place):
    """Names of types, tuples of them, and the ranges of parameters."""

    where = " as a type"

    def visit_Name(self, node: ast.Name) -> None:
        if node.id not in TYPES | self.file.top:
            self.file.refuse(node, f"the type {node.id}")

    def visit_Constant(self, node: ast.Constant) -> None:
        if node.value is not None and node.value is not ...:
            self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        match node:
            case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[annotated, ast.Call() as called])):
                self.visit(annotated)
                self._range(called)
            case ast.Subscript(value=ast.Name(id="tuple" | "Final") as owner, slice=ast.Tuple(elts=parts)):
                self.visit_all([owner, *parts])
            case ast.Subscript(value=ast.Name(id="tuple" | "Final") as owner, slice=part):
                self.visit_all([owner, part])
            case _:
                self.generic_visit(node)

    def _range(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Name(id="Range"), args=[low, high, ast.Constant(value=str(unit))], keywords=[]) if (
                number(low) is not None and number(high) is not None and len(unit) <= MOST_TEXT
            ):
                if "Range" not in self.file.imported:
                    self.file.refuse(node, "Range is not the one of core.strategy")
            case _:
                self.file.refuse(node, "a range is Range(low, high, unit) in plain numbers")
