"""The look that all panels share: dark, with letters that a halo keeps readable, and dates that say their year."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from core.formats import figure as written
from core.formats import number
from core.kernel import NANOSECONDS
from core.language import Language
from core.wording import owners_language
from core.zone import zone_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH_PX: Final = 1280
HEIGHT_PX: Final = 720
DPI: Final = 100
DAY_NS: Final = 86_400 * NANOSECONDS

BACKGROUND: Final = "#11151c"
PANEL: Final = "#171d27"
GRID: Final = "#2a3342"
TEXT: Final = "#d7dde8"
FAINT: Final = "#8b97a9"
PRICE: Final = "#9fb3c8"
EQUITY: Final = "#4aa8ff"
HOLD: Final = "#c9a6ff"
LOSS: Final = "#ff7a45"
BUY_COLOUR: Final = "#2fe08a"
SELL_COLOUR: Final = "#ff4d6d"

MARK: Final = 7.0
"""Points of a mark in a legend."""
YEARS: Final = 3 * 366
"""Days; a longer time is told in months."""
HOURS: Final = 4
"""Days; a shorter time is told with its hours."""
DATES: Final[Mapping[Language, tuple[str, str, str]]] = MappingProxyType(
    {Language.EN: ("%Y-%m", "%Y-%m-%d", "%m-%d %H:%M"), Language.PT: ("%m/%Y", "%d/%m/%Y", "%d/%m %H:%M")}
)
"""For years, for months and days, for hours."""


def finish_axes(axes: Axes, begin: float, end: float, zone: str, *, bottom: bool, dates: int = 8) -> None:
    """Grid, numbers and, in the lowest panels, dates by the clock of `zone`: at the most so many."""
    from matplotlib.dates import AutoDateLocator, DateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_facecolor(PANEL)
    axes.set_xlim(begin, end)
    axes.grid(color=GRID, lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=9, length=0, labelbottom=bottom)
    for spine in axes.spines.values():
        spine.set_visible(False)
    clock = zone_named(zone)
    # matplotlib.dates has no types of its own
    locator: Any = AutoDateLocator(minticks=2, maxticks=dates, tz=clock)  # type: ignore[no-untyped-call]
    shape: Any = DateFormatter(_dates(end - begin), tz=clock)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(shape)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: on_axis(value)))


def on_axis(value: float) -> str:
    """A number beside a grid line, without an exponent: 0.00006 of a small coin."""
    rounded = float(f"{value:.7g}")
    if abs(rounded) >= 1:
        return written(rounded, ",.7g" if abs(rounded) < 1e7 else ",.0f", owners_language())
    return number(rounded, owners_language())


def _dates(days: float) -> str:
    years, usual, hours = DATES[owners_language()]
    return years if days > YEARS else hours if days < HOURS else usual


def leave_room_for_words(axes: Axes) -> None:
    """Raise the upper limit, so that name and legend stand above the line."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + (high - low) * 0.16)


def name_panel(axes: Axes, name: str, *, low: bool = False) -> None:
    """Its name in its corner, readable where a line passes behind it."""
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=3, foreground=PANEL)]
    y, va = (0.1, "bottom") if low else (0.95, "top")
    axes.text(
        0.008, y, name, va=va, transform=axes.transAxes, color=TEXT, fontsize=10, weight="bold", path_effects=halo
    )


def add_legend(axes: Axes) -> None:
    """What the marks and lines mean, in the upper right corner."""
    legend = axes.legend(loc="upper right", ncols=4, frameon=False, fontsize=9, handletextpad=0.4, borderpad=0.1)
    for text in legend.get_texts():
        text.set_color(TEXT)
    for mark in legend.get_lines():
        mark.set_markersize(MARK)  # in the panel they may be too small to tell which way they point
