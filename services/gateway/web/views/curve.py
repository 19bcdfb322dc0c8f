"""The account's worth over time, with how far it lay below its best; and a price in a sentence."""

from __future__ import annotations

from typing import Final, NamedTuple

from core.contracts.ledger import CandlesShown, EquityShown
from core.formats import figure
from core.language import Language
from services.gateway.web.texts import say

PRICE: Final = ",.8g"


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
    low = figure(min(each.low for each in shown.candles), PRICE, language)
    high = figure(max(each.high for each in shown.candles), PRICE, language)
    last = figure(shown.candles[-1].close, PRICE, language)
    return say("charts.price_said", language, pair=shown.pair, low=low, high=high, last=last, fills=len(shown.fills))
