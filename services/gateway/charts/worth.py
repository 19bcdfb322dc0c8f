"""What an account is worth, and how far it is below its peak; where another release began to decide, a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from core.chart.look import EQUITY, FAINT, LOSS
from core.contracts.ledger import EquityShown
from core.curves import drawdowns
from core.language import Language
from services.gateway.charts.look import TEXT_PT, days, finish, named, new_figure, panels
from services.gateway.ledger.views import equity_sentence
from services.gateway.ledger.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEW: Final = 150
MOST_RELEASES: Final = 12
"""More lines than that would hide the curve."""


def worth_figure(shown: EquityShown, language: Language, zone: str, title: str) -> Figure:
    """Two panels: equity, drawdown."""
    usual = say("chart.worth", language, account=say(f"account.{shown.account}", language))
    figure = new_figure(title or usual, equity_sentence(shown, language))
    if not shown.points:
        return figure
    worth, fallen = panels(figure, (3.0, 1.2))
    draw_worth(worth, shown, language)
    draw_fall(fallen, shown, language)
    for axes in (worth, fallen):
        _releases(axes, shown, language, named_too=axes is worth)
    finish(worth, language, zone, bottom=False)
    finish(fallen, language, zone, form=".1%")
    return figure


def draw_worth(axes: Axes, shown: EquityShown, language: Language) -> None:
    """The curve, and a line where it began."""
    times, equity = days([point.time_ns for point in shown.points]), [point.equity for point in shown.points]
    axes.plot(times, equity, color=EQUITY, lw=2.4, drawstyle=_style(shown))
    if equity:
        axes.axhline(equity[0], color=FAINT, lw=1.0, ls=(0, (4, 4)))
        axes.plot(times[-1:], equity[-1:], "o", color=EQUITY, ms=7)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + (high - low) * 0.18)
    named(axes, say("chart.equity", language, currency=shown.currency))


def draw_fall(axes: Axes, shown: EquityShown, language: Language) -> None:
    """How far below its peak."""
    falls = [-fallen for fallen in drawdowns([point.equity for point in shown.points])]
    times = days([point.time_ns for point in shown.points])
    stepwise: Literal["post"] | None = "post" if _style(shown) == "steps-post" else None
    axes.fill_between(times, falls, 0, color=LOSS, alpha=0.35, lw=0, step=stepwise)
    axes.plot(times, falls, color=LOSS, lw=1.4, drawstyle=_style(shown))
    axes.set_ylim(min(min(falls, default=0.0) * 1.2, -0.001), 0)
    named(axes, say("chart.drawdown", language), low=True)


def _style(shown: EquityShown) -> str:
    """Few points are what was realised, one by one: between them nothing moved that is known."""
    return "steps-post" if len(shown.points) < FEW else "default"


def _releases(axes: Axes, shown: EquityShown, language: Language, *, named_too: bool) -> None:
    """Each change of what decides; a start with the same release is none."""
    changed = [
        each
        for before, each in zip([None, *shown.releases], shown.releases, strict=False)
        if before is not None and before.release != each.release
    ]
    for place, each in enumerate(changed[-MOST_RELEASES:]):
        at = each.time_ns / 86_400e9
        axes.axvline(at, color=FAINT, lw=1.2, ls=":")
        if named_too and place == len(changed[-MOST_RELEASES:]) - 1:
            words = f" {say('chart.release', language, release=each.release[:8])}"
            axes.text(
                at, 0.03, words, transform=axes.get_xaxis_transform(), color=FAINT, fontsize=TEXT_PT - 1, va="bottom"
            )
