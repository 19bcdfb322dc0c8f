"""The lengths that bars may have: from a second to a calendar month, in UTC as the exchange counts them.

A week begins on Monday, a month on its first day; everything shorter counts from 1970-01-01.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, NamedTuple

SECOND_MS: Final = 1_000
MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
_MONDAY_MS: Final = 4 * DAY_MS  # 1970-01-01 was a Thursday


class Interval(NamedTuple):
    """One length. `span_ms` is 0 for a month, whose length differs."""

    name: str
    span_ms: int
    offset_ms: int = 0
    """Where the first one after 1970-01-01 begins."""

    def opens(self, time_ms: int) -> int:
        """When the interval that contains `time_ms` begins."""
        if self.span_ms:
            return time_ms - (time_ms - self.offset_ms) % self.span_ms
        return _first_of(_month(time_ms))

    def step(self, open_ms: int, count: int = 1) -> int:
        """When the interval begins that comes `count` after (before, when negative) the one that begins then."""
        if self.span_ms:
            return open_ms + count * self.span_ms
        return _first_of(max(0, _month(open_ms) + count))

    def opens_from(self, time_ms: int) -> int:
        """When the first interval begins that does not begin before `time_ms`."""
        opened = self.opens(time_ms)
        return opened if opened == time_ms else self.step(opened)


def _month(time_ms: int) -> int:
    """Months since 1970-01."""
    date = datetime.fromtimestamp(time_ms / 1000, UTC)
    return (date.year - 1970) * 12 + date.month - 1


def _first_of(month: int) -> int:
    year, number = divmod(month, 12)
    return int(datetime(1970 + year, number + 1, 1, tzinfo=UTC).timestamp()) * 1000


MINUTES: Final = {"1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360, "8h": 480}
INTERVALS: Final[dict[str, Interval]] = {
    interval.name: interval
    for interval in (
        Interval("1s", SECOND_MS),
        *(Interval(name, minutes * MINUTE_MS) for name, minutes in MINUTES.items()),
        Interval("12h", DAY_MS // 2),
        Interval("1d", DAY_MS),
        Interval("3d", 3 * DAY_MS),
        Interval("1w", 7 * DAY_MS, _MONDAY_MS),
        Interval("1M", 0),
    )
}
