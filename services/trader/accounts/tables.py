"""An account period by period, and its worth over time: pure functions over its story."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from operator import attrgetter
from typing import Final, NamedTuple

from services.trader.accounts.figures import closed, deepest
from services.trader.accounts.periods import Span
from services.trader.accounts.story import Gain, Story

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """What one stretch came to; see `Figures`."""

    span: Span
    realised: Decimal
    fees: Decimal
    trades: int
    won: int
    before: Decimal | None
    drawdown: float | None

    @property
    def share(self) -> float | None:
        """What was realised, as a fraction of the equity that the stretch began with."""
        return float(self.realised / self.before) if self.before else None


class Worth(NamedTuple):
    """The account's worth at a moment."""

    time_ns: int
    equity: float
    exact: bool  # as the trader had it; else the last such, and what was realised since


class Table:
    """A story in order of time, to be asked about many stretches."""

    def __init__(self, story: Story) -> None:
        self._gains = sorted(story.gains, key=attrgetter("time_ns"))
        self._times = [gain.time_ns for gain in self._gains]
        self._realised = list(accumulate((gain.profit for gain in self._gains), initial=ZERO))
        self._marks = story.marks
        self._began_ns = story.epochs[0].time_ns if story.epochs else 0  # in the midst of its first day
        self._begins = [mark.time_ns for mark in story.marks]

    def row(self, span: Span) -> Row:
        """One stretch."""
        gains = self._of(span)
        before = self.worth(span.from_ns)
        trades, won = closed(gains)
        return Row(
            span,
            sum((gain.profit for gain in gains), ZERO),
            sum((gain.fees for gain in gains), ZERO),
            trades,
            won,
            before,
            deepest(before, gains) if before else None,
        )

    def worth(self, time_ns: int) -> Decimal | None:
        """The account's worth at a moment; see `figures.equity_at`."""
        if not self._marks:
            return None
        place = bisect_right(self._begins, time_ns) - 1
        if place < 0:
            return self._marks[0].equity
        mark = self._marks[place]
        return mark.equity + self._realised[bisect_left(self._times, time_ns)] - mark.realised

    def curve(self, span: Span) -> list[Worth]:
        """Its worth whenever it is known to have moved, oldest first."""
        points = [Worth(max(mark.time_ns, self._began_ns), float(mark.equity), exact=True) for mark in self._marks]
        points = [point for point in points if span.holds(point.time_ns)]
        first = bisect_left(self._times, span.from_ns)
        for place in range(first, bisect_left(self._times, span.until_ns)):
            time_ns = self._times[place]
            marked = bisect_right(self._begins, time_ns) - 1
            if marked >= 0 and self._gains[place].profit:
                mark = self._marks[marked]
                worth = mark.equity + self._realised[place + 1] - mark.realised
                points.append(Worth(time_ns, float(worth), exact=False))
        points.sort(key=attrgetter("time_ns"))
        return points

    def _of(self, span: Span) -> Sequence[Gain]:
        return self._gains[bisect_left(self._times, span.from_ns) : bisect_left(self._times, span.until_ns)]
