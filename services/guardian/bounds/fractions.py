"""A fraction that is taken for a per cent: a profit of 5.0 is five times the money, and waits for ever.

Profit, retreat, drawdown and spread are fractions. One of them that meets a number above one, or a parameter that
counts per cent, is compared with what it cannot mean.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection, Sequence
from typing import Final

from services.guardian.bounds.values import Number
from services.guardian.policy.text import words

FRACTIONS: Final = words("profit retreat drawdown spread")
WHOLE: Final = 1.0
"""A hundred per cent."""


def as_per_cent(sides: Sequence[ast.expr], numbers: Sequence[Number], per_cents: Collection[str]) -> str:
    """What is wrong with the sides of a comparison; empty for nothing. `per_cents` are parameters that count these."""
    pairs = list(itertools.pairwise(zip(sides, numbers, strict=True)))
    for (one, _), (other, number) in (*pairs, *((right, left) for left, right in pairs)):
        if not isinstance(one, ast.Attribute) or one.attr not in FRACTIONS or parameter(one):
            continue
        if number.constant is not None and abs(number.constant) > WHOLE:
            value = abs(number.constant)
            return f"{one.attr} is a fraction and is compared with {value:g}: {value:g} % is {value / 100:g}"
        if (limit := parameter(other)) in per_cents:
            return (
                f"{one.attr} is a fraction and is compared with {limit}, which counts none: divide it by what it counts"
            )
    return ""


def parameter(node: ast.expr) -> str:
    """The name of a parameter, with a minus or without; empty for what is none."""
    match node:
        case ast.UnaryOp(operand=inner):
            return parameter(inner)
        case ast.Attribute(value=ast.Name(id="P"), attr=name):
            return name
    return ""
