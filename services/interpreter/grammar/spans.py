"""In which range a number of the code may sensibly be set: near to what it is, and wherever it means anything."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from core.literals import Literal
from services.interpreter.grammar.features import Measure, measure

DAY_SECONDS: Final = 86_400
WHOLE: Final[dict[Measure, tuple[float, float]]] = {
    Measure.POINTS: (0, 100),
    Measure.SIGNED: (-1, 1),
    Measure.HOUR: (0, 23),
    Measure.WEEKDAY: (0, 6),
    Measure.FRACTION: (0, 1),
    Measure.SECONDS: (0, 7 * DAY_SECONDS),
}
"""Where a feature can be at all, or a number beside it says anything."""
UNITS: Final = {
    "profit": "of entry price",
    "retreat": "of best price",
    "drawdown": "of equity",
    "spread": "of price",
    "rsi": "RSI points",
}
UNITS_BY_MEASURE: Final = {
    Measure.POINTS: "points",
    Measure.SIGNED: "score",
    Measure.HOUR: "hours",
    Measure.WEEKDAY: "days",
    Measure.SECONDS: "seconds",
}
PLAIN: Final = "number"
WIDE: Final = 10


class Span(NamedTuple):
    """A range, and what is counted in it."""

    low: float | int
    high: float | int
    unit: str


def sensible(literal: Literal, whole: frozenset[str]) -> tuple[Span, Span]:
    """From half to twice the number, and all that it can be or from a tenth to ten times."""
    beside = literal.beside
    kind = measure(beside) if beside else Measure.UNKNOWN
    unit = UNITS.get(beside) or UNITS_BY_MEASURE.get(kind, PLAIN)
    bounds = WHOLE.get(kind)
    counted = isinstance(literal.value, int) and (not beside or beside in whole)
    near = _around(literal.value, 2, counted=counted)
    far = bounds or _around(literal.value, WIDE, counted=counted)
    if beside == "profit":
        far = (-1, 1)
    if bounds is not None:
        near = max(near[0], far[0]), min(near[1], far[1])
    if near[0] >= near[1] or not near[0] <= literal.value <= near[1] or near == far:
        near = _around(literal.value, 2, counted=counted)
        far = _around(literal.value, WIDE, counted=counted)
    return Span(*near, unit), Span(*far, unit)


def _around(value: float, factor: int, *, counted: bool) -> tuple[float | int, float | int]:
    if value == 0:
        return (0, factor) if counted else (-factor / 2, factor / 2)
    ends = sorted((value / factor, value * factor))
    if counted:
        return math.floor(ends[0]), math.ceil(ends[1])
    return _rounded(ends[0]), _rounded(ends[1])


def _rounded(value: float) -> float:
    """As a person would write it: three digits."""
    return float(f"{value:.3g}")
