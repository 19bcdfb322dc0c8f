"""Code that says which way it goes: each question that it asks is put through a counter.

A site is a question: the test of an `if` or of a choice, a part of an `and` or an `or`, any other comparison. The same
source gives the same sites wherever it is read, so a box counts by number, and the judge outside knows the lines.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

HIT: Final = "_which_way"
"""The name by which such code knows its counter: a builtin while it is loaded."""


@dataclass(frozen=True, slots=True)
class Site:
    """One question of a function."""

    file: str
    function: str
    line: int
    text: str
    both: bool  # something happens either way: an else, a choice, a jump out of the block, a part of a question
    part: bool = False


def sites_of(file: str, tree: ast.Module) -> Iterator[tuple[ast.expr, Site]]:
    """The questions of a file in order, each with its node."""
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            for node, both, part in questions(function):
                yield node, Site(file, function.name, node.lineno, ast.unparse(node), both, part)


def questions(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, bool, bool]]:
    """Each once: tests before what stands in them, parts of a question by themselves."""
    tests: dict[ast.expr, bool] = {}
    parts: set[ast.expr] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.If):
            jumps = isinstance(node.body[-1], ast.Return | ast.Continue | ast.Break)
            tests[node.test] = bool(node.orelse) or jumps
        elif isinstance(node, ast.IfExp):
            tests[node.test] = True
        elif isinstance(node, ast.BoolOp):
            parts.update(node.values)
    for node in ast.walk(function):
        if node in tests:
            yield node, tests[node], False
        elif isinstance(node, ast.Compare) or (node in parts and not isinstance(node, ast.BoolOp)):
            yield node, True, True


def numbered(trees: Mapping[str, ast.Module]) -> list[tuple[ast.expr, Site]]:
    """All sites of a strategy; their places in this list are their numbers."""
    return [found for file in sorted(trees) for found in sites_of(file, trees[file])]


def counting(trees: Mapping[str, ast.Module], wanted: Collection[int]) -> dict[str, str]:
    """The source of each file with the wanted sites counted; the trees are changed."""
    places = {id(node): number for number, (node, _) in enumerate(numbered(trees)) if number in wanted}
    return {file: ast.unparse(ast.fix_missing_locations(_Counting(places).visit(tree))) for file, tree in trees.items()}


class _Counting(ast.NodeTransformer):
    def __init__(self, places: Mapping[int, int]) -> None:
        self.places = places

    def visit(self, node: ast.AST) -> ast.AST:
        number = self.places.get(id(node))
        seen: ast.AST = self.generic_visit(node)
        if number is None or not isinstance(seen, ast.expr):
            return seen
        return ast.Call(ast.Name(HIT, ast.Load()), [ast.Constant(number), seen], [])
