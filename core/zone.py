"""The owner's clock: how far it is ahead of UTC at a moment, daylight time included.

A zone is named as in the IANA database ("America/Sao_Paulo"), which the machine has or the package `tzdata` brings.
Offsets are looked up once for the whole stretch between two changes of the clock, so that an event costs a comparison.
"""

from __future__ import annotations

import difflib
import functools
import zoneinfo
from datetime import datetime
from typing import Final, NamedTuple

NANOSECONDS: Final = 1_000_000_000  # as in `core.kernel`, which who only reads the settings should not pay for
DAY_SECONDS: Final = 86_400
LOOK_AHEAD_DAYS: Final = 370  # a change that is further away is looked for when it is near


class Stretch(NamedTuple):
    """The offset from UTC in [from_ns, until_ns), seconds east."""

    from_ns: int
    until_ns: int
    offset_s: int


class Clock:
    """The clock of one zone, for one reader after the other: it remembers the stretch that it was asked about last."""

    def __init__(self, name: str) -> None:
        """Raises ValueError, with a sentence, for a zone that nobody knows."""
        self.name = name
        self._zone = zone_named(name)
        self._stretch = Stretch(0, 0, 0)

    def offset_s(self, time_ns: int) -> int:
        """Seconds that the clock is ahead of UTC at a moment."""
        stretch = self._stretch
        if not stretch.from_ns <= time_ns < stretch.until_ns:
            stretch = self._stretch = self._stretch_around(time_ns // NANOSECONDS)
        return stretch.offset_s

    def stretches(self, first_ns: int, last_ns: int) -> list[Stretch]:
        """The stretches that cover [first_ns, last_ns], in order, each of another offset than the one before."""
        found: list[Stretch] = []
        at_ns = first_ns
        while not found or at_ns <= last_ns:
            stretch = self._stretch_around(at_ns // NANOSECONDS)
            if found and stretch.offset_s == found[-1].offset_s:
                found[-1] = found[-1]._replace(until_ns=stretch.until_ns)
            else:
                found.append(stretch)
            at_ns = stretch.until_ns
        return found

    def local(self, time_ns: int) -> datetime:
        """A moment as the clock shows it, to the microsecond."""
        seconds, rest = divmod(time_ns, NANOSECONDS)
        return datetime.fromtimestamp(seconds, self._zone).replace(microsecond=rest // 1000)

    def time_ns(self, local: datetime) -> int:
        """The moment at which the clock shows `local` (without a zone); of two, the earlier one.

        A time that the clock skips is taken as if it had not been put forward yet.
        """
        seconds = int(local.replace(tzinfo=self._zone, microsecond=0, fold=0).timestamp())
        return seconds * NANOSECONDS + local.microsecond * 1000

    def _offset_at(self, seconds: int) -> int:
        offset = datetime.fromtimestamp(seconds, self._zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())

    def _stretch_around(self, seconds: int) -> Stretch:
        offset_s = self._offset_at(seconds)
        until = self._change(seconds, offset_s, DAY_SECONDS)
        begin = self._change(seconds, offset_s, -DAY_SECONDS) + 1
        return Stretch(begin * NANOSECONDS, until * NANOSECONDS, offset_s)

    def _change(self, seconds: int, offset_s: int, step: int) -> int:
        """The nearest second, in the direction of `step`, at which another offset holds; or far away."""
        near = seconds
        for _ in range(LOOK_AHEAD_DAYS):
            far = near + step
            if self._offset_at(far) != offset_s:
                break
            near = far
        else:
            return near + (1 if step > 0 else -1)
        while abs(far - near) > 1:
            middle = (near + far) // 2
            if self._offset_at(middle) == offset_s:
                near = middle
            else:
                far = middle
        return far


def zone_named(name: str) -> zoneinfo.ZoneInfo:
    """The zone of that name. ValueError, with a sentence that names similar ones, when there is none."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "America" is a folder
        similar = difflib.get_close_matches(name, sorted(zoneinfo.available_timezones()), 3, 0.6)
        hint = f"; similar are {', '.join(similar)}" if similar else ', as "America/Sao_Paulo" and "UTC" are'
        raise ValueError(f"{name!r} is no time zone{hint}") from None


@functools.lru_cache(maxsize=16)
def clock(name: str) -> Clock:
    """The clock of a zone, shared. Raises ValueError, with a sentence, for a zone that nobody knows."""
    return Clock(name)


def offset_s(time_ns: int, zone: str) -> int:
    """Seconds that the clock of `zone` is ahead of UTC at a moment."""
    return clock(zone).offset_s(time_ns)


def local_time(time_ns: int, zone: str) -> datetime:
    """A moment as the clock of `zone` shows it."""
    return clock(zone).local(time_ns)
