"""Rows that are no bars and mean to be none: a comment, a header once more, a total or a notice below the table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np

from core.history.arrays import PRICES, BarArray, Int64Array
from core.history.importing.moments import UNKNOWN

LONGEST_FOOT: Final = 5
"""Rows below a table; more of them are a table that broke off."""
COMMENT: Final = re.compile(r"#.*|[-=*_:|\s]{2,}")
SHOWN: Final = 60


def rows_aside(bars: BarArray, times: Mapping[int, object], name_of_time: str) -> Int64Array:
    """Rows without a time and without any price that are comments, headers, or stand below everything else.

    `times` is what stood where no time was read.
    """
    rows = np.flatnonzero(bars["time_ns"] == UNKNOWN)
    rows = rows[np.logical_and.reduce([np.isnan(bars[name][rows]) for name in PRICES])]
    if not len(rows) or len(rows) == len(bars):
        return np.zeros(0, np.int64)
    last = np.setdiff1d(np.arange(len(bars)), rows, assume_unique=True)[-1]
    foot = rows[rows > last]
    told = [row for row in rows[rows < last].tolist() if is_meant(times.get(row), name_of_time)]
    return np.array([*told, *(foot.tolist() if len(foot) <= LONGEST_FOOT else ())], np.int64)


def is_meant(value: object, name_of_time: str) -> bool:
    """Whether a row that begins so is a comment, or the header of a second file behind the first."""
    text = str(value or "").strip()
    return bool(COMMENT.fullmatch(text)) or (bool(text) and text.casefold() == name_of_time.strip().casefold())


def told_aside(lines: Int64Array, rows: Int64Array, times: Mapping[int, object], place: str) -> list[str]:
    """A note of the first of them."""
    if not len(rows):
        return []
    text = repr(str(times.get(int(rows[0]), "") or "")[:SHOWN])
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    which = "which are no bars" if more else "which is no bar"
    return [f"{place} {lines[rows[0]]}{more}, {which}, left out: {text}"]
