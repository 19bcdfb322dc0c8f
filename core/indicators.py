"""Incremental indicators: each value from the one before and the new datum, in constant time.

All are kernels (`core.kernel`): float64, the same bits compiled and in plain Python. `count` is the number of values
seen including the new one, from 1; the caller keeps it, as it keeps the values. Until a period is full an average is
the mean of what there is, which is how TA-Lib seeds its averages, so from then on the values agree with TA-Lib's.
"""

from __future__ import annotations

import math
from typing import Final

from core.kernel import BAR, NANOSECONDS, Records, Table, kernel

MONDAY_NS: Final = 4 * 86_400 * NANOSECONDS  # the first one; days and hours begin with it too
GATHERED: Final = 12
"""Numbers that `gather` remembers of the longer bars of one length."""


@kernel
def clip(value: float, low: float, high: float) -> float:
    """`value` held inside [low, high]; NaN stays NaN."""
    if value < low:
        return low
    if value > high:
        return high
    return value


@kernel
def ema(previous: float, value: float, count: int, period: int) -> float:
    """Exponential moving average with weight 2 / (period + 1), seeded with the mean of the first `period` values."""
    if count <= period:
        return previous + (value - previous) / count
    return previous + (value - previous) * (2.0 / (period + 1.0))


@kernel
def wilder(previous: float, value: float, count: int, period: int) -> float:
    """Wilder's average, weight 1 / period, seeded with the mean (New Concepts in Technical Trading Systems, 1978)."""
    if count <= period:
        return previous + (value - previous) / count
    return previous + (value - previous) / period


@kernel
def rsi(average_gain: float, average_loss: float) -> float:
    """Relative strength index in [0, 100] (Wilder 1978) of Wilder averages of gains and losses, both >= 0.

    A price that did not move at all is neutral: 50. (TA-Lib says 0 there, which would read as oversold.)
    """
    total = average_gain + average_loss
    if total <= 0.0:
        return 50.0
    return 100.0 * average_gain / total


@kernel
def true_range(high: float, low: float, previous_close: float) -> float:
    """Largest of high - low and the distance of either from the previous close (Wilder 1978); >= 0."""
    return max(high, previous_close) - min(low, previous_close)


@kernel
def slide(window: Table, moments: Table, count: int, value: float) -> None:
    """Move a window over a series: `moments` becomes its mean and its sum of squared deviations from it.

    `window` is the ring of the last values, its length the period; `moments` is float64[2]. Welford's update for the
    value that enters and the one that leaves; each time the ring wraps both are summed anew, so rounding cannot
    accumulate.
    """
    period = len(window)
    slot = (count - 1) % period
    leaving = window[slot]
    window[slot] = value
    if slot == period - 1:
        total = 0.0
        for i in range(period):
            total += window[i]
        mean = total / period
        squares = 0.0
        for i in range(period):
            squares += (window[i] - mean) * (window[i] - mean)
        moments[0] = mean
        moments[1] = squares
        return
    before = moments[0]
    if count <= period:
        moments[0] = before + (value - before) / count
        moments[1] += (value - before) * (value - moments[0])
        return
    moments[0] = before + (value - leaving) / period
    moments[1] += (value - leaving) * (value - moments[0] + leaving - before)


@kernel
def deviation(squares: float, count: int, period: int) -> float:
    """Population standard deviation from a sum of squared deviations; 0 before the first value.

    Bollinger's bands use this one, not the sample's (Bollinger on Bollinger Bands, 2001).
    """
    return math.sqrt(max(squares, 0.0) / max(min(count, period), 1))


@kernel
def imbalance(bid: float, ask: float) -> float:
    """Order book imbalance (bid - ask) / (bid + ask) of two sizes >= 0, in [-1, 1]; 0 when both are empty.

    Positive: more waits to buy than to sell (Cont, Kukanov and Stoikov, The Price Impact of Order Book Events, 2014).
    """
    total = bid + ask
    if total <= 0.0:
        return 0.0
    return (bid - ask) / total


@kernel
def decay(elapsed_seconds: float, time_constant_seconds: float) -> float:
    """What is left of a memory after a time, in (0, 1]: 1 / (1 + t / T).

    The implicit Euler step of an exponential decay. Stable for any step, and free of exp(), whose last bit differs
    between maths libraries. Time that runs backwards forgets nothing.
    """
    return 1.0 / (1.0 + max(elapsed_seconds, 0.0) / time_constant_seconds)


@kernel
def highest(values: Table, counts: Table, ends: Table, count: int, value: float) -> float:
    """The highest of the last `len(values)` values; of those before, only what may still be it is kept.

    `values` and `counts` are rings of one length, the period; `ends` is float64[2], where the oldest of what is kept
    lies and how many there are (Lemire, Streaming Maximum-Minimum Filter, 2006). Constant time on average: what is
    dropped was added once. The lowest is the highest of the negatives.
    """
    period = len(values)
    first = int(ends[0])
    kept = int(ends[1])
    if kept > 0 and counts[first] <= count - period:
        first = (first + 1) % period
        kept -= 1
    while kept > 0 and values[(first + kept - 1) % period] <= value:
        kept -= 1
    slot = (first + kept) % period
    values[slot] = value
    counts[slot] = count
    ends[0] = first
    ends[1] = kept + 1
    return float(values[first])


@kernel
def weigh(values: Table, weights: Table, sums: Table, count: int, value: float, weight: float) -> float:
    """The mean of the last `len(values)` values by their weights >= 0; NaN when all of these are zero.

    `values` and `weights` are rings of one length, the period; `sums` is float64[3]: of value times weight, of the
    weights, and how many of them are above zero, so that what rounding leaves of weights that have gone is no weight.
    Each time the rings wrap the sums are summed anew.
    """
    period = len(values)
    slot = (count - 1) % period
    gone, lighter = values[slot], weights[slot]
    values[slot] = value
    weights[slot] = weight
    sums[2] += (1.0 if weight > 0.0 else 0.0) - (1.0 if lighter > 0.0 else 0.0)
    if slot == period - 1:
        sums[0] = 0.0
        sums[1] = 0.0
        for i in range(period):
            sums[0] += values[i] * weights[i]
            sums[1] += weights[i]
    else:
        sums[0] += value * weight - gone * lighter
        sums[1] += weight - lighter
    if sums[2] <= 0.0 or sums[1] <= 0.0:
        return math.nan
    return float(sums[0] / sums[1])


@kernel
def side(value: float, other: float, before: float) -> float:
    """On which side of another a value is: 1 above, -1 below, where it was `before` while they touch, 0 when not known.

    To cross is to come from one side to the other. A touch is none, and so is what comes out of the unknown.
    """
    if value > other:
        return 1.0
    if value < other:
        return -1.0
    return before if value == other else 0.0


@kernel
def known(value: float, bars: int, enough: int) -> float:
    """A value once there were bars enough to know it; NaN until then."""
    return value if bars >= enough else math.nan


@kernel
def gather(frame: Table, event: Records, seconds: int) -> bool:
    """Take an event into the longer bars of that length; whether one of them has closed with it.

    They begin at midnight UTC, on Mondays, or a whole number of them after it. A bar is part of the one in which it
    ends. The last that fits into it closes it; where that is missing, the next bar does, so each event closes one at
    most. Where there are no bars there is no longer one, and the first is none, as a part of it may be missing. A
    longer bar of the past is taken as it is, and its parts are not.

    `frame` is float64[12]. 0: how many have closed; 1 to 4: high, low, close and volume of the last one; 5 to 8: the
    same of the one under way; 9 and 11: which one is under way, and which was the last to close; 10: whether bars were
    seen (1), and the one under way from its beginning (2).
    """
    e = event[0]
    if e.kind != BAR and e.kind != seconds:
        return False
    length = seconds * NANOSECONDS
    place = (e.time_ns - MONDAY_NS - 1) // length
    if place <= frame[11] or place < frame[9]:
        if e.kind == BAR:
            frame[10] = max(frame[10], 1.0)
        return False
    closed = False
    if e.kind != BAR or place > frame[9]:
        if frame[10] > 1.0 and place > frame[9] > frame[11]:
            closed = close_longer(frame)
        if e.kind == BAR:
            frame[10] = 2.0 if frame[10] > 0.0 else 1.0
        frame[9] = place
        frame[5], frame[6], frame[8] = e.high, e.low, 0.0
    frame[5], frame[6] = max(frame[5], e.high), min(frame[6], e.low)
    frame[7] = e.price
    frame[8] += e.volume
    ends = (place + 1) * length + MONDAY_NS - e.time_ns <= NANOSECONDS
    if not closed and ends and (frame[10] > 1.0 or e.kind != BAR):
        closed = close_longer(frame)
    return closed


@kernel
def close_longer(frame: Table) -> bool:
    """End the longer bar that is under way; see `gather`."""
    frame[0] += 1.0
    for i in range(1, 5):
        frame[i] = frame[i + 4]
    frame[11] = frame[9]
    return True
