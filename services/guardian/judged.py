"""What the backtest gate counted, as curves: the account of the parent and of the candidate on the held-out window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from services.guardian.play import Play

MOST_POINTS: Final = 400


@dataclass(frozen=True, slots=True)
class Judged:
    """Both sides at the same times; quote currency."""

    symbols: tuple[str, ...]
    begin_ns: int  # of the window; what comes before warmed up
    times_ns: tuple[int, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]

    @classmethod
    def of(cls, before: Play, after: Play, begin_ns: int) -> Judged | None:
        """Of two plays of one tape, so few points that no peak and no valley is lost; None for plays that differ."""
        if len(before.times_ns) != len(after.times_ns) or not len(before.times_ns):
            return None
        first = max(int(np.searchsorted(before.times_ns, begin_ns)) - 1, 0)
        kept = _kept(before.equity[first:], after.equity[first:]) + first
        return cls(
            symbols=tuple(before.tape.symbols),
            begin_ns=begin_ns,
            times_ns=tuple(before.times_ns[kept].tolist()),
            before=tuple(np.round(before.equity[kept], 4).tolist()),
            after=tuple(np.round(after.equity[kept], 4).tolist()),
        )


def _kept(*curves: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The first, the last, and of each stretch the lowest and the highest of each curve, in order."""
    count = len(curves[0])
    if count <= MOST_POINTS:
        return np.arange(count, dtype=np.int64)
    size = -(-count // (MOST_POINTS // (2 * len(curves))))
    kept = {0, count - 1}
    for start in range(0, count, size):
        for curve in curves:
            stretch = curve[start : start + size]
            kept |= {start + int(stretch.argmin()), start + int(stretch.argmax())}
    return np.array(sorted(kept), np.int64)
