"""The expressions of a function with what its own names stand for in their place: they speak of the market alone."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import Final

MOST_NODES: Final = 300
"""Of an expression whose names are filled in: `x = x + x` doubles it with every line."""
Values = Mapping[str, ast.expr]


class TooLongError(ValueError):
    """Nobody reads that."""


class _Filling(ast.NodeTransformer):
    """Puts values in the place of names."""

    def __init__(self, values: Values) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.values.get(node.id, node))


def filled(node: ast.expr, values: Values) -> ast.expr:
    """The expression without names of the function's own. TooLongError before it grows beyond what anybody reads."""
    named = [values[part.id] for part in ast.walk(node) if isinstance(part, ast.Name) and part.id in values]
    if sum(sum(1 for _ in ast.walk(value)) for value in named) > MOST_NODES:
        raise TooLongError
    found: ast.expr = _Filling(values).visit(copy.deepcopy(node))
    return found
