"""The numbers that a strategy's code is written with, those that are new to it first."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from core import kernel
from core.overrides import overrides_of
from core.symbols import PARAMETERS_FILE

MOST: Final = 60
"""Numbers of a candidate that events are made with."""
OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
COMMON: Final = frozenset((0.0, 1.0, 2.0))
"""Of these there is one in every line."""


def new_numbers(
    candidate: Mapping[str, ast.Module], parent: Mapping[str, ast.Module], questions: Iterable[ast.expr]
) -> list[float]:
    """What new questions ask about, and what else the candidate is written with and the parent is not; the first of
    it, where there is too much."""
    known, scope = set(numbers(parent)), dict(_constants(candidate))
    asked = [abs(value) for node in questions for value in _numbers(node, scope)]
    new = [value for value in numbers(candidate) if value not in known]
    return list(dict.fromkeys(value for value in (*asked, *new) if value not in COMMON))[:MOST]


def numbers(trees: Mapping[str, ast.Module]) -> list[float]:
    """Every number, constant expressions worked out, parameters and constants at the top by their values."""
    scope = dict(_constants(trees))
    found: dict[float, None] = {}
    for _, tree in sorted(trees.items()):
        found |= {abs(value): None for value in _numbers(tree, scope)}
    return list(found)


def _numbers(tree: ast.AST, scope: Mapping[str, float]) -> Iterator[float]:
    for node in ast.walk(tree):
        value = worth(node, scope) if isinstance(node, ast.expr) else None
        if value is not None and math.isfinite(value):
            yield value


def _constants(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, float]]:
    scope: dict[str, float] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    amount = worth(value, scope)
                    if amount is not None:
                        scope[name] = amount
    yield from scope.items()
    if PARAMETERS_FILE in trees:
        for symbol, values in overrides_of(trees[PARAMETERS_FILE]).items():
            yield from ((f"{symbol} {name}", float(value)) for name, value in values.items())


def worth(node: ast.AST, scope: Mapping[str, float]) -> float | None:
    """What an expression of nothing but constants comes to."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return float(value) if abs(value) < 1e300 else None
        case ast.Name(id=name):
            known = scope.get(name, getattr(kernel, name, None))
            return float(known) if isinstance(known, int | float) else None
        case ast.Attribute(value=ast.Name(id="P"), attr=name):
            return scope.get(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            found = worth(operand, scope)
            return None if found is None else -found
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            first, second = worth(left, scope), worth(right, scope)
            if first is None or second is None or (second == 0.0 and not isinstance(op, ast.Add | ast.Sub | ast.Mult)):
                return None
            return OPERATORS[type(op)](first, second)
    return None


def around(value: float) -> Sequence[float]:
    """A number, its neighbours, and what is clearly on either side of it."""
    beside = (math.nextafter(value, -math.inf), math.nextafter(value, math.inf))
    return (value, *beside, value * 0.999, value * 1.001, value * 0.5, value * 1.5)
