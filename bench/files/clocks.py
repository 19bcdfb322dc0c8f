"""One table whose times are written in many ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from bench.files.market import DAYS, HOURS, Bar, Sample, lines

HEAD: Final = "time,open,high,low,close,volume\n"
YEAR_1976: Final = 200_000_000

Writing = Callable[[Bar], str]
HOURLY: Final[dict[str, Writing]] = {
    "fraction and Z": lambda b: b.at("%Y-%m-%dT%H:%M:%S.000000Z"),
    "offset behind a blank": lambda b: b.at("%Y-%m-%d %H:%M:%S +0000"),
    "Java's zone behind the offset": lambda b: b.at("%Y-%m-%dT%H:%M:%S-03:00[America/Sao_Paulo]", -3),
    "JavaScript": lambda b: b.at("%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)"),
    "mail": lambda b: b.at('"%a, %d %b %Y %H:%M:%S GMT"'),
    "half days in small letters": lambda b: b.at("%Y-%m-%d %I:%M:%S %p").lower(),
    "half days of Spain": lambda b: b.at("%d/%m/%Y %I:%M %p").replace("AM", "a. m.").replace("PM", "p. m."),
    "seconds with a fraction": lambda b: f"{b.time}.0",
    "milliseconds with a fraction": lambda b: f"{b.time}000.0",
    "nanoseconds": lambda b: f"{b.time}{'0' * 9}",
    "epochs in quotes": lambda b: f'"{b.time}000"',
    "minutes in one number": lambda b: b.at("%Y%m%d%H%M"),
    "seconds in one number": lambda b: b.at("%Y%m%d%H%M%S"),
    "the offset of summer in the middle": lambda b: (
        b.at("%Y-%m-%d %H:%M:%S-05:00", -5) if b.time < HOURS[30].time else b.at("%Y-%m-%d %H:%M:%S-04:00", -4)
    ),
}
DAILY: Final[dict[str, Writing]] = {
    "days in one number of minutes": lambda b: b.at("%Y%m%d%H%M"),
    "months by their whole name": lambda b: b.at('"%B %d, %Y"'),
    "the apostrophe of a spreadsheet": lambda b: b.at("'%Y-%m-%d"),
}
REFUSED: Final[dict[str, tuple[Writing, str]]] = {
    "a zone by its letters": (lambda b: b.at("%Y-%m-%d %H:%M:%S BRT", -3), "names a zone"),
    "a zone by its place": (lambda b: b.at("%Y-%m-%d %H:%M:%S America/Sao_Paulo", -3), "names a zone"),
    "only the day of the month": (lambda b: b.at("%d"), "only a part of a date"),
}


def samples() -> Iterator[Sample]:
    """Read with every bar right, or refused."""
    for number, (name, writing) in enumerate(HOURLY.items()):
        yield Sample(f"times: {name}", f"hours{number}.csv", written(HOURS, writing), HOURS)
    for number, (name, writing) in enumerate(DAILY.items()):
        yield Sample(f"times: {name}", f"days{number}.csv", written(DAYS, writing), DAYS)
    for number, (name, (writing, why)) in enumerate(REFUSED.items()):
        yield Sample(f"times: {name}", f"no{number}.csv", written(HOURS, writing), refused=why)
    old = tuple(b._replace(time=YEAR_1976 + (b.time - HOURS[0].time)) for b in HOURS)
    yield Sample("times: milliseconds of 1976", "old.csv", written(old, lambda b: f"{b.time}000"), old)
    head = "Date,Time,Open,High,Low,Close,Volume\n"
    clock = (b.at("%m/%d/%Y,%I:%M:%S %p,") + ",".join(map(str, b[1:])) for b in HOURS)
    yield Sample("times: a clock of half days", "clock.csv", lines(*clock, head=head), HOURS)
    closing = (b.at("%m/%d/%Y,04:00:00 PM,") + ",".join(map(str, b[1:])) for b in DAYS)
    bars = tuple(b._replace(time=b.time + 16 * 3600) for b in DAYS)
    yield Sample("times: one hour on all days", "closing.csv", lines(*closing, head=head), bars)
    ends = (f"{b.time + 3600},{','.join(map(str, b[1:]))}" for b in HOURS)
    yield Sample(
        "times: of the close only", "close.csv", lines(*ends, head="close_" + HEAD), refused="it has close_time"
    )


def written(bars: tuple[Bar, ...], writing: Writing) -> bytes:
    return lines(*(f"{writing(b)},{','.join(map(str, b[1:]))}" for b in bars), head=HEAD)
