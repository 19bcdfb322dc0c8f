"""What a run has counted so far."""

from __future__ import annotations

from services.trader.latency import Latencies


class Tally:
    """Counters of one trader, since its start, and the event that it has come to. Only the loop changes them."""

    def __init__(self) -> None:
        self.sequence = 0  # of the last event; the first one is 1
        self.time_ns = 0  # the exchange's, of the last event; 0 before the first
        self.decisions = 0
        self.faults = 0
        self.last_decisions: dict[str, str] = {}  # symbol -> the last that became an order, in words
        self.latencies = Latencies()  # frame read -> decision settled
        self.recent = Latencies()  # the same, since the health was taken last
        self.order_latencies = Latencies()  # frame read -> order bytes written

    def settled(self, nanoseconds: int) -> None:
        """An event was answered, or given up, so long after its frame was read."""
        self.latencies.add(nanoseconds)
        self.recent.add(nanoseconds)

    def take_recent(self) -> Latencies:
        """The latencies since the last time."""
        taken, self.recent = self.recent, Latencies()
        return taken
