"""The exchange's time, kept from a measurement and a clock of this machine that nobody sets.

A signed request carries a time, and an exchange refuses one that is a second ahead of its own clock, or too far behind.
The machine's wall clock may be wrong and may be set at any moment (after a sleep, by a time server), so it is not what
is signed with: the exchange's time is asked for and carried on by a clock that only ever counts, suspended time
included. Until it was asked for, the wall clock is all there is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # the first counts on while a machine sleeps
MILLISECOND_NS: Final = 1_000_000
CLOCKS_APART_MS: Final = 1000
"""So far ahead of its own clock an exchange takes a timestamp, and so an order so much later."""


def steady_ns() -> int:
    """Nanoseconds of a clock that is never set and counts while the machine sleeps, where the system has one."""
    return time.clock_gettime_ns(_STEADY)


class ExchangeClock:
    """Times are nanoseconds UTC since 1970; `steady` counts from anywhere and never steps, `wall` is the machine's."""

    def __init__(self, steady: Callable[[], int] = steady_ns, wall: Callable[[], int] = time.time_ns) -> None:
        self.steady, self.wall = steady, wall
        self.measured = False
        self.doubt_ns = 0  # the exchange's time may differ by so much from what `now_ns` says
        self.corrected_ns = 0  # by how much the last measurement moved the exchange's time on; 0 at the first
        self.on_refused: Callable[[], None] = lambda: None
        """Called when the exchange refused a request for its time (-1021): the clock should be measured."""
        self.on_measured: Callable[[], None] = lambda: None
        """Called after each measurement."""
        self._exchange_ns = 0  # the exchange's time ...
        self._steady_ns = 0  # ... when `steady` said so

    def now_ns(self) -> int:
        """The exchange's time."""
        return self._exchange_ns + self.steady() - self._steady_ns if self.measured else self.wall()

    def now_ms(self) -> int:
        """The exchange's time in milliseconds, as requests carry it."""
        return self.now_ns() // MILLISECOND_NS

    def ahead_ns(self) -> int:
        """How far the machine's clock is ahead of the exchange's; negative behind it, 0 before a measurement."""
        return self.wall() - self.now_ns()

    def take(self, exchange_ns: int, asked: int, answered: int) -> None:
        """A measurement: `exchange_ns` was read between `asked` and `answered` (of `steady`), taken as half way."""
        now = exchange_ns + answered - asked - (answered - asked) // 2
        self.corrected_ns = now - (self._exchange_ns + answered - self._steady_ns) if self.measured else 0
        self._exchange_ns = exchange_ns
        self._steady_ns = asked + (answered - asked) // 2
        self.doubt_ns = (answered - asked) // 2
        self.measured = True
        self.on_measured()
