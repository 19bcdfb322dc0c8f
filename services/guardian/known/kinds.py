"""What each kind of indicator is that a plan can add, over whole arrays: its value at every bar, from the first on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from core.kernel import BAR
from core.symbols import Symbols
from services.guardian.formulas import USUAL
from services.guardian.known.difference import Difference, apart
from services.guardian.known.memory import BARS
from services.guardian.known.witness import Column, Sight

TOGETHER: Final = 1024
"""Windows that are reduced at a time: of a thousand values each, that is 8 MB."""
Numbers = Mapping[str, float | int]
Found = dict[str, Column]


class Bars(NamedTuple):
    """Of one pair, the oldest first."""

    close: Column
    high: Column
    low: Column
    volume: Column


def added(sight: Sight, symbols: Symbols) -> Iterator[Difference]:
    """The first bar at which an added indicator is another; those of longer bars are left to its own tests."""
    for name, one in symbols.indicators.items():
        if one.timeframe is not None or one.kind not in KINDS:
            continue
        numbers = {**USUAL.get(one.kind, {}), **one.parameters}
        for pair in sorted({int(pair) for pair in sight.events["pair"]}):
            rows = np.flatnonzero((sight.events["pair"] == pair) & (sight.events["kind"] == BAR))
            own = sight.events[rows]
            bars = Bars(own["price"], own["high"], own["low"], own["volume"])
            for suffix, known in KINDS[one.kind](bars, numbers).items():
                given = sight.states.get(f"{name}{suffix}")
                if given is None:
                    continue
                wrong = np.flatnonzero(apart(given[rows], known, bars.close.max()))
                if len(wrong):
                    at = int(wrong[0])
                    said = f"{name}{suffix} is {given[rows][at]:.10g} at bar {at + 1}, known is {known[at]:.10g}."
                    yield Difference(BARS, said)
                    return


def smoothed(values: Column, period: int, weight: float) -> Column:
    """The mean while there are no more than a period of values; then this part of the way to each."""
    found = (np.cumsum(values) / np.arange(1, len(values) + 1)).tolist()
    for place, value in enumerate(values[period:].tolist(), period):  # of lists, which takes a fifth of the time
        found[place] = weight * value + (1.0 - weight) * found[place - 1]
    return np.array(found, np.float64)


def exponential(values: Column, period: int) -> Column:
    return smoothed(values, period, 2.0 / (period + 1))


def wilder(values: Column, period: int) -> Column:
    return smoothed(values, period, 1.0 / period)


def after(blank: int, values: Column, filled: float = 0.0) -> Column:
    """Values that begin so many bars late."""
    return np.concatenate([np.full(blank, filled), values])


def windowed(values: Column, period: int, reduce: Callable[..., Any]) -> Column:
    """Over the last so many, fewer at the beginning."""
    begun = [reduce(values[:end], axis=0) for end in range(1, min(period, len(values) + 1))]
    if len(values) < period:
        return np.array(begun, np.float64)
    whole = np.lib.stride_tricks.sliding_window_view(values, period)
    parts = [reduce(whole[at : at + TOGETHER], axis=1) for at in range(0, len(whole), TOGETHER)]
    return np.concatenate([np.array(begun, np.float64), *parts])


def ema(bars: Bars, n: Numbers) -> Found:
    return {"": exponential(bars.close, int(n["period"]))}


def sma(bars: Bars, n: Numbers) -> Found:
    return {"": windowed(bars.close, int(n["period"]), np.mean)}


def volume_average(bars: Bars, n: Numbers) -> Found:
    return {"": windowed(bars.volume, int(n["period"]), np.mean)}


def rsi(bars: Bars, n: Numbers) -> Found:
    change = np.diff(bars.close)
    gain, loss = (wilder(np.maximum(way * change, 0.0), int(n["period"])) for way in (1.0, -1.0))
    both = gain + loss
    return {"": after(1, np.where(both > 0.0, 100.0 * gain / np.where(both > 0.0, both, 1.0), 50.0), 50.0)}


def macd(bars: Bars, n: Numbers) -> Found:
    line = exponential(bars.close, int(n["fast"])) - exponential(bars.close, int(n["slow"]))
    late = min(int(n["slow"]) - 1, len(line))
    return {"": line, "_signal": after(late, exponential(line[late:], int(n["signal"])))}


def bollinger(bars: Bars, n: Numbers) -> Found:
    middle, reach = (windowed(bars.close, int(n["period"]), one) for one in (np.mean, np.std))
    return {"_middle": middle, "_upper": middle + n["width"] * reach, "_lower": middle - n["width"] * reach}


def ranges(bars: Bars) -> Column:
    before = bars.close[:-1]
    high, low = bars.high[1:], bars.low[1:]
    reach: Column = np.maximum(high - low, np.maximum(np.abs(high - before), np.abs(low - before)))
    return reach


def atr(bars: Bars, n: Numbers) -> Found:
    return {"": after(1, wilder(ranges(bars), int(n["period"])))}


def adx(bars: Bars, n: Numbers) -> Found:
    period = int(n["period"])
    up, down = np.diff(bars.high), -np.diff(bars.low)
    reach = wilder(ranges(bars), period)
    there = np.where(reach > 0.0, reach, np.inf)
    rise, fall = (
        100.0 * wilder(np.where((one > other) & (one > 0.0), one, 0.0), period) / there
        for one, other in ((up, down), (down, up))
    )
    rise, fall = rise[period - 1 :], fall[period - 1 :]
    both = rise + fall
    apart_by = 100.0 * np.abs(rise - fall) / np.where(both > 0.0, both, 1.0)
    late = min(period, len(bars.close))
    return {"": after(late, wilder(apart_by, period)), "_plus": after(late, rise), "_minus": after(late, fall)}


def vwap(bars: Bars, n: Numbers) -> Found:
    period = int(n["period"])
    paid = windowed((bars.high + bars.low + bars.close) / 3.0 * bars.volume, period, np.sum)
    traded = windowed(bars.volume, period, np.sum)
    return {"": np.where(traded > 0.0, paid / np.where(traded > 0.0, traded, 1.0), np.nan)}


def stochastic(bars: Bars, n: Numbers) -> Found:
    top, bottom = windowed(bars.high, int(n["period"]), np.max), windowed(bars.low, int(n["period"]), np.min)
    wide = top > bottom
    place = np.where(wide, 100.0 * (bars.close - bottom) / np.where(wide, top - bottom, 1.0), 50.0)
    return {"": place, "_signal": windowed(place, int(n["smooth"]), np.mean)}


KINDS: Final[Mapping[str, Callable[[Bars, Numbers], Found]]] = {
    one.__name__: one for one in (ema, sma, volume_average, rsi, macd, bollinger, atr, adx, vwap, stochastic)
}
"""By the name that a plan gives the kind."""
