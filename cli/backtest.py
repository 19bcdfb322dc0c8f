"""`sorte backtest`: trade a strategy on recorded history, and say what came of it and what that cannot tell."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.debugging import DebugOption, debugged, note
from cli.file_hints import DatesOption, DecimalOption, hints_of
from cli.progress import progress_bar

if TYPE_CHECKING:
    from core.backtest.session import BacktestRequest, Report
    from core.backtest.tested import Tested
    from core.backtest.venue import Venue
    from core.strategy import Source


def backtest(
    data: Annotated[list[str], typer.Option("--data", "-d")],
    timeframe: str | None = None,
    strategy: Path | None = None,
    shipped: Annotated[bool, typer.Option("--shipped")] = False,
    settings: Annotated[list[str] | None, typer.Option("--set")] = None,
    cash: float = 10_000.0,
    fee: float = 0.001,
    slippage: float = 0.0002,
    lot: float = 1e-6,
    tick: float | None = None,
    since: Annotated[str | None, typer.Option("--from")] = None,
    until: Annotated[str | None, typer.Option("--to")] = None,
    dates: DatesOption = None,
    decimal: DecimalOption = None,
    detail: Annotated[bool, typer.Option("--detail")] = False,
    zone: str | None = None,
    qtables: Path | None = None,
    root: Path | None = None,
    chart: Path | None = None,
    html: Path | None = None,
    trades: Path | None = None,
    trusted: Annotated[bool, typer.Option("--trusted")] = False,
    as_json: Annotated[bool, typer.Option("--json")] = False,
    debug: DebugOption = False,
) -> None:
    """Trade a strategy on price history, event by event, through the code that trades live."""
    from core.backtest.session import BacktestRequest, parse_settings, parse_window, split_names

    if shipped and strategy is not None:
        raise typer.BadParameter("--shipped and --strategy name two strategies")
    since_ns, until_ns = parse_window(since, until)
    request = BacktestRequest(
        names=split_names(data),
        timeframe=timeframe,
        since_ns=since_ns,
        until_ns=until_ns,
        tested=choose_strategy(strategy, shipped=shipped),
        parameters=parse_settings(settings or []),
        cash=cash,
        fee=fee,
        slippage=slippage,
        lot=lot,
        tick=tick,
        qtables=qtables,
        root=root,
        detail=detail,
        zone=choose_zone(zone),
        hints=hints_of(dates, decimal),
    )
    files = {"chart": chart, "page": html, "trades_file": trades}
    carry_out(request, files, trusted=trusted, as_json=as_json, debug=debug)


def carry_out(
    request: BacktestRequest, files: Mapping[str, Path | None], *, trusted: bool, as_json: bool, debug: bool
) -> None:
    """Trade what was asked for, and show what came of it; `files` are to be written, by what they are."""
    from core.backtest.session import run
    from core.backtest.venue import here
    from services.gateway.backtests.files import check, write

    check(files)
    with debugged("backtest", on=debug), progress_bar() as show:
        strategy = request.tested.commit or request.tested.folder or request.tested.what
        note("backtest.begun", data=request.names, strategy=strategy, zone=request.zone)
        begun = time.monotonic()
        report = run(request, noted(show) if debug else show, here if trusted else open_where_it_may_run)
        seconds = round(time.monotonic() - begun, 3)
        note("backtest.finished", seconds=seconds, place=report.place or "here", bars_of=report.timeframe)
        write(files, report)
    tell(report, files, as_json=as_json)


def tell(report: Report, files: Mapping[str, Path | None], *, as_json: bool) -> None:
    """Keep the run for a comparison, and show it."""
    import json

    from core.backtest import kept
    from core.backtest.page import print_report
    from core.backtest.report import as_object

    identity = kept.new_identity()
    told = as_object(report, identity)
    if not kept.keep(identity, told):
        identity, told["run"] = "", None
    if as_json:
        print(json.dumps(told, allow_nan=False))
    else:
        print_report(report, files, identity)


def choose_strategy(folder: Path | None, *, shipped: bool) -> Tested:
    """What was asked for, else what trades in the workspace here, else what ships."""
    from core.backtest.tested import tested
    from core.settings import load_settings
    from core.workspace import find

    if folder is not None or shipped:
        return tested(folder)
    place = find(load_settings())
    if place is None:
        return tested(None)
    from services.commander.tested import what_trades

    return what_trades(place)


def noted(show: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """`show`, which notes when trading begins: what came before was reading and compiling."""
    trading = False

    def progress(done: int, total: int) -> None:
        nonlocal trading
        if not trading:
            trading = True
            note("backtest.trading", events=total)
        show(done, total)

    return progress


def choose_zone(name: str | None) -> str:
    """The time zone that was asked for, else that of the settings. Raises ConfigurationError for one that is none."""
    from core.errors import ConfigurationError
    from core.settings import load_settings
    from core.zone import zone_named

    if name is None:
        return load_settings().time_zone
    try:
        zone_named(name)
    except ValueError as error:
        raise ConfigurationError(f"--zone: {error}.", "Write a name as in the IANA database, or UTC.") from None
    return name


def open_where_it_may_run(source: Source, parameters: Mapping[str, float]) -> AbstractContextManager[Venue]:
    """Here for the shipped strategy and for what this workspace has signed, in a box for everything else."""
    from core.backtest.trust import is_trusted
    from core.backtest.venue import here

    if is_trusted(source):
        return here(source, parameters)
    from core.settings import load_settings
    from services.guardian.boxed import boxed

    return boxed(load_settings(), source, parameters)
