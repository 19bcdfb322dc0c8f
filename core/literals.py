"""The numbers that stand in the code of a strategy, as their owner may speak of them: `the 70 of stretched_rsi`.

Only those that may become a parameter are listed: within a function at the top of a file, and neither in a place in an
array, nor in a text or an annotation, where a number that somebody tunes has no business.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from core.syntax import syntax_tree

SKIPPED: Final = {ast.JoinedStr: "values", ast.Subscript: "slice", ast.AnnAssign: "annotation"}
"""Parts of code in which a number is no number of the strategy's."""

HOLDING: Final = ("decide", "choose", "verdicts", "features")
"""Functions that hold the strategy together; nobody tunes them."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number of a function, its minus included. `place` counts from 1 those of one value in one function."""

    function: str
    value: float | int
    place: int
    line: int
    start: int  # the byte of its line where it begins, and where it ends
    end: int
    beside: str  # the feature that it is compared with; empty for none

    @property
    def signless(self) -> float | int:
        """As people say it, who leave the minus out."""
        return abs(self.value)


def literals(data: bytes, tree: ast.Module | None = None) -> tuple[Literal, ...]:
    """Those of a file, in the order of its text; `tree` is what it is made of, where that is known already."""
    lines = data.splitlines()
    found: list[Literal] = []
    for function in (tree or syntax_tree(data)).body:
        if isinstance(function, ast.FunctionDef) and function.name not in HOLDING:
            counts: dict[float | int, int] = {}
            for node, value, beside in sorted(_numbers(function), key=lambda each: _position(each[0])):
                if node.lineno == node.end_lineno and _stands_alone(lines[node.lineno - 1], node):
                    counts[value] = counts.get(value, 0) + 1
                    place = counts[value]
                    end = node.end_col_offset or node.col_offset
                    found.append(Literal(function.name, value, place, node.lineno, node.col_offset, end, beside))
    return tuple(found)


def _numbers(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, float | int, str]]:
    pending: list[tuple[ast.AST, str]] = [(node, "") for node in function.body]
    while pending:
        node, beside = pending.pop()
        if isinstance(node, ast.expr) and (value := number(node)) is not None:
            yield node, value, beside
        elif isinstance(node, ast.Compare):
            sides = (node.left, *node.comparators)
            read = next((side.attr for side in sides if _is_feature(side)), "")  # type: ignore[attr-defined]
            pending += [(side, read) for side in sides]
        else:
            pending += [(child, "") for child in _within(node)]


def _within(node: ast.AST) -> Iterator[ast.AST]:
    left_out = SKIPPED.get(type(node), "")
    for name, part in ast.iter_fields(node):
        if name != left_out:
            yield from (each for each in (part if isinstance(part, list) else [part]) if isinstance(each, ast.AST))


def number(node: ast.expr) -> float | int | None:
    """The finite number that an expression is, `-0.3` among them; None for any other."""
    match node:
        case ast.Constant(value=float() | int() as value) if not isinstance(value, bool) and math.isfinite(value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant() as inner):
            positive = number(inner)
            return None if positive is None else -positive
    return None


def _is_feature(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "f"


def _position(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _stands_alone(line: bytes, node: ast.expr) -> bool:
    """Whether no letter touches it: `1if x else 2` would read as another name."""
    around = line[: node.col_offset][-1:] + line[node.end_col_offset :][:1]
    return not any(chr(byte).isalnum() or byte in b"_" for byte in around)
