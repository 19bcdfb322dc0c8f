"""What a run shows: a live view on a terminal, else one JSON line for each event worth telling."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Protocol

from core.contracts.events import Denied, FaultTold, Filled, Ready, Rejected
from core.contracts.told import Telling, encode_line, fields_of, kind_of
from core.formats import figure
from core.text import printable
from core.wording import owners_language
from services.gateway.console.telling import fields_said, kind_said
from services.gateway.console.texts import named, say
from services.trader.figures import Figures, PairFigures

if TYPE_CHECKING:
    from rich.text import Text

VIEWS_PER_SECOND: Final = 4
SHORT: Final = 80
"""Characters of a value that are shown in a line."""
RECENT_LINES: Final = 12


class Window(Protocol):
    """Through which a trader is looked at: `services.trader.window`."""

    def figures(self) -> Figures:
        """How it does now."""

    def follow(self, view: Callable[[Figures], None], /) -> None:
        """Show it now, and once a second from now on."""


class Console(Protocol):
    """Shows a run."""

    def tell(self, told: Telling) -> None:
        """Something worth telling happened."""

    def watch(self, window: Window) -> None:
        """The trader is warm; it may be looked at from now on, in the thread of its loop."""


class JsonLines:
    """One JSON object a line on standard output."""

    def tell(self, told: Telling) -> None:
        """Print it. When nobody reads any more, the run is asked to end: an owner who sees nothing decides nothing."""
        try:
            self._print(told)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            signal.raise_signal(signal.SIGTERM)

    def _print(self, told: Telling) -> None:
        line = {"kind": kind_of(told), "time": time.time(), **fields_of(told)}
        sys.stdout.buffer.write(encode_line(line) + b"\n")
        sys.stdout.buffer.flush()

    def watch(self, window: Window) -> None:
        """Tell that it is warm."""
        figures = window.figures()
        self.tell(Ready(pairs=[pair.symbol for pair in figures.pairs], equity=figures.equity))


class Terminal:
    """A table of the pairs, the account's figures above it, the last events below."""

    def __init__(self) -> None:
        from rich.live import Live

        self._lines: deque[Text] = deque(maxlen=RECENT_LINES)
        self._figures: Figures | None = None  # as they were shown last
        self._last = (time.monotonic(), 0)
        self._rate = 0.0
        self.live = Live(get_renderable=self._view, refresh_per_second=VIEWS_PER_SECOND, transient=False)

    def tell(self, told: Telling) -> None:
        """Add a line below the table."""
        from rich.text import Text

        said, kind = fields_said(told, owners_language(), most=SHORT), kind_said(told, owners_language())
        parts = (f"{time.strftime('%H:%M:%S')} ", (f"{kind:9}", colour_of(told)), f" {said}")
        self._lines.append(Text.assemble(*parts, overflow="ellipsis"))  # no markup: a detail may be a stranger's word

    def watch(self, window: Window) -> None:
        """Show its figures from now on."""
        window.follow(self.show)

    def show(self, figures: Figures) -> None:
        """How the trader does now; drawn with the next view."""
        now = time.monotonic()
        if now - self._last[0] >= 1.0:
            self._rate = (figures.events - self._last[1]) / (now - self._last[0])
            self._last = (now, figures.events)
        self._figures = figures

    def _view(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        figures = self._figures
        if figures is None:
            return Group(Text(say("prompt.starting")), *self._lines)
        return Group(Text.from_markup(self._headline(figures)), self._table(figures), *self._lines)

    def _headline(self, figures: Figures) -> str:
        mode, trading = (named(kind, getattr(figures, kind), owners_language()) for kind in ("mode", "trading"))
        counts = {name: getattr(figures, name) for name in ("equity", "fees", "orders", "fills", "faults")}
        latency = {"p50": figures.latency_us.p50, "p99": figures.latency_us.p99}
        return say("live.head", mode=mode.upper(), trading=trading, rate=self._rate, **counts, **latency)

    def _table(self, figures: Figures) -> Any:
        from rich.table import Table
        from rich.text import Text

        protected = ("protected",) if figures.protects else ()
        names = ("pair", "price", "position", "value", "profit", *protected, "last_decision")
        table = Table(*(say(f"column.{name}") for name in names), box=None, expand=True)
        for pair in figures.pairs:
            table.add_row(
                pair.symbol,
                _written(pair.price, ",.8g"),
                _written(pair.size, ".8g") if pair.size else "-",
                _written(pair.size * pair.price, ",.2f") if pair.size else "-",
                f"[{'green' if pair.profit >= 0 else 'red'}]{_written(pair.profit, '+.2%')}[/]" if pair.size else "-",
                *([protection_of(pair)] if figures.protects else []),
                Text(printable(pair.last_decision or "-")),
            )
        return table


def colour_of(told: Telling) -> str:
    """Of the kind of a line."""
    match told:
        case FaultTold():
            return "red"
        case Denied() | Rejected():
            return "yellow"
        case Filled():
            return "green"
        case _:
            return "cyan"


def protection_of(pair: PairFigures) -> str:
    """Where a position is protected at the exchange."""
    if pair.size <= 0.0:
        return "-"
    return say("live.bare") if pair.stop_price is None else _written(float(pair.stop_price), ",.8g")


@contextlib.contextmanager
def console(*, as_json: bool) -> Iterator[Console]:
    """The live view when standard output is a terminal and nobody asked for JSON; else JSON lines."""
    if as_json or not sys.stdout.isatty():
        yield JsonLines()
        return
    terminal = Terminal()
    with terminal.live:
        yield terminal


def _written(value: float, form: str) -> str:
    return figure(value, form, owners_language())
