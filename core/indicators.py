"""Incremental indicators: each value from the one before and the new datum, in constant time.

All are kernels (`core.kernel`): float64, the same bits compiled and in plain Python. `count` is the number of values
seen including the new one, from 1; the caller keeps it, as it keeps the values. Until a period is full an average is
the mean of what there is, which is how TA-Lib seeds its averages, so from then on the values agree with TA-Lib's.
"""

from __future__ import annotations

import math

from core.kernel import Table, kernel


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
