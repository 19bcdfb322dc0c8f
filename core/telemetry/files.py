"""The files of the logs: a stream, a day (or month) of UTC, and a part of it. Nothing is ever renamed.

    main-2026-11-27.jsonl  main-2026-11-27.2.jsonl  errors-2026-11-27.jsonl  trades-2026-11.jsonl

Several processes append to one file. A line is one `write` to a file opened with O_APPEND, which Linux does as a whole
on a disk of this machine: no two lines mix. Rotation needs no word between them, because the name follows from the time
and from how long the last part is. What a killed process or a full disk left without an end gets one from who comes
next; where that is seen while another process is in the middle of a line, an empty line is left, which harms nobody.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from core.zone import NANOSECONDS

MAIN: Final = "main"
ERRORS: Final = "errors"
PERFORMANCE: Final = "performance"
TRADES: Final = "trades"
STREAMS: Final = (MAIN, ERRORS, PERFORMANCE, TRADES)
PART_BYTES: Final = 16 << 20
OWNER_ONLY: Final = 0o600
_NAME: Final = re.compile(rf"({'|'.join(STREAMS)})-(\d{{4}}-\d\d(?:-\d\d)?)(?:\.(\d{{1,6}}))?\.jsonl")


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One file. Parts of a stream sort by age, the oldest first."""

    period: str  # 2026-11-27, or 2026-11 of trades
    number: int  # from 1
    stream: str

    @property
    def name(self) -> str:
        """The file's."""
        return f"{self.stream}-{self.period}{f'.{self.number}' if self.number > 1 else ''}.jsonl"

    @property
    def last_day(self) -> date:
        """The last one that it may hold lines of."""
        if len(self.period) > len("2026-11"):
            return date.fromisoformat(self.period)
        return (date.fromisoformat(f"{self.period}-01") + timedelta(31)).replace(day=1) - timedelta(1)


def part_named(name: str) -> Part | None:
    """The part that a file of that name is; None for any other file."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    part = Part(found[2], int(found[3] or 1), found[1])
    try:
        part.last_day  # noqa: B018 - whether there is such a day
    except ValueError:
        return None
    return part if (len(part.period) == len("2026-11")) == (part.stream == TRADES) else None


def parts(folder: Path, stream: str | None = None) -> list[Part]:
    """The parts of a stream, or of all, the oldest first; none where there is no such folder."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names are all that is wanted
    except FileNotFoundError:
        return []
    found = (part_named(name) for name in names)
    return sorted(part for part in found if part is not None and stream in (None, part.stream))


def period(stream: str, time_ns: int) -> str:
    """The day, or for trades the month, of a moment."""
    moment = datetime.fromtimestamp(time_ns // NANOSECONDS, UTC)
    return f"{moment:%Y-%m}" if stream == TRADES else f"{moment:%Y-%m-%d}"


class LogFile:
    """One stream, open for appending."""

    def __init__(self, folder: Path, stream: str, part_bytes: int = PART_BYTES) -> None:
        self._folder, self._stream, self._part_bytes = folder, stream, part_bytes
        self._part: Part | None = None
        self._descriptor = -1

    def append(self, line: bytes, time_ns: int) -> bool:
        """Write one line of that time (UTC). True when a file was begun for it. Raises OSError."""
        begun = self._open(time_ns)
        size = os.fstat(self._descriptor).st_size
        torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"
        whole = b"\n" + line if torn else line
        if os.write(self._descriptor, whole) < len(whole):
            raise OSError(f"{self._part.name if self._part else self._stream} took only a part of a line")
        return begun

    def close(self) -> None:
        """Give the file back."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._part = -1, None

    def _open(self, time_ns: int) -> bool:
        """Let the descriptor be that of the newest part of its time, while that exists and is not full."""
        wanted = period(self._stream, time_ns)
        if self._part is not None and self._part.period == wanted and self._has_room():
            return False
        self.close()
        number = max((part.number for part in parts(self._folder, self._stream) if part.period == wanted), default=1)
        while True:
            part = Part(wanted, number, self._stream)
            begun = self._take(part)
            if self._has_room():
                return begun
            self.close()
            number += 1

    def _take(self, part: Part) -> bool:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path, flags = self._folder / part.name, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        begun = True
        try:
            self._descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        except FileExistsError:
            begun = False
            self._descriptor = os.open(path, flags | os.O_CREAT, OWNER_ONLY)
        self._part = part
        return begun

    def _has_room(self) -> bool:
        found = os.fstat(self._descriptor)
        return found.st_nlink > 0 and found.st_size < self._part_bytes  # somebody may have removed it


@dataclass(frozen=True, slots=True)
class Keep:
    """How much of the logs stays."""

    days: int = 30
    trades_days: int = 0  # 0: for good
    most_bytes: int = 256 << 20  # of all but trades


def expired(sizes: Iterable[tuple[Part, int]], keep: Keep, today: date) -> list[Part]:
    """The parts that go: what is too old, then the oldest of what is too much. What is written today stays."""
    gone, left = [], []
    for part, size in sorted(sizes):
        days = keep.trades_days if part.stream == TRADES else keep.days
        if days and part.last_day < today - timedelta(days):
            gone.append(part)
        elif part.stream != TRADES:
            left.append((part, size))
    total = sum(size for _, size in left)
    newest = {stream: max((part for part, _ in left if part.stream == stream), default=None) for stream in STREAMS}
    for part, size in left:
        if total <= keep.most_bytes:
            break
        if part != newest[part.stream]:
            gone.append(part)
            total -= size
    return gone


def remove_expired(folder: Path, keep: Keep, today: date) -> list[str]:
    """Remove what need not be kept any more; the names of the files that went."""
    sizes = []
    for part in parts(folder):
        with contextlib.suppress(FileNotFoundError):  # another process removes the same
            sizes.append((part, (folder / part.name).stat().st_size))
    gone = [part.name for part in expired(sizes, keep, today)]
    for name in gone:
        (folder / name).unlink(missing_ok=True)
    return gone
