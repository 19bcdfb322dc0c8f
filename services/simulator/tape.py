"""What was traded in one pair: trades with ids that rise by one, and the one-minute bars they make.

Every bar of every interval is computed from the minutes (seconds from the trades that are still kept), and every minute
from the trades, so klines and the streamed trades cannot disagree. Each aggregate trade is one trade, so both ids are
the same. Old trades and minutes are dropped once there are very many of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from services.simulator.intervals import INTERVALS, MINUTE_MS, SECOND_MS, Interval

KEPT_TRADES: Final = 50_000  # eleven minutes of one pair at 75 trades a second, 5 MB
KEPT_MINUTES: Final = 50_000  # five weeks, 15 MB


BarRow = tuple[int, int, int, int, int, int, int, int, int, int, int, int]
"""open_ms, open, high, low, close, volume, value, taker volume, taker value, count, first id, last id."""


class Trade(NamedTuple):
    """Price in ticks, quantity in lots, market time in ms."""

    trade_id: int
    time_ms: int
    ticks: int
    lots: int
    buyer_is_maker: bool


class Bar:
    """One bar in ticks and lots; `value`, `taker_value` are sums of ticks x lots. Ids are -1 while nothing traded."""

    __slots__ = (
        "close",
        "count",
        "first_id",
        "high",
        "last_id",
        "low",
        "open",
        "open_ms",
        "taker_value",
        "taker_volume",
        "value",
        "volume",
    )

    def __init__(self, open_ms: int, ticks: int) -> None:
        self.open_ms = open_ms
        self.open = self.high = self.low = self.close = ticks
        self.volume = self.value = self.taker_volume = self.taker_value = self.count = 0
        self.first_id = self.last_id = -1

    @classmethod
    def of(cls, row: BarRow) -> Bar:
        """The bar of a row as `row` gives it."""
        bar = cls(row[0], row[1])
        bar.open, bar.high, bar.low, bar.close = row[1:5]
        bar.volume, bar.value, bar.taker_volume, bar.taker_value = row[5:9]
        bar.count, bar.first_id, bar.last_id = row[9:12]
        return bar

    def row(self) -> BarRow:
        prices = (self.open, self.high, self.low, self.close)
        sums = (self.volume, self.value, self.taker_volume, self.taker_value)
        return (self.open_ms, *prices, *sums, self.count, self.first_id, self.last_id)

    def add(self, trade: Trade) -> None:
        ticks, lots = trade.ticks, trade.lots
        if self.count == 0:
            self.open = self.high = self.low = ticks
            self.first_id = trade.trade_id
        elif ticks > self.high:
            self.high = ticks
        elif ticks < self.low:
            self.low = ticks
        self.close = ticks
        self.last_id = trade.trade_id
        self.count += 1
        self.volume += lots
        self.value += ticks * lots
        if not trade.buyer_is_maker:
            self.taker_volume += lots
            self.taker_value += ticks * lots

    def absorb(self, later: Bar) -> None:
        if self.count == 0:
            self.open, self.high, self.low, self.first_id = later.open, later.high, later.low, later.first_id
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close, self.last_id = later.close, later.last_id
        self.count += later.count
        self.volume += later.volume
        self.value += later.value
        self.taker_volume += later.taker_volume
        self.taker_value += later.taker_value


class Tape:
    """The trades and minutes of one pair; minutes without a trade are not stored, and flat when they are read."""

    def __init__(self) -> None:
        self.trades: list[Trade] = []
        self.minutes: list[Bar] = []
        self.next_id = 1
        self.last_ms = 0

    def add(self, time_ms: int, ticks: int, lots: int, buyer_is_maker: bool) -> Trade:
        trade = Trade(self.next_id, time_ms, ticks, lots, buyer_is_maker)
        self.next_id += 1
        self.last_ms = time_ms
        self.trades.append(trade)
        minute = time_ms - time_ms % MINUTE_MS
        if not self.minutes or self.minutes[-1].open_ms != minute:
            self.minutes.append(Bar(minute, ticks))
            _drop_oldest(self.minutes, KEPT_MINUTES)
            _drop_oldest(self.trades, KEPT_TRADES)
        self.minutes[-1].add(trade)
        return trade

    def restore(self, rows: Sequence[BarRow], next_id: int, last_trade: tuple[int, int, int, bool]) -> None:
        """Go on from these minutes and this last trade (market time, ticks, lots, whether the buyer was the maker)."""
        self.minutes = [Bar.of(row) for row in rows]
        self.next_id = next_id
        time_ms, ticks, lots, buyer_is_maker = last_trade
        if ticks:
            self.last_ms = time_ms
            self.trades = [Trade(next_id - 1, time_ms, ticks, lots, buyer_is_maker)]

    def last_ticks(self) -> int | None:
        return self.trades[-1].ticks if self.trades else None

    def from_id(self, trade_id: int, limit: int) -> list[Trade]:
        if not self.trades:
            return []
        start = max(0, trade_id - self.trades[0].trade_id)
        return self.trades[start : start + limit]

    def between(self, start_ms: int | None, end_ms: int | None, limit: int) -> list[Trade]:
        """Oldest first from `start_ms`, or the latest when there is no start."""
        first = 0 if start_ms is None else bisect_left(self.trades, start_ms, key=lambda trade: trade.time_ms)
        last = len(self.trades)
        if end_ms is not None:
            last = bisect_left(self.trades, end_ms + 1, key=lambda trade: trade.time_ms)
        found = self.trades[first:last]
        return found[:limit] if start_ms is not None else found[-limit:]

    def bar(self, interval: Interval, open_ms: int) -> Bar | None:
        """The bar of one interval that opens at `open_ms`; None before the first trade."""
        return next(iter(self.bars(interval, open_ms, open_ms, 1, now_ms=open_ms)), None)

    def bars(
        self, interval: Interval, start_ms: int | None, end_ms: int | None, limit: int, *, now_ms: int
    ) -> list[Bar]:
        """Bars whose open lies in [start_ms, end_ms]: the first `limit` from a given start, otherwise the last ones."""
        if not self.minutes:
            return []
        seconds = 0 < interval.span_ms < MINUTE_MS
        oldest = interval.opens(self.trades[0].time_ms if seconds else self.minutes[0].open_ms)
        newest = interval.opens(max(now_ms, self.minutes[-1].open_ms))
        if end_ms is not None:
            newest = min(newest, interval.opens(end_ms))
        if start_ms is None:
            first = max(oldest, interval.step(newest, 1 - limit))
        else:
            first = max(oldest, interval.opens_from(start_ms))
            newest = min(newest, interval.step(first, limit - 1))
        rows = self._seconds(first, newest) if seconds else self.minutes
        return list(_filled(rows, first, newest, interval))

    def _seconds(self, first: int, newest: int) -> list[Bar]:
        """Seconds in which somebody traded, from the last one before `first`, if there is one, to `newest`."""
        begin = bisect_left(self.trades, first, key=lambda trade: trade.time_ms)
        end = bisect_left(self.trades, newest + SECOND_MS, key=lambda trade: trade.time_ms)
        rows: list[Bar] = []
        for trade in self.trades[max(0, begin - 1) : end]:
            second = trade.time_ms - trade.time_ms % SECOND_MS
            if not rows or rows[-1].open_ms != second:
                rows.append(Bar(second, trade.ticks))
            rows[-1].add(trade)
        return rows

    def last_24_hours(self, now_ms: int) -> Bar:
        """The rolling day as one bar, to the minute."""
        bars = self.bars(INTERVALS["1m"], now_ms - 1440 * MINUTE_MS + 1, None, 1440, now_ms=now_ms)
        day = Bar(now_ms - 1440 * MINUTE_MS, bars[0].open if bars else 0)
        for bar in bars:
            if bar.count:
                day.absorb(bar)
        return day


def _filled(rows: list[Bar], first: int, newest: int, interval: Interval) -> Iterator[Bar]:
    """One bar for each interval; flat at the close before it where nobody traded."""
    index = bisect_left(rows, first, key=lambda bar: bar.open_ms)
    close = rows[max(0, index - 1)].close if rows else 0
    open_ms = first
    while open_ms <= newest:
        bar, ends_ms = Bar(open_ms, close), interval.step(open_ms)
        while index < len(rows) and rows[index].open_ms < ends_ms:
            bar.absorb(rows[index])
            index += 1
        close = bar.close
        yield bar
        open_ms = ends_ms


def _drop_oldest(rows: list[Trade] | list[Bar], kept: int) -> None:
    # In big steps, because removing from the front of a list moves all the rest.
    if len(rows) > 2 * kept:
        del rows[: len(rows) - kept]
