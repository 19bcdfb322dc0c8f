"""Curves of an account's worth, whoever drew them: how far one fell, and how to keep its shape in few points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Worth(Protocol):
    """A point of one."""

    @property
    def equity(self) -> float:
        """Quote currency."""


Point = TypeVar("Point", bound=Worth)


def fall(points: Sequence[Worth]) -> float | None:
    """The deepest fall from a peak, a fraction of it; None without a point."""
    falls = drawdowns([point.equity for point in points])
    return round(max(falls), 8) if falls else None


def drawdowns(equity: Sequence[float]) -> list[float]:
    """Of each point, how far it is below the peak before it, a fraction of that."""
    found: list[float] = []
    peak = equity[0] if equity else 0.0
    for worth in equity:
        peak = max(peak, worth)
        found.append(1 - worth / peak if peak > 0 else 0.0)
    return found


def thinned(points: Sequence[Point], most: int) -> list[Point]:
    """About so few that the first, the last, and of each stretch the lowest and the highest are kept."""
    if len(points) <= most:
        return list(points)
    size = -(-len(points) // max((most - 2) // 2, 1))
    kept = {0, len(points) - 1}
    for first in range(0, len(points), size):
        stretch = range(first, min(first + size, len(points)))
        kept.add(min(stretch, key=lambda place: points[place].equity))
        kept.add(max(stretch, key=lambda place: points[place].equity))
    return [points[place] for place in sorted(kept)]
