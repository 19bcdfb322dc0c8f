"""The files that a backtest writes when it is asked to, by what they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from core.backtest.drawing import draw_chart
from core.backtest.report import check_chart
from core.backtest.session import Report
from core.backtest.trades_file import check_trades, write_trades
from core.backtest.trips import round_trips
from services.gateway.backtests.page import check_page, write_page

Files = Mapping[str, Path | None]
CHECKS: Final[Mapping[str, Callable[[Path], None]]] = {
    "chart": check_chart,
    "page": check_page,
    "trades_file": check_trades,
}
WRITERS: Final[Mapping[str, Callable[[Path, Report], None]]] = {
    "chart": draw_chart,
    "page": write_page,
    "trades_file": lambda file, report: write_trades(file, round_trips(report)),
}


def check(files: Files) -> None:
    """Find out before the run that each has a place to go. Raises ConfigurationError."""
    for what, file in files.items():
        if file is not None:
            CHECKS[what](file)


def write(files: Files, report: Report) -> None:
    """Write each. Raises ConfigurationError for one that could not be written."""
    for what, file in files.items():
        if file is not None:
            WRITERS[what](file, report)
