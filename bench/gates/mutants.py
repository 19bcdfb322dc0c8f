"""Small faults, one at a time, in every file of a strategy: what the gates refuse of them is how well they look.

A mutant is a changed operator, constant, comparison, bound, logic or return, a statement left out, or two arguments
swapped. One whose syntax tree is the same as the strategy's is none.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from core.strategy import Source

FILES: Final = ("decide.py", "indicators.py", "levels.py", "parameters.py", "rules.py", "signals.py", "state.py")
TURNED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
}
OTHER: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
FREE: Final = ("levels.py:HAIR",)
"""Numbers that may be others: how far a hair is."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault."""

    file: str
    line: int
    kind: str
    text: str  # of the changed part, before and after
    source: Source


def mutants(parent: Source) -> Iterator[Mutant]:
    """All of a strategy, file by file, in the order of its lines."""
    for file in FILES:
        tree = ast.parse(parent.files[file])
        count = len(list(_changes(tree, file)))
        for number in range(count):
            fresh = ast.parse(parent.files[file])
            node, kind, change = list(_changes(fresh, file))[number]
            before = ast.unparse(node)
            line = getattr(node, "lineno", 0)
            change()
            text = f"{before} -> {ast.unparse(node)}"[:160]
            data = ast.unparse(ast.fix_missing_locations(fresh)).encode() + b"\n"
            if ast.dump(ast.parse(data)) != ast.dump(tree):
                yield Mutant(file, line, kind, text, Source.of({**parent.files, file: data}))


Change = tuple[ast.AST, str, Callable[[], None]]


def _changes(tree: ast.Module, file: str) -> Iterator[Change]:
    """Every place, what is done there, and what does it. Defaults of parameters are the owner's, and left alone."""
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            yield from _in_function(function)
        elif isinstance(function, ast.AnnAssign) and function.value is not None and file != "parameters.py":
            name = f"{file}:{ast.unparse(function.target)}"
            if name not in FREE:
                yield from _expressions(function.value, lambda _: False)


def _in_function(function: ast.FunctionDef) -> Iterator[Change]:
    for node in ast.walk(function):
        for block in ("body", "orelse"):
            statements = getattr(node, block, None)
            if isinstance(statements, list):
                yield from _statements(statements)
    skipped = {id(child) for decorator in function.decorator_list for child in ast.walk(decorator)}
    hints = [function.returns, *(argument.annotation for argument in function.args.args)]
    skipped |= {id(child) for hint in hints if hint is not None for child in ast.walk(hint)}
    yield from _expressions(function, lambda node: id(node) in skipped)


def _statements(statements: list[ast.stmt]) -> Iterator[Change]:
    for place, statement in enumerate(statements):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # what a function says of itself
        if not isinstance(statement, ast.FunctionDef | ast.Pass | ast.Return):

            def leave_out(place: int = place) -> None:
                statements[place] = ast.copy_location(ast.Pass(), statements[place])

            yield statement, "statement left out", leave_out


def _expressions(root: ast.AST, skip: Callable[[ast.AST], bool]) -> Iterator[Change]:
    for node in ast.walk(root):
        if skip(node):
            continue
        match node:
            case ast.Compare():
                yield from _comparisons(node)
            case ast.BinOp() if type(node.op) in OTHER:
                yield node, "arithmetic", _set(node, "op", OTHER[type(node.op)]())
            case ast.AugAssign() if type(node.op) in OTHER:
                yield node, "arithmetic", _set(node, "op", OTHER[type(node.op)]())
            case ast.BoolOp():
                yield node, "logic", _set(node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
            case ast.UnaryOp(op=ast.USub()):
                yield node, "sign", _set(node, "op", ast.UAdd())
            case ast.UnaryOp(op=ast.Not()):
                yield node, "logic", _negate(node)
            case ast.Constant() if isinstance(node.value, int | float) and not isinstance(node.value, bool):
                yield node, "constant", _set(node, "value", node.value + 1)
                if node.value:
                    yield node, "constant", _set(node, "value", node.value * 0)
            case ast.Call() if len(node.args) > 1:
                yield node, "arguments swapped", _set(node, "args", [node.args[1], node.args[0], *node.args[2:]])
            case ast.IfExp():
                yield node, "branches swapped", _swap(node)
            case ast.Return() if node.value is not None and not isinstance(node.value, ast.Constant | ast.Tuple):
                yield node, "return", _set(node, "value", ast.BinOp(node.value, ast.Mult(), ast.Constant(2)))


def _comparisons(node: ast.Compare) -> Iterator[Change]:
    for place, operator in enumerate(node.ops):
        for other in TURNED.get(type(operator), ()):
            ops = [*node.ops[:place], other(), *node.ops[place + 1 :]]
            boundary = isinstance(operator, ast.Lt | ast.Gt) == (not isinstance(other(), ast.Lt | ast.Gt))
            yield node, "boundary" if boundary else "comparison", _set(node, "ops", ops)


def _set(node: ast.AST, field: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(node, field, copy.deepcopy(value))


def _negate(node: ast.UnaryOp) -> Callable[[], None]:
    return lambda: setattr(node, "op", ast.UAdd())


def _swap(node: ast.IfExp) -> Callable[[], None]:
    def swap() -> None:
        node.body, node.orelse = node.orelse, node.body

    return swap
