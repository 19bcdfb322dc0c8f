"""How long orders take on this machine's clock: until the exchange answers, until the first trade, until all is over.

It hears what the ledger records, which is some dozens of times a minute and costs a look into a dictionary.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from services.trader.latency import Latencies
from services.trader.orders import Answer, Fill, Order, Record, Side, Status

MOST_UNDER_WAY: Final = 10_000
"""Orders without an end that are remembered; an older one is not measured."""


@dataclass(slots=True)
class _Order:
    """One that is under way."""

    begun_ns: int  # monotonic
    closes: bool
    answered: bool = False
    filled: bool = False


class OrderTimes:
    """Measures from the moment an order is written to the ledger, just before the wire."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """`clock` is in nanoseconds."""
        self._clock = clock
        self._under_way: dict[str, _Order] = {}
        self._names = ("answer_us", "fill_us", "entry_done_us", "closing_done_us")
        self._times = {name: Latencies() for name in self._names}

    def hear(self, record: Record) -> None:
        """A record was written to the ledger."""
        match record:
            case Order():
                if len(self._under_way) >= MOST_UNDER_WAY:
                    self._under_way.pop(next(iter(self._under_way)))
                self._under_way[record.client_id] = _Order(self._clock(), record.side is Side.SELL)
            case Answer() if (order := self._under_way.get(record.client_id)) is not None:
                self._hear_answer(record, order)
            case Fill() if (order := self._under_way.get(record.client_id)) is not None and not order.filled:
                order.filled = True
                self._add("fill_us", order)

    def _hear_answer(self, answer: Answer, order: _Order) -> None:
        if not order.answered and answer.status is not Status.UNKNOWN:
            order.answered = True
            self._add("answer_us", order)
        if answer.status.closed:
            self._add("closing_done_us" if order.closes else "entry_done_us", order)
            self._under_way.pop(answer.client_id, None)

    def _add(self, name: str, order: _Order) -> None:
        self._times[name].add(self._clock() - order.begun_ns)

    def read(self) -> dict[str, Any]:
        """The percentiles since they were read last, in microseconds; None where nothing was counted."""
        taken, self._times = self._times, {name: Latencies() for name in self._names}
        return {name: dict(times.percentiles(50, 99)) for name, times in taken.items()}
