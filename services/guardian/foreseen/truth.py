"""When a plan's condition is true on a chart: for certain, or perhaps, where a part of it is not to be seen there."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final, NamedTuple

import numpy as np

from core.contracts import Condition
from services.guardian.foreseen.chart import Chart, Column

Flags = np.ndarray[Any, np.dtype[np.bool_]]
COMPARED: Final[Mapping[str, Callable[[Column, Column], Flags]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Truth(NamedTuple):
    """bool[n, 4], as a chart's columns are. What is certain is possible too."""

    certain: Flags
    possible: Flags


def truth(condition: Condition, chart: Chart) -> Truth:
    """At each moment of the chart."""
    if condition.branches:
        found = [truth(branch, chart) for branch in condition.branches]
        join = operator.and_ if condition.all else operator.or_
        return Truth(*(reduce(join, flags) for flags in zip(*found, strict=True)))
    left, right = chart.column(condition.feature or ""), _right(condition, chart)
    if left is None or right is None:
        return Truth(np.zeros((len(chart), 4), bool), np.ones((len(chart), 4), bool))
    if condition.cross is not None:
        flags = crosses(left, np.broadcast_to(right, left.shape), above=condition.cross == "above")
    else:
        flags = COMPARED[condition.op or ""](left, right)
    return Truth(flags, flags)


def _right(condition: Condition, chart: Chart) -> Column | None:
    if condition.other is None:
        return np.asarray(condition.value, np.float64)
    other = chart.column(condition.other)
    return None if other is None else other * (1.0 if condition.factor is None else condition.factor)


def crosses(left: Column, right: Column, *, above: bool) -> Flags:
    """Moments at which the one is on that side, having come from the other: a touch is none, nor is the unknown."""
    side = np.where(left > right, 1, np.where(left < right, -1, 0)).ravel()
    touches = (left == right).ravel()
    places = np.maximum.accumulate(np.where(touches, -1, np.arange(len(side))))
    lasting = np.where(places < 0, 0, side[places])
    before = np.concatenate([[0], lasting[:-1]])
    way = 1 if above else -1
    return np.asarray((before == -way) & (side == way)).reshape(left.shape)
