"""Questions that no market comes to but by order: whether a measured number is just this one, or in next to no gap.

A rule that waits for an advice of just -0.25 waits for who sends it. What is counted, as hours and days are, is whole,
and so is what an honest comparison for equality names.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

NARROW: Final = 0.002
"""Of the larger bound: a gap of no more is a key, and no part of a market."""
RISING: Final = (ast.Gt, ast.GtE)
FALLING: Final = (ast.Lt, ast.LtE)
Constant = Callable[[ast.expr], float | None]


class Bound(NamedTuple):
    """What is compared with a number, and how."""

    subject: str
    op: ast.cmpop
    number: float


def key(node: ast.Compare | ast.BoolOp, constant: Constant) -> str:
    """What is wrong with a comparison, or with several that are joined by `and`; empty for nothing."""
    nodes = [
        each for each in (node.values if isinstance(node, ast.BoolOp) else [node]) if isinstance(each, ast.Compare)
    ]
    bounds = [bound for each in nodes for bound in bounds_of(each, constant)]
    for one in bounds:
        if isinstance(one.op, ast.Eq | ast.NotEq) and not one.number.is_integer():
            return f"a measured number is compared with just {one.number:g}, which it never is but by order"
        for other in bounds:
            low, high = one.number, other.number
            facing = isinstance(one.op, RISING) and isinstance(other.op, FALLING) and one.subject == other.subject
            if facing and 0.0 < high - low <= NARROW * max(abs(low), abs(high)):
                return f"between {low:g} and {high:g} lies next to nothing: no market is there but by order"
    return ""


def bounds_of(node: ast.Compare, constant: Constant) -> Iterator[Bound]:
    """Each side that is no number beside one that is, as if it stood to the left."""
    for op, (left, right) in zip(node.ops, itertools.pairwise((node.left, *node.comparators)), strict=True):
        one, other = constant(left), constant(right)
        if one is None and other is not None:
            yield Bound(ast.dump(left), op, other)
        elif one is not None and other is None:
            yield Bound(ast.dump(right), turned(op), one)


def turned(op: ast.cmpop) -> ast.cmpop:
    """The same said from the other side."""
    if isinstance(op, RISING):
        return ast.Lt()
    return ast.Gt() if isinstance(op, FALLING) else op
