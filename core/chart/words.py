"""The words of a picture: title, period and strategy, headline figures, and how the ratios are annualised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from core.chart.look import BUY_COLOUR, FAINT, SELL_COLOUR, TEXT
from core.chart.run import Run
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
MOST_FIGURES: Final = 11
"""In a row."""


class Words(NamedTuple):
    """Of one picture; `figures` are names and values, the first one farthest to the left."""

    title: str
    subtitle: str
    figures: list[tuple[str, str]]
    foot: str


def write_words(figure: Figure, words: Words) -> None:
    """Title and subtitle, the headline figures in a row below them, and the foot."""
    figure.text(0.015, 0.982, _plain(words.title, LONGEST_TITLE), color=TEXT, fontsize=15, weight="bold", va="top")
    figure.text(0.015, 0.94, _plain(words.subtitle, LONGEST_SUBTITLE), color=FAINT, fontsize=10, va="top")
    for place, (name, value) in zip(np.linspace(0.015, 0.9, MOST_FIGURES), words.figures, strict=False):
        figure.text(place, 0.89, name, color=FAINT, fontsize=8.5, va="baseline")
        good = BUY_COLOUR if value.startswith("+") else SELL_COLOUR if value.startswith("-") else TEXT
        figure.text(place, 0.862, value, color=good, fontsize=12, weight="bold", va="baseline")
    figure.text(0.015, 0.012, _plain(words.foot, 200), color=FAINT, fontsize=8, va="bottom")


def words_of_run(run: Run) -> Words:
    """Of the account."""
    return Words(run.title, run.subtitle, headline(run.metrics), f"{run.zone}. {retold(run.metrics.annualisation)}")


def words_of_pair(run: Run, pair: str) -> Words:
    """Of one of its pairs: figures that are of that pair alone. The account's ratios are on the picture of all."""
    title = f"{pair} {run.timeframe}".strip()
    above = say("chart.of_pair", count=len(run.pairs), subtitle=run.subtitle)
    return Words(title, above, headline_of_pair(run, pair), say("chart.foot_of_pair", zone=run.zone))


def headline_of_pair(run: Run, pair: str) -> list[tuple[str, str]]:
    """What its closed round trips came to, beside what holding it would have."""
    profits = [line.profit for line in run.lines_of(pair)]
    gained, lost = sum(p for p in profits if p > 0), -sum(p for p in profits if p < 0)
    bars = run.bars_by_pair[pair]
    held = float(bars["close"][-1] / bars["open"][0]) - 1
    return [
        (say("report.column.profit"), _number(sum(profits), "+")),
        (say("report.trades"), written(len(profits), ",", owners_language())),
        (say("chart.hits"), _percent(sum(p > 0 for p in profits) / len(profits) if profits else None, "")),
        (say("report.profit_factor"), _number(gained / lost if lost else None)),
        (say("chart.best"), _number(max(profits, default=None), "+")),
        (say("chart.worst"), _number(min(profits, default=None), "+")),
        (say("report.fees"), _number(float(run.fills_of(pair)["fee"].sum()))),
        (say("report.hold"), _percent(held)),
    ]


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


def _number(value: float | None, sign: str = "") -> str:
    if value is None:
        return "-"
    return written(value, f"{sign},.2f" if abs(value) < 100_000 else f"{sign}.3g", owners_language())


def _plain(text: str, most: int) -> str:
    """Words in which a dollar sign begins no formula."""
    clean = printable(text)
    return (clean if len(clean) <= most else f"{clean[: most - 1]}…").replace("$", r"\$")
