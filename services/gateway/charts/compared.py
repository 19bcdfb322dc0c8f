"""Before and after: what the judge counted for the strategy as it traded and as it was changed, on the same history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from core.chart.look import EQUITY, FAINT, TEXT
from core.contracts.ledger import JudgedShown
from core.curves import drawdowns
from core.language import Language
from services.gateway.charts.look import TEXT_PT, days, finish, named, new_figure, panels
from services.gateway.ledger.views import judged_sentence
from services.gateway.ledger.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINES: Final = (("before", FAINT, (0, (5, 2)), 2.2), ("after", EQUITY, "-", 2.6))
"""Name, colour, dashes and width: they differ without colour, too."""


def compared_figure(shown: JudgedShown, language: Language, zone: str, title: str) -> Figure:
    """Two panels: equity, drawdown; two lines in each."""
    figure = new_figure(title or say("chart.compared", language, change=shown.change), judged_sentence(shown, language))
    worth, fallen = panels(figure, (3.0, 1.4))
    times = days(shown.times_ns)
    for (name, colour, dashes, width), equity in zip(LINES, (shown.before, shown.after), strict=True):
        label = say(f"chart.{name}", language)
        worth.plot(times, equity, color=colour, lw=width, ls=dashes, label=label)
        fallen.plot(times, [-fall for fall in drawdowns(equity)], color=colour, lw=width - 0.6, ls=dashes)
    _legend(worth)
    _rooms(worth, shown.before, shown.after)
    named(fallen, say("chart.drawdown", language), low=True)
    fallen.set_ylim(min(fallen.get_ylim()[0], -0.001), 0)
    finish(worth, language, zone, bottom=False)
    finish(fallen, language, zone, form=".1%")
    return figure


def _legend(axes: Axes) -> None:
    legend = axes.legend(loc="upper left", ncols=2, frameon=False, fontsize=TEXT_PT)
    for text in legend.get_texts():
        text.set_color(TEXT)


def _rooms(axes: Axes, before: Sequence[float], after: Sequence[float]) -> None:
    """A line where both began, and room for the words above them."""
    if before or after:
        axes.axhline((before or after)[0], color=FAINT, lw=0.8, ls=":")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + (high - low) * 0.16)
