"""The numbers of bars at which a strategy may change its mind, by the numbers that it is written with."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from core.constants import worth
from services.guardian.bounds.package import PLATFORM
from services.guardian.bounds.walk import Walk
from services.guardian.branches.literals import OF_KERNEL, constants

TABLE: Final = 8
"""A row of more numbers than that is a table: of it counts how long it is."""
MOST_PAIRED: Final = 12
MOST: Final = 120
FURTHEST: Final = 2**48
"""A number from here on is no count of anything that a market brings."""
PERIOD: Final = "period"
"""What an indicator of the platform calls the bars that it looks back for."""
SLOWEST: Final = 20_000
"""Bars that an indicator may look back for; what takes more is no wait."""


def ages_named(trees: Mapping[str, ast.Module], parents: Mapping[str, ast.Module]) -> list[int]:
    """Whole numbers that are new or are made of two that are, then the parent's of these files; at most MOST."""
    other = [name for name, tree in trees.items() if tree is not parents.get(name)]
    known, own = (
        dict.fromkeys(scalars({name: files[name] for name in other if name in files}, files))
        for files in (parents, trees)
    )
    new = [number for number in own if number not in known]
    found = dict.fromkeys(whole(new))
    for one, two in itertools.combinations(new[:MOST_PAIRED], 2):
        quotients = [high / low for high, low in ((one, two), (two, one)) if low > 0.0]
        found |= dict.fromkeys(whole([one + two, abs(one - two), one * two, *quotients]))
    found |= dict.fromkeys(whole(number * number for number in new))
    return [*found, *(number for number in whole(known) if number not in found)][:MOST]


def whole(numbers: Iterable[float]) -> Iterator[int]:
    """Those that may be a count, without what is behind their point."""
    return (int(number) for number in numbers if 2.0 <= number < FURTHEST)


def scalars(trees: Mapping[str, ast.Module], package: Mapping[str, ast.Module]) -> Iterator[float]:
    """Every number in files of a package, constant expressions worked out; of a table its length."""
    scope = dict(constants(package)) if trees else {}
    names = {**OF_KERNEL, **scope}
    for _, tree in sorted(trees.items()):
        for node in outside_tables(tree):
            if isinstance(node, ast.Tuple):
                yield float(len(node.elts))
            elif isinstance(node, ast.expr):
                value = worth(node, scope, names)
                if value is not None and math.isfinite(value):
                    yield abs(value)


def outside_tables(tree: ast.AST) -> Iterator[ast.AST]:
    """As `ast.walk`, but for what is in a table; of other tuples there is no number."""
    left = [tree]
    while left:
        node = left.pop()
        if isinstance(node, ast.Tuple) and len(node.elts) > TABLE:
            yield node
            continue
        if not isinstance(node, ast.Tuple):
            yield node
        left.extend(ast.iter_child_nodes(node))


def longest_wait(trees: Mapping[str, ast.Module], walk: Walk) -> int:
    """Bars after which every window is full and every average has seen its period: the two longest, one after another.

    Only what is waited for counts: the sizes of what is remembered, and what an indicator of the platform is given as
    its period.
    """
    scope = dict(constants(trees))
    names = {**OF_KERNEL, **scope}
    found = [walk.size(name) for name in walk.package.state]
    platform = walk.package.files[PLATFORM].functions
    for tree in trees.values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=name), args=given) if name in platform:
                    words = [each.arg for each in platform[name].args.args]
                    told = (value for word, value in zip(words, given, strict=False) if word == PERIOD)
                    found += [worth(value, scope, names) or 0.0 for value in told]
    ends = sorted(number for number in found if number <= SLOWEST)[-2:]
    return int(sum(ends)) + 2
