"""How long the release before takes for the same events: what a slow machine does to it, it does to the new one too."""

from __future__ import annotations

import time

from services.trader.latency import Latencies


class Beside:
    """Times one event after the other; those that come while one is timed are not."""

    __slots__ = ("_received_ns", "_sequence", "latencies")

    def __init__(self) -> None:
        self.latencies = Latencies()  # frame read -> its decision read, since they were taken last
        self._sequence = 0  # of the event that is timed; 0: none
        self._received_ns = 0

    def sent(self, sequence: int, received_ns: int) -> None:
        """An event was sent to it."""
        if self._sequence == 0:
            self._sequence, self._received_ns = sequence, received_ns

    def answered(self, sequence: int) -> None:
        """It has answered an event."""
        if self._sequence == 0 or sequence < self._sequence:
            return
        if sequence == self._sequence:  # else another process has taken its place meanwhile
            self.latencies.add(time.monotonic_ns() - self._received_ns)
        self._sequence = 0

    def take(self) -> Latencies:
        """What was counted since the last time."""
        taken, self.latencies = self.latencies, Latencies()
        return taken
