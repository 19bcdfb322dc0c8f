"""A new test that asks nothing: it asserts nowhere, or only what is so by its own words, as `assert True` is.

Whoever reads that it passed takes something for tested. What is asserted is counted where it runs, helpers included;
a test that waits for an error, or that calls what asserts by itself, needs no word of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

from core.syntax import syntax_tree

BY_ITSELF: Final = re.compile(r"raises|fail|warns|_?assert\w*")
"""Calls that hold a test up without an assertion in it."""


def idle(files: Mapping[str, bytes], held: Mapping[str, int]) -> Iterator[str]:
    """The tests of new `files` that ask nothing, as `file::name`; `held` are the assertions of each id that passed."""
    for file, data in files.items():
        for node in ast.walk(syntax_tree(data)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                cases = [count for test, count in held.items() if is_case_of(test, file, node.name)]
                if cases and asks_nothing(node, sum(cases)):
                    yield f"{file}::{node.name}"


def is_case_of(test: str, file: str, name: str) -> bool:
    """Whether an id is that of this function, in a class or not."""
    return test.startswith(f"{file}::") and test.partition("[")[0].rpartition("::")[2] == name


def asks_nothing(function: ast.FunctionDef, held: int) -> bool:
    """Whether it could not fail but by an error."""
    nodes = list(ast.walk(function))
    asserts = [node for node in nodes if isinstance(node, ast.Assert)]
    if any(isinstance(node, ast.Call) and BY_ITSELF.fullmatch(called(node)) for node in nodes):
        return False
    return all(is_so_anyway(node.test) for node in asserts) if asserts else held == 0


def called(node: ast.Call) -> str:
    """The last word of what is called."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def is_so_anyway(test: ast.expr) -> bool:
    """Whether a test is true whatever its names stand for."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Tuple(elts=parts):
            return bool(parts)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=value)):
            return not value
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(map(is_so_anyway, values))
        case ast.BoolOp(values=values):
            return all(map(is_so_anyway, values))
    return False
