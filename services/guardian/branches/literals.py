"""The numbers that a strategy's code is written with, those that are new to it first."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from core import kernel
from core.constants import worth
from core.overrides import overrides_of
from core.symbols import PARAMETERS_FILE

MOST: Final = 60
"""Numbers of a candidate that events are made with."""
OF_KERNEL: Final = {name: float(value) for name, value in vars(kernel).items() if isinstance(value, int | float)}
"""Numbers that strategies import by name."""
COMMON: Final = frozenset((0.0, 1.0, 2.0))
"""Of these there is one in every line."""


def new_numbers(
    candidate: Mapping[str, ast.Module], parent: Mapping[str, ast.Module], questions: Iterable[ast.expr]
) -> list[float]:
    """What new questions ask about, and what else the candidate is written with and the parent is not; the first of
    it, where there is too much."""
    known, scope = set(numbers(parent)), dict(constants(candidate))
    asked = [abs(value) for node in questions for value in _numbers(node, scope)]
    new = [value for value in numbers(candidate) if value not in known]
    return list(dict.fromkeys(value for value in (*asked, *new) if value not in COMMON))[:MOST]


def numbers(trees: Mapping[str, ast.Module]) -> list[float]:
    """Every number, constant expressions worked out, parameters and constants at the top by their values."""
    scope = dict(constants(trees))
    found: dict[float, None] = {}
    for _, tree in sorted(trees.items()):
        found |= {abs(value): None for value in _numbers(tree, scope)}
    return list(found)


def _numbers(tree: ast.AST, scope: Mapping[str, float]) -> Iterator[float]:
    names = {**OF_KERNEL, **scope}
    for node in ast.walk(tree):
        value = worth(node, scope, names) if isinstance(node, ast.expr) else None
        if value is not None and math.isfinite(value):
            yield value


def constants(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, float]]:
    """What is set to a number somewhere, parameters and own values too: its name, and the number."""
    scope: dict[str, float] = {}
    for tree in trees.values():
        for node in ast.walk(tree):
            match node:
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    amount = worth(value, scope, {**OF_KERNEL, **scope})
                    if amount is not None:
                        scope[name] = amount
    yield from scope.items()
    if PARAMETERS_FILE in trees:
        for symbol, values in overrides_of(trees[PARAMETERS_FILE]).items():
            yield from ((f"{symbol} {name}", float(value)) for name, value in values.items())


def around(value: float) -> Sequence[float]:
    """A number, its neighbours, and what is clearly on either side of it."""
    beside = (math.nextafter(value, -math.inf), math.nextafter(value, math.inf))
    return (value, *beside, value * 0.999, value * 1.001, value * 0.5, value * 1.5)
