"""What a backtest tells: a page for a person, one object for a program, a chart."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.table import Table

from core.backtest.naming import names_of
from core.backtest.result import Result
from core.backtest.session import Report, utc
from core.chart import draw
from core.errors import ConfigurationError
from core.grid import price_text
from core.kernel import SELL
from core.names import format_timeframe
from core.zone import local_time

LAST_TRADES: Final = 10
REPORT_WIDTH: Final = 110
"""Columns of a report that does not go to a terminal."""
CAVEAT: Final = (
    "A backtest cannot know what our own orders would have moved, who stood before us in the queue, when the exchange "
    "was down, or where inside a bar a price lay (a rising bar is played low before high). Prices that a rule was "
    "tuned on flatter it: judge a change on days that nobody looked at."
)


def buy_and_hold(report: Report) -> float:
    """What the same cash would have made in equal parts of the pairs, from first open to last close, free of costs."""
    growths = [float(market.rows["close"][-1] / market.rows["open"][0]) for market in report.markets]
    return sum(growths) / len(growths) - 1.0


def exits(report: Report) -> dict[str, dict[str, float | int]]:
    """Closed positions by what closed them: a rule, or the score; with the profit they came to, in quote currency."""
    found: dict[str, dict[str, float | int]] = {}
    for fill, name in zip(
        report.result.fills, names_of(report.strategy, report.edges, report.result.fills), strict=True
    ):
        if fill.side != SELL:
            continue
        entry = found.setdefault(name, {"trades": 0, "won": 0, "profit": 0.0})
        entry["trades"] += 1
        entry["won"] += int(fill.profit > 0)
        entry["profit"] += float(fill.profit)
    return dict(sorted(found.items(), key=lambda item: -item[1]["trades"]))


def as_object(report: Report) -> dict[str, Any]:
    """Everything for a program. Fractions are fractions, money is in quote currency, what is not defined is null."""
    result = report.result
    return {
        "kind": "backtest",
        "symbols": list(result.symbols),
        "timeframe": report.timeframe,
        "time_zone": report.zone,
        "from": utc(report.first_ns),
        "to": utc(report.last_ns),
        "strategy": report.strategy.tree_hash,
        "box": report.place or None,
        "parameters": dict(report.strategy.parameters._asdict()),
        "cash": report.cash,
        "costs": asdict(report.costs),
        "grid": {
            m.symbol: {"tick": m.price_tick, "lot": m.lot, "min_notional": m.min_notional} for m in report.markets
        },
        "events": result.events,
        "compile_seconds": result.compile_seconds,
        "engine_seconds": result.engine_seconds,
        "events_per_second": result.events_per_second,
        "fills": len(result.fills),
        "rejected": result.rejected,
        "fingerprint": result.fingerprint,
        "equity": float(result.equity[-1]),
        "buy_and_hold": buy_and_hold(report),
        "metrics": report.metrics.as_dict(),
        "exits": exits(report),
        "detail": detail(report),
        "inside_bars": {"exits": result.inside, "stop_and_target": result.both, "opened_there": result.same_bar},
        "notes": list(report.notes),
        "caveat": CAVEAT,
    }


def detail(report: Report) -> dict[str, Any] | None:
    """How many bars were played in finer ones; None when that was not asked for."""
    detail_ns = report.markets[0].detail_ns
    if not detail_ns:
        return None
    bars = sum(len(market.rows) for market in report.markets)
    return {"timeframe": format_timeframe(detail_ns), "bars": report.result.detailed, "of": bars}


def draw_chart(file: Path, report: Report) -> None:
    symbols = report.result.symbols
    try:
        draw(
            file,
            title=f"{', '.join(symbols[:4])}{' ...' if len(symbols) > 4 else ''} {report.timeframe}",
            times_ns=report.result.times_ns,
            equity=report.result.equity,
            bars_by_pair={market.symbol: market.rows for market in report.markets},
            fills=report.result.fills,
            pairs=symbols,
            metrics=report.metrics,
        )
    except OSError as error:
        raise ConfigurationError(f"The chart {file} could not be written: {error.strerror}.") from error


def print_report(report: Report, chart: Path | None) -> None:
    console = Console(highlight=False, width=None if sys.stdout.isatty() else REPORT_WIDTH)
    result = report.result
    first, last = by_clock(report, report.first_ns), by_clock(report, report.last_ns)
    console.print(
        f"[bold]{', '.join(result.symbols)}[/] {report.timeframe}, {first} to {last}, "
        f"strategy {report.strategy.tree_hash[:12]}{f', {report.place}' if report.place else ''}"
    )
    console.print(
        f"{result.events:,} events in {result.engine_seconds:.3f} s "
        f"({result.events_per_second / 1e6:.1f} million a second), compiled in {result.compile_seconds:.1f} s"
    )
    if played := detail(report):
        console.print(f"{played['bars']:,} of {played['of']:,} bars played in bars of {played['timeframe']}")
    console.print(headline(report))
    print_trades(console, report)
    for note in report.notes:
        console.print(f"note: {note}", style="yellow", markup=False)
    console.print(f"[dim]Ratios: {report.metrics.annualisation}.[/]")
    console.print(f"[dim]{CAVEAT}[/]")
    if chart is not None:
        console.print(f"Chart: {chart}")
    console.print(f"Fingerprint of the fills: {result.fingerprint}")


def headline(report: Report) -> RenderableType:
    """The figures that a person asks for first, in two columns."""
    metrics, costs = report.metrics, report.costs
    hold = metrics.average_hold_seconds
    left = [
        ("equity", f"{report.cash:,.2f} -> {float(report.result.equity[-1]):,.2f}"),
        ("return", percent(metrics.total_return)),
        ("buy and hold", percent(buy_and_hold(report))),
        ("a year (CAGR)", percent(metrics.cagr)),
        ("volatility a year", percent(metrics.volatility)),
        ("deepest drawdown", percent(-metrics.max_drawdown)),
        ("longest drawdown", f"{metrics.max_drawdown_days:.1f} days"),
        ("in the market", percent(metrics.exposure)),
    ]
    right = [
        ("Sharpe", plain(metrics.sharpe)),
        ("Sortino", plain(metrics.sortino)),
        ("Calmar", plain(metrics.calmar)),
        ("trades", f"{metrics.trades:,} ({percent(metrics.win_rate)} won)"),
        ("profit factor", plain(metrics.profit_factor)),
        ("a trade makes", f"{plain(metrics.expectancy)} ({plain(metrics.worst_trade)} to {plain(metrics.best_trade)})"),
        ("a trade lasts", "-" if hold is None else f"{hold / 3600:.1f} hours"),
        ("fees", f"{metrics.fees:,.2f} ({percent(costs.fee)} a fill, slippage {percent(costs.slippage)})"),
    ]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for (name, value), (other, figure) in zip(left, right, strict=True):
        table.add_row(f"[dim]{name}[/]", value, f"[dim]{other}[/]", figure)
    return table


def print_trades(console: Console, report: Report) -> None:
    """Exits by what caused them, and the last trades."""
    fills = report.result.fills
    if report.result.rejected:
        console.print(f"[yellow]{report.result.rejected:,} orders were too small, or too large for the cash.[/]")
    if not len(fills):
        console.print(
            "[yellow]It never traded.[/] Look at buy_threshold and min_confidence, or give it a longer history."
        )
        return
    table = Table("closed by", "trades", "won", "profit", box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name, entry in exits(report).items():
        table.add_row(name, f"{entry['trades']:,}", percent(entry["won"] / entry["trades"]), f"{entry['profit']:,.2f}")
    if table.row_count:
        console.print(table)
    if report.result.inside:
        console.print(inside_bars(report.result))
    table = Table("last fills", "pair", "", "quantity", "price", "profit", "by", box=None, header_style="bold")
    for fill, name in list(zip(fills, names_of(report.strategy, report.edges, fills), strict=True))[-LAST_TRADES:]:
        sold = int(fill.side) == SELL
        table.add_row(
            by_clock(report, int(fill.time_ns)),
            report.result.symbols[int(fill.pair)],
            "[red]sell[/]" if sold else "[green]buy[/]",
            f"{float(fill.quantity):,.8g}",
            price_text(float(fill.price), report.markets[int(fill.pair)].price_tick),
            f"{float(fill.profit):,.2f}" if sold else "",
            name,
        )
    console.print(table)


def by_clock(report: Report, time_ns: int) -> str:
    """A moment by the owner's clock, to the second; how far that is from UTC stands behind it."""
    if report.zone == "UTC":
        return utc(time_ns)
    return local_time(time_ns, report.zone).isoformat(timespec="seconds")


def inside_bars(result: Result) -> str:
    """How many exits rest on an assumption about the inside of a bar."""
    count = int((result.fills["side"] == SELL).sum())
    told = f"{result.inside:,} of {count:,} exits were inside one bar, at their stop or target"
    if result.both:
        told += f"; {result.both:,} of these bars held both, and the stop was taken"
    if result.same_bar:
        told += f"; {result.same_bar:,} closed what was opened in the same bar"
    if not result.detailed:
        told += ". --detail plays finer bars inside, where they are stored"
    return f"[dim]{told}.[/]"


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def plain(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


def check_chart(file: Path) -> None:
    """Find out before the run, not after it, that the chart has no place to go."""
    if not file.parent.is_dir():
        raise ConfigurationError(f"There is no folder {file.parent} for the chart.", "Make it, or choose another.")
    if file.suffix.lower() != ".png" or file.is_dir():
        raise ConfigurationError(f"{file} is no name for a chart.", "Charts are PNG files: --chart run.png")
