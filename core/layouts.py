"""Records of earlier versions: what was written then is read as what is written now.

A layout only ever grew. Fields that a record did not have yet hold what they would have held: no level was declared,
and the clock was UTC.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from core.kernel import DECISION, EVENT, Records, record_dtype

ADDED: Final[Mapping[np.dtype[Any], Mapping[str, float]]] = {
    EVENT: {"utc_offset_s": 0},
    DECISION: {"stop": math.nan, "target": math.nan},
}
"""Fields that came with the layouts of today, and what stands for them in a record without."""


def layout(dtype: np.dtype[Any], record_bytes: object) -> np.dtype[Any] | None:
    """The layout, of today or before, whose records have so many bytes; None when there was none."""
    if record_bytes == dtype.itemsize:
        return dtype
    added = ADDED.get(dtype, {})
    names = [name for name in dtype.names or () if name not in added]
    before = record_dtype([(name, np.dtype(dtype[name]).str[1:]) for name in names])
    return before if added and record_bytes == before.itemsize else None


def modern(records: Records, dtype: np.dtype[Any]) -> Records:
    """Records of any known layout as records of `dtype`; the same when they are that already."""
    if records.dtype == dtype:
        return records
    found: Records = np.zeros(len(records), dtype)
    for name in dtype.names or ():
        known = name in (records.dtype.names or ())
        found[name] = records[name] if known else ADDED[dtype][name]
    return found
