"""Market time: starts where it is told and runs `speed` times as fast as the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable


def wall_ms() -> int:
    """The wall clock, as `serverTime` and signatures use it; milliseconds UTC since 1970."""
    return time.time_ns() // 1_000_000


class MarketClock:
    """`monotonic` is in seconds and is only ever compared with itself."""

    def __init__(self, start_ms: int, speed: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.start_ms = start_ms
        self.speed = speed
        self._monotonic = monotonic
        self._origin: float | None = monotonic()

    def hold(self) -> None:
        """Stand still at the start until `start`."""
        self._origin = None

    def start(self) -> None:
        """Count from now on; the time spent on preparations is not market time."""
        self._origin = self._monotonic()

    def now_ms(self) -> int:
        return self.start_ms + int(self._elapsed() * self.speed * 1000)

    def seconds_until(self, market_ms: int) -> float:
        """Wall-clock seconds until `market_ms`; negative when it has passed."""
        return (market_ms - self.start_ms) / 1000 / self.speed - self._elapsed()

    def _elapsed(self) -> float:
        return 0.0 if self._origin is None else self._monotonic() - self._origin
