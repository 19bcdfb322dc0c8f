"""What was traded in one pair: trades with ids that rise by one, and the one-minute bars they make.

Every bar of every interval is computed from the minutes, and every minute from the trades, so klines and the streamed
trades cannot disagree. Each aggregate trade is one trade, so both ids are the same. Old trades and minutes are dropped
once there are very many of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

MINUTE_MS: Final = 60_000
INTERVALS_MS: Final[dict[str, int]] = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "2h": 120 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "6h": 360 * MINUTE_MS,
    "8h": 480 * MINUTE_MS,
    "12h": 720 * MINUTE_MS,
    "1d": 1440 * MINUTE_MS,
}
KEPT_TRADES: Final = 50_000  # eleven minutes of one pair at 75 trades a second, 5 MB
KEPT_MINUTES: Final = 50_000  # five weeks, 15 MB


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

    def bar(self, interval_ms: int, open_ms: int) -> Bar | None:
        """The bar of one interval that opens at `open_ms`; None before the first trade."""
        return next(iter(self.bars(interval_ms, open_ms, open_ms, 1, now_ms=open_ms)), None)

    def bars(self, interval_ms: int, start_ms: int | None, end_ms: int | None, limit: int, *, now_ms: int) -> list[Bar]:
        """Bars whose open lies in [start_ms, end_ms]: the first `limit` from a given start, otherwise the last ones."""
        if not self.minutes:
            return []
        oldest = _floor(self.minutes[0].open_ms, interval_ms)
        newest = _floor(max(now_ms, self.minutes[-1].open_ms), interval_ms)
        if end_ms is not None:
            newest = min(newest, _floor(end_ms, interval_ms))
        if start_ms is None:
            first = max(oldest, newest - (limit - 1) * interval_ms)
        else:
            first = max(oldest, -(-start_ms // interval_ms) * interval_ms)
            newest = min(newest, first + (limit - 1) * interval_ms)
        return list(self._filled(first, newest, interval_ms))

    def _filled(self, first: int, newest: int, interval_ms: int) -> Iterator[Bar]:
        index = bisect_left(self.minutes, first, key=lambda bar: bar.open_ms)
        close = self.minutes[max(0, index - 1)].close
        for open_ms in range(first, newest + 1, interval_ms):
            bar = Bar(open_ms, close)
            while index < len(self.minutes) and self.minutes[index].open_ms < open_ms + interval_ms:
                bar.absorb(self.minutes[index])
                index += 1
            close = bar.close
            yield bar

    def last_24_hours(self, now_ms: int) -> Bar:
        """The rolling day as one bar, to the minute."""
        bars = self.bars(MINUTE_MS, now_ms - 1440 * MINUTE_MS + 1, None, 1440, now_ms=now_ms)
        day = Bar(now_ms - 1440 * MINUTE_MS, bars[0].open if bars else 0)
        for bar in bars:
            if bar.count:
                day.absorb(bar)
        return day


def _floor(time_ms: int, interval_ms: int) -> int:
    return time_ms - time_ms % interval_ms


def _drop_oldest(rows: list[Trade] | list[Bar], kept: int) -> None:
    # In big steps, because removing from the front of a list moves all the rest.
    if len(rows) > 2 * kept:
        del rows[: len(rows) - kept]
