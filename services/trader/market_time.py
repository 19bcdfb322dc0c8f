"""The time of a market: what its trades and bars said last. Quotes carry none of their own."""

from __future__ import annotations

import time

from services.trader.exchanges.clock import ExchangeClock


class MarketTime:
    """Goes on with what is heard; the exchange's clock says it before anything is."""

    __slots__ = ("_clock", "_heard_ns", "_last_ns")

    def __init__(self, clock: ExchangeClock) -> None:
        self._clock = clock
        self._last_ns = 0  # the exchange's time, as last heard; 0 before the first
        self._heard_ns = 0  # monotonic: when that was

    def hear(self, time_ns: int) -> None:
        """It is this, or later."""
        if time_ns >= self._last_ns:
            self._last_ns, self._heard_ns = time_ns, time.monotonic_ns()

    def go_on(self, monotonic_ns: int) -> None:
        """A market that says nothing has no time of its own: ours goes on from its last word."""
        if self._last_ns:
            self.hear(self._last_ns + monotonic_ns - self._heard_ns)

    def correct(self, time_ns: int) -> None:
        """What was heard last was garbage: it is this."""
        self._last_ns = time_ns

    def now_ns(self) -> int:
        """What time it is there."""
        return self._last_ns or self._clock.now_ns()
