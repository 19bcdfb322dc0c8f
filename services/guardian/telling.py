"""Whether a window tells which of two strategies is the better one: the difference, its interval, and what would tell.

It refuses nothing: days of a window are few, and what is found in them is no forecast. But a difference that chance
alone makes should not be read as one.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np

from core.kernel import NANOSECONDS
from services.guardian.play import Play

DAY_NS: Final = 86_400 * NANOSECONDS
FEWEST_DAYS: Final = 10
NINE_IN_TEN: Final = 1.645
"""Standard deviations on each side of a mean, between which nine in ten of many such means lie."""
FURTHEST: Final = 36_525
"""Days, a century: more is no number that helps anybody."""
Column = np.ndarray[Any, np.dtype[np.float64]]


class Weighed(NamedTuple):
    """Differences of the returns, candidate less parent, as fractions."""

    difference: float
    low: float
    high: float
    days: int
    wanted: int | None  # such days that would tell; None where no number of them does

    @property
    def tells(self) -> bool:
        """Whether nine in ten such windows have the difference on this side of zero."""
        return self.low > 0.0 or self.high < 0.0

    @property
    def sentence(self) -> str:
        """For a report."""
        about = f"{100 * self.low:.1f} % to {100 * self.high:.1f} % in nine of ten windows of {self.days:,} such days"
        told = f"The difference of the returns is {100 * self.difference:.1f} %, and {about}"
        if self.tells:
            return f"{told}: that is more than chance makes."
        if self.wanted is None:
            return f"{told}: that does not tell which is better, and no longer history would."
        return f"{told}: that does not tell which is better. Some {self.wanted:,} such days would."


def weighed(before: Play, after: Play, begin_ns: int) -> Weighed | None:
    """Of two plays of one tape from `begin_ns` on; None where they earned the same, or there are too few days."""
    if len(before.times_ns) != len(after.times_ns):
        return None
    return of_days(*(by_day(play.times_ns, play.equity, begin_ns) for play in (before, after)))


def by_day(times_ns: np.ndarray[Any, np.dtype[np.int64]], equity: Column, begin_ns: int) -> Column:
    """The equity at the beginning, and at the end of each day (UTC) of the window."""
    first = max(int(np.searchsorted(times_ns, begin_ns)) - 1, 0)
    days = times_ns[first:] // DAY_NS
    ends = np.flatnonzero(np.diff(days, append=days[-1:] + 1)) + first
    return np.asarray(equity[np.unique(np.concatenate([[first], ends]))], np.float64)


def of_days(before: Column, after: Column) -> Weighed | None:
    """The same of what both had at the end of each day."""
    if len(before) <= FEWEST_DAYS or len(before) != len(after) or min(before.min(), after.min()) <= 0.0:
        return None
    apart = np.diff(np.log(after)) - np.diff(np.log(before))
    if not np.isfinite(apart).all() or not apart.any():
        return None
    days, total, spread = len(apart), float(apart.sum()), float(apart.std(ddof=1))
    reach = NINE_IN_TEN * spread * math.sqrt(days)
    daily = abs(total) / days
    wanted = (
        math.ceil((NINE_IN_TEN * spread / daily) ** 2) if daily * math.sqrt(FURTHEST) > NINE_IN_TEN * spread else None
    )
    low, difference, high = (math.expm1(value) for value in (total - reach, total, total + reach))
    return Weighed(difference, low, high, days, wanted)
