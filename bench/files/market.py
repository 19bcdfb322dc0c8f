"""The market that all of the files tell of, and what a file of them is."""

from __future__ import annotations

import datetime
from typing import Final, NamedTuple

HOUR: Final = 3600
DAY: Final = 24 * HOUR
START: Final = 1_706_486_400  # Monday, 2024-01-29, UTC


class Bar(NamedTuple):
    """`time` in seconds; prices have two decimals."""

    time: int
    open: float
    high: float
    low: float
    close: float
    volume: float

    def at(self, shape: str, hours: int = 0) -> str:
        """Its time as text, by a clock that many hours ahead of UTC."""
        return datetime.datetime.fromtimestamp(self.time + hours * HOUR, datetime.UTC).strftime(shape)

    @property
    def prices(self) -> tuple[float, float, float, float]:
        return self[1:5]


class Sample(NamedTuple):
    """A file: what is in it, or with which words it is refused."""

    dialect: str
    name: str
    data: bytes
    bars: tuple[Bar, ...] = ()
    refused: str = ""


def bars(count: int, step: int, first: float = 42_000.10) -> tuple[Bar, ...]:
    """A walk that is the same everywhere."""
    made, price = [], first
    for number in range(count):
        move = ((number * 7919) % 613 - 290) / 10 * first / 42_000
        close = round(price + move, 2)
        high = round(max(price, close) + 3.37 * first / 42_000, 2)
        low = round(min(price, close) - 4.41 * first / 42_000, 2)
        made.append(Bar(START + number * step, price, high, low, close, 100.0 + (number * 37) % 91 + 0.5))
        price = close
    return tuple(made)


HOURS: Final = bars(60, HOUR)
DAYS: Final = tuple(bar for bar in bars(40, DAY) if (bar.time // DAY + 3) % 7 < 5)
"""Without weekends."""
SHARES: Final = tuple(
    bar._replace(volume=float(int(bar.volume) * 100)) for bar in bars(20, DAY, 38.10) if (bar.time // DAY + 3) % 7 < 5
)


def lines(*rows: object, head: str = "", end: str = "\n") -> bytes:
    return (head + end.join(str(row) for row in rows) + end).encode()
