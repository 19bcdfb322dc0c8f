"""Reads the logs again: the newest lines that somebody wants, over all parts of a stream, and what comes after them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from core.telemetry.files import MAIN, Part, parts
from core.telemetry.lines import LEVELS, Line, decode, level_of, time_of
from core.zone import NANOSECONDS

BLOCK_BYTES: Final = 1 << 16
OUT_OF_ORDER_NS: Final = 60 * NANOSECONDS
"""Lines of several processes are written a moment after they were stamped; so much apart they are in order."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines."""

    stream: str = MAIN
    level: str = "debug"  # that, and what is worse
    component: str = ""  # "": of all
    change: str = ""  # a change's id, or how it begins; "": of all, and of none
    since_ns: int = 0  # UTC

    def takes(self, line: Line) -> bool:
        """Whether that line is one of them."""
        return (
            level_of(line) >= LEVELS[self.level]
            and self.component in ("", line.get("component"))
            and str(line.get("change", "")).startswith(self.change)
            and (not self.since_ns or time_of(line) >= self.since_ns)
        )


@dataclass(slots=True)
class Follower:
    """Reads what is appended to the logs of some folders, part after part, whole lines only."""

    folders: list[Path]
    wanted: Wanted
    _read: dict[tuple[Path, Part], int] = field(default_factory=dict)  # bytes

    def newest(self, most: int) -> list[Line]:
        """The newest so many lines, the oldest first; `more` goes on behind them."""
        found: list[Line] = []
        for folder in self.folders:
            for part in parts(folder, self.wanted.stream):
                self._read[folder, part] = _size_of_whole_lines(folder / part.name)
            found += self._newest_in(folder, most)
        return sorted(found, key=time_of)[-most:]

    def more(self) -> list[Line]:
        """What has come since."""
        found = []
        for folder in self.folders:
            for part in parts(folder, self.wanted.stream):
                begin = self._read.get((folder, part), 0)
                try:
                    with (folder / part.name).open("rb") as file:
                        file.seek(begin)
                        data = file.read()
                except FileNotFoundError:
                    continue
                whole = data[: data.rfind(b"\n") + 1]
                self._read[folder, part] = begin + len(whole)
                found += [line for raw in whole.splitlines() if (line := decode(raw)) and self.wanted.takes(line)]
        return sorted(found, key=time_of)

    def _newest_in(self, folder: Path, most: int) -> list[Line]:
        """At least the newest so many of one folder, in no order that can be relied on."""
        found: list[Line] = []
        oldest_ns = self.wanted.since_ns
        for line in self._backwards(folder):
            if time_of(line) < oldest_ns - OUT_OF_ORDER_NS:
                break
            if self.wanted.takes(line):
                found.append(line)
                if len(found) == most:
                    oldest_ns = min(map(time_of, found))
        return found

    def _backwards(self, folder: Path) -> Iterator[Line]:
        for part in reversed(parts(folder, self.wanted.stream)):
            for raw in backwards(folder / part.name, self._read.get((folder, part), 0)):
                if (line := decode(raw)) is not None:
                    yield line


def lines_of(paths: Iterable[Path]) -> Iterator[Line]:
    """Every line of some files, in their order; what is torn is left out."""
    for path in paths:
        with path.open("rb") as file:
            yield from (line for raw in file if (line := decode(raw)))


def backwards(path: Path, end: int) -> Iterator[bytes]:
    """The lines of a file before that byte, the last first, without their ends; none of a file that is not there."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rest = b""
        while end > 0:
            begin = max(end - BLOCK_BYTES, 0)
            rows = (os.pread(descriptor, end - begin, begin) + rest).split(b"\n")
            rest, end = rows[0], begin
            yield from (row for row in reversed(rows[1:]) if row)
        if rest:
            yield rest
    finally:
        os.close(descriptor)


def _size_of_whole_lines(path: Path) -> int:
    """How long a file is without a last line that has no end yet."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return 0
    with path.open("rb") as file:
        begin = size
        while begin > 0:
            begin = max(begin - BLOCK_BYTES, 0)
            file.seek(begin)
            end = file.read(min(BLOCK_BYTES, size - begin)).rfind(b"\n")
            if end >= 0:
                return begin + end + 1
    return 0
