"""The numbers in force are those that the class shows: `P = Parameters()`, made once, and each default in its range.

Everybody reads a parameter where it stands: the owner, the editor, the judge and the trader, who works out from it what
a decision may be. A `P` that is made otherwise would be another strategy than the one that is read.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from typing import Final

from core.errors import StrategyError
from core.overrides import FILE, pairs_of, statement_of
from services.guardian.policy.package import names_bound
from services.guardian.policy.place import number
from services.guardian.policy.text import Finding

MADE: Final = "P is made otherwise than by P = Parameters()"
CLASS: Final = "Parameters"


def check_parameters(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, int, str]]:
    """File, line and what is wrong with how the package makes and passes on its numbers."""
    for file, tree in trees.items():
        found = _where_they_are_made(tree) if file == FILE else _elsewhere(tree)
        yield from ((file, line, why) for line, why in found)


def _where_they_are_made(tree: ast.Module) -> Iterator[Finding]:
    if sum(name == "P" for name in names_bound(tree)) != 1:
        yield 1, MADE
    made = [node for node in tree.body if _is_made(node)]
    if len(made) != 1:
        yield 1, MADE
    try:
        overrides = statement_of(tree)
        own = [call for _, call in pairs_of(overrides)] if overrides is not None else []
    except StrategyError:
        own = []  # another check says what is wrong with it
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == CLASS
        if called and node not in own and not any(node is getattr(each, "value", None) for each in made):
            yield getattr(node, "lineno", 1), MADE
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == CLASS:
            yield from _ranges(node, own)


def _is_made(node: ast.stmt) -> bool:
    match node:
        case ast.Assign(targets=[ast.Name(id="P")]) | ast.AnnAssign(target=ast.Name(id="P")):
            call = node.value
            return call is not None and ast.unparse(call) == f"{CLASS}()"
    return False


def _elsewhere(tree: ast.Module) -> Iterator[Finding]:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(level=1, module="parameters", names=names):
                if any(alias.name == CLASS for alias in names):
                    yield node.lineno, f"import of {CLASS}: P has the numbers"
            case ast.ImportFrom(names=names) if any("P" in (alias.name, alias.asname) for alias in names):
                yield node.lineno, MADE
            case ast.ClassDef(name="P" | "Parameters") | ast.FunctionDef(name="P" | "Parameters") | ast.arg(arg="P"):
                yield node.lineno, MADE
            case ast.Name(id="P", ctx=ast.Store()):
                yield node.lineno, MADE


def _ranges(node: ast.ClassDef, own: list[ast.Call]) -> Iterator[Finding]:
    ranges = {}
    for field in node.body:
        match field:
            case ast.AnnAssign(
                target=ast.Name(id=name),
                annotation=ast.Subscript(
                    slice=ast.Tuple(elts=[_, ast.Call(func=ast.Name(id="Range"), args=[low, high, _])])
                ),
                value=ast.expr() as value,
            ):
                ranges[name] = (number(low), number(high))
                yield from _outside(field, name, number(value), *ranges[name])
    for call in own:
        for keyword in call.keywords:
            if keyword.arg in ranges:
                yield from _outside(keyword, keyword.arg, number(keyword.value), *ranges[keyword.arg])


def _outside(node: ast.AST, name: str, value: float | None, low: float | None, high: float | None) -> Iterator[Finding]:
    line = getattr(node, "lineno", 1)
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high) and low < high):
        yield line, f"the range of {name} is none: two finite numbers, the lower one first"
    elif value is None or not low <= value <= high:
        yield line, f"{name} is outside of its range, {low:g} to {high:g}"
