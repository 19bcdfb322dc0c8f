"""No function of a strategy calls itself: with loops over finite ranges alone, every answer then comes to an end.

A recursion that overflows the stack of a host is no exception that anybody can catch.
"""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator, Mapping

Function = tuple[str, str]
"""A file of the package, and a name in it."""


def find_recursion(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, int, str]]:
    """Functions that call themselves, directly or over others: file, line and why."""
    made: dict[Function, ast.FunctionDef] = {}
    brought: dict[Function, Function] = {}  # what a file imports from another of the package
    for file, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                made[file, node.name] = node
            elif isinstance(node, ast.ImportFrom) and node.level == 1:
                brought |= {(file, n.asname or n.name): (f"{node.module}.py", n.name) for n in node.names}
    try:
        graphlib.TopologicalSorter({one: set(calls_of(one, made, brought)) for one in made}).prepare()
    except graphlib.CycleError as error:
        (file, name), *others = reversed(error.args[1][1:])
        over = f" over {', '.join(other for _, other in others)}" if others else ""
        yield file, made[file, name].lineno, f"{name} calls itself{over}"


def calls_of(
    function: Function, made: Mapping[Function, ast.FunctionDef], brought: Mapping[Function, Function]
) -> Iterator[Function]:
    """The functions of the package that one of them calls, each in the file that makes it."""
    for node in ast.walk(made[function]):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            target, steps = (function[0], node.func.id), 0
            while target not in made and target in brought and steps < len(brought):
                target, steps = brought[target], steps + 1
            if target in made:
                yield target
