"""The functions that a model may write anew: rules, and what the signals are made of. Nothing that holds them together.

Told of a function is its code alone: comments and docstrings are left out, for who edited the strategy may have written
anything there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from core.contracts.plan import NAME
from core.symbols import RULES_FILE, Symbols
from core.syntax import syntax_tree

SIGNALS_FILE: Final = "signals.py"
HEADS: Final = {"(f: Features) -> int": "rule", "(f: Features) -> float": "signal"}
ALL_ANSWERS: Final = tuple(f"{way}_{side}" for way in ("FORBID", "FORCE") for side in ("ENTRY", "EXIT"))
"""What a rule may answer besides ALLOW."""
WAYS: Final[Mapping[type[ast.cmpop], str]] = {ast.Lt: "<", ast.LtE: "<", ast.Gt: ">", ast.GtE: ">"}
TURNED: Final[Mapping[type[ast.cmpop], str]] = {ast.Lt: ">", ast.LtE: ">", ast.Gt: "<", ast.GtE: "<"}


class Kind(StrEnum):
    """What a function is for."""

    RULE = "rule"  # answers what may be done
    SIGNAL = "signal"  # says a number

    @property
    def head(self) -> str:
        """What it takes and returns."""
        return next(head for head, kind in HEADS.items() if kind == self)


@dataclass(frozen=True, slots=True)
class Target:
    """A function as it stands: its body, a line each, with its indent."""

    name: str
    kind: Kind
    body: tuple[str, ...]
    ways: frozenset[tuple[str, str]]  # features that are asked about, and whether they are above or below


def targets(symbols: Symbols) -> Mapping[str, Target]:
    """By name, those that may be written anew."""
    return {target.name: target for file in (RULES_FILE, SIGNALS_FILE) for target in _of(file, symbols)}


def _of(file: str, symbols: Symbols) -> Iterator[Target]:
    for node in syntax_tree(symbols.sources.get(file, b"")).body:
        if not isinstance(node, ast.FunctionDef) or not NAME.fullmatch(node.name):
            continue
        head = f"({ast.unparse(node.args)})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")
        kind = HEADS.get(head)
        if kind is None or (kind == Kind.RULE) != (file == RULES_FILE and node.name in symbols.rules):
            continue
        yield Target(node.name, Kind(kind), body_of(node), ways_of(node))


def body_of(node: ast.FunctionDef) -> tuple[str, ...]:
    """Its statements without the docstring, each line below a `def` at the margin."""
    said = ast.get_docstring(node, clean=False) is not None
    bare = ast.Module(node.body[1:] if said else node.body, [])
    return tuple(f"    {line}" for line in ast.unparse(bare).splitlines())


def ways_of(function: ast.FunctionDef) -> frozenset[tuple[str, str]]:
    """Each feature that is compared by itself, with the way in which it is: `("profit", ">")`."""
    found = set[tuple[str, str]]()
    for node in ast.walk(function):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            for (left, right), op in zip(pairwise(sides), node.ops, strict=True):
                for side, way in ((left, WAYS.get(type(op))), (right, TURNED.get(type(op)))):
                    if way is not None and isinstance(side, ast.Attribute) and ast.unparse(side.value) == "f":
                        found.add((side.attr, way))
    return frozenset(found)
