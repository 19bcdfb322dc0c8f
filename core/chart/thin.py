"""Long series as a picture shows them: the lowest and the highest point of each pixel column, so no spike is lost."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

COLUMNS: Final = 1200
"""Buckets a line is thinned to: about the pixels between the left and the right edge of a panel."""

Array = npt.NDArray[Any]


def bucket_size(count: int) -> int:
    """How many values share a column."""
    return max(1, -(-count // COLUMNS))


def by_bucket(reduce: np.ufunc, values: Array, size: int) -> Array:
    """The lowest or highest value or the sum (np.minimum, np.maximum, np.add) of each run of `size`."""
    reduced: Array = reduce.reduceat(values, np.arange(0, len(values), size))
    return reduced


def extremes(values: Array) -> npt.NDArray[np.int64]:
    """Indices, in order, of the first, the last and each bucket's lowest and highest value; all when there are few."""
    count, size = len(values), bucket_size(len(values))
    if size <= 2:
        return np.arange(count, dtype=np.int64)
    whole = count // size * size
    buckets = values[:whole].reshape(-1, size)
    starts = np.arange(0, whole, size)
    rest = np.arange(whole, count)
    kept = np.concatenate([[0, count - 1], starts + buckets.argmin(axis=1), starts + buckets.argmax(axis=1), rest])
    return np.unique(kept).astype(np.int64)
