"""The ledger of reasons on the disk: a file a day beside the journal, bounded, and one with how each pair stands now.

A row is a JSON array, in the order of the fields of `Row`. A line that was torn by a crash is passed over. What is
kept: 90 days, and of each day so much that a month stays below 50 MB.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from core.contracts.reasons import Reason
from services.trader.reasons.naming import named

FOLDER: Final = "reasons"
LATEST: Final = "latest.json"
KEPT_DAYS: Final = 90
DAY_BYTES: Final = (50 << 20) // 31
ROW_BYTES: Final = 250
"""A long row; most have two thirds of it."""
MINUTE_SECONDS: Final = 60.0
LONGEST_DETAIL: Final = 120


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A `Reason` without the names of its fields. A later version may add fields behind these."""

    time_ns: int
    pair: str
    code: str
    detail: str
    held: bool
    score: float
    threshold: float | None
    confidence: float
    min_confidence: float | None
    signals: tuple[float | None, ...]
    trading: str
    release: str
    sequence: int = 0

    @classmethod
    def of(cls, reason: Reason) -> Row:
        """The row of a reason."""
        fields = msgspec.structs.asdict(reason) | {
            "signals": tuple(reason.signals.values()),
            "detail": reason.detail[:LONGEST_DETAIL],
        }
        return cls(**fields)

    @property
    def reason(self) -> Reason:
        """What it is a row of."""
        return Reason(**msgspec.structs.asdict(self) | {"signals": named(self.signals)})


_encode: Final = msgspec.json.Encoder().encode
_row: Final = msgspec.json.Decoder(Row).decode
_rows: Final = msgspec.json.Decoder(list[Row]).decode


class Files:
    """Appends to the ledger of one account. What the disk refuses raises OSError."""

    def __init__(self, account: Path) -> None:
        self.folder = account / FOLDER
        self._day = ""
        self._left = 0

    def append(self, reason: Reason, now: datetime.datetime) -> bool:
        """Keep a row; False when the day's share of the disk is used up."""
        if (day := f"{now:%Y-%m-%d}") != self._day:
            self._begin(day, now.date())
        line = _encode(Row.of(reason)) + b"\n"
        if len(line) > self._left:
            return False
        with (self.folder / f"{day}.jsonl").open("ab") as file:
            file.write(line)
        self._left -= len(line)
        return True

    def show(self, reasons: list[Reason]) -> None:
        """How each pair stands now, in place of how it stood."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = self.folder / f".{LATEST}"
        fresh.write_bytes(_encode([Row.of(reason) for reason in reasons]))
        fresh.replace(self.folder / LATEST)

    def _begin(self, day: str, today: datetime.date) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        oldest = f"{today - datetime.timedelta(days=KEPT_DAYS):%Y-%m-%d}"
        for file in days(self.folder):
            if file.stem < oldest:
                file.unlink(missing_ok=True)
        file = self.folder / f"{day}.jsonl"
        self._left = DAY_BYTES - (file.stat().st_size if file.exists() else 0)
        self._day = day


def apart_seconds(pairs: int) -> float:
    """How long two rows of a pair are apart at least: a minute, and more where many pairs share the day's bytes."""
    return max(MINUTE_SECONDS, pairs * 86_400 * ROW_BYTES / DAY_BYTES)


def days(folder: Path) -> list[Path]:
    """The files of days, oldest first."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9].jsonl"))


def latest(account: Path) -> list[Reason]:
    """How each pair stood last; empty when nothing was kept."""
    try:
        return [row.reason for row in _rows((account / FOLDER / LATEST).read_bytes())]
    except (OSError, msgspec.MsgspecError):
        return []


def newest_first(account: Path) -> Iterator[Reason]:
    """Every row that is kept."""
    for file in reversed(days(account / FOLDER)):
        for line in reversed(file.read_bytes().splitlines()):
            try:
                yield _row(line).reason
            except msgspec.MsgspecError:
                continue
