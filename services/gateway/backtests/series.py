"""The curves and bars of a backtest as its page draws them: columns of numbers, times by the owner's clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from core.backtest.holding import hold_curve
from core.backtest.inputs import Market
from core.backtest.session import Report
from core.backtest.trips import RoundTrip
from core.kernel import NANOSECONDS
from core.zone import clock
from services.gateway.backtests.buckets import MOST, Indices, starts_of

ALL_PAIRS: Final = 24_000
"""Buckets of all pairs together: what fits into three megabytes."""
FEWEST: Final = 300
DIGITS: Final = 7
"""Significant ones of what is drawn."""
MOST_LINES: Final = 4_000
"""Trips that are drawn, the newest."""

Times = np.ndarray[Any, np.dtype[np.int64]]


def series_of(report: Report, trips: Sequence[RoundTrip]) -> dict[str, Any]:
    """All that the scripts draw."""
    room = max(min(MOST, ALL_PAIRS // len(report.markets)), FEWEST)
    return {
        "worth": _worth(report),
        "pairs": {market.symbol: _pair(market, report.zone, trips, room) for market in report.markets},
    }


def _worth(report: Report) -> dict[str, Any]:
    """Equity, its fall from the peak in percent, and what holding would have come to."""
    equity, hold = report.result.equity, hold_curve(report)
    peaks = np.maximum.accumulate(equity)
    falls = np.zeros(len(equity))
    np.divide(equity - peaks, peaks, out=falls, where=peaks > 0)
    kept = _kept(equity, hold)
    seconds = _clock_seconds(report.result.times_ns[kept], report.zone)
    once = np.r_[np.diff(seconds) > 0, True]  # the account may be sampled twice in a second; the last counts
    kept = kept[once]
    return {
        "time": seconds[once].tolist(),
        "equity": _short(equity[kept]),
        "hold": _short(hold[kept]),
        "fall": np.round(falls[kept] * 100, 3).tolist(),
    }


def _kept(*curves: np.ndarray[Any, np.dtype[np.float64]]) -> Indices:
    """The first, the last, and of each stretch the lowest and the highest of each curve."""
    count = len(curves[0])
    if count <= MOST:
        return np.arange(count, dtype=np.int64)
    size = -(-count // (MOST // (2 * len(curves)) - 1))
    whole = count // size * size
    kept = [np.array([0, count - 1]), np.arange(whole, count, max((count - whole) // 4, 1))]
    for curve in curves:
        buckets = curve[:whole].reshape(-1, size)
        begins = np.arange(0, whole, size)
        kept += [begins + buckets.argmin(axis=1), begins + buckets.argmax(axis=1)]
    return np.unique(np.concatenate(kept)).astype(np.int64)


def _pair(market: Market, zone: str, trips: Sequence[RoundTrip], room: int) -> dict[str, Any]:
    rows, own = market.rows, [trip for trip in trips if trip.pair == market.symbol][-MOST_LINES:]
    times = rows["time_ns"]
    moments = [ns for trip in own for ns in (trip.entry_ns, trip.exit_ns) if ns is not None]
    bars = np.clip(np.searchsorted(times, np.array(moments, np.int64), side="right") - 1, 0, len(rows) - 1)
    starts = starts_of(len(rows), bars, room)
    last = np.r_[starts[1:], len(rows)] - 1
    seconds = _clock_seconds(times[starts], zone)
    return {
        "time": seconds.tolist(),
        "open": _short(rows["open"][starts]),
        "high": _short(np.maximum.reduceat(rows["high"], starts)),
        "low": _short(np.minimum.reduceat(rows["low"], starts)),
        "close": _short(rows["close"][last]),
        "volume": _short(np.add.reduceat(rows["volume"], starts)),
        "digits": min(_digits(market.price_tick), 12),
        "trips": [_line(trip, times, starts, seconds) for trip in own],
    }


def _line(trip: RoundTrip, times: Times, starts: Indices, seconds: Times) -> list[Any]:
    """Number, entry and exit as they stand on the chart; nothing behind an entry that is still open."""

    def on_chart(ns: int) -> int:
        bar = max(int(np.searchsorted(times, ns, side="right")) - 1, 0)
        return int(seconds[max(int(np.searchsorted(starts, bar, side="right")) - 1, 0)])

    entry = [trip.number, on_chart(trip.entry_ns), _one(trip.entry_price)]
    if trip.exit_ns is None or trip.exit_price is None:
        return entry
    return [*entry, on_chart(trip.exit_ns), _one(trip.exit_price), int((trip.profit or 0) > 0)]


def _clock_seconds(times_ns: Times, zone: str) -> Times:
    """Seconds as the owner's clock shows them; where it is put back they stand still, so that they never run back."""
    stretches = clock(zone).stretches(int(times_ns[0]), int(times_ns[-1]))
    ends = np.array([stretch.until_ns for stretch in stretches])
    offsets = np.array([stretch.offset_s for stretch in stretches])
    place = np.minimum(np.searchsorted(ends, times_ns, side="right"), len(offsets) - 1)
    seconds = times_ns // NANOSECONDS + offsets[place]
    if len(seconds) > 1 and (np.diff(seconds) <= 0).any():
        seconds = np.maximum.accumulate(seconds - np.arange(len(seconds))) + np.arange(len(seconds))
    return np.asarray(seconds, np.int64)


def _short(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float]:
    """As many digits as are seen."""
    return [_one(value) for value in values.tolist()]


def _one(value: float) -> float:
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short


def _digits(tick: float) -> int:
    text = f"{tick:.18f}".rstrip("0")
    return len(text.partition(".")[2])
