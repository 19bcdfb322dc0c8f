"""The panel of a pair: its price, its volume below, each fill where it happened, and entries joined to their exits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from core.chart.look import (
    BACKGROUND,
    BUY_COLOUR,
    DAY_NS,
    FAINT,
    PRICE,
    SELL_COLOUR,
    add_legend,
    leave_room_for_words,
    name_panel,
)
from core.chart.run import Line
from core.chart.thin import Array, bucket_size, by_bucket, extremes
from core.kernel import BUY, SELL
from core.texts import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VOLUME: Final = 0.2
"""Of the panel's height, that the highest volume takes."""
MOST_BARS: Final = 240
"""Of volume: more are too thin to be seen."""


def draw_price(axes: Axes, pair: str, bars: Array, fills: Array, lines: Sequence[Line]) -> None:
    """The close with the range from low to high behind it, the fills, and each round trip as a line."""
    size = bucket_size(len(bars))
    days = bars["time_ns"] / DAY_NS
    low, high = by_bucket(np.minimum, bars["low"], size), by_bucket(np.maximum, bars["high"], size)
    axes.fill_between(days[::size], low, high, color=PRICE, alpha=0.22, lw=0)
    kept = extremes(bars["close"])
    axes.plot(days[kept], bars["close"][kept], color=PRICE, lw=1.0)
    _draw_trips(axes, lines)
    _draw_fills(axes, fills)
    leave_room_for_words(axes)
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom - (top - bottom) * VOLUME, top)
    name_panel(axes, pair)
    add_legend(axes)


def _draw_trips(axes: Axes, lines: Sequence[Line]) -> None:
    """Won ones whole, lost ones dashed: they differ without colour, too."""
    from matplotlib.collections import LineCollection

    for won, colour, style, name in (
        (True, BUY_COLOUR, "-", "chart.won"),
        (False, SELL_COLOUR, (0, (2, 1)), "chart.lost"),
    ):
        ends = [
            ((line.entry_ns / DAY_NS, line.entry_price), (line.exit_ns / DAY_NS, line.exit_price))
            for line in lines
            if line.won is won
        ]
        drawn = LineCollection(ends, colors=colour, linestyles=[style], linewidths=1.5, alpha=0.9, zorder=2.5)
        drawn.set_label(say(name, count=len(ends)))
        axes.add_collection(drawn, autolim=False)


def _draw_fills(axes: Axes, fills: Array) -> None:
    points = 8.0 if len(fills) <= 40 else 5.5 if len(fills) <= 400 else 3.5
    for side, marker, colour in ((BUY, "^", BUY_COLOUR), (SELL, "v", SELL_COLOUR)):
        chosen = fills[fills["side"] == side]
        axes.plot(
            chosen["time_ns"] / DAY_NS,
            chosen["price"],
            marker,
            color=colour,
            ms=points,
            mec=BACKGROUND,
            mew=0.6,
            label=say("chart.buys" if side == BUY else "chart.sells", count=len(chosen)),
            zorder=3,
        )


def draw_volume(axes: Axes, bars: Array) -> None:
    """Below the price of the same panel, on a scale of its own that nobody reads.

    One collection: as a patch each, the bars took a fifth of the time of a picture.
    """
    from matplotlib.collections import PolyCollection

    below = axes.twinx()
    size = max(1, -(-len(bars) // MOST_BARS))
    volume = by_bucket(np.add, bars["volume"], size)
    days = bars["time_ns"][::size] / DAY_NS
    wide = float(days[1] - days[0]) if len(days) > 1 else 1.0
    ground, right = np.zeros(len(days)), days + wide * 0.8
    corners = [(days, ground), (days, volume), (right, volume), (right, ground)]
    bars_drawn = np.stack([np.stack(corner, axis=-1) for corner in corners], axis=1)
    below.add_collection(PolyCollection(list(bars_drawn), facecolors=FAINT, alpha=0.45, lw=0, zorder=1), autolim=False)
    most = float(volume.max()) if len(volume) else 0.0
    below.set_ylim(0, most / VOLUME * 1.25 if most > 0 else 1.0)
    below.set_axis_off()
