"""How often a login may fail before nobody is heard for a while; a pure count over a clock that is handed in."""

from __future__ import annotations

from collections import deque
from typing import Final

WINDOW_NS: Final = 300 * 1_000_000_000
MOST_FAILURES: Final = 10
"""Within the window, whoever fails: behind a proxy everybody has one address. A code cannot be guessed in any case."""


class Failures:
    """The last failed logins."""

    def __init__(self, most: int = MOST_FAILURES, window_ns: int = WINDOW_NS) -> None:
        self._most, self._window_ns = most, window_ns
        self._times: deque[int] = deque(maxlen=most)

    def wait_ns(self, now_ns: int) -> int:
        """For how long nobody may try; 0 when one may."""
        while self._times and now_ns - self._times[0] >= self._window_ns:
            self._times.popleft()
        return self._times[0] + self._window_ns - now_ns if len(self._times) >= self._most else 0

    def failed(self, now_ns: int) -> None:
        """One more."""
        self._times.append(now_ns)
