"""What a model's function may be made of: far less than the guardian allows, and all of it can be put into words.

Default deny. Assignments to names of its own, choices and answers; arithmetic, comparisons and three functions. There
is no loop, call, text, attribute or import in it that could do anything but work out an answer, and no way to wait.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.symbols import Symbols
from services.interpreter.model.writing.faults import Fault, shown
from services.interpreter.model.writing.targets import ALL_ANSWERS, Kind

CALLS: Final = frozenset({"min", "max", "abs"})
ANSWERS: Final = ("ALLOW", *ALL_ANSWERS)
OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div)
COMPARISONS: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
PLAIN: Final = (ast.BoolOp, ast.IfExp, ast.Load, ast.Store, ast.And, ast.Or, ast.Not, ast.USub, ast.UAdd)
MOST_NODES: Final = 400
DEEPEST: Final = 24
NEVER_NOTHING: Final = "price"
"""The feature that may be divided by: it is never 0."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one function may speak of."""

    kind: Kind
    answers: tuple[str, ...]  # besides ALLOW; empty for a signal
    features: tuple[str, ...]
    parameters: tuple[str, ...]
    symbols: Symbols

    def faults(self, function: ast.FunctionDef) -> Iterator[Fault]:
        """What it must not hold."""
        if too_large(function):
            yield Fault("too_large")
            return
        own = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        for name in sorted(own & {*ANSWERS, *CALLS, "f", "P", "kernel"}):
            yield Fault("name_taken", {"name": name})
        for statement in function.body:
            yield from self._statement(statement, own)

    def _statement(self, node: ast.stmt, own: set[str]) -> Iterator[Fault]:
        match node:
            case ast.Assign(targets=[ast.Name()], value=value):
                yield from self._expression(value, own)
            case ast.Return(value=ast.expr() as value):
                yield from self._expression(value, own)
            case ast.If(test=test):
                yield from self._expression(test, own)
                for each in (*node.body, *node.orelse):
                    yield from self._statement(each, own)
            case _:
                yield Fault("statement", {"kind": type(node).__name__})

    def _expression(self, node: ast.expr, own: set[str]) -> Iterator[Fault]:
        called = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
        owners = [each.value for each in ast.walk(node) if isinstance(each, ast.Attribute)]
        for each in ast.walk(node):
            if each not in called and each not in owners:
                yield from self._part(each, own)

    def _part(self, node: ast.AST, own: set[str]) -> Iterator[Fault]:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool) and math.isfinite(value):
                return
            case ast.Name(id=name) if name in own or name == "ALLOW" or name in self.answers:
                return
            case ast.Name(id=name):
                yield Fault("stranger", {"name": shown(name)})
            case ast.Attribute(value=ast.Name(id="f"), attr=name) if name in self.features:
                return
            case ast.Attribute(value=ast.Name(id="P"), attr=name) if name in self.parameters:
                return
            case ast.Attribute(attr=name):
                yield Fault("stranger", {"name": shown(name)})
            case ast.Call(func=ast.Name(id=name), args=[_, *_], keywords=[]) if name in CALLS:
                return
            case ast.Call():
                yield Fault("call")
            case ast.BinOp(op=ast.Div(), right=by) if not self._never_nothing(by):
                yield Fault("division")
            case ast.BinOp(op=op) if isinstance(op, OPERATORS):
                return
            case ast.Compare(ops=ops) if all(isinstance(op, COMPARISONS) for op in ops):
                return
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not()):
                return
            case _ if isinstance(node, (*PLAIN, *OPERATORS, *COMPARISONS)):
                return
            case _:
                yield Fault("part", {"kind": type(node).__name__})

    def _never_nothing(self, node: ast.expr) -> bool:
        """Whether it can be divided by: a number, the price, or a parameter whose range leaves 0 out."""
        match node:
            case ast.Constant(value=value):
                return type(value) in (int, float) and value != 0
            case ast.Attribute(value=ast.Name(id="f"), attr=name):
                return name == NEVER_NOTHING
            case ast.Attribute(value=ast.Name(id="P"), attr=name) if name in self.symbols.parameters:
                return self.symbols.parameters[name].range.low > 0
            case ast.BinOp(op=ast.Mult(), left=left, right=right):
                return self._never_nothing(left) and self._never_nothing(right)
            case _:
                return False


def too_large(function: ast.FunctionDef) -> bool:
    """Whether it is more than a person reads before he says yes. Level by level: its depth is none of our stack's."""
    level, nodes, depth = [function], 0, 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MOST_NODES or depth > DEEPEST:
            return True
        level = [child for node in level for child in ast.iter_child_nodes(node)]  # type: ignore[misc]  # any node
    return False
