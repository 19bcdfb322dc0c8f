"""The curves of a judgement: as the judge counted them, with no peak and no valley lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from services.guardian.judged import MOST_POINTS, Judged
from services.guardian.play import Play


@dataclass
class Tape:
    symbols: tuple[str, ...] = ("BTCUSDT",)


@dataclass
class Played:
    """Of a play, what is drawn."""

    times_ns: np.ndarray[Any, Any]
    equity: np.ndarray[Any, Any]
    tape: Tape


def played(equity: np.ndarray[Any, Any]) -> Play:
    return cast(Play, Played(np.arange(len(equity), dtype=np.int64) * 60, equity.astype(np.float64), Tape()))


def test_both_sides_are_kept_at_the_same_times_from_the_window_on() -> None:
    before, after = np.full(100, 10_000.0), np.linspace(10_000, 11_000, 100)
    found = Judged.of(played(before), played(after), begin_ns=60 * 40)
    assert found is not None
    assert (found.times_ns[0], found.times_ns[-1], len(found.times_ns)) == (60 * 39, 60 * 99, 61)
    assert (found.after[-1], found.before[-1], found.symbols) == (11_000.0, 10_000.0, ("BTCUSDT",))


def test_of_many_points_each_ones_peaks_and_valleys_stay() -> None:
    before, after = np.full(20_000, 10_000.0), np.full(20_000, 10_000.0)
    before[12_345], after[777], after[19_000] = 8_000.0, 12_000.0, 7_000.0
    found = Judged.of(played(before), played(after), begin_ns=0)
    assert found is not None
    assert len(found.times_ns) <= MOST_POINTS + 2
    assert (min(found.before), max(found.after), min(found.after)) == (8_000.0, 12_000.0, 7_000.0)
    assert list(found.times_ns) == sorted(found.times_ns)


def test_plays_of_different_lengths_are_not_compared() -> None:
    assert Judged.of(played(np.ones(3)), played(np.ones(4)), begin_ns=0) is None
