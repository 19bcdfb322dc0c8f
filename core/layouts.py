"""Records of earlier versions: what was written then is read as what is written now.

A layout only ever grew, and each growth is a version of it. A recording says which one it is of; one of before that was
said is known by the size of its records. Fields that a record did not have yet hold what they would have held: no level
was declared, and the clock was UTC. A layout that is not known here is named, never guessed at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from core.kernel import DECISION, EVENT, Records, record_dtype

GROWN: Final[Mapping[np.dtype[Any], tuple[Mapping[str, float], ...]]] = {
    EVENT: ({"utc_offset_s": 0},),
    DECISION: ({"stop": math.nan, "target": math.nan},),
}
"""Fields that came with version 2, 3 and so on, and what stands for each in a record without it."""


def version_of(dtype: np.dtype[Any]) -> int | None:
    """The version of a layout of today, from 1; None for records that are none of the kernel's."""
    return 1 + len(GROWN[dtype]) if dtype in GROWN else None


def layout(dtype: np.dtype[Any], record_bytes: object, version: object = None) -> np.dtype[Any] | None:
    """What records are like that were written as `version` of `dtype`, each of so many bytes; None when not known.

    `version` is None where the recording does not say it.
    """
    known = _versions(dtype)
    wanted = known.values() if version is None else [each for number, each in known.items() if number == version]
    return next((each for each in wanted if each.itemsize == record_bytes), None)


def foreign(dtype: np.dtype[Any], record_bytes: object, version: object) -> str:
    """What is said of records whose layout is not known."""
    named = "in no layout that is known" if version is None else f"in layout {version}"
    return f"{named}, {record_bytes} bytes a record; this version reads layouts 1 to {version_of(dtype) or 1}"


def modern(records: Records, dtype: np.dtype[Any]) -> Records:
    """Records of any known layout as records of `dtype`; the same when they are that already."""
    if records.dtype == dtype:
        return records
    found: Records = np.zeros(len(records), dtype)
    missing = _added(dtype, 1)
    for name in dtype.names or ():
        known = name in (records.dtype.names or ())
        found[name] = records[name] if known else missing[name]
    return found


def _versions(dtype: np.dtype[Any]) -> dict[int, np.dtype[Any]]:
    """Every known version, that of today first."""
    latest = version_of(dtype) or 1
    return {version: _as_of(dtype, version) for version in range(latest, 0, -1)}


def _as_of(dtype: np.dtype[Any], version: int) -> np.dtype[Any]:
    later = _added(dtype, version)
    if not later:
        return dtype
    names = [name for name in dtype.names or () if name not in later]
    return record_dtype([(name, np.dtype(dtype[name]).str[1:]) for name in names])


def _added(dtype: np.dtype[Any], version: int) -> dict[str, float]:
    """Fields that a record of that version does not have yet."""
    return {name: value for step in GROWN.get(dtype, ())[version - 1 :] for name, value in step.items()}
