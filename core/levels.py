"""Where the rules of a strategy change their mind on the way of the price: what may become a stop or a target.

A rule such as `FORCE_EXIT if f.profit <= -P.stop_loss else ALLOW` has an edge at one price. The edges are read from the
rules as they are written, once, when the strategy is imported, so a rule that an owner adds has its edge too. Whether
it is a stop, a target or nothing at all the strategy finds out by asking its rules on both sides of it.
"""

from __future__ import annotations

import ast
import linecache
import operator
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, Final

from core.strategy import rule_names
from core.syntax import syntax_tree
from core.tunable import rows_of

Edge = tuple[float, float, float]
"""A price: this part of the entry price, and this part of the best price since then, and this much."""

NO_EDGE: Final[Edge] = (0.0, 0.0, 0.0)
MEANT: Final[Mapping[str, Callable[[float], Edge]]] = {
    "profit": lambda fraction: (1.0 + fraction, 0.0, 0.0),
    "retreat": lambda fraction: (0.0, 1.0 - fraction, 0.0),
    "price": lambda price: (0.0, 0.0, price),
}
"""The price at which a feature that moves with the price has a value."""
OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def edges(verdicts: Callable[..., Any]) -> tuple[Edge, ...]:
    """The edges of the rules that `verdicts` lists, each once. The last is none: a kernel cannot loop over nothing."""
    return rows_of((*dict.fromkeys(edge for found in edges_by_rule(verdicts).values() for edge in found), NO_EDGE))


def edges_by_rule(verdicts: Callable[..., Any]) -> dict[str, tuple[Edge, ...]]:
    """The edges of each rule that `verdicts` lists."""
    function = getattr(verdicts, "py_func", verdicts)
    source = "".join(linecache.getlines(function.__code__.co_filename, function.__globals__))
    listed = set(rule_names(source))
    return {
        node.name: tuple(dict.fromkeys(_edges_of(node, function.__globals__)))
        for node in syntax_tree(source).body
        if isinstance(node, ast.FunctionDef) and node.name in listed and node.args.args
    }


def _edges_of(rule: ast.FunctionDef, scope: Mapping[str, Any]) -> Iterator[Edge]:
    given = rule.args.args[0].arg
    for node in ast.walk(rule):
        if isinstance(node, ast.Compare):
            for pair in pairwise([node.left, *node.comparators]):
                for feature, other in (pair, pair[::-1]):
                    meant, value = _feature(feature, given), _number(other, scope)
                    if meant is not None and value is not None and not (meant is MEANT["retreat"] and value <= 0.0):
                        yield meant(value)  # a fall of nothing stands for a rule that is turned off


def _feature(node: ast.expr, given: str) -> Callable[[float], Edge] | None:
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=feature) if name == given:
            return MEANT.get(feature)
    return None


def _number(node: ast.expr, scope: Mapping[str, Any]) -> float | None:
    """What an expression of numbers, parameters and constants of the file is worth; None for any other."""
    match node:
        case ast.Constant(value=value):
            return _as_number(value)
        case ast.Name(id=name):
            return _as_number(scope.get(name))
        case ast.Attribute(value=ast.Name(id="P"), attr=name):
            return _as_number(getattr(scope.get("P"), name, None))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = _number(operand, scope)
            return None if value is None else -value
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            first, second = _number(left, scope), _number(right, scope)
            if first is None or second is None or (isinstance(op, ast.Div) and second == 0.0):
                return None
            return OPERATORS[type(op)](first, second)
    return None


def _as_number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
