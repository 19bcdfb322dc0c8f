"""Where the clocks of a place were changed, seen in its local times: an hour that is there twice, or not at all."""

from __future__ import annotations

from typing import Final

import numpy as np

from core.history.arrays import BoolArray, Int64Array
from core.history.importing.findings import Finding, finding, utc
from core.kernel import NANOSECONDS
from core.names import DAY_NS

HOUR_NS: Final = 3_600 * NANOSECONDS
WEEK_NS: Final = 7 * DAY_NS
SATURDAY_NS: Final = 2 * DAY_NS
"""1970-01-03."""
CHANGES: Final = (23 * HOUR_NS, 27 * HOUR_NS)
"""Since the Saturday's midnight: Brazil changed at the end of that day, everybody else in the night behind it."""
MONTHS: Final = (2, 3, 4, 9, 10, 11)
ADVICE: Final = "These are local times: export them in UTC, or with their offset, as in 2024-01-31 13:45:00-03:00."


def in_night_of_change(times: Int64Array) -> BoolArray:
    """Which times lie in the hours of the week in which clocks are changed, in a month in which some are."""
    of_week = (times - SATURDAY_NS) % WEEK_NS
    month = times.astype("M8[ns]").astype("M8[M]").astype(np.int64) % 12 + 1
    inside: BoolArray = (of_week >= CHANGES[0]) & (of_week < CHANGES[1]) & np.isin(month, MONTHS)
    return inside


def are_set_back(times: Int64Array) -> bool:
    """True when all of these times, which a file has twice, are hours that a clock showed twice."""
    if not len(times) or not in_night_of_change(times).all():
        return False
    nights = np.unique(times // DAY_NS)
    spans = [np.ptp(times[times // DAY_NS == night]) for night in nights]
    return bool(max(spans) < HOUR_NS)


def set_back(times: Int64Array, lines: Int64Array) -> list[Finding]:
    """Bars of an hour that is there twice, with different values."""
    return finding(
        "clock", "error", lines, lambda i: f"{utc(times[i])} is there twice: the clocks were set back", ADVICE
    )


def are_set_forward(times: Int64Array, gaps: Int64Array, timeframe_ns: int) -> BoolArray:
    """Which gaps are the one hour that a clock left out."""
    one_hour = np.diff(times)[gaps] == timeframe_ns + HOUR_NS
    forward: BoolArray = one_hour & in_night_of_change(times[gaps] + timeframe_ns) & (timeframe_ns <= HOUR_NS)
    return forward


def set_forward(times: Int64Array, lines: Int64Array, gaps: Int64Array) -> list[Finding]:
    """Hours that are missing; the bars are kept, and half of the year may be an hour off."""
    return finding(
        "clock",
        "warning",
        lines[gaps + 1],
        lambda i: f"an hour is missing behind {utc(times[gaps[i]])}, as where clocks are set forward",
        f"Kept as if they were UTC. {ADVICE}",
    )
