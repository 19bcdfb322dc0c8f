"""Pictures of a run: price with the trades on it, equity beside holding, drawdown, and the figures in words.

Always 1280 x 720 pixels, dark. Drawn on a `Figure` of its own: pyplot keeps every figure alive and is not for servers.
Up to four pairs share one picture; of more there is one that sums them up, and one for each pair beside it. Long series
are thinned; buys and sells, won and lost differ by shape as well as by colour.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from core.chart.look import BACKGROUND, DAY_NS, DPI, FAINT, GRID, HEIGHT_PX, PANEL, WIDTH_PX, finish_axes, on_axis
from core.chart.naming import pages_beside
from core.chart.price import draw_price, draw_volume
from core.chart.run import Run
from core.chart.words import words_of_pair, words_of_run, write_words
from core.chart.worth import draw_by_pair, draw_drawdown, draw_equity
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(path: Path, run: Run) -> None:
    """Write the PNG, and those beside it. Raises ConfigurationError when matplotlib is not installed."""
    beside = pages_beside(path, run.shown)
    _save(picture(run, [] if beside else run.shown), path)
    for pair, page in zip(run.shown if beside else [], beside, strict=True):
        _save(picture(run, [pair]), page)


def picture(run: Run, shown: list[str]) -> Figure:
    """One picture. Its axes in order: a price panel for each of `shown`, or what each pair earned where there are
    several and none is shown; then equity, drawdown, and the volumes."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigurationError("Charts need matplotlib.", 'Install it: pip install "sorte[charts]"') from None
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    sums_up = not shown and len(run.pairs) > 1
    prices, equity_axes, drawdown_axes = panels(figure, 1 if sums_up else len(shown), dated=sums_up or len(shown) > 1)
    begin, end = whole_time(run, shown)
    if sums_up:
        _dress(prices[0])
        draw_by_pair(prices[0], run)
    for axes, pair in zip(prices if shown else [], shown, strict=True):
        draw_price(axes, pair, run.bars_by_pair[pair], run.fills_of(pair), run.lines_of(pair))
    draw_equity(equity_axes, run, shared=run.is_one_of(shown))
    draw_drawdown(drawdown_axes, run.times_ns, run.equity)
    for axes in (*(prices if shown else ()), equity_axes, drawdown_axes):
        lowest = axes is drawdown_axes or (len(shown) > 1 and axes in prices[-2:])
        wide = len(shown) <= 1 or axes in (equity_axes, drawdown_axes)
        finish_axes(axes, begin, end, run.zone, bottom=lowest, dates=9 if wide else 5)
    for axes, pair in zip(prices if shown else [], shown, strict=True):
        draw_volume(axes, run.bars_by_pair[pair])
    write_words(figure, words_of_pair(run, shown[0]) if run.is_one_of(shown) else words_of_run(run))
    return figure


def panels(figure: Figure, count: int, *, dated: bool) -> tuple[list[Axes], Axes, Axes]:
    """Price panels above (side by side when there are several, in two rows from the third), equity, drawdown.

    `dated`: the upper ones say something below themselves.
    """
    rows, columns = (1, 1) if count <= 1 else (1, 2) if count == 2 else (2, 2)
    area = figure.add_gridspec(
        3 if count else 2,
        1,
        height_ratios=([3.4 if rows == 1 else 4.6] if count else []) + [2.0, 1.0],
        left=0.065,
        right=0.965,
        top=0.84,
        bottom=0.075,
        hspace=0.17 if dated else 0.06,
    )
    prices = []
    if count:
        inner = area[0].subgridspec(rows, columns, wspace=0.12, hspace=0.24)
        prices = [figure.add_subplot(inner[i // columns, i % columns]) for i in range(count)]
    equity_axes = figure.add_subplot(area[-2])
    return prices, equity_axes, figure.add_subplot(area[-1], sharex=equity_axes)


def whole_time(run: Run, shown: list[str]) -> tuple[float, float]:
    """From the first to the last moment of anything drawn, in days, with a little air."""
    times = [run.times_ns, *(run.bars_by_pair[pair]["time_ns"] for pair in shown)]
    begin, end = min(each[0] for each in times) / DAY_NS, max(each[-1] for each in times) / DAY_NS
    air = (end - begin) * 0.008 or 1 / 24
    return begin - air, end + air


def _dress(axes: Axes) -> None:
    """The colours of a panel whose axis tells no time."""
    from matplotlib.ticker import FuncFormatter

    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: on_axis(value)))
    axes.set_facecolor(PANEL)
    axes.grid(color=GRID, lw=0.6, axis="y")
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=9, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _save(figure: Figure, target: Path) -> None:
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        figure.savefig(beside, format="png", dpi=DPI)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
