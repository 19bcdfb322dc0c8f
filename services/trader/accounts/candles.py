"""The bars that a trader saw of a pair, from its recordings, over restarts. Not for two threads at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np

from core.errors import DataError
from core.kernel import BAR, BAR_ROW, EVENT, Records
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS, format_timeframe, parse_timeframe
from core.recording import Recording

MOST_KEPT: Final = 128
"""Segments whose bars are remembered; those of one are few, and finding them reads all of its events."""


class Bars(NamedTuple):
    """Bars of one pair, oldest first (BAR_ROW)."""

    timeframe: str
    rows: Records


class _Recorded(msgspec.Struct):
    """What a recording of events says of itself; it says more."""

    symbols: list[str]
    timeframe: str


class Recorded:
    """Looks bars up, and remembers those of segments that have ended."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, int], Records] = {}

    def bars(self, account: Path, symbol: str, most: int, timeframe: str = "") -> Bars:
        """The last bars of a pair, in the timeframe that the newest recording has, or in a longer one.

        None of them where nothing was recorded. Raises DataError for a timeframe that those bars do not add up to.
        """
        wanted_ns = parse_timeframe(timeframe) if timeframe else 0
        own_ns, found = 0, dict[int, np.void]()
        for recording, about in _newest_first(account):
            recorded_ns = parse_timeframe(about.timeframe)
            own_ns = own_ns or recorded_ns
            if recorded_ns != own_ns or symbol not in about.symbols:
                continue
            enough = most * max(wanted_ns // own_ns, 1)
            for segment in reversed(recording.segments):
                self._add(found, recording, segment, about.symbols.index(symbol), own_ns)
                if len(found) >= enough:
                    break
            if len(found) >= enough:
                break
        if not own_ns:
            return Bars(timeframe, np.zeros(0, BAR_ROW))
        rows: Records = np.array([found[opened] for opened in sorted(found)], BAR_ROW)
        shown_ns = max(wanted_ns, own_ns)
        from core.history.resample import resample  # comes with Polars: for who asks for bars

        return Bars(format_timeframe(shown_ns), resample(rows, own_ns, shown_ns)[-most:])

    def _add(
        self, found: dict[int, np.void], recording: Recording, segment: Path, pair: int, timeframe_ns: int
    ) -> None:
        events = self._bars_of(recording, segment)
        events = events[events["pair"] == pair]
        opens = events["time_ns"] + CLOSE_BEFORE_NEXT_OPEN_NS - timeframe_ns
        rows: Records = np.zeros(len(events), BAR_ROW)
        rows["time_ns"], rows["close"] = opens, events["price"]
        for name in ("open", "high", "low", "volume"):
            rows[name] = events[name]
        for row in rows[opens % timeframe_ns == 0]:
            found.setdefault(int(row["time_ns"]), row)

    def _bars_of(self, recording: Recording, segment: Path) -> Records:
        try:
            key = (segment, segment.stat().st_size)
            if key not in self._kept:
                self._kept[key] = recording.of_kind(BAR, segment)
        except OSError:  # it was the oldest, and has just gone
            return np.zeros(0, EVENT)
        while len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        return self._kept[key]


def _newest_first(account: Path) -> Iterator[tuple[Recording, _Recorded]]:
    """Every recording of events that can be read."""
    for about in sorted((account / "events").glob("*.json"), key=_began, reverse=True):
        try:
            recording = Recording.at(about.with_suffix(""), EVENT)
            yield recording, msgspec.convert(recording.about, _Recorded)
        except (DataError, msgspec.ValidationError):
            continue


def _began(about: Path) -> tuple[int, str]:
    began = about.stem.partition("-")[0]
    return (int(began) if began.isdigit() else 0, about.stem)
