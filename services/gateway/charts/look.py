"""The look that the chat's pictures share: 1280 x 720, dark, with letters that a phone shows large enough.

Drawn on a `Figure` of its own: pyplot keeps every figure alive. Times are by the owner's clock, numbers as he writes
them; gains and losses differ by shape as well as by colour.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from core.chart.look import BACKGROUND, DAY_NS, DPI, FAINT, GRID, HEIGHT_PX, PANEL, TEXT, WIDTH_PX
from core.formats import figure as written
from core.language import Language
from core.text import printable
from core.zone import zone_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE_PT: Final = 20
TEXT_PT: Final = 14
LONGEST_TITLE: Final = 80
DATES: Final[Mapping[Language, Mapping[str, list[str]]]] = MappingProxyType(
    {
        Language.PT: {
            "formats": ["%Y", "%m/%Y", "%d/%m", "%H:%M", "%H:%M", "%H:%M:%S"],
            "zero_formats": ["", "%Y", "%d/%m", "%d/%m", "%H:%M", "%H:%M"],
            "offset_formats": ["", "%Y", "%m/%Y", "%d/%m/%Y", "%d/%m/%Y", "%d/%m/%Y %H:%M"],
        }
    }
)
"""How a time axis writes years, months, days, hours, minutes and seconds; where it does not say, as in English."""


def new_figure(title: str, subtitle: str) -> Figure:
    """An empty picture with its words. Raises ImportError where matplotlib is not installed."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    words = printable(title)
    shown = words if len(words) <= LONGEST_TITLE else f"{words[: LONGEST_TITLE - 1]}…"
    figure.text(0.02, 0.965, plain(shown), color=TEXT, fontsize=TITLE_PT, weight="bold", va="top")
    figure.text(0.02, 0.895, plain(subtitle), color=FAINT, fontsize=TEXT_PT, va="top")
    return figure


def plain(text: str) -> str:
    """Words in which a dollar sign begins no formula."""
    return text.replace("$", r"\$")


def panels(figure: Figure, heights: Sequence[float]) -> list[Axes]:
    """Panels below each other that share their time."""
    grid = figure.add_gridspec(
        len(heights), 1, height_ratios=heights, left=0.1, right=0.965, top=0.82, bottom=0.1, hspace=0.08
    )
    first = figure.add_subplot(grid[0])
    return [first, *(figure.add_subplot(grid[place], sharex=first) for place in range(1, len(heights)))]


def finish(axes: Axes, language: Language, zone: str, *, form: str = ",.7g", bottom: bool = True) -> None:
    """Grid, colours, numbers and, in the lowest panel, times."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_facecolor(PANEL)
    axes.grid(color=GRID, lw=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=FAINT, labelsize=TEXT_PT, length=0, labelbottom=bottom)
    for spine in axes.spines.values():
        spine.set_visible(False)
    clock = zone_named(zone)
    # matplotlib.dates has no types of its own
    locator: Any = AutoDateLocator(minticks=3, maxticks=7, tz=clock)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    shape: Any = ConciseDateFormatter(locator, tz=clock, **DATES.get(language, {}))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(shape)
    axes.xaxis.get_offset_text().set(color=FAINT, fontsize=TEXT_PT)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: written(value, form, language)))


def named(axes: Axes, name: str, *, low: bool = False) -> None:
    """The panel's name in its corner, readable where a line passes behind it."""
    from matplotlib import patheffects

    halo = [patheffects.withStroke(linewidth=4, foreground=PANEL)]
    y, va = (0.08, "bottom") if low else (0.94, "top")
    axes.text(
        0.01, y, name, va=va, transform=axes.transAxes, color=TEXT, fontsize=TEXT_PT, weight="bold", path_effects=halo
    )


def days(times_ns: Sequence[int]) -> list[float]:
    """Times as matplotlib counts them."""
    return [time_ns / DAY_NS for time_ns in times_ns]


def png(figure: Figure) -> bytes:
    """The picture."""
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=DPI)
    return out.getvalue()
