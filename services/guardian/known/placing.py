"""Rows with the numbers of a candidate's own code in them: what it compares with one of them shows there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from core.kernel import NANOSECONDS

MOST_OWN: Final = 900
"""Rows with a number of the candidate's own, of each function."""
MOST_NS: Final = 2**60
NEVER: Final = frozenset({"bollinger_middle"})
"""A field that follows from others."""


def around(*bounds: float) -> list[float]:
    """Each bound and its neighbours."""
    return [
        value
        for bound in bounds
        for value in (bound, math.nextafter(bound, -math.inf), math.nextafter(bound, math.inf))
    ]


def placed(
    drawn: Sequence[Mapping[str, Any]],
    own: Sequence[float],
    chance: np.random.Generator,
    *,
    low: Mapping[str, float] = MappingProxyType({}),
    high: Mapping[str, float] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Some of the rows again, each with an own number, or what is near it, in one of its fields.

    A field of whole numbers keeps to them, and one that has a range to what is in it.
    """
    names = [name for name in drawn[0] if name not in NEVER] if drawn else []
    found = []
    for number in own:
        for near in close_to(number):
            for name in names:
                row, value = drawn[int(chance.integers(len(drawn)))], near
                if isinstance(row[name], int):
                    value = int(near)
                if low.get(name, -math.inf) <= value <= high.get(name, math.inf):
                    found.append({**row, name: value})
    kept = sorted(chance.permutation(len(found))[:MOST_OWN])
    return [found[place] for place in kept]


def close_to(number: float) -> Iterator[float]:
    """It, what is next to it and what is clearly beside it, of either sign."""
    for value in around(number):
        yield value
        yield -value
    yield from (number * 0.999, number * 1.001, -number * 0.999, -number * 1.001, number + 1.0, number - 1.0)


def durations(own: Sequence[float]) -> list[int]:
    """Own numbers as seconds, and as nanoseconds, in nanoseconds."""
    near = [value for number in own for value in close_to(number) if value >= 0.0]
    return [int(value * unit) for value in near for unit in (1, NANOSECONDS) if value * unit < MOST_NS]
