"""What is remembered of one pair's protection between two looks at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from services.trader.books import Holding


class Guard:
    """One pair's protection. Moments are monotonic seconds, 0 for never."""

    def __init__(self, holding: Holding) -> None:
        self.holding = holding
        self.low = self.high = -1.0  # declared stops within need no look
        self.declared = False  # the strategy has said its stop since our start
        self.placed = 0.0  # the last placement
        self.buying = 0.0  # since when a purchase is under way that has brought something
        self.retry_at = 0.0  # not placed before
        self.refusals = 0  # in a row
        self.taking = ""  # client id of the exit that takes the protection back
        self.taken = ""  # client id of the protection that it takes back
        self.not_taken = ""  # client id of one that an exit could not take back
        self.not_taken_since = 0.0
        self.ended = 0.0  # when the last one that rested had ended
        self.below = 0.0  # since when the market is below the stop that is wanted
        self.yields_until = 0.0  # nothing is placed, so that an exit finds the position free
        self.bare = ""  # why nothing rests
        self.told = ""  # what of that was told: the kind of the reason, not its figures
        self._timer: asyncio.TimerHandle | None = None

    @property
    def symbol(self) -> str:
        """Its pair."""
        return self.holding.pair.symbol

    def look_in(self, seconds: float, look: Callable[[Guard], Any]) -> None:
        """Be looked at then; in place of what was agreed before."""
        self.rest()
        self._timer = asyncio.get_running_loop().call_later(seconds, look, self)

    def rest(self) -> None:
        """Be looked at at no time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def forget(self) -> None:
        """Nothing is held and nothing rests."""
        self.low = self.high = -1.0
        self.placed = self.buying = self.retry_at = self.below = self.yields_until = 0.0
        self.declared = False
        self.refusals, self.bare, self.told, self.not_taken = 0, "", "", ""
        self.rest()
