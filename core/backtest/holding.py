"""What the same cash would have come to in equal parts of the pairs, held from their first open on, free of costs."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.backtest.session import Report

Curve = np.ndarray[Any, np.dtype[np.float64]]


def hold_curve(report: Report) -> Curve:
    """Quote currency, at each moment at which the account was sampled. A pair counts as cash until its first bar."""
    times = report.result.times_ns
    growths = np.zeros(len(times))
    for market in report.markets:
        closes_ns = market.rows["time_ns"] + market.timeframe_ns
        known = np.searchsorted(closes_ns, times, side="right") - 1
        price = market.rows["close"][np.maximum(known, 0)]
        growths += np.where(known >= 0, price / market.rows["open"][0], 1.0)
    return np.asarray(report.cash * growths / len(report.markets))
