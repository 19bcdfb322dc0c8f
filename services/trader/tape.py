"""The tape: every event the strategies saw, in order. It warms up a new host, and is kept on disk to be replayed.

A host that starts later must come to know what the others know. It is given the closed bars of each pair and then the
last events exactly as they were, sequence numbers included.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from core.kernel import BAR, EVENT_WIRE
from core.recording import Recorder
from services.trader.longer import Longer

RECENT_EVENTS: Final = 1 << 15  # 6 MB; a minute at 500 events/s, more than any memory counted in seconds looks back


class Tape:
    """Appends events to memory and to a recording of EVENT records."""

    def __init__(self, recorder: Recorder, pairs: int, *, bars_per_pair: int) -> None:
        self.recorder = recorder
        self.last_sequence = 0
        self.first_sequence = 1  # of all that was ever kept; below 1 for what was put before
        self.bars_per_pair = bars_per_pair
        """How many closed bars of each pair are kept at the least, when there are so many; to be raised, never lowered.

        More are there while they are among the last events: older ones are asked for from the oldest bar that a new
        host would see, so that none is seen twice.
        """
        self._bars: list[deque[tuple[int, bytes]]] = [deque() for _ in range(pairs)]
        self._recent: deque[tuple[int, bytes]] = deque(maxlen=RECENT_EVENTS)
        self.longer = Longer(pairs)

    @property
    def bars_of_pairs(self) -> list[int]:
        """How many closed bars of each pair there are."""
        return [len(bars) for bars in self._bars]

    @property
    def oldest_bars(self) -> list[int]:
        """When the oldest bar of each pair closed; 0 where there is none."""
        return [EVENT_WIRE.unpack(bars[0][1])[1] if bars else 0 for bars in self._bars]

    def put_before(self, entries: Sequence[tuple[int, int, bytes]]) -> None:
        """Keep older bars, as pair, sequence and event, oldest first; the oldest are left out where there is no room.

        They are no part of the recording.
        """
        for pair, sequence, event in reversed(entries):
            bars = self._bars[pair]
            if len(bars) < self.bars_per_pair:
                bars.appendleft((sequence, event))
            self.first_sequence = sequence

    def append(self, sequence: int, pair: int, kind: int, event: bytes) -> None:
        """Keep one event. Its sequence is one above the last one's."""
        self.last_sequence = sequence
        entry = (sequence, event)
        self._recent.append(entry)
        if kind == BAR:
            self._bars[pair].append(entry)
            self._forget(self._bars[pair])
            self.longer.take(event)
        self.recorder.append(event)

    def _forget(self, bars: deque[tuple[int, bytes]]) -> None:
        while len(bars) > max(self.bars_per_pair, 1) and bars[0][0] < self._recent[0][0]:
            bars.popleft()

    def warm_up(self) -> list[tuple[int, bytes]]:
        """What a new host must see, in order: longer bars, then older ones of its own, then every recent event."""
        first = self._recent[0][0] if self._recent else 0
        for bars in self._bars:
            self._forget(bars)
        older = [entry for bars in self._bars for entry in bars if entry[0] < first]
        return [*self.longer.events(), *sorted(older), *self._recent]

    @property
    def bars(self) -> list[bytes]:
        """The closed bars that are kept, in order of time."""
        return [event for _, event in sorted(entry for bars in self._bars for entry in bars)]
