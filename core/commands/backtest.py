"""`sorte backtest`: trade a strategy on recorded history, and say what came of it and what that cannot tell."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    import numpy as np
    from rich.console import Console, RenderableType

    from core.backtest import Costs, Market, Result
    from core.history import History
    from core.metrics import Metrics
    from core.strategy import Strategy

PATIENCE_SECONDS: Final = 1.0
"""What is done within it needs no progress bar."""
LAST_TRADES: Final = 10
REPORT_WIDTH: Final = 110
"""Columns of a report that does not go to a terminal."""
CAVEAT: Final = (
    "A backtest cannot know what our own orders would have moved, who stood before us in the queue, when the exchange "
    "was down, or where inside a bar a price lay (a rising bar is played low before high). Prices that a rule was "
    "tuned on flatter it: judge a change on days that nobody looked at."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for; None leaves it to the data, the strategy or the folder that the option names."""

    names: Sequence[str]  # symbols and files
    timeframe: str | None
    since_ns: int | None
    until_ns: int | None
    strategy: Path | None
    parameters: Mapping[str, float]
    cash: float
    fee: float
    slippage: float
    lot: float
    tick: float | None
    qtables: Path | None
    root: Path | None


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run and all that the reader of its figures needs to know about it."""

    strategy: Strategy
    markets: Sequence[Market]
    timeframe: str
    first_ns: int  # the first bar's open
    last_ns: int  # the last bar's close
    cash: float
    costs: Costs
    result: Result
    metrics: Metrics
    notes: tuple[str, ...]  # about the files


def backtest(
    data: Annotated[list[str], typer.Option("--data", "-d", help="Symbols or files with commas between; repeatable.")],
    timeframe: Annotated[
        str | None, typer.Option(help="Bar length: 1m, 1h, 1d.", show_default="the finest there is")
    ] = None,
    strategy: Annotated[
        Path | None, typer.Option(help="A strategy folder.", show_default="the one that comes with Sorte")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Another value of a parameter; repeatable.")
    ] = None,
    cash: Annotated[float, typer.Option(help="What the account starts with, in quote currency.")] = 10_000.0,
    fee: Annotated[float, typer.Option(help="Of each fill's value: 0.001 is 0.1 %.")] = 0.001,
    slippage: Annotated[float, typer.Option(help="Of the price, against us.")] = 0.0002,
    lot: Annotated[float, typer.Option(help="Smallest step of a quantity, in base currency.")] = 1e-6,
    tick: Annotated[
        float | None, typer.Option(help="Smallest step of a price.", show_default="the decimals of the data")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="Bars from then on, UTC: 2024-01-31 or 2024-01-31T12:00."),
    ] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Bars before then, UTC.")] = None,
    qtables: Annotated[Path | None, typer.Option(help="Folder of Q-tables, SYMBOL.npz each.")] = None,
    root: Annotated[
        Path | None, typer.Option(help="Folder of the history.", show_default="$SORTE_DATA_DIR, or ./data")
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw prices, fills, equity and drawdown.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Trade a strategy on price history, event by event, through the code that trades live."""
    since_ns, until_ns = parse_window(since, until)
    plan = Plan(
        names=split_names(data),
        timeframe=timeframe,
        since_ns=since_ns,
        until_ns=until_ns,
        strategy=strategy,
        parameters=parse_settings(settings or []),
        cash=cash,
        fee=fee,
        slippage=slippage,
        lot=lot,
        tick=tick,
        qtables=qtables,
        root=root,
    )
    if chart is not None:
        check_chart(chart)
    with progress_bar() as show:
        report = run(plan, show)
        if chart is not None:
            draw_chart(chart, report)
    if as_json:
        print(json.dumps(as_object(report), allow_nan=False))
    else:
        print_report(report, chart)


def run(plan: Plan, show: Callable[[int, int], None]) -> Report:
    """The whole run, without a word printed. Small mistakes are found before large files are read."""
    from core.backtest import Costs, simulate
    from core.metrics import measure
    from core.names import format_timeframe
    from core.strategy import Source, load

    strategy = load(Source.shipped() if plan.strategy is None else Source.read(plan.strategy), plan.parameters)
    costs = Costs(plan.fee, plan.slippage)
    histories = load_histories(plan)
    markets = [market_of(history, plan) for history in histories]
    tables = read_tables(plan.qtables, [market.symbol for market in markets], strategy.table_shape)
    result = simulate(strategy, markets, cash=plan.cash, costs=costs, tables=tables, progress=show)
    return Report(
        strategy=strategy,
        markets=markets,
        timeframe=format_timeframe(markets[0].timeframe_ns),
        first_ns=min(int(market.rows["time_ns"][0]) for market in markets),
        last_ns=max(int(market.rows["time_ns"][-1]) for market in markets) + markets[0].timeframe_ns,
        cash=plan.cash,
        costs=costs,
        result=result,
        metrics=measure(result.times_ns, result.equity, result.fills, result.exposed_ns),
        notes=tuple(f"{history.symbol}: {note}" for history in histories for note in history.notes),
    )


# --- what was asked for ----------------------------------------------------------------------------------------------


def split_names(data: Sequence[str]) -> list[str]:
    """Symbols and files; a comma separates them unless there is a file of that very name."""
    from core.errors import ConfigurationError

    parts = [part.strip() for name in data for part in ([name] if Path(name).is_file() else name.split(","))]
    names = [part for part in parts if part]
    if not names:
        raise ConfigurationError("--data names nothing.", "Write a symbol or a file: --data BTCUSDT, --data bars.csv")
    return names


def parse_settings(settings: Sequence[str]) -> dict[str, float]:
    """`["stop_loss=0.03"]` as `{"stop_loss": 0.03}`; whether it exists and fits is the strategy's to say."""
    from core.errors import ConfigurationError

    values = {}
    for setting in settings:
        name, equals, text = (part.strip() for part in setting.partition("="))
        try:
            values[name] = float(text)
        except ValueError:
            what = f"--set {setting} gives no number." if equals else f"--set {setting} has no =."
            raise ConfigurationError(
                what, f"Write --set {name or 'stop_loss'}=0.03; a fraction for a percentage."
            ) from None
    return values


def parse_window(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """Both ends in UTC nanoseconds."""
    from core.errors import ConfigurationError

    start, stop = parse_date("--from", since), parse_date("--to", until)
    if start is not None and stop is not None and stop <= start:
        raise ConfigurationError(
            f"--to {until} is not after --from {since}.", "Bars from --from on and before --to are taken."
        )
    return start, stop


def parse_date(option: str, text: str | None) -> int | None:
    from core.errors import ConfigurationError

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigurationError(f"{option} {text} is no date.", "Write 2024-01-31 or 2024-01-31T12:00, UTC.") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return int(moment.timestamp()) * 1_000_000_000


def load_histories(plan: Plan) -> list[History]:
    """Every history in the same timeframe: the one asked for, else the finest that the first one has."""
    from core import history
    from core.errors import ConfigurationError

    loaded: list[History] = []
    for name in plan.names:
        loaded.append(history.load(name, plan.timeframe or (loaded[0].timeframe_ns if loaded else None), plan.root))
        if loaded[-1].symbol in [other.symbol for other in loaded[:-1]]:
            raise ConfigurationError(f"{loaded[-1].symbol} is named twice.", "Name each pair once.")
    return loaded


def market_of(history: History, plan: Plan) -> Market:
    """The pair with the bars from --from on and before --to."""
    import numpy as np

    from core.backtest import Market
    from core.errors import DataError

    times = history.bars["time_ns"]
    start = 0 if plan.since_ns is None else int(np.searchsorted(times, plan.since_ns))
    stop = len(times) if plan.until_ns is None else int(np.searchsorted(times, plan.until_ns))
    if start >= stop:
        has = f"It goes from {utc(int(times[0]))} to {utc(int(times[-1]))}." if len(times) else "It is empty."
        raise DataError(f"{history.symbol} has no bars between --from and --to.", has)
    price_tick = float(f"1e-{history.price_decimals}") if plan.tick is None else plan.tick
    return Market(history.symbol, history.bars[start:stop], history.timeframe_ns, price_tick, plan.lot)


def read_tables(
    folder: Path | None, symbols: Sequence[str], shape: tuple[int, int]
) -> list[np.ndarray[Any, Any] | None]:
    """Each pair's Q-table from `folder/SYMBOL.npz`, None where there is no such file."""
    from core.errors import ConfigurationError

    if folder is None:
        return []
    if not folder.is_dir():
        raise ConfigurationError(f"There is no folder {folder}.", "Point --qtables to a folder of SYMBOL.npz files.")
    tables = [read_table(folder / f"{symbol}.npz", shape) for symbol in symbols]
    if all(table is None for table in tables):
        raise ConfigurationError(
            f"{folder} holds no Q-table of {', '.join(symbols)}.", f"It would be {symbols[0]}.npz."
        )
    return tables


def read_table(file: Path, shape: tuple[int, int]) -> np.ndarray[Any, Any] | None:
    import zipfile

    import numpy as np

    from core.errors import ConfigurationError

    if not file.exists():
        return None
    demand = f"It holds one array of {shape[0]} x {shape[1]} finite float64 numbers, written by numpy.savez."
    try:
        with np.load(file, allow_pickle=False) as archive:
            arrays = [archive[name] for name in archive.files]
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise ConfigurationError(f"{file} is no Q-table: {error}", demand) from error
    if (
        len(arrays) != 1
        or arrays[0].shape != shape
        or arrays[0].dtype != np.float64
        or not np.isfinite(arrays[0]).all()
    ):
        raise ConfigurationError(f"{file} is no Q-table of this strategy.", demand)
    table: np.ndarray[Any, Any] = arrays[0]
    return table


def check_chart(file: Path) -> None:
    """Find out before the run, not after it, that the chart has no place to go."""
    from core.errors import ConfigurationError

    if not file.parent.is_dir():
        raise ConfigurationError(f"There is no folder {file.parent} for the chart.", "Make it, or choose another.")
    if file.suffix.lower() != ".png" or file.is_dir():
        raise ConfigurationError(f"{file} is no name for a chart.", "Charts are PNG files: --chart run.png")


# --- what comes out --------------------------------------------------------------------------------------------------


def utc(time_ns: int) -> str:
    """2024-01-31T12:00:00Z."""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def buy_and_hold(report: Report) -> float:
    """What the same cash would have made in equal parts of the pairs, from first open to last close, free of costs."""
    growths = [float(market.rows["close"][-1] / market.rows["open"][0]) for market in report.markets]
    return sum(growths) / len(growths) - 1.0


def exits(report: Report) -> dict[str, dict[str, float | int]]:
    """Closed positions by what closed them: a rule, or the score; with the profit they came to, in quote currency."""
    from core.kernel import SELL

    found: dict[str, dict[str, float | int]] = {}
    for fill in report.result.fills[report.result.fills["side"] == SELL]:
        name = report.strategy.rule_name(int(fill.rule)) or "score"
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
        "from": utc(report.first_ns),
        "to": utc(report.last_ns),
        "strategy": report.strategy.tree_hash,
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
        "notes": list(report.notes),
        "caveat": CAVEAT,
    }


def draw_chart(file: Path, report: Report) -> None:
    from core.chart import draw
    from core.errors import ConfigurationError

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
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else REPORT_WIDTH)
    result = report.result
    console.print(
        f"[bold]{', '.join(result.symbols)}[/] {report.timeframe}, {utc(report.first_ns)} to {utc(report.last_ns)}, "
        f"strategy {report.strategy.tree_hash[:12]}"
    )
    console.print(
        f"{result.events:,} events in {result.engine_seconds:.3f} s "
        f"({result.events_per_second / 1e6:.1f} million a second), compiled in {result.compile_seconds:.1f} s"
    )
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
    from rich.table import Table

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
    from rich.table import Table

    from core.kernel import SELL

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
    table = Table("last fills", "pair", "", "quantity", "price", "profit", "by", box=None, header_style="bold")
    for fill in fills[-LAST_TRADES:]:
        sold = int(fill.side) == SELL
        table.add_row(
            utc(int(fill.time_ns)),
            report.result.symbols[int(fill.pair)],
            "[red]sell[/]" if sold else "[green]buy[/]",
            f"{float(fill.quantity):,.8g}",
            f"{float(fill.price):,.8g}",
            f"{float(fill.profit):,.2f}" if sold else "",
            report.strategy.rule_name(int(fill.rule)) or "score",
        )
    console.print(table)


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"


def plain(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"


@contextmanager
def progress_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on the terminal's standard error for what takes longer than a second."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    progress = Progress(*columns, console=Console(stderr=True), transient=True)
    task = progress.add_task("reading and compiling", total=None)
    patience = threading.Timer(PATIENCE_SECONDS, progress.start)
    patience.start()
    try:
        yield lambda done, total: progress.update(task, description="trading", completed=done, total=total)
    finally:
        patience.cancel()
        patience.join()
        progress.stop()
