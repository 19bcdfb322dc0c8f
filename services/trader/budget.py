"""So many of something within an hour: what is older than an hour is forgotten."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

HOUR_SECONDS: Final = 3600.0


class HourlyBudget:
    """At most `most` within any hour, or so many seconds. `clock` counts seconds, compared only with itself."""

    def __init__(
        self, most: int, clock: Callable[[], float] = time.monotonic, *, within_seconds: float = HOUR_SECONDS
    ) -> None:
        self._most, self._clock, self._within_seconds = most, clock, within_seconds
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        """Take one; False when none is left."""
        if self.free_in() > 0.0:
            return False
        self._taken.append(self._clock())
        return True

    def free_in(self) -> float:
        """Seconds until one may be taken: 0 for now, infinite when there never is one."""
        now = self._clock()
        while self._taken and now - self._taken[0] >= self._within_seconds:
            self._taken.popleft()
        if len(self._taken) < self._most:
            return 0.0
        return self._taken[0] + self._within_seconds - now if self._taken else float("inf")
