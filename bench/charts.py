"""A backtest of a million bars as a picture and as a page: how long their owner waits, and how large the page is."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from bench.figure import Effort, Figure, Measured, at_most, spread, timed
from bench.history import one_minute_bars
from core.backtest.drawing import draw_chart
from core.backtest.session import BacktestRequest, Report, run
from core.backtest.tested import tested
from services.gateway.backtests.page import write_page

RUNS = 5


def measure(effort: Effort) -> Measured:
    """The first picture pays for what it loads; the median counts."""
    bars = effort.of(1_000_000, 100_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        effort.say(f"a backtest of {bars:,} bars")
        report = traded(folder / "LONG.parquet", bars)
        effort.say("chart and page")
        charts = sorted(timed(lambda: draw_chart(folder / "run.png", report))[0] for _ in range(RUNS))
        pages = sorted(timed(lambda: write_page(folder / "run.html", report))[0] for _ in range(RUNS))
        megabytes = (folder / "run.html").stat().st_size / 1e6
    what = f"{report.metrics.trades:,} trades; "
    return Measured(
        (
            Figure(f"Chart of {bars:,} bars", charts[RUNS // 2], "s", at_most(4), what + spread(charts)),
            Figure(f"Page of {bars:,} bars", pages[RUNS // 2], "s", None, what + spread(pages)),
            Figure("... its size", megabytes, "MB", at_most(3), "one file, with its scripts"),
        )
    )


def traded(file: Path, count: int) -> Report:
    """The shipped strategy on bars of one minute."""
    bars = one_minute_bars(count, seed=7)
    pl.DataFrame({name: bars[name] for name in bars.dtype.names or ()}).write_parquet(file)
    request = BacktestRequest(
        names=[str(file)],
        timeframe=None,
        since_ns=None,
        until_ns=None,
        tested=tested(None),
        parameters={},
        cash=10_000.0,
        fee=0.001,
        slippage=0.0002,
        lot=1e-6,
        tick=None,
        qtables=None,
        root=None,
    )
    return run(request, lambda _done, _total: None)
