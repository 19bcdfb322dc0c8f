"""What a run shows: a live view on a terminal, else one JSON line for each event worth telling."""

from __future__ import annotations

import contextlib
import sys
import time
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final, Protocol

import msgspec

from services.trader.trader import Trader

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
        """Print it."""
        sys.stdout.buffer.write(msgspec.json.encode({"kind": kind, "time": time.time(), **fields}) + b"\n")
        sys.stdout.buffer.flush()

    def watch(self, trader: Trader) -> None:
        """Tell that it is warm."""
        self.tell("ready", pairs=trader.symbols, equity=round(trader.valuation.equity, 2))


class Terminal:
    """A table of the pairs, the account's figures above it, the last events below."""

    def __init__(self) -> None:
        from rich.live import Live

        self._lines: deque[str] = deque(maxlen=RECENT_LINES)
        self._trader: Trader | None = None
        self._last = (time.monotonic(), 0)
        self._rate = 0.0
        self.live = Live(get_renderable=self._view, refresh_per_second=VIEWS_PER_SECOND, transient=False)

    def tell(self, kind: str, /, **fields: Any) -> None:
        """Add a line below the table."""
        said = "  ".join(f"{name}={_short(value)}" for name, value in fields.items() if name != "signals")
        colour = {"fault": "red", "denied": "yellow", "rejected": "yellow", "fill": "green"}.get(kind, "cyan")
        self._lines.append(f"{time.strftime('%H:%M:%S')} [{colour}]{kind:9}[/] {said}")

    def watch(self, trader: Trader) -> None:
        """Show its state from now on."""
        self._trader = trader

    def _view(self) -> Any:
        from rich.console import Group
        from rich.text import Text

        lines = [Text.from_markup(line, overflow="ellipsis") for line in self._lines]
        if self._trader is None:
            return Group(Text("sorte: starting; compiling the strategy takes a few seconds"), *lines)
        return Group(Text.from_markup(self._headline(self._trader)), self._table(self._trader), *lines)

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

        table = Table("pair", "price", "position", "value", "profit", "last decision", box=None, expand=True)
        for symbol, holding in trader.portfolio.holdings.items():
            profit = holding.price / holding.entry_price - 1.0 if holding.size > 0.0 else 0.0
            table.add_row(
                symbol,
                f"{holding.price:,.8g}",
                f"{holding.size:.8g}" if holding.size else "-",
                f"{holding.size * holding.price:,.2f}" if holding.size else "-",
                f"[{'green' if profit >= 0 else 'red'}]{profit:+.2%}[/]" if holding.size else "-",
                trader.last_decisions.get(symbol, "-"),
            )
        return table


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
    return str(value)[:80]
