"""What a file's bars make of the months that are stored: decided here, written by the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from core.grid import price_decimals
from core.history import store
from core.history.arrays import BarArray, Int64Array, prices_of
from core.history.importing.checks import Checked, difference, differing
from core.history.importing.findings import Finding, finding, utc
from core.history.resample import is_coarser, resample
from core.history.store import Month
from core.names import format_timeframe, parse_timeframe

DERIVED: Final = tuple(parse_timeframe(name) for name in ("5m", "1h", "1d"))
"""Timeframes kept besides the imported one, so that a strategy on them need not read every minute."""


Months = dict[tuple[int, str], Month]
"""By timeframe (ns) and YYYY-MM."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The months as they will be, the bars of the file that were new, known or changed, and contradictions."""

    months: Months
    new: int
    same: int
    replaced: int
    conflicts: list[Finding]
    notes: list[str]


def months_of(times: Int64Array) -> list[str]:
    """YYYY-MM of each month that sorted times touch."""
    months = times.astype("M8[ns]").astype("M8[M]")
    return [str(month) for month in months[month_starts(months)]]


def month_starts(months: np.ndarray) -> Int64Array:
    """Where a month begins among sorted ones."""
    return np.flatnonzero(np.concatenate(([True], months[1:] != months[:-1])))


def split_by_month(bars: BarArray) -> dict[str, tuple[int, int]]:
    """Month -> first and one past the last index, of sorted bars."""
    months = bars["time_ns"].astype("M8[ns]").astype("M8[M]")
    starts = month_starts(months)
    ends = [*starts[1:], len(bars)]
    return {str(months[start]): (int(start), int(end)) for start, end in zip(starts, ends, strict=True)}


def merge_into_store(folder: Path, checked: Checked, *, replace: bool) -> Merge:
    """Decide what every touched file will hold. Reads the store, writes nothing."""
    timeframe_ns = checked.timeframe_ns
    spans = split_by_month(checked.bars)
    decimals = decimals_of(checked.bars, spans)
    months: Months = {}
    notes: list[str] = []
    new = same = replaced = 0
    clashing: list[tuple[int, str]] = []
    for name, (start, end) in spans.items():
        bars, lines = checked.bars[start:end], checked.lines[start:end]
        file = store.month_file(folder, timeframe_ns, name)
        old = store.read_month(file) if file.exists() else None
        known, equal = compare(old.bars, bars) if old else (np.zeros(len(bars), np.bool_),) * 2
        other = known & ~equal
        if old and other.any() and old.origin == "import" and not replace:
            clashing += told_clashes(old.bars, bars[other], lines[other])
            continue
        new, same, replaced = new + int((~known).sum()), same + int(equal.sum()), replaced + int(other.sum())
        # Bars made from finer ones give way to imported bars; from then on the month counts as imported.
        if old is None or not equal.all() or old.origin != "import":
            merged = united(old.bars, bars) if old else bars
            months[timeframe_ns, name] = Month(merged, "import", max(decimals, old.price_decimals if old else 0))
    if clashing:
        return Merge({}, 0, 0, 0, told_conflicts(clashing), [])
    for name in spans:
        month = months.get((timeframe_ns, name)) or store.read_month(store.month_file(folder, timeframe_ns, name))
        derived, kept = derive(folder, timeframe_ns, name, month)
        months |= derived
        notes += kept
    return Merge(months, new, same, replaced, [], notes)


def decimals_of(bars: BarArray, spans: dict[str, tuple[int, int]]) -> int:
    """Of all prices, gathered month by month: a long file has many, and few that differ."""
    differing_ones = (pl.Series(prices_of(bars[start:end])).unique() for start, end in spans.values())
    return price_decimals(pl.concat(differing_ones).to_numpy())


def compare(old: BarArray, new: BarArray) -> tuple[np.ndarray, np.ndarray]:
    """For each new bar: is its time stored, and are its values the stored ones."""
    at = np.minimum(np.searchsorted(old["time_ns"], new["time_ns"]), len(old) - 1)
    known = old["time_ns"][at] == new["time_ns"]
    return known, known & ~differing(old[at], new)


def told_clashes(old: BarArray, new: BarArray, lines: Int64Array) -> list[tuple[int, str]]:
    at = np.searchsorted(old["time_ns"], new["time_ns"])
    return [
        (int(line), f"{utc(bar['time_ns'])} is stored with other values: {difference(old[i], bar)}")
        for i, bar, line in zip(at, new, lines, strict=True)
    ]


def told_conflicts(clashing: list[tuple[int, str]]) -> list[Finding]:
    lines = np.array([line for line, _ in clashing], np.int64)
    advice = (
        "Import with --replace if this file is right. (The last bar of an earlier download may have been unfinished.)"
    )
    return finding("stored", "error", lines, lambda i: clashing[i][1], advice)


def united(old: BarArray, new: BarArray) -> BarArray:
    """Old and new bars in order of time; where both have one, the new."""
    kept = old[~np.isin(old["time_ns"], new["time_ns"], assume_unique=True)]
    both = np.concatenate([kept, new])
    result: BarArray = both[np.argsort(both["time_ns"], kind="stable")]
    return result


def derive(folder: Path, timeframe_ns: int, name: str, month: Month) -> tuple[Months, list[str]]:
    """The coarser bars of a whole month. No interval of 5m, 1h or 1d crosses its end, so a month needs only itself."""
    months: Months = {}
    notes: list[str] = []
    for coarser_ns in DERIVED:
        if not is_coarser(coarser_ns, timeframe_ns):
            continue
        file = store.month_file(folder, coarser_ns, name)
        old = store.read_month(file) if file.exists() else None
        if old and old.origin == "import":
            notes.append(f"{format_timeframe(coarser_ns)} bars of {name} were imported and stay as they are")
            continue
        bars = resample(month.bars, timeframe_ns, coarser_ns)
        if old is None or not is_same(old.bars, bars):
            months[coarser_ns, name] = Month(bars, "resampled", month.price_decimals)
    return months, notes


def is_same(left: BarArray, right: BarArray) -> bool:
    return len(left) == len(right) and left.tobytes() == right.tobytes()


def bars_of_months(folder: Path, names: list[str], written: Months) -> dict[str, int]:
    """How many bars the store now has in these months, per timeframe; what was just written need not be opened."""
    counted = {}
    for timeframe_ns in store.stored_timeframes(folder):
        known = [len(written[key].bars) for name in names if (key := (timeframe_ns, name)) in written]
        files = [store.month_file(folder, timeframe_ns, name) for name in names if (timeframe_ns, name) not in written]
        counted[format_timeframe(timeframe_ns)] = sum(known) + sum(map(store.count_bars, filter(Path.exists, files)))
    return counted
