"""The price of a pair as candles, its volume, and each trade where it happened; an entry is joined to its exit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from core.chart.look import BUY_COLOUR, FAINT, PANEL, SELL_COLOUR, TEXT
from core.contracts.ledger import Candle, CandlesShown, FillMark
from core.formats import figure as written
from core.language import Language
from core.names import parse_timeframe
from services.gateway.charts.look import TEXT_PT, days, finish, named, new_figure, panels
from services.gateway.ledger.views import candles_sentence
from services.gateway.ledger.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DAY_NS: Final = 86_400 * 10**9
ROOM: Final = 0.1
"""Of the whole time, that is left empty at the right for the last price."""
FULL: Final = 0.72
"""Of a candle's time, that its body takes."""


def price_figure(shown: CandlesShown, language: Language, zone: str, title: str) -> Figure:
    """Two panels: price, volume."""
    usual = say("chart.price", language, pair=shown.pair, timeframe=shown.timeframe)
    figure = new_figure(title or usual, candles_sentence(shown, language))
    if not shown.candles:
        return figure
    price, volume = panels(figure, (4.0, 1.0))
    wide = parse_timeframe(shown.timeframe) / DAY_NS
    _candles(price, shown.candles, wide)
    _bars(volume, shown.candles, wide)
    _fills(price, shown.fills, language)
    first, last = shown.candles[0].time_ns / DAY_NS, shown.candles[-1].time_ns / DAY_NS
    price.set_xlim(first - wide, last + wide + (last - first + wide) * ROOM)
    _last(price, shown.candles[-1], language)
    named(volume, say("chart.volume", language))
    finish(price, language, zone, bottom=False)
    finish(volume, language, zone, form=",.3g")
    return figure


def _candles(axes: Axes, candles: Sequence[Candle], wide: float) -> None:
    """Rising bodies are hollow, falling ones full: they differ without colour, too."""
    for rises, colour in ((True, BUY_COLOUR), (False, SELL_COLOUR)):
        chosen = [each for each in candles if (each.close >= each.open) is rises]
        middle = [each.time_ns / DAY_NS + wide / 2 for each in chosen]
        axes.vlines(middle, [each.low for each in chosen], [each.high for each in chosen], color=colour, lw=1.1)
        least = _hair(candles)
        axes.bar(
            middle,
            [max(abs(each.close - each.open), least) for each in chosen],
            wide * FULL,
            [min(each.open, each.close) for each in chosen],
            color=PANEL if rises else colour,
            edgecolor=colour,
            lw=1.1,
            zorder=3,
        )


def _hair(candles: Sequence[Candle]) -> float:
    """The least height of a body that can be seen."""
    return (max(each.high for each in candles) - min(each.low for each in candles)) / 800


def _bars(axes: Axes, candles: Sequence[Candle], wide: float) -> None:
    middle = [each.time_ns / DAY_NS + wide / 2 for each in candles]
    axes.bar(middle, [each.volume for each in candles], wide * FULL, color=FAINT, alpha=0.6)


def _fills(axes: Axes, fills: Sequence[FillMark], language: Language) -> None:
    entry: FillMark | None = None
    for fill in fills:
        if fill.side == "BUY":
            entry = fill
        elif entry is not None:
            won = fill.price >= entry.price
            ends = [float(entry.price), float(fill.price)]
            style = "-" if won else "--"
            axes.plot(days([entry.time_ns, fill.time_ns]), ends, style, color=BUY_COLOUR if won else SELL_COLOUR, lw=2)
            entry = None
    for side, marker, colour in (("BUY", "^", BUY_COLOUR), ("SELL", "v", SELL_COLOUR)):
        chosen = [fill for fill in fills if fill.side == side]
        axes.plot(
            days([fill.time_ns for fill in chosen]),
            [float(fill.price) for fill in chosen],
            marker,
            color=colour,
            ms=13 if len(fills) <= 40 else 9,
            mec="white",
            mew=1.2,
            zorder=4,
            label=f"{say(f'side.{side.lower()}', language)}: {len(chosen)}",
        )
    legend = axes.legend(loc="upper left", ncols=2, frameon=False, fontsize=TEXT_PT, handletextpad=0.2)
    for text in legend.get_texts():
        text.set_color(TEXT)


def _last(axes: Axes, candle: Candle, language: Language) -> None:
    """What it costs now, at the right edge."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + (high - low) * 0.12)
    axes.axhline(candle.close, color=FAINT, lw=1.0, ls=(0, (4, 4)))
    axes.annotate(
        written(candle.close, ",.7g", language),
        (0.995, candle.close),
        xycoords=axes.get_yaxis_transform(),
        xytext=(0, 5),
        textcoords="offset points",
        ha="right",
        color=TEXT,
        fontsize=TEXT_PT,
        weight="bold",
    )
