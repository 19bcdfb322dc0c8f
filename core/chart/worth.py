"""The account: what it was worth beside what holding would have come to, how far it fell, and what each pair earned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from core.chart.look import (
    BUY_COLOUR,
    DAY_NS,
    EQUITY,
    FAINT,
    HOLD,
    LOSS,
    SELL_COLOUR,
    add_legend,
    leave_room_for_words,
    name_panel,
)
from core.chart.run import Run
from core.chart.thin import Array, extremes
from core.texts import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_NAMED: Final = 24
"""Pairs whose names fit below their bars."""


def draw_equity(axes: Axes, run: Run, *, shared: bool = False) -> None:
    """Its line, that of holding beside it, and what it began with; `shared` by more pairs than are shown."""
    for curve, colour, style, name in ((run.hold, HOLD, ":", "hold"), (run.equity, EQUITY, "-", "equity")):
        if curve is not None:
            kept = extremes(curve)
            axes.plot(run.times_ns[kept] / DAY_NS, curve[kept], style, color=colour, lw=1.4, label=say(f"chart.{name}"))
    axes.axhline(run.equity[0], color=FAINT, lw=0.8, ls=(0, (4, 4)))
    leave_room_for_words(axes)
    name_panel(axes, say("chart.equity_of_all", pairs=len(run.pairs)) if shared else say("chart.equity"))
    if run.hold is not None:
        add_legend(axes)


def draw_drawdown(axes: Axes, times_ns: Array, equity: Array) -> None:
    """How far it was below its peak."""
    peaks = np.maximum.accumulate(equity)
    falls = np.zeros(len(equity))
    np.divide(equity - peaks, peaks, out=falls, where=peaks > 0)
    kept = extremes(falls)
    axes.fill_between(times_ns[kept] / DAY_NS, falls[kept] * 100, 0, color=LOSS, alpha=0.35, lw=0)
    axes.plot(times_ns[kept] / DAY_NS, falls[kept] * 100, color=LOSS, lw=0.9)
    axes.set_ylim(min(float(falls.min()) * 115, -0.1), 0)
    name_panel(axes, say("chart.drawdown"), low=True)


def draw_by_pair(axes: Axes, run: Run) -> None:
    """A bar for each pair: what its closed round trips came to, the best one first."""
    profits = {pair: sum(line.profit for line in run.lines_of(pair)) for pair in run.pairs}
    ordered = sorted(profits, key=lambda pair: -profits[pair])
    colours = [BUY_COLOUR if profits[pair] > 0 else SELL_COLOUR for pair in ordered]
    axes.bar(range(len(ordered)), [profits[pair] for pair in ordered], 0.7, color=colours, alpha=0.8)
    axes.axhline(0, color=FAINT, lw=0.8)
    named = ordered if len(ordered) <= MOST_NAMED else []
    axes.set_xticks(range(len(named)), [pair[:12] for pair in named], rotation=20 if len(named) > 12 else 0)
    leave_room_for_words(axes)
    name_panel(axes, say("chart.by_pair"))
