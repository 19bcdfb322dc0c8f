"""What an expression of nothing but constants comes to, read from its syntax tree; nothing is run."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

REACH: Final = 1e300
"""A number beyond it is none that a strategy is written with."""
OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
}
DIVISIONS: Final = (ast.Div, ast.FloorDiv)
CALLED: Final[Mapping[str, Callable[..., float]]] = {"max": max, "min": min, "int": int}
NONE: Final[Mapping[str, float]] = MappingProxyType({})


def worth(node: ast.AST, parameters: Mapping[str, float], names: Mapping[str, float] = NONE) -> float | None:
    """The value of numbers, `P.name`, names, the operators above, `max`, `min` and `int`; None for anything else."""

    def of(part: ast.AST) -> float | None:
        return worth(part, parameters, names)

    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return float(value) if abs(value) < REACH else None
        case ast.Attribute(value=ast.Name(id="P"), attr=name):
            return parameters.get(name)
        case ast.Name(id=name):
            return names.get(name)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = of(operand)
            return None if inner is None else -inner
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            first, second = of(left), of(right)
            if first is None or second is None or (second == 0.0 and isinstance(op, DIVISIONS)):
                return None
            made = OPERATORS[type(op)](first, second)
            return made if abs(made) < REACH else None  # neither what is out of reach nor a NaN
        case ast.Call(func=ast.Name(id=name), args=[_, *_] as given, keywords=[]) if name in CALLED:
            values = [of(each) for each in given]
            return None if None in values else _called(name, values)
    return None


def _called(name: str, values: list[float | None]) -> float | None:
    try:
        return float(CALLED[name](*values))
    except (TypeError, ValueError, OverflowError):  # max of one number, int of a NaN
        return None
