"""The account's worth over time, with how far it lay below its best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from core.formats import figure
from core.language import Language
from services.gateway.store.samples import Sample
from services.gateway.web.texts import say


class Point(NamedTuple):
    """One moment."""

    time_ns: int
    equity: float
    drawdown: float  # a fraction of the best until then


class Charts(NamedTuple):
    """What the page says of its charts."""

    equity_said: str
    pairs: tuple[str, ...]  # whose price is drawn


def curve_of(samples: Iterable[Sample]) -> list[Point]:
    """The points, oldest first."""
    best, points = 0.0, []
    for sample in samples:
        best = max(best, sample.equity)
        points.append(Point(sample.time_ns, sample.equity, 1 - sample.equity / best if best > 0 else 0.0))
    return points


def said_of(points: Sequence[Point], language: Language) -> str:
    """The curve in a sentence."""
    if not points:
        return say("charts.none", language)
    first, last = (figure(each.equity, ",.2f", language) for each in (points[0], points[-1]))
    fall = figure(max(each.drawdown for each in points), ".2%", language)
    return say("charts.equity_said", language, first=first, last=last, count=len(points), fall=fall)
