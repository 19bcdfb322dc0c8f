"""Bars -> coarser bars, aligned to UTC: open of the first, highest high, lowest low, close of the last, volumes added.

Incomplete bars at the edges and beside gaps are kept: they hold all that is known. Weeks begin on Monday, months on the
first. Times of the new bars are the beginnings of their intervals, also when no bar of the source begins there.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from core.errors import DataError
from core.history.arrays import BarArray, Int64Array
from core.kernel import BAR_ROW
from core.names import DAY_NS, MONTH_NS, format_timeframe

WEEK_NS: Final = 7 * DAY_NS
MONDAY_NS: Final = 4 * DAY_NS
"""1970-01-05, the first Monday."""


def is_coarser(timeframe_ns: int, source_ns: int) -> bool:
    """True when bars of `source_ns` add up to bars of `timeframe_ns`."""
    whole = timeframe_ns % source_ns == 0 or (timeframe_ns % MONTH_NS == 0 and DAY_NS % source_ns == 0)
    return timeframe_ns > source_ns and whole


def resample(bars: BarArray, source_ns: int, timeframe_ns: int) -> BarArray:
    """Bars of `timeframe_ns` from sorted bars of `source_ns`. Raises DataError when they do not add up."""
    if timeframe_ns == source_ns or not len(bars):
        return bars
    if not is_coarser(timeframe_ns, source_ns):
        source, target = format_timeframe(source_ns), format_timeframe(timeframe_ns)
        raise DataError(f"Bars of {source} cannot be made into {target}.", f"Ask for a multiple of {source}.")
    begins = interval_starts(bars["time_ns"], timeframe_ns)
    first = np.flatnonzero(np.concatenate(([True], begins[1:] != begins[:-1])))
    last = np.append(first[1:], len(bars)) - 1
    coarse = np.empty(len(first), BAR_ROW)
    coarse["time_ns"] = begins[first]
    coarse["open"] = bars["open"][first]
    coarse["high"] = np.maximum.reduceat(bars["high"], first)
    coarse["low"] = np.minimum.reduceat(bars["low"], first)
    coarse["close"] = bars["close"][last]
    coarse["volume"] = np.add.reduceat(bars["volume"], first)
    return coarse


def interval_starts(times: Int64Array, timeframe_ns: int) -> Int64Array:
    """The beginning of the interval that holds each time; floors also before 1970."""
    if timeframe_ns % MONTH_NS == 0:
        months = times.astype("M8[ns]").astype("M8[M]").astype(np.int64)
        count = timeframe_ns // MONTH_NS
        starts: Int64Array = (months // count * count).astype("M8[M]").astype("M8[ns]").astype(np.int64)
        return starts
    origin = MONDAY_NS if timeframe_ns % WEEK_NS == 0 else 0
    aligned: Int64Array = (times - origin) // timeframe_ns * timeframe_ns + origin
    return aligned
