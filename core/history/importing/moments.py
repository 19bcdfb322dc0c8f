"""Typed times -> nanoseconds since 1970, UTC, inside the years of price history."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from core.history.arrays import Int64Array

UNKNOWN: Final = np.iinfo(np.int64).min
"""Stands where a value is no time."""

EARLIEST_NS: Final = -4_417_977_600_000_000_000
"""1830-01-01. With the latest, what a price history can hold; outside lies another unit or a typing error."""
LATEST_NS: Final = 7_258_118_400_000_000_000
"""2200-01-01."""


def from_temporal(column: pl.Series) -> Int64Array:
    """UNKNOWN where there is none; a time of day or a span of time is none."""
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if column.dtype == pl.Time or column.dtype == pl.Duration:
        return np.full(len(column), UNKNOWN, np.int64)
    # A Date or a nanosecond column fits in microseconds; multiplied back only inside the bounds, so nothing overflows.
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_unit == "ns":
        return within_bounds(column.cast(pl.Int64))
    micros = column.cast(pl.Datetime("us")).cast(pl.Int64)
    inside = micros.is_between(EARLIEST_NS // 1000, LATEST_NS // 1000)
    return within_bounds(pl.select(pl.when(inside).then(micros * 1000)).to_series())


def within_bounds(ns: pl.Series) -> Int64Array:
    kept = pl.select(pl.when(ns.is_between(EARLIEST_NS, LATEST_NS)).then(ns)).to_series()
    return kept.fill_null(UNKNOWN).to_numpy().astype(np.int64)
