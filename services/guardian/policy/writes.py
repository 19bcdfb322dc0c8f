"""What the code writes into a decision: no action past `choose`, and no size that may come to more than order_fraction.

A purchase that is written down under a condition waits for it, and no tape may ever bring it about. So it is not left
to tapes: an action is what a function chose, or HOLD where that bought, and the most that a size can come to is worked
out from how it is written.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping
from typing import Final

from core.errors import StrategyError
from core.overrides import FILE, overrides_of
from core.symbols import Symbols
from services.guardian.policy.spans import ANYTHING, Spans

SIZE: Final = "the size may come to more than order_fraction; write min(P.order_fraction, ...)"
ACTION: Final = "an action that nothing chose; write a rule that forces or forbids it"
ROUNDING: Final = 1e-12
PARAMETER: Final = "order_fraction"


def find_writes(files: Mapping[str, bytes], trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, int, str, str]]:
    """File, line, what is wrong, and what stands there."""
    try:
        values = _values(files)
    except (StrategyError, KeyError, SyntaxError, ValueError):
        return  # another check says what is wrong with it
    for file, tree in trees.items():
        for function in tree.body:
            if isinstance(function, ast.FunctionDef):
                for node, why in (*_actions(function), *_sizes(function, tree, values)):
                    yield file, node.lineno, why, ast.unparse(node)


def _values(files: Mapping[str, bytes]) -> list[Mapping[str, float]]:
    """The parameters, as each pair has them."""
    parameters = Symbols.of(files).parameters
    pairs = [None, *overrides_of(ast.parse(files[FILE]))]
    return [{name: parameter.of(pair) for name, parameter in parameters.items()} for pair in pairs]


def _statements(body: list[ast.stmt], *, guarded: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Every statement, and whether it is only reached where a purchase was chosen, or nothing is held."""
    for node in body:
        yield node, guarded
        if isinstance(node, ast.If):
            yield from _statements(node.body, guarded=guarded or _is_guard(node.test))
            yield from _statements(node.orelse, guarded=guarded)
        elif isinstance(node, ast.For):
            yield from _statements([*node.body, *node.orelse], guarded=guarded)


def _is_guard(test: ast.expr) -> bool:
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(map(_is_guard, test.values))
    return re.fullmatch(r"\w+\.action == BUY|\w+\.position (<=|==) 0(\.0)?", ast.unparse(test)) is not None


def _stores(node: ast.stmt, field: str) -> Iterator[ast.expr | None]:
    """Each value that a statement gives to a field of this name, None for one that is only known in part."""
    match node:
        case ast.AugAssign(target=ast.Attribute(attr=attr)) if attr == field:
            yield None
        case ast.AnnAssign(target=ast.Attribute(attr=attr), value=value) if attr == field:
            yield value
        case ast.For(target=target) if any(_is_field(each, field) for each in ast.walk(target)):
            yield None
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _given(target, value, field)


def _given(target: ast.expr, value: ast.expr, field: str) -> Iterator[ast.expr | None]:
    if _is_field(target, field):
        yield value
    elif isinstance(target, ast.Tuple):
        parts = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts) else None
        for place, element in enumerate(target.elts):
            if parts is None and _is_field(element, field):
                yield value if isinstance(value, ast.Call) else None
            elif parts is not None:
                yield from _given(element, parts[place], field)


def _is_field(node: ast.AST, field: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == field


def _actions(function: ast.FunctionDef) -> Iterator[tuple[ast.stmt, str]]:
    for node, guarded in _statements(function.body, guarded=False):
        for value in _stores(node, "action"):
            if value is None or not _is_chosen(value, guarded=guarded):
                yield node, ACTION


def _is_chosen(value: ast.expr, *, guarded: bool) -> bool:
    match value:
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _is_chosen(body, guarded=guarded or _is_guard(test)) and _is_chosen(orelse, guarded=guarded)
        case ast.Call(func=ast.Name(id=name)):
            return name not in ("int", "max", "min", "abs", "round", "sum")
        case ast.Name(id="HOLD") | ast.Constant(value=0):
            return guarded
        case ast.Attribute(attr="action"):
            return True
    return False


def _sizes(
    function: ast.FunctionDef, tree: ast.Module, values: list[Mapping[str, float]]
) -> Iterator[tuple[ast.stmt, str]]:
    found = ((node, one) for node, _ in _statements(function.body, guarded=False) for one in _stores(node, "size"))
    for node, value in found:
        spans = [ANYTHING if value is None else Spans(function, tree, each).of(value) for each in values]
        limits = [each.get(PARAMETER, math.inf) + ROUNDING for each in values]
        if any(span.high > limit for span, limit in zip(spans, limits, strict=True)):
            yield node, SIZE
