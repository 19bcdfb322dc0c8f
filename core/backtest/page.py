"""The page of a backtest for a person, in the owner's language, with his numbers and times by his clock."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from core.backtest.cautions import are_few
from core.backtest.compared_page import said_of
from core.backtest.report import buy_and_hold, detail, exits
from core.backtest.result import Result
from core.backtest.session import Report, utc
from core.chart.naming import pages_beside
from core.contracts import Language
from core.formats import figure, localised, written
from core.grid import price_text
from core.kernel import SELL
from core.retelling import retold
from core.text import printable
from core.texts import say
from core.wording import owners_language
from core.zone import local_time

LAST_TRADES: Final = 10
REPORT_WIDTH: Final = 110
"""Columns of a report that does not go to a terminal."""


def print_report(report: Report, written: Mapping[str, Path | None], identity: str) -> None:
    """The whole page; `written` are the files that came of it, by the name of their line, `identity` its own name."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else REPORT_WIDTH)
    result = report.result
    first, last = by_clock(report, report.first_ns), by_clock(report, report.last_ns)
    tree = f"{report.strategy.tree_hash[:12]}{f', {report.place}' if report.place else ''}"
    pairs = ", ".join(result.symbols)
    console.print(say("report.head", pairs=pairs, timeframe=report.timeframe, first=first, last=last, tree=tree))
    console.print(Text(printable(tested_line(report))))
    speed = {"seconds": result.engine_seconds, "compiled": result.compile_seconds}
    console.print(say("report.speed", events=result.events, millions=result.events_per_second / 1e6, **speed))
    if played := detail(report):
        console.print(say("report.detail", **played))
    console.print(headline(report))
    print_trades(console, report)
    for note in report.notes:
        console.print(say("report.note", note=retold(note)), style="yellow", markup=False)
    console.print(f"[dim]{say('report.ratios', annualisation=retold(report.metrics.annualisation))}[/]")
    console.print(f"[dim]{say('report.caveat')}[/]")
    for name, file in written.items():
        if file is not None:
            console.print(say(f"report.{name}", file=file), markup=False)
    chart = written.get("chart")
    if chart is not None and len(beside := pages_beside(chart, result.symbols)) > 1:
        console.print(say("report.chart_each", first=beside[0], last=beside[-1]), markup=False)
    console.print(say("report.fingerprint", fingerprint=result.fingerprint))
    if identity:
        console.print(say("report.id", identity=identity))


def tested_line(report: Report) -> str:
    """Which strategy was tested, and with which values of its own."""
    told = asdict(replace(report.tested, source=None))  # type: ignore[arg-type] # its files are not told
    line = said_of(told, report.strategy.tree_hash)
    settings = ", ".join(f"{name}={value:g}" for name, value in report.parameters.items())
    return f"{line} {say('tested.set', settings=settings)}" if settings else line


Named = list[tuple[str, str]]


def figures(report: Report) -> tuple[Named, Named]:
    """The figures that a person asks for first, each with its name, in two columns."""
    metrics, costs = report.metrics, report.costs
    hold = metrics.average_hold_seconds
    ratios = {"Sharpe": metrics.sharpe, "Sortino": metrics.sortino, "Calmar": metrics.calmar}
    makes = {"mean": metrics.expectancy, "worst": metrics.worst_trade, "best": metrics.best_trade}
    paid = {"fee": percent(costs.fee), "slippage": percent(costs.slippage)}
    left = [
        (say("report.equity"), f"{plain(report.cash)} -> {plain(float(report.result.equity[-1]))}"),
        (say("report.return"), percent(metrics.total_return)),
        (say("report.hold"), percent(buy_and_hold(report))),
        (say("report.cagr"), percent(metrics.cagr)),
        (say("report.volatility"), percent(metrics.volatility)),
        (say("report.deepest"), percent(-metrics.max_drawdown)),
        (say("report.longest"), say("report.days", days=metrics.max_drawdown_days)),
        (say("report.exposure"), percent(metrics.exposure)),
    ]
    right = [
        *((name, ratio(report, value)) for name, value in ratios.items()),
        (say("report.trades"), say("report.won", count=metrics.trades, share=percent(metrics.win_rate))),
        (say("report.profit_factor"), plain(metrics.profit_factor)),
        (say("report.makes"), say("report.between", **{name: plain(value) for name, value in makes.items()})),
        (say("report.lasts"), "-" if hold is None else say("report.hours", hours=hold / 3600)),
        (say("report.fees"), say("report.costs", sum=metrics.fees, **paid)),
    ]
    return left, right


def headline(report: Report) -> RenderableType:
    """Both columns beside each other."""
    left, right = figures(report)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for (name, value), (other, counted) in zip(left, right, strict=True):
        table.add_row(f"[dim]{name}[/]", value, f"[dim]{other}[/]", counted)
    return table


def print_trades(console: Console, report: Report) -> None:
    """Exits by what caused them, and the last trades."""
    fills = report.result.fills
    if report.result.rejected:
        console.print(f"[yellow]{say('report.rejected', count=report.result.rejected)}[/]")
    if not len(fills):
        console.print(say("report.never"))
        return
    by_cause = Table(*_titles("by", "trades", "won", "profit"), box=None, header_style="bold", padding=(0, 2, 0, 0))
    for name, entry in exits(report).items():
        share = percent(entry["won"] / entry["trades"])
        by_cause.add_row(name, _written(entry["trades"], ","), share, plain(entry["profit"]))
    if by_cause.row_count:
        console.print(by_cause)
    if report.result.inside:
        console.print(inside_bars(report.result))
    last = Table(*_titles("fills", "pair", "", "quantity", "price", "profit", "cause"), box=None, header_style="bold")
    for fill, name in list(zip(fills, report.names, strict=True))[-LAST_TRADES:]:
        sold = int(fill.side) == SELL
        price = price_text(float(fill.price), report.markets[int(fill.pair)].price_tick)
        last.add_row(
            by_clock(report, int(fill.time_ns)),
            report.result.symbols[int(fill.pair)],
            f"[red]{say('report.sell')}[/]" if sold else f"[green]{say('report.buy')}[/]",
            _written(float(fill.quantity), ",.8g"),
            localised(price, owners_language()),
            plain(float(fill.profit)) if sold else "",
            name,
        )
    console.print(last)


def _titles(*columns: str) -> list[str]:
    return [say(f"report.column.{name}") if name else "" for name in columns]


def by_clock(report: Report, time_ns: int) -> str:
    """A moment by the owner's clock; in English to the second, and how far that is from UTC stands behind it."""
    if owners_language() is not Language.EN:
        return written(local_time(time_ns, report.zone), owners_language())
    if report.zone == "UTC":
        return utc(time_ns)
    return local_time(time_ns, report.zone).isoformat(timespec="seconds")


def inside_bars(result: Result) -> str:
    """How many exits rest on an assumption about the inside of a bar."""
    count = int((result.fills["side"] == SELL).sum())
    told = say("report.inside", inside=result.inside, count=count)
    if result.both:
        told += say("report.both", count=result.both)
    if result.same_bar:
        told += say("report.same_bar", count=result.same_bar)
    if not result.detailed:
        told += say("report.finer")
    return f"[dim]{told}.[/]"


def ratio(report: Report, value: float | None) -> str:
    """A ratio, which says so when it is one of few returns."""
    if value is None or not are_few(report.result.times_ns):
        return plain(value)
    return say("report.few", value=plain(value))


def percent(value: float | None) -> str:
    return "-" if value is None else _written(value, ".2%")


def plain(value: float | None) -> str:
    return "-" if value is None else _written(value, ",.2f")


def _written(value: float, form: str) -> str:
    return figure(value, form, owners_language())
