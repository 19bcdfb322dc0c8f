"""Keeps the way of an order at hand: between two events the trader walks it for nothing.

An order is rare among events, so that by the time of one the processor has long let go of the code and the figures that
lead to it: walked for the first time in a while it takes five times as long as walked twice in a row. When every event
is answered the loop has nothing to do; then the way is walked once, up to the wire, and nothing is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

EVERY_NS: Final = 4_000_000
"""Not more often, however many events there are: 1 % of a core. Measured, the way is then as well at hand as after a
millisecond, and after twenty it is not."""


class Rehearsal:
    """Calls `walk(pair)` after an event, when what lies ready has been dealt with."""

    __slots__ = ("_due_ns", "_loop", "_walk")

    def __init__(self, walk: Callable[[int], None]) -> None:
        self._walk = walk
        self._loop = asyncio.get_running_loop()
        self._due_ns = 0  # monotonic

    def after(self, pair: int, now_ns: int) -> None:
        """An event of `pair` was answered now (monotonic), and no other one waits for its answer."""
        if now_ns >= self._due_ns:
            self._due_ns = now_ns + EVERY_NS
            self._loop.call_soon(self._walk, pair)
