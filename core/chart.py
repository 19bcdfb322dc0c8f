"""One picture of a run for chat and web: price with the fills on it, equity, drawdown, and the figures in words.

Always 1280 x 720 pixels, dark. Drawn on a `Figure` of its own: pyplot keeps every figure alive and is not for servers.
Long series are thinned to the lowest and the highest point of each pixel column, so no spike is lost; 5 million points
measured 0.25 s, five thousand 0.2 s. Buys and sells differ by shape as well as by colour.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from core.errors import ConfigurationError
from core.kernel import BUY, NANOSECONDS, SELL
from core.metrics import Metrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_PX: Final = 1280
HEIGHT_PX: Final = 720
DPI: Final = 100
COLUMNS: Final = 1200
"""Buckets a line is thinned to: about the pixels between the left and the right edge of a panel."""
MOST_PANELS: Final = 4
DAY_NS: Final = 86_400 * NANOSECONDS

BACKGROUND: Final = "#11151c"
PANEL: Final = "#171d27"
GRID: Final = "#2a3342"
TEXT: Final = "#d7dde8"
FAINT: Final = "#8b97a9"
PRICE: Final = "#9fb3c8"
EQUITY: Final = "#4aa8ff"
LOSS: Final = "#ff7a45"
BUY_COLOUR: Final = "#2fe08a"
SELL_COLOUR: Final = "#ff4d6d"

Array = npt.NDArray[Any]


def draw(
    path: Path | str,
    *,
    title: str,
    times_ns: npt.ArrayLike,
    equity: npt.ArrayLike,
    bars_by_pair: dict[str, Array],
    fills: Array,
    pairs: tuple[str, ...],
    metrics: Metrics,
) -> None:
    """Write the PNG. Takes what `core.metrics.measure` takes, and the bars (BAR_ROW) of each pair by its symbol;
    `pairs[i]` is the symbol of `fills["pair"] == i`. Pairs without bars and those after the fourth get no price panel.

    Raises ConfigurationError when matplotlib is not installed.
    """
    figure = picture(
        title, np.asarray(times_ns, np.int64), np.asarray(equity, np.float64), bars_by_pair, fills, pairs, metrics
    )
    target = Path(path)
    beside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        figure.savefig(beside, format="png", dpi=DPI)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def picture(
    title: str,
    times_ns: Array,
    equity: Array,
    bars_by_pair: dict[str, Array],
    fills: Array,
    pairs: tuple[str, ...],
    metrics: Metrics,
) -> Figure:
    """The figure that `draw` saves. Axes in order: one per price panel, then equity, then drawdown."""
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ConfigurationError("Charts need matplotlib.", 'Install it: pip install "sorte[charts]"') from None
    shown = [pair for pair in pairs if len(bars_by_pair.get(pair, ()))][:MOST_PANELS]
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    prices, equity_axes, drawdown_axes = panels(figure, len(shown))
    for axes, pair in zip(prices, shown, strict=True):
        draw_price(axes, pair, bars_by_pair[pair], fills[fills["pair"] == pairs.index(pair)])
    draw_equity(equity_axes, times_ns, equity)
    draw_drawdown(drawdown_axes, times_ns, equity)
    begin, end = whole_time(times_ns, [bars_by_pair[pair]["time_ns"] for pair in shown])
    for axes in (*prices, equity_axes, drawdown_axes):
        finish_axes(axes, begin, end, bottom=axes is drawdown_axes or (len(shown) > 1 and axes in prices[-2:]))
    write_words(figure, title, metrics, pairs[len(shown) :] if len(pairs) > len(shown) else ())
    return figure


def panels(figure: Figure, count: int) -> tuple[list[Axes], Axes, Axes]:
    """Price panels above (side by side when there are several, in two rows from the third), equity, drawdown."""
    rows, columns = (1, 1) if count <= 1 else (1, 2) if count == 2 else (2, 2)
    area = figure.add_gridspec(
        3 if count else 2,
        1,
        height_ratios=([3.4 if rows == 1 else 4.6] if count else []) + [2.0, 1.0],
        left=0.065,
        right=0.985,
        top=0.855,
        bottom=0.075,
        hspace=0.06 if count <= 1 else 0.17,
    )
    prices = []
    if count:
        inner = area[0].subgridspec(rows, columns, wspace=0.12, hspace=0.24)
        prices = [figure.add_subplot(inner[i // columns, i % columns]) for i in range(count)]
    equity_axes = figure.add_subplot(area[-2])
    return prices, equity_axes, figure.add_subplot(area[-1], sharex=equity_axes)


def draw_price(axes: Axes, pair: str, bars: Array, fills: Array) -> None:
    """The close with the range from low to high behind it, and each fill where and at what price it happened."""
    size = bucket_size(len(bars))
    days = bars["time_ns"] / DAY_NS
    axes.fill_between(
        days[::size],
        by_bucket(np.minimum, bars["low"], size),
        by_bucket(np.maximum, bars["high"], size),
        color=PRICE,
        alpha=0.22,
        lw=0,
    )
    kept = extremes(bars["close"])
    axes.plot(days[kept], bars["close"][kept], color=PRICE, lw=1.0)
    points = 9.0 if len(fills) <= 60 else 6.5 if len(fills) <= 400 else 4.0
    for side, marker, colour in ((BUY, "^", BUY_COLOUR), (SELL, "v", SELL_COLOUR)):
        chosen = fills[fills["side"] == side]
        word = "buy" if side == BUY else "sell"
        axes.plot(
            chosen["time_ns"] / DAY_NS,
            chosen["price"],
            marker,
            color=colour,
            ms=points,
            mec=BACKGROUND,
            mew=0.6,
            label=f"{len(chosen):,} {word}{'s' * (len(chosen) != 1)}",
            zorder=3,
        )
    leave_room_for_words(axes)
    name_panel(axes, pair)
    legend = axes.legend(loc="upper right", ncols=2, frameon=False, fontsize=9, handletextpad=0.2, borderpad=0.1)
    for text in legend.get_texts():
        text.set_color(TEXT)


def draw_equity(axes: Axes, times_ns: Array, equity: Array) -> None:
    kept = extremes(equity)
    axes.plot(times_ns[kept] / DAY_NS, equity[kept], color=EQUITY, lw=1.4)
    axes.axhline(equity[0], color=FAINT, lw=0.8, ls=(0, (4, 4)))
    leave_room_for_words(axes)
    name_panel(axes, "equity")


def draw_drawdown(axes: Axes, times_ns: Array, equity: Array) -> None:
    peaks = np.maximum.accumulate(equity)
    falls = np.zeros(len(equity))
    np.divide(equity - peaks, peaks, out=falls, where=peaks > 0)
    kept = extremes(falls)
    axes.fill_between(times_ns[kept] / DAY_NS, falls[kept] * 100, 0, color=LOSS, alpha=0.35, lw=0)
    axes.plot(times_ns[kept] / DAY_NS, falls[kept] * 100, color=LOSS, lw=0.9)
    axes.set_ylim(min(float(falls.min()) * 115, -0.1), 0)
    name_panel(axes, "drawdown, %", low=True)


def leave_room_for_words(axes: Axes) -> None:
    """Raise the upper limit, so that name and legend stand above the line."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + (high - low) * 0.16)


def name_panel(axes: Axes, name: str, *, low: bool = False) -> None:
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=3, foreground=PANEL)]  # stays readable where a line passes behind it
    y, va = (0.1, "bottom") if low else (0.95, "top")
    axes.text(
        0.008, y, name, va=va, transform=axes.transAxes, color=TEXT, fontsize=10, weight="bold", path_effects=halo
    )


def finish_axes(axes: Axes, begin: float, end: float, *, bottom: bool) -> None:
    """The look that all panels share; only the lowest ones say their dates (UTC)."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_facecolor(PANEL)
    axes.set_xlim(begin, end)
    axes.grid(color=GRID, lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=9, length=0, labelbottom=bottom)
    for spine in axes.spines.values():
        spine.set_visible(False)
    # matplotlib.dates has no types of its own
    locator: Any = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_color(FAINT)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.7g}"))


def write_words(figure: Figure, title: str, metrics: Metrics, left_out: tuple[str, ...]) -> None:
    """Title, the headline figures in a row below it, and how the ratios are annualised at the foot."""
    figure.text(0.015, 0.977, title[:110], color=TEXT, fontsize=15, weight="bold", va="top")
    figures = headline(metrics)
    for place, (name, value) in zip(np.linspace(0.015, 0.9, len(figures)), figures, strict=True):
        figure.text(place, 0.914, name, color=FAINT, fontsize=8.5, va="baseline")
        good = BUY_COLOUR if value.startswith("+") else SELL_COLOUR if value.startswith("-") else TEXT
        figure.text(place, 0.883, value, color=good, fontsize=12, weight="bold", va="baseline")
    foot = f"UTC. {metrics.annualisation}"
    if left_out:
        foot += f". No panel: {', '.join(left_out[:8])}"
    figure.text(0.015, 0.012, foot[:200], color=FAINT, fontsize=8, va="bottom")


def headline(metrics: Metrics) -> list[tuple[str, str]]:
    """Name and value of the figures a person looks at first."""

    def percent(value: float | None, sign: str = "+") -> str:
        if value is None:
            return "n/a"
        return f"{value * 100:{sign},.1f}%" if value < 1_000 else "> 100,000%"

    def number(value: float | None) -> str:
        if value is None:
            return "n/a"
        return f"{value:,.2f}" if abs(value) < 100_000 else f"{value:.3g}"

    return [
        ("return", percent(metrics.total_return)),
        ("CAGR", percent(metrics.cagr)),
        ("max drawdown", percent(metrics.max_drawdown, "")),
        ("Sharpe", number(metrics.sharpe)),
        ("Sortino", number(metrics.sortino)),
        ("Calmar", number(metrics.calmar)),
        ("trades", f"{metrics.trades:,}"),
        ("win rate", percent(metrics.win_rate, "")),
        ("profit factor", number(metrics.profit_factor)),
        ("exposure", percent(metrics.exposure, "")),
        ("fees", number(metrics.fees)),
    ]


def whole_time(times_ns: Array, others: list[Array]) -> tuple[float, float]:
    """From the first to the last moment of anything drawn, in days, with a little air."""
    ends = [(times[0], times[-1]) for times in (times_ns, *others)]
    begin, end = min(first for first, _ in ends) / DAY_NS, max(last for _, last in ends) / DAY_NS
    air = (end - begin) * 0.008 or 1 / 24
    return begin - air, end + air


def bucket_size(count: int) -> int:
    return max(1, -(-count // COLUMNS))


def by_bucket(reduce: np.ufunc, values: Array, size: int) -> Array:
    """The lowest or highest value (np.minimum, np.maximum) of each run of `size`."""
    reduced: Array = reduce.reduceat(values, np.arange(0, len(values), size))
    return reduced


def extremes(values: Array) -> npt.NDArray[np.int64]:
    """Indices, in order, of the first, the last and each bucket's lowest and highest value; all when there are few."""
    count, size = len(values), bucket_size(len(values))
    if size <= 2:
        return np.arange(count, dtype=np.int64)
    whole = count // size * size
    buckets = values[:whole].reshape(-1, size)
    starts = np.arange(0, whole, size)
    rest = np.arange(whole, count)
    kept = np.concatenate([[0, count - 1], starts + buckets.argmin(axis=1), starts + buckets.argmax(axis=1), rest])
    return np.unique(kept).astype(np.int64)
