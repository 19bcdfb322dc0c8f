"""Which bars are drawn one by one and which are drawn together: never more than a chart can take. Pure.

Around each entry and exit bars stay single, as far as there is room; what lies between is put together in runs.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Indices = np.ndarray[Any, np.dtype[np.int64]]
MOST: Final = 4_000
AROUND: Final = 12
"""Bars on each side of a fill that stay single where there is room for all."""


def starts_of(count: int, fills: Indices, most: int = MOST) -> Indices:
    """The first bar of each bucket; `fills` are the bars in which something was bought or sold."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    single = _single(count, fills, most // 2)
    size = max(-(-count // most), 2)
    while len(found := _starts(single, size)) > most:
        size += max(size // 8, 1)
    return found


def _single(count: int, fills: Indices, most: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """The bars near a fill; none where the fills alone are too many."""
    bars = np.unique(fills)
    for around in (AROUND, AROUND // 2, AROUND // 4, 1, 0):
        near = np.zeros(count, np.bool_)
        for step in range(-around, around + 1):
            near[np.clip(bars + step, 0, count - 1)] = True
        if int(near.sum()) <= most:
            return near
    return np.zeros(count, np.bool_)


def _starts(single: np.ndarray[Any, np.dtype[np.bool_]], size: int) -> Indices:
    """A bucket begins with each single bar, after one, and every `size` bars of what lies between."""
    count = len(single)
    begins = single.copy()
    begins[0] = True
    begins[1:] |= single[:-1]
    runs = np.flatnonzero(begins)
    place = np.arange(count) - runs[np.searchsorted(runs, np.arange(count), side="right") - 1]
    return np.flatnonzero(place % size == 0)
