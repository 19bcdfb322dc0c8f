"""The account's worth over time, with how far it lay below its best; and a price in a sentence."""

from __future__ import annotations

from typing import NamedTuple

from core.contracts.ledger import CandlesShown, EquityShown
from core.formats import number
from core.language import Language
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


def curve_of(shown: EquityShown) -> list[Point]:
    """The points, oldest first."""
    best, points = 0.0, []
    for point in shown.points:
        best = max(best, point.equity)
        points.append(Point(point.time_ns, point.equity, 1 - point.equity / best if best > 0 else 0.0))
    return points


def price_said(shown: CandlesShown, language: Language) -> str:
    """The bars in a sentence."""
    if not shown.candles:
        return say("charts.none", language)
    low = number(min(each.low for each in shown.candles), language)
    high = number(max(each.high for each in shown.candles), language)
    last = number(shown.candles[-1].close, language)
    return say("charts.price_said", language, pair=shown.pair, low=low, high=high, last=last, fills=len(shown.fills))
