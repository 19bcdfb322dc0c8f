"""Helpers that are new: a part of the one function that calls them, once, with what it has at hand.

So a question that moved into one is the question that it was, its parameters named as the caller names what it gives.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sandbox.branching import Site

Trees = Mapping[str, ast.Module]


class Home(NamedTuple):
    """The function that calls a helper, and what it gives for each of its parameters."""

    file: str
    function: str
    given: Mapping[str, ast.expr]


def taken_out(candidate: Trees, parent: Trees) -> dict[str, Home]:
    """By name, the new helpers that one function of the parent's calls once, with names and fields of its own."""
    before = {(file, function.name) for file, function in functions(parent)}
    old = {name for _, name in before}
    new = {function.name: function for _, function in functions(candidate) if function.name not in old}
    calls = Counter(
        node.id
        for tree in candidate.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in new
    )
    found = {}
    for file, function in functions(candidate):
        for node in ast.walk(function) if (file, function.name) in before else ():
            match node:
                case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if calls[name] == 1:
                    names = [arg.arg for arg in new[name].args.args]
                    if len(names) == len(args) and all(isinstance(arg, ast.Name | ast.Attribute) for arg in args):
                        found[name] = Home(file, function.name, dict(zip(names, args, strict=True)))
    return found


def functions(trees: Trees) -> Iterator[tuple[str, ast.FunctionDef]]:
    """All of them, with their files."""
    for file, tree in trees.items():
        yield from ((file, node) for node in tree.body if isinstance(node, ast.FunctionDef))


def asked_in(site: Site, node: ast.expr, homes: Mapping[str, Home]) -> tuple[str, str, str]:
    """File, function and text of a question, as the caller of a helper would ask it."""
    home = homes.get(site.function)
    if home is None:
        return site.file, site.function, site.text
    return home.file, home.function, ast.unparse(_Given(home.given).visit(copy.deepcopy(node)))


class _Given(ast.NodeTransformer):
    def __init__(self, given: Mapping[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.given.get(node.id, node)
