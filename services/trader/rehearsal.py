"""Keeps the way of an order at hand: between two events the trader walks it for nothing.

An order is rare among events, so that by the time of one the processor has long let go of the code and the figures that
lead to it: walked for the first time in a second it takes five times as long as walked twice in a row. While the hosts
think about an event the loop has nothing to do; then the way is walked once, up to the wire, and nothing is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

EVERY_NS: Final = 1_000_000
"""Not more often, however many events there are: at a walk of 20 to 30 us this is 3 % of a core at the most."""


class Rehearsal:
    """Calls `walk(pair)` after an event, when what lies ready has been dealt with."""

    __slots__ = ("_due_ns", "_loop", "_walk")

    def __init__(self, walk: Callable[[int], None]) -> None:
        self._walk = walk
        self._loop = asyncio.get_running_loop()
        self._due_ns = 0  # monotonic

    def after(self, pair: int, received_ns: int) -> None:
        """An event of `pair`, whose frame was read then, was sent to the hosts."""
        if received_ns >= self._due_ns:
            self._due_ns = received_ns + EVERY_NS
            self._loop.call_soon(self._walk, pair)
