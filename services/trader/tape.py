"""The tape: every event the strategies saw, in order. It warms up a new host, and is kept on disk to be replayed.

A host that starts later must come to know what the others know. It is given the closed bars of each pair and then the
last events exactly as they were, sequence numbers included.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

import numpy as np

from core.errors import DataError
from core.kernel import BAR, EVENT, Records

RECENT_EVENTS: Final = 1 << 15  # 6 MB; a minute at 500 events/s, more than any memory counted in seconds looks back
WRITE_BUFFER: Final = 1 << 20


class Tape:
    """Appends events to memory and to a file of raw EVENT records beside a `.json` that names the pairs."""

    def __init__(self, path: Path, symbols: Sequence[str], *, bars_per_pair: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".json").write_text(json.dumps({"symbols": list(symbols), "event_bytes": EVENT.itemsize}))
        self._file = path.open("ab", buffering=WRITE_BUFFER)
        self._bars: list[deque[tuple[int, bytes]]] = [deque(maxlen=max(bars_per_pair, 1)) for _ in symbols]
        self._recent: deque[tuple[int, bytes]] = deque(maxlen=RECENT_EVENTS)
        self.last_sequence = 0

    def __enter__(self) -> Tape:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Write what is left. Raises OSError when the disk does not take it."""
        self._file.close()

    def append(self, sequence: int, pair: int, kind: int, event: bytes) -> None:
        """Keep one event. Its sequence is one above the last one's."""
        self.last_sequence = sequence
        entry = (sequence, event)
        self._recent.append(entry)
        if kind == BAR:
            self._bars[pair].append(entry)
        self._file.write(event)

    def flush(self) -> None:
        """Hand what was kept to the kernel, so that a killed process does not lose it."""
        self._file.flush()

    def warm_up(self) -> list[tuple[int, bytes]]:
        """What a new host must see, in order: older bars, then every recent event."""
        first = self._recent[0][0] if self._recent else 0
        older = [entry for bars in self._bars for entry in bars if entry[0] < first]
        return sorted(older) + list(self._recent)


def read_tape(path: Path) -> tuple[list[str], Records]:
    """The symbols and events of a recorded tape; a torn last record is left out. Raises DataError when it is none."""
    try:
        meta = json.loads(path.with_suffix(".json").read_text())
    except (FileNotFoundError, ValueError):
        raise DataError(f"{path} is no tape: its .json is missing or unreadable.") from None
    if meta["event_bytes"] != EVENT.itemsize:
        raise DataError(f"{path} was recorded by another version.", "Record it again.")
    data = path.read_bytes()
    return meta["symbols"], np.frombuffer(data[: len(data) // EVENT.itemsize * EVENT.itemsize], EVENT)
