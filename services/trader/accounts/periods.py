"""The stretches of time that an owner asks about, by his own clock: his day begins at his midnight."""

from __future__ import annotations

import datetime
import re
from typing import Final, NamedTuple

from core.zone import NANOSECONDS, clock

HOURS: Final = re.compile(r"(\d{1,3})h")
HOUR_NS: Final = 3600 * NANOSECONDS
PERIODS: Final = ("today", "yesterday", "week", "month", "year", "all")
"""A week begins on Monday, a month and a year on their first day; all of them but `yesterday` last until now."""


class Span(NamedTuple):
    """From one moment up to another, which is not part of it: UTC nanoseconds."""

    from_ns: int
    until_ns: int

    def holds(self, time_ns: int) -> bool:
        """Whether a moment is in it."""
        return self.from_ns <= time_ns < self.until_ns


def span_of(period: str, now_ns: int, zone: str) -> Span | None:
    """The stretch of one of PERIODS, of a day like 2026-11-27, from one to another (`..` between), or of `24h`.

    None for any other word.
    """
    today = clock(zone).local(now_ns).date()
    until = now_ns + 1
    match period:
        case "today":
            return Span(_midnight(today, zone), until)
        case "yesterday":
            return day_of(today - datetime.timedelta(days=1), zone)
        case "week":
            return Span(_midnight(today - datetime.timedelta(days=today.weekday()), zone), until)
        case "month":
            return Span(_midnight(today.replace(day=1), zone), until)
        case "year":
            return Span(_midnight(today.replace(month=1, day=1), zone), until)
        case "all":
            return Span(0, until)
        case _ if (hours := HOURS.fullmatch(period)) is not None:
            return Span(now_ns - int(hours[1]) * HOUR_NS, until)
        case _:
            first, _, last = period.partition("..")
            begins, ends = _of_date(first, zone), _of_date(last or first, zone)
            return Span(begins.from_ns, ends.until_ns) if begins and ends and begins.from_ns < ends.until_ns else None


def day_of(day: datetime.date, zone: str) -> Span:
    """One day, from midnight to midnight: 23 or 25 hours where the clock is changed."""
    return Span(_midnight(day, zone), _midnight(day + datetime.timedelta(days=1), zone))


def _of_date(text: str, zone: str) -> Span | None:
    try:
        return day_of(datetime.date.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        return None


def _midnight(day: datetime.date, zone: str) -> int:
    return clock(zone).time_ns(datetime.datetime.combine(day, datetime.time()))


def last_spans(unit: str, count: int, now_ns: int, zone: str) -> list[Span] | None:
    """The last so many days, weeks or months, newest first, of which the first is not over; None for another unit."""
    today = clock(zone).local(now_ns).date()
    match unit:
        case "day":
            first = [today - datetime.timedelta(days=back) for back in range(count)]
        case "week":
            monday = today - datetime.timedelta(days=today.weekday())
            first = [monday - datetime.timedelta(weeks=back) for back in range(count)]
        case "month":
            first = [_months_before(today, back) for back in range(count)]
        case _:
            return None
    begins = [_midnight(day, zone) for day in first]
    return [Span(begin, end) for begin, end in zip(begins, [now_ns + 1, *begins], strict=False)]


def _months_before(day: datetime.date, months: int) -> datetime.date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return datetime.date(year, month + 1, 1)
