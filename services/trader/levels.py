"""The trader's own watch over the stop and target that a strategy has declared.

The strategy closes a position itself when the price is past a level, and can say by which rule. So the answer to the
event that brought the price is waited for; when it does not say sell, or does not come in time, or nobody is there to
answer, the trader closes the position without it.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from services.trader.books import Holding


def reached(holding: Holding, price: float) -> str:
    """The level that a price is at or past: "stop", "target", or "" for neither. NaN is never reached."""
    if holding.size <= 0.0:
        return ""
    if price <= holding.stop:
        return "stop"
    return "target" if price >= holding.target else ""


class LevelWatch:
    """Remembers which events reached a level that an earlier decision had declared, until they are answered."""

    def __init__(self, force_exit: Callable[[int, int, str, int], bool]) -> None:
        """`force_exit(pair, sequence, reason, time_ns)` does nothing while an order of the pair is under way."""
        self._force_exit = force_exit
        self._reached: dict[int, tuple[int, str, int]] = {}  # by sequence: pair, level, time

    def on_event(self, pair: int, sequence: int, level: str, time_ns: int, open_turns: Container[int]) -> None:
        """An event at or past a level was sent to the hosts, or there was nobody to send it to."""
        if sequence in open_turns:
            self._reached[sequence] = pair, level, time_ns
        else:
            self._force_exit(pair, sequence, level, time_ns)

    def on_answered(self, sequence: int) -> None:
        """The turn of an event is over, and what its decision wanted is ordered."""
        if self._reached and (found := self._reached.pop(sequence, None)) is not None:
            pair, level, time_ns = found
            self._force_exit(pair, sequence, level, time_ns)
