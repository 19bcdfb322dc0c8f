"""A file -> the store. Either all of it is in afterwards, with its coarser bars, or nothing has changed.

The outcome is a value: `Imported`, or `Refused` with every finding. What raises is a file that is no table at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DataError
from core.grid import price_decimals
from core.history import store
from core.history.arrays import BarArray, Int64Array, prices_of
from core.history.importing.checks import Checked, check, difference, differing
from core.history.importing.columns import Rows, recognise
from core.history.importing.dialects import read_tables
from core.history.importing.findings import Finding, finding, made_strict, utc
from core.history.importing.hints import NOTHING_SAID, Hints
from core.history.resample import is_coarser, resample
from core.history.store import Month
from core.names import format_timeframe, normalise_symbol, parse_timeframe

DERIVED: Final = tuple(parse_timeframe(name) for name in ("5m", "1h", "1d"))
"""Timeframes kept besides the imported one, so that a strategy on them need not read every minute."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did. `place` says what a problem's number counts, lines or rows of the file; `stored` counts the
    bars of the touched months per timeframe."""

    symbol: str
    timeframe: str
    layout: str
    place: str
    rows: int
    new: int
    same: int
    replaced: int
    first_ns: int
    last_ns: int
    months: tuple[str, ...]
    stored: dict[str, int]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing was imported: errors first, then what else was found."""

    symbol: str
    layout: str
    rows: int
    place: str
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """The months as they will be, the bars of the file that were new, known or changed, and contradictions."""

    months: dict[tuple[int, str], Month]
    new: int
    same: int
    replaced: int
    conflicts: list[Finding]
    notes: list[str]


def import_file(
    path: Path,
    symbol: str,
    timeframe: str | None = None,
    root: Path | None = None,
    *,
    strict: bool = False,
    replace: bool = False,
    hints: Hints = NOTHING_SAID,
    on_progress: Progress = lambda _step: None,
) -> Imported | Refused:
    """Bring `path` into the store. `strict` refuses what else is repaired; `replace` lets the file win; `hints` say
    what the file leaves open."""
    began = time.monotonic()
    symbol = normalise_symbol(symbol)
    timeframe_ns = parse_timeframe(timeframe) if timeframe else None
    on_progress("reading")
    rows = recognise(read_tables(path), symbol, hints)
    on_progress("checking")
    checked = check(rows, timeframe_ns)
    findings = made_strict(checked.findings) if strict else checked.findings
    notes = (*checked.notes, *other_name(rows, symbol))
    if any(found.severity == "error" for found in findings):
        return Refused(symbol, rows.layout, len(rows.lines), rows.place, errors_first(findings), notes)
    folder = store.symbol_folder(root or store.default_root(), symbol)
    on_progress("comparing with what is stored")
    with told_as_data_error(folder), store.writing(folder):
        merge = merge_into_store(folder, checked, replace=replace)
        if merge.conflicts:
            findings = (*merge.conflicts, *findings)
            return Refused(symbol, rows.layout, len(rows.lines), rows.place, findings, notes)
        on_progress("writing")
        if merge.months:
            store.replace_months(folder, merge.months)
        stored = bars_of_months(folder, months_of(checked.bars["time_ns"]))
    return Imported(
        symbol=symbol,
        timeframe=format_timeframe(checked.timeframe_ns),
        layout=rows.layout,
        place=rows.place,
        rows=len(rows.lines),
        new=merge.new,
        same=merge.same,
        replaced=merge.replaced,
        first_ns=int(checked.bars["time_ns"][0]),
        last_ns=int(checked.bars["time_ns"][-1]),
        months=tuple(months_of(checked.bars["time_ns"])),
        stored=stored,
        findings=findings,
        notes=(*notes, *merge.notes),
        seconds=time.monotonic() - began,
    )


@contextmanager
def told_as_data_error(folder: Path) -> Iterator[None]:
    """A full disk or a forbidden folder is something the owner can act on."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written: {error.strerror or error}.",
            "Make room or choose another place by --root, and import again: all of it is stored, or nothing.",
        ) from None


def errors_first(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda found: found.severity != "error"))


def other_name(rows: Rows, symbol: str) -> list[str]:
    """A note when the file speaks of another market: an alias, or the wrong file."""
    return (
        [f"the file calls its market {rows.symbol}; it is stored as {symbol}"]
        if rows.symbol not in ("", symbol)
        else []
    )


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
    months: dict[tuple[int, str], Month] = {}
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
    return price_decimals(np.concatenate([np.unique(prices_of(bars[start:end])) for start, end in spans.values()]))


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


def derive(folder: Path, timeframe_ns: int, name: str, month: Month) -> tuple[dict[tuple[int, str], Month], list[str]]:
    """The coarser bars of a whole month. No interval of 5m, 1h or 1d crosses its end, so a month needs only itself."""
    months: dict[tuple[int, str], Month] = {}
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


def bars_of_months(folder: Path, months: list[str]) -> dict[str, int]:
    """How many bars the store now has in these months, per timeframe."""
    counted = {}
    for timeframe_ns in store.stored_timeframes(folder):
        files = [store.month_file(folder, timeframe_ns, month) for month in months]
        counted[format_timeframe(timeframe_ns)] = sum(store.count_bars(file) for file in files if file.exists())
    return counted
