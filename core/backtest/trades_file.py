"""`--trades FILE`: every round trip of a backtest, as CSV or as JSON, by the ending of the file's name."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from core.backtest.trips import RoundTrip
from core.errors import ConfigurationError

COLUMNS: Final = (
    *("number", "pair", "entry_time", "exit_time", "seconds", "quantity", "entry_price", "exit_price"),
    *("fees", "profit", "share", "entry_reason", "exit_reason"),
)
DIGITS: Final = 12
ENDINGS: Final = (".csv", ".json")


def write_trades(file: Path, trips: Sequence[RoundTrip]) -> None:
    """Write them; times are ISO 8601 in UTC, what an open one does not have is empty, or null."""
    rows = [row_of(trip) for trip in trips]
    try:
        with file.open("w", encoding="utf-8", newline="") as out:
            if file.suffix.lower() == ".json":
                json.dump(rows, out, allow_nan=False, indent=0)
                return
            writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    except OSError as error:
        raise ConfigurationError(f"The trades {file} could not be written: {error.strerror}.") from error


def row_of(trip: RoundTrip) -> dict[str, Any]:
    """One of them by the names of the columns."""
    row = {name: _exact(getattr(trip, name)) for name in COLUMNS if not name.endswith("_time")}
    ends = {"entry_time": iso(trip.entry_ns), "exit_time": iso(trip.exit_ns) if trip.exit_ns is not None else None}
    return {name: (row | ends)[name] for name in COLUMNS}


def _exact(value: Any) -> Any:
    """Without the noise of floating point."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def iso(time_ns: int) -> str:
    """2024-01-31T12:00:00Z; with milliseconds where there are some."""
    moment = datetime.fromtimestamp(time_ns // 1_000_000 / 1000, UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def check_trades(file: Path) -> None:
    """Find out before the run, not after it, that the trades have no place to go."""
    if not file.parent.is_dir():
        raise ConfigurationError(f"There is no folder {file.parent} for the trades.", "Make it, or choose another.")
    if file.suffix.lower() not in ENDINGS or file.is_dir():
        raise ConfigurationError(
            f"{file} is no name for a file of trades.", "They are CSV or JSON: --trades trades.csv"
        )
