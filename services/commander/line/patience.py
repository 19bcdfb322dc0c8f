"""How long a commander that has died stays away: shortly at first, then longer, and never for good."""

from __future__ import annotations

from typing import Final

QUICK_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""The pauses of a row of deaths. Who dies after all of them is given up for a while."""
SLOW_SECONDS: Final = (60.0, 120.0, 300.0)
"""The pauses from then on; the last of them again and again."""
WELL_SECONDS: Final = 60.0
"""One that has served for so long was well; its death begins a new row."""


class Patience:
    """Counts the deaths of a row."""

    def __init__(self) -> None:
        self._deaths = 0

    @property
    def given_up(self) -> bool:
        """Whether the quick tries are used up."""
        return self._deaths > len(QUICK_SECONDS)

    def after(self, served_seconds: float) -> float:
        """Seconds until the next try, after one that served for so long has died; 0 for one that did not start."""
        if served_seconds > WELL_SECONDS:
            self._deaths = 0
        self._deaths += 1
        if not self.given_up:
            return QUICK_SECONDS[self._deaths - 1]
        return SLOW_SECONDS[min(self._deaths - len(QUICK_SECONDS), len(SLOW_SECONDS)) - 1]
