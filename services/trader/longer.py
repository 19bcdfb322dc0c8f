"""Closed bars of longer timeframes: fetched before a strategy begins, and gathered from its own bars from then on.

A host that starts later is told all of them first, then the strategy's own bars, of which it counts those that are no
part of a longer one that it knows. So it must be told of each that has closed since, as `core.indicators.gather` would
have closed it: the same sums in the same order.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from core.kernel import EVENT, EVENT_WIRE, HELD, HELD_AT, NANOSECONDS
from core.warming import MOST

MONDAY_NS: Final = 4 * 86_400 * NANOSECONDS  # weeks begin on Mondays, and all that is shorter with them
FIRST_SEQUENCE: Final = -(1 << 50)  # far below every number of the tape
SEQUENCE: Final = struct.Struct("<q")
NOTHING_HELD: Final = HELD.pack(0.0, 0.0, 0.0, 0, 0, 0.0)
TIME, PAIR, KIND, PRICE, HIGH, LOW, VOLUME = (
    (EVENT.names or ()).index(name) for name in ("time_ns", "pair", "kind", "price", "high", "low", "volume")
)


@dataclass(slots=True)
class UnderWay:
    """Of one pair: the longer bar that is under way, as an event would have it, and which was the last to close."""

    place: int = 0
    last: int = 0
    seen: int = 0  # whether bars were seen (1), and this one from its beginning (2)
    event: tuple[int | float, ...] = ()

    def take(self, event: tuple[int | float, ...], seconds: int) -> tuple[int | float, ...] | None:
        """Take one of the strategy's own bars in; the longer one that has closed with it."""
        length, time_ns = seconds * NANOSECONDS, int(event[TIME])
        place = (time_ns - MONDAY_NS - 1) // length
        if place <= self.last or place < self.place:
            self.seen = max(self.seen, 1)
            return None
        closed = None
        if place > self.place:
            if self.seen > 1 and self.place > self.last:
                closed = self._close()
            self.seen = 2 if self.seen else 1
            self.place, self.event = place, (*event[:VOLUME], 0.0, *event[VOLUME + 1 :])
        self.event = self._with(event, seconds)
        ends = (place + 1) * length + MONDAY_NS - time_ns <= NANOSECONDS
        return self._close() if closed is None and ends and self.seen > 1 else closed

    def _with(self, event: tuple[int | float, ...], seconds: int) -> tuple[int | float, ...]:
        parts = list(event)
        parts[KIND] = seconds
        parts[HIGH], parts[LOW] = max(self.event[HIGH], event[HIGH]), min(self.event[LOW], event[LOW])
        parts[VOLUME] = self.event[VOLUME] + event[VOLUME]
        return tuple(parts)

    def _close(self) -> tuple[int | float, ...]:
        self.last = self.place
        return self.event


class Longer:
    """The closed ones that strategies of this run have wanted, by their length in seconds."""

    def __init__(self, pairs: int) -> None:
        self._pairs = pairs
        self._closed: dict[int, list[deque[bytes]]] = {}
        self._under_way: dict[int, list[UnderWay]] = {}

    def begin(self, seconds: int, fetched: Iterable[bytes], own: Iterable[bytes]) -> None:
        """Know these events of that length, and go on with the strategy's own bars of before; all in order of time."""
        self._closed[seconds] = [deque(maxlen=MOST) for _ in range(self._pairs)]
        self._under_way[seconds] = [UnderWay() for _ in range(self._pairs)]
        for event in fetched:
            values = EVENT_WIRE.unpack(event)
            self._closed[seconds][values[PAIR]].append(event)
            under_way = self._under_way[seconds][values[PAIR]]
            under_way.place = under_way.last = (values[TIME] - MONDAY_NS - 1) // (seconds * NANOSECONDS)
        for event in own:
            self._take(seconds, EVENT_WIRE.unpack(event))

    def put_before(self, seconds: int, fetched: list[bytes]) -> None:
        """Older events of a length that is known, in order of time."""
        for event in reversed(fetched):
            closed = self._closed[seconds][EVENT_WIRE.unpack(event)[PAIR]]
            if len(closed) < MOST:
                closed.appendleft(event)

    def take(self, event: bytes) -> None:
        """One of the strategy's own bars has closed."""
        if self._closed:
            values = EVENT_WIRE.unpack(event)
            for seconds in self._closed:
                self._take(seconds, values)

    def known(self, seconds: int) -> list[tuple[int, int]]:
        """How many of that length there are of each pair, and when the oldest closed, 0 for none; [] if not begun."""
        found = self._closed.get(seconds, [])
        return [(len(closed), EVENT_WIRE.unpack(closed[0])[TIME] if closed else 0) for closed in found]

    def events(self) -> Iterator[tuple[int, bytes]]:
        """All of them in order of time, with numbers of their own."""
        found = [event for lengths in self._closed.values() for closed in lengths for event in closed]
        found.sort(key=lambda event: EVENT_WIRE.unpack(event)[TIME : KIND + 1])
        for sequence, event in enumerate(found, FIRST_SEQUENCE):
            yield sequence, SEQUENCE.pack(sequence) + event[SEQUENCE.size :]

    def _take(self, seconds: int, values: tuple[int | float, ...]) -> None:
        closed = self._under_way[seconds][int(values[PAIR])].take(values, seconds)
        if closed is not None:
            event = bytearray(EVENT_WIRE.pack(*closed))
            event[HELD_AT : HELD_AT + HELD.size] = NOTHING_HELD
            self._closed[seconds][int(values[PAIR])].append(bytes(event))
