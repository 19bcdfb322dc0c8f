"""For how long an exchange wants no request from this address: asking all the same makes a ban longer."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

TOO_MANY_REQUESTS: Final = 429
"""The request weight of the minute is used up."""
BANNED: Final = 418
"""The address is refused after it went on in spite of 429: for two minutes up to three days."""
WAIT_STATUSES: Final = (BANNED, TOO_MANY_REQUESTS)
PAUSE_SECONDS: Final = 10.0  # when the exchange does not say for how long
LONGEST_PAUSE_SECONDS: Final = 3 * 86_400.0
_UNTIL: Final = re.compile(r"banned until (\d{13})\b")


class Ban:
    """Shared by all that asks from one address. `clock` is in seconds and is only ever compared with itself.

    Questions wait for every refusal. Orders are few and each may close a position: they wait for a ban and for the
    refusal of an order, not because questions were too many.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.on_banned: Callable[[float], None] = lambda _: None
        """Called with the seconds when the exchange refuses this address (418); once for each ban."""
        self._clock = clock
        self._questions_until = 0.0
        self._orders_until = 0.0
        self._banned_until = 0.0

    def left(self) -> float:
        """Seconds until a question may be asked; 0 for now."""
        return max(self._questions_until - self._clock(), 0.0)

    def orders_left(self) -> float:
        """Seconds until an order may be sent; 0 for now."""
        return max(self._orders_until - self._clock(), 0.0)

    def begin(self, status: int, seconds: float | None, *, order: bool = False) -> float:
        """The exchange wants no request for `seconds` (None: it did not say); returns for how long none is sent."""
        pause = PAUSE_SECONDS if seconds is None else min(max(seconds, 0.0), LONGEST_PAUSE_SECONDS)
        now = self._clock()
        self._questions_until = max(self._questions_until, now + pause)
        if order or status == BANNED:
            self._orders_until = max(self._orders_until, now + pause)
        if status == BANNED:
            again, self._banned_until = now < self._banned_until, max(self._banned_until, now + pause)
            if not again:
                self.on_banned(pause)
        return pause


def banned_until_ms(message: str) -> int | None:
    """The end of a ban as the exchange writes it in words ("IP banned until 1700000000000"); None when it does not."""
    found = _UNTIL.search(message)
    return int(found.group(1)) if found else None


def is_wait(status: int) -> bool:
    """Whether an HTTP status says that nothing more should be asked for a while."""
    return status in WAIT_STATUSES
