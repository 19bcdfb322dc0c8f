"""What a stretch of an account came to: profit, fees, trades won and lost, and the deepest fall on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from services.trader.accounts.periods import Span
from services.trader.accounts.story import Gain, Story

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class PairFigures:
    """Of one pair; money in quote currency."""

    symbol: str
    realised: Decimal
    trades: int
    won: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one stretch; money in quote currency. A trade is an order that sold, and is won when it earned something."""

    realised: Decimal  # net of fees
    fees: Decimal
    trades: int
    won: int
    before: Decimal | None  # equity when it began; None when the trader wrote none down
    drawdown: float | None  # deepest fall of `before` and what was realised since, a fraction of the peak
    pairs: tuple[PairFigures, ...]

    @property
    def share(self) -> float | None:
        """What was realised, as a fraction of the equity that the stretch began with."""
        return float(self.realised / self.before) if self.before else None


@dataclass(frozen=True, slots=True)
class ByRelease:
    """What one release came to over all the time that it decided."""

    release: str  # tree hash
    from_ns: int  # when it decided first
    seconds: float  # that it decided
    realised: Decimal
    trades: int
    won: int


def figures(story: Story, span: Span) -> Figures:
    """Of the stretch, from what was written down until its end."""
    gains = [gain for gain in story.gains if span.holds(gain.time_ns)]
    before = equity_at(story, span.from_ns)
    trades, won = closed(gains)
    return Figures(
        realised=sum((gain.profit for gain in gains), ZERO),
        fees=sum((gain.fees for gain in gains), ZERO),
        trades=trades,
        won=won,
        before=before,
        drawdown=deepest(before, gains) if before else None,
        pairs=tuple(_of_pair(symbol, gains) for symbol in dict.fromkeys(gain.symbol for gain in gains)),
    )


def by_release(story: Story, until_ns: int) -> tuple[ByRelease, ...]:
    """Each release that has decided, the one that decides now last."""
    ends = [epoch.time_ns for epoch in story.epochs[1:]] + [until_ns]
    seconds: dict[str, float] = {}
    first: dict[str, int] = {}
    for epoch, end_ns in zip(story.epochs, ends, strict=False):
        before = seconds.pop(epoch.release, 0.0)  # taken out, so that who decides last comes last
        seconds[epoch.release] = before + max(end_ns - epoch.time_ns, 0) / 1e9
        first.setdefault(epoch.release, epoch.time_ns)
    return tuple(_of_release(story, release, first[release], spent) for release, spent in seconds.items())


def equity_at(story: Story, time_ns: int) -> Decimal | None:
    """The account's worth at a moment: that of the last beginning of a day before it, and what was realised since.

    Of a moment before the first of these it is the first: the account began with it.
    """
    if not story.marks:
        return None
    earlier = [mark for mark in story.marks if mark.time_ns <= time_ns]
    if not earlier:
        return story.marks[0].equity
    mark = earlier[-1]
    realised = sum((gain.profit for gain in story.gains if gain.time_ns < time_ns), ZERO)
    return mark.equity + realised - mark.realised


def _of_release(story: Story, release: str, from_ns: int, seconds: float) -> ByRelease:
    gains = [gain for gain in story.gains if gain.release == release]
    trades, won = closed(gains)
    return ByRelease(release, from_ns, seconds, sum((gain.profit for gain in gains), ZERO), trades, won)


def _of_pair(symbol: str, gains: Iterable[Gain]) -> PairFigures:
    own = [gain for gain in gains if gain.symbol == symbol]
    trades, won = closed(own)
    return PairFigures(symbol, sum((gain.profit for gain in own), ZERO), trades, won)


def closed(gains: Iterable[Gain]) -> tuple[int, int]:
    """Orders that sold, and how many of them earned something."""
    sums: dict[str, Decimal] = {}
    for gain in gains:
        if gain.closed_by:
            sums[gain.closed_by] = sums.get(gain.closed_by, ZERO) + gain.profit
    return len(sums), sum(profit > 0 for profit in sums.values())


def deepest(before: Decimal, gains: Sequence[Gain]) -> float:
    worth = peak = before
    deepest = 0.0
    for gain in sorted(gains, key=lambda gain: gain.time_ns):
        worth += gain.profit
        peak = max(peak, worth)
        deepest = max(deepest, float(1 - worth / peak)) if peak > 0 else deepest
    return round(deepest, 8)
