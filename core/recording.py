"""Appends fixed-size records to files that roll over, so that a recording never fills the disk.

A recording is `<name>.json`, which says what the records are, and segments `<name>.<number>` of raw records. The oldest
segment goes when the recording grows beyond what was allowed.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from core.errors import DataError
from core.kernel import Records
from core.layouts import foreign, layout, modern, version_of

SEGMENTS: Final = 8
WRITE_BUFFER: Final = 1 << 20


class Recorder:
    """One recording, open for appending. `keep_bytes` bounds what is on the disk."""

    def __init__(self, path: Path, dtype: np.dtype[Any], about: Mapping[str, Any], *, keep_bytes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        version = version_of(dtype)
        said = {**about, "record_bytes": dtype.itemsize} | ({"version": version} if version is not None else {})
        path.with_suffix(".json").write_text(json.dumps(said), encoding="utf-8")
        self.path = path
        self._segment_bytes = max(keep_bytes // SEGMENTS // dtype.itemsize, 1) * dtype.itemsize
        self._segments: deque[Path] = deque()
        self._number = 0
        self._open_segment()

    def _open_segment(self) -> None:
        self._number += 1
        segment = self.path.with_suffix(f".{self._number:06d}")
        self._file = segment.open("ab", buffering=WRITE_BUFFER)
        self._left = self._segment_bytes
        self._segments.append(segment)
        if len(self._segments) > SEGMENTS:
            self._segments.popleft().unlink(missing_ok=True)

    def append(self, records: bytes) -> None:
        """Keep one or more whole records."""
        if self._left <= 0:
            self._file.close()
            self._open_segment()
        self._left -= self._file.write(records)

    def flush(self) -> None:
        """Hand what was kept to the kernel, so that a killed process does not lose it."""
        self._file.flush()

    def close(self) -> None:
        """Flush and close."""
        self._file.close()


class Recordings:
    """Every recording of one run: `<folder>/<kind>/<start>-<number>`."""

    def __init__(self, folder: Path, *, keep_bytes: int) -> None:
        self._folder, self._keep_bytes = folder, keep_bytes
        self._started_ns = time.time_ns()
        self._open: list[Recorder] = []
        self._number = 0

    def start(self, kind: str, dtype: np.dtype[Any], about: Mapping[str, Any]) -> Recorder:
        """One more; it is flushed and closed with the others."""
        path = self._folder / kind / f"{self._started_ns}-{self._number}"
        self._number += 1
        recorder = Recorder(path, dtype, about, keep_bytes=self._keep_bytes)
        self._open.append(recorder)
        return recorder

    def end(self, recorder: Recorder) -> None:
        """Close one that gets no more records; the file would stay open as long as we run. Raises OSError."""
        if recorder in self._open:
            self._open.remove(recorder)
            recorder.close()

    def flush(self) -> None:
        """Hand what was kept to the kernel."""
        for recorder in self._open:
            recorder.flush()

    def close(self) -> list[str]:
        """Close all of them; what could not be written, a full disk perhaps, is answered."""
        problems = []
        for recorder in self._open:
            try:
                recorder.close()
            except OSError as error:
                problems.append(str(error))
        return problems


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording on the disk, and how its records are read."""

    path: Path  # as it was given to Recorder
    about: Mapping[str, Any]  # what it says about itself
    dtype: np.dtype[Any]  # what its records are wanted as
    written: np.dtype[Any]  # what they are on the disk: that, or an earlier layout of it

    @classmethod
    def at(cls, path: Path, dtype: np.dtype[Any]) -> Recording:
        """The recording of that path. Raises DataError when there is none, or when it holds other records."""
        try:
            about = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.MsgspecError):
            raise DataError(f"{path} is no recording: its .json is missing or unreadable.") from None
        said = about.get("record_bytes"), about.get("version")
        written = layout(dtype, *said)
        if written is None:
            raise DataError(f"{path} was recorded by another version: {foreign(dtype, *said)}.", "Record it again.")
        return cls(path, about, dtype, written)

    @property
    def segments(self) -> list[Path]:
        """Its files, the oldest first."""
        return sorted(self.path.parent.glob(f"{self.path.stem}.[0-9][0-9][0-9][0-9][0-9][0-9]"))

    def newest(self, count: int | None = None) -> Records:
        """Its last `count` records, or all of them, oldest first. A torn last one is left out."""
        data = b"".join(_newest(self.segments, self.written.itemsize, count))
        records = np.frombuffer(data[: len(data) // self.written.itemsize * self.written.itemsize], self.written)
        return modern(records, self.dtype)

    def of_kind(self, kind: int, segment: Path) -> Records:
        """The events of that kind in one segment; a torn record, which is being written, is left out."""
        size = segment.stat().st_size // self.written.itemsize
        events = np.memmap(segment, self.written, "r", shape=(size,)) if size else np.zeros(0, self.written)
        return modern(np.array(events[events["kind"] == kind]), self.dtype)


def read_recording(path: Path, dtype: np.dtype[Any], *, newest: int | None = None) -> tuple[Mapping[str, Any], Records]:
    """What a recording says about itself, and its records (or the `newest` n), oldest first.

    Records of an earlier layout are read as those of today. Raises DataError as `Recording.at` does.
    """
    recording = Recording.at(path, dtype)
    return recording.about, recording.newest(newest)


def _newest(segments: list[Path], record_bytes: int, newest: int | None) -> list[bytes]:
    """The bytes of the last `newest` records, segment by segment; of all of them for None."""
    kept: list[bytes] = []
    for segment in reversed(segments):
        if newest is not None and newest <= 0:
            break
        records = segment.stat().st_size // record_bytes
        skipped = 0 if newest is None else max(records - newest, 0)
        with segment.open("rb") as file:
            file.seek(skipped * record_bytes)
            kept.insert(0, file.read())
        newest = None if newest is None else newest - records
    return kept
