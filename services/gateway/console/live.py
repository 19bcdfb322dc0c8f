"""What a run shows: a live view on a terminal, else one JSON line for each event worth telling."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from core.text import printable
from services.trader.trader import Trader

if TYPE_CHECKING:
    from rich.text import Text

VIEWS_PER_SECOND: Final = 4
RECENT_LINES: Final = 12


class Console(Protocol):
    """Shows a run."""

    def tell(self, kind: str, /, **fields: Any) -> None:
        """Something worth telling happened."""

    def watch(self, trader: Trader) -> None:
        """The trader is warm; its state may be looked at from now on."""


class JsonLines:
    """One JSON object a line on standard output."""

    def tell(self, kind: str, /, **fields: Any) -> None:
        """Print it. When nobody reads any more, the run is asked to end: an owner who sees nothing decides nothing."""
        try:
            self._print(kind, fields)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            signal.raise_signal(signal.SIGTERM)

    def _print(self, kind: str, fields: dict[str, Any]) -> None:
        sys.stdout.buffer.write(msgspec.json.encode({"kind": kind, "time": time.time(), **fields}) + b"\n")
        sys.stdout.buffer.flush()

    def watch(self, trader: Trader) -> None:
        """Tell that it is warm."""
        self.tell("ready", pairs=trader.symbols, equity=round(trader.valuation.equity, 2))


class Terminal:
    """A table of the pairs, the account's figures above it, the last events below."""

    def __init__(self) -> None:
        from rich.live import Live

        self._lines: deque[Text] = deque(maxlen=RECENT_LINES)
        self._trader: Trader | None = None
        self._last = (time.monotonic(), 0)
        self._rate = 0.0
        self.live = Live(get_renderable=self._view, refresh_per_second=VIEWS_PER_SECOND, transient=False)

    def tell(self, kind: str, /, **fields: Any) -> None:
        """Add a line below the table."""
        from rich.text import Text

        said = "  ".join(f"{name}={_short(value)}" for name, value in fields.items() if name != "signals")
        colour = {"fault": "red", "denied": "yellow", "rejected": "yellow", "fill": "green"}.get(kind, "cyan")
        parts = (f"{time.strftime('%H:%M:%S')} ", (f"{kind:9}", colour), f" {said}")
        self._lines.append(Text.assemble(*parts, overflow="ellipsis"))  # no markup: a detail may be a stranger's word

    def watch(self, trader: Trader) -> None:
        """Show its state from now on."""
        self._trader = trader

    def _view(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        if self._trader is None:
            return Group(Text("sorte: starting; compiling the strategy takes a few seconds"), *self._lines)
        return Group(Text.from_markup(self._headline(self._trader)), self._table(self._trader), *self._lines)

    def _headline(self, trader: Trader) -> str:
        now, events = time.monotonic(), trader.slots.opened
        if now - self._last[0] >= 1.0:
            self._rate = (events - self._last[1]) / (now - self._last[0])
            self._last = (now, events)
        figures = trader.summary()
        latency = figures["latency_us"]
        return "  ".join(
            (
                f"[bold reverse] {figures['mode'].upper()} [/] {figures['trading']}",
                f"equity [bold]{figures['equity']:,.2f}[/]",
                f"fees {figures['fees']:,.2f}",
                f"{self._rate:,.0f} events/s",
                f"host p50 {latency['p50']} us p99 {latency['p99']} us",
                f"orders {figures['orders']}",
                f"fills {figures['fills']}",
                f"faults {figures['faults']}",
            )
        )

    def _table(self, trader: Trader) -> Any:
        from rich.table import Table
        from rich.text import Text

        protecting = trader.execution.protecting
        columns = ("pair", "price", "position", "value", "profit", *(["protected"] if protecting.on else []))
        table = Table(*columns, "last decision", box=None, expand=True)
        for symbol, holding in trader.portfolio.holdings.items():
            profit = holding.price / holding.entry_price - 1.0 if holding.size > 0.0 else 0.0
            table.add_row(
                symbol,
                f"{holding.price:,.8g}",
                f"{holding.size:.8g}" if holding.size else "-",
                f"{holding.size * holding.price:,.2f}" if holding.size else "-",
                f"[{'green' if profit >= 0 else 'red'}]{profit:+.2%}[/]" if holding.size else "-",
                *([protection_of(trader, symbol)] if protecting.on else []),
                Text(printable(trader.last_decisions.get(symbol, "-"))),
            )
        return table


def protection_of(trader: Trader, symbol: str) -> str:
    """Where a position is protected at the exchange."""
    if trader.portfolio.holdings[symbol].size <= 0.0:
        return "-"
    stop = trader.execution.protecting.stop_price(symbol)
    return "[red]bare[/]" if stop is None else f"{float(stop):,.8g}"


@contextlib.contextmanager
def console(*, as_json: bool) -> Iterator[Console]:
    """The live view when standard output is a terminal and nobody asked for JSON; else JSON lines."""
    if as_json or not sys.stdout.isatty():
        yield JsonLines()
        return
    terminal = Terminal()
    with terminal.live:
        yield terminal


def _short(value: Any) -> str:
    if isinstance(value, float | Decimal):
        return f"{value:.8g}"
    return printable(str(value)[:80])
