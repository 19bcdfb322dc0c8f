"""A start does not give up because an exchange stumbles: what it asks then is asked again, with growing pauses.

Only what may pass by itself is asked again: no answer, a server's error, too many requests. A refusal is final at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from core.contracts.events import Waiting
from core.errors import ExchangeError

PAUSES_SECONDS: Final = (0.5, 1.0, 2.0, 4.0, 5.0)  # the last one repeats

Answer = TypeVar("Answer")


class Patience:
    """Asks each question for up to `seconds` after its first failure, and tells of each try."""

    def __init__(
        self,
        seconds: float,
        tell: Callable[[Waiting], None],
        *,
        pauses_seconds: Sequence[float] = PAUSES_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._tell, self._clock = seconds, tell, clock
        self._pauses_seconds = pauses_seconds

    async def ask(self, question: Callable[[], Awaitable[Answer]]) -> Answer:
        """Its answer. Raises ExchangeError: the refusal, or the last failure with how often it was tried."""
        began: float | None = None
        tries = 0
        while True:
            try:
                return await question()
            except ExchangeError as error:
                tries += 1
                began = self._clock() if began is None else began
                pauses = self._pauses_seconds
                pause = max(pauses[min(tries, len(pauses)) - 1], error.retry_after_seconds)
                if not error.temporary or self._seconds <= 0.0:
                    raise
                if self._clock() - began + pause > self._seconds:
                    raise given_up(error, tries, pause) from None
                self._tell(Waiting(detail=error.message, tries=tries, seconds=round(pause, 1)))
            await asyncio.sleep(pause)


def given_up(error: ExchangeError, tries: int, pause: float) -> ExchangeError:
    """What is raised when patience has ended, with what to do next."""
    if error.retry_after_seconds > 0.0:
        hint = f"Start again in {pause:.0f} s, and let no other program of this address ask meanwhile."
    else:
        hint = "Is the exchange down, the network away, or exchange.rest_url wrong? Start again when it answers."
    message = f"{error.message} Tried {tries} times." if tries > 1 else error.message
    return ExchangeError(message, hint, code=error.code, temporary=True, retry_after_seconds=error.retry_after_seconds)
