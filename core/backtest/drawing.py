"""`--chart FILE`: a backtest as pictures."""

from __future__ import annotations

from pathlib import Path

from core.backtest.holding import hold_curve
from core.backtest.page import tested_line
from core.backtest.session import Report
from core.backtest.trips import round_trips
from core.chart.picture import draw
from core.chart.run import Line, Run
from core.errors import ConfigurationError
from core.formats import moment
from core.texts import say
from core.wording import owners_language


def draw_chart(file: Path, report: Report) -> None:
    """Write them, the first one to `file`. Raises ConfigurationError for a file that could not be written."""
    try:
        draw(file, run_of(report))
    except OSError as error:
        raise ConfigurationError(f"The chart {file} could not be written: {error.strerror}.") from error


def run_of(report: Report) -> Run:
    """As it is drawn."""
    symbols, result = report.result.symbols, report.result
    ends = [moment(ns, report.zone, owners_language()) for ns in (report.first_ns, report.last_ns)]
    worth = {"began": report.cash, "ended": float(result.equity[-1])}
    return Run(
        title=f"{', '.join(symbols[:4])}{f' +{len(symbols) - 4}' if len(symbols) > 4 else ''} {report.timeframe}",
        subtitle=say("chart.subtitle", first=ends[0], last=ends[1], tested=tested_line(report), **worth),
        times_ns=result.times_ns,
        equity=result.equity,
        hold=hold_curve(report),
        bars_by_pair={market.symbol: market.rows for market in report.markets},
        fills=result.fills,
        pairs=symbols,
        lines=[
            Line(trip.pair, trip.entry_ns, trip.entry_price, trip.exit_ns, trip.exit_price, trip.profit)
            for trip in round_trips(report)
            if trip.exit_ns is not None and trip.exit_price is not None and trip.profit is not None
        ],
        metrics=report.metrics,
        zone=report.zone,
        timeframe=report.timeframe,
    )
