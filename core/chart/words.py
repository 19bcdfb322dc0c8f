"""The words of a picture: title, period and strategy, headline figures, and how the ratios are annualised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from core.chart.look import BUY_COLOUR, FAINT, SELL_COLOUR, TEXT
from core.formats import figure as written
from core.metrics import Metrics
from core.retelling import retold
from core.text import printable
from core.texts import say
from core.wording import owners_language

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST_TITLE: Final = 80
LONGEST_SUBTITLE: Final = 150


def write_words(figure: Figure, title: str, subtitle: str, metrics: Metrics, zone: str) -> None:
    """Title and subtitle, the headline figures in a row below them, and the foot."""
    figure.text(0.015, 0.982, _plain(title, LONGEST_TITLE), color=TEXT, fontsize=15, weight="bold", va="top")
    figure.text(0.015, 0.94, _plain(subtitle, LONGEST_SUBTITLE), color=FAINT, fontsize=10, va="top")
    figures = headline(metrics)
    for place, (name, value) in zip(np.linspace(0.015, 0.9, len(figures)), figures, strict=True):
        figure.text(place, 0.89, name, color=FAINT, fontsize=8.5, va="baseline")
        good = BUY_COLOUR if value.startswith("+") else SELL_COLOUR if value.startswith("-") else TEXT
        figure.text(place, 0.862, value, color=good, fontsize=12, weight="bold", va="baseline")
    foot = f"{zone}. {retold(metrics.annualisation)}"
    figure.text(0.015, 0.012, _plain(foot, 200), color=FAINT, fontsize=8, va="bottom")


def headline(metrics: Metrics) -> list[tuple[str, str]]:
    """Name and value of the figures a person looks at first."""
    return [
        (say("report.return"), _percent(metrics.total_return)),
        ("CAGR", _percent(metrics.cagr)),
        (say("chart.deepest"), _percent(-metrics.max_drawdown)),
        ("Sharpe", _number(metrics.sharpe)),
        ("Sortino", _number(metrics.sortino)),
        ("Calmar", _number(metrics.calmar)),
        (say("report.trades"), written(metrics.trades, ",", owners_language())),
        (say("chart.hits"), _percent(metrics.win_rate, "")),
        (say("report.profit_factor"), _number(metrics.profit_factor)),
        (say("report.exposure"), _percent(metrics.exposure, "")),
        (say("report.fees"), _number(metrics.fees)),
    ]


def _percent(value: float | None, sign: str = "+") -> str:
    if value is None:
        return "-"
    return written(value, f"{sign},.1%", owners_language()) if value < 1_000 else "> 100,000%"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return written(value, ",.2f" if abs(value) < 100_000 else ".3g", owners_language())


def _plain(text: str, most: int) -> str:
    """Words in which a dollar sign begins no formula."""
    clean = printable(text)
    return (clean if len(clean) <= most else f"{clean[: most - 1]}…").replace("$", r"\$")
