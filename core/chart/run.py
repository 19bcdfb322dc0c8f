"""What a picture is drawn of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.chart.thin import Array
from core.metrics import Metrics


class Line(NamedTuple):
    """A round trip as a line from its entry to its exit."""

    pair: str
    entry_ns: int
    entry_price: float
    exit_ns: int
    exit_price: float
    profit: float

    @property
    def won(self) -> bool:
        """Whether it earned something."""
        return self.profit > 0


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One run, with what `core.metrics.measure` takes. `pairs[i]` is the symbol of `fills["pair"] == i`."""

    title: str
    subtitle: str
    times_ns: Array
    equity: Array
    hold: Array | None  # what the same cash would have come to when held; None: nothing is drawn
    bars_by_pair: Mapping[str, Array]  # BAR_ROW
    fills: Array
    pairs: tuple[str, ...]
    lines: Sequence[Line]
    metrics: Metrics
    zone: str = "UTC"
    timeframe: str = ""

    @property
    def shown(self) -> list[str]:
        """The pairs that have bars."""
        return [pair for pair in self.pairs if len(self.bars_by_pair.get(pair, ()))]

    def fills_of(self, pair: str) -> Array:
        """In order of time."""
        own: Array = self.fills[self.fills["pair"] == self.pairs.index(pair)]
        return own

    def lines_of(self, pair: str) -> list[Line]:
        """Its round trips."""
        return [line for line in self.lines if line.pair == pair]

    def is_one_of(self, shown: Sequence[str]) -> bool:
        """Whether a picture of these is that of one pair, beside others of the same account."""
        return len(shown) == 1 and len(self.pairs) > 1
