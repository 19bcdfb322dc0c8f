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

from core.errors import DataError, in_words
from core.history import store
from core.history.importing.checks import Checked, check
from core.history.importing.columns import Rows, recognise
from core.history.importing.dialects import read_tables
from core.history.importing.findings import Finding, made_strict
from core.history.importing.hints import NOTHING_SAID, Hints
from core.history.importing.merging import Merge, bars_of_months, merge_into_store, months_of
from core.history.sample import sample_bars
from core.names import format_timeframe, normalise_symbol, parse_timeframe

SAMPLE_LAYOUT: Final = "the shipped sample, made of a seed"

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
class Told:
    """What the report of an import says beside what was stored; `began` by the monotonic clock."""

    layout: str
    place: str
    rows: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    began: float


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
    place = store.symbol_folder(root or store.default_root(), symbol)
    on_progress("comparing with what is stored")
    with told_as_data_error(place), store.writing(place):
        merge = merge_into_store(place, checked, replace=replace)
        if merge.conflicts:
            findings = (*merge.conflicts, *findings)
            return Refused(symbol, rows.layout, len(rows.lines), rows.place, findings, notes)
        on_progress("writing")
        return put(place, checked, merge, Told(rows.layout, rows.place, len(rows.lines), findings, notes, began))


def import_sample(symbol: str, root: Path | None = None) -> Imported | Refused:
    """Store the shipped history under that name; refused where other bars have it already."""
    began = time.monotonic()
    symbol = normalise_symbol(symbol)
    bars = sample_bars()
    lines = np.arange(1, len(bars) + 1, dtype=np.int64)
    checked = Checked(bars, lines, int(bars["time_ns"][1] - bars["time_ns"][0]), (), ())
    place = store.symbol_folder(root or store.default_root(), symbol)
    with told_as_data_error(place), store.writing(place):
        merge = merge_into_store(place, checked, replace=False)
        told = Told(SAMPLE_LAYOUT, "row", len(bars), tuple(merge.conflicts), (), began)
        if merge.conflicts:
            return Refused(symbol, told.layout, told.rows, told.place, told.findings, told.notes)
        return put(place, checked, merge, told)


def put(folder: Path, checked: Checked, merge: Merge, told: Told) -> Imported:
    """Make the store what was decided. Call it while `writing`."""
    if merge.months:
        store.replace_months(folder, merge.months)
    times = checked.bars["time_ns"]
    months = months_of(times)
    return Imported(
        symbol=folder.name,
        timeframe=format_timeframe(checked.timeframe_ns),
        layout=told.layout,
        place=told.place,
        rows=told.rows,
        new=merge.new,
        same=merge.same,
        replaced=merge.replaced,
        first_ns=int(times[0]),
        last_ns=int(times[-1]),
        months=tuple(months),
        stored=bars_of_months(folder, months, merge.months),
        findings=told.findings,
        notes=(*told.notes, *merge.notes),
        seconds=time.monotonic() - told.began,
    )


@contextmanager
def told_as_data_error(folder: Path) -> Iterator[None]:
    """A full disk or a forbidden folder is something the owner can act on."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written: {in_words(error)}.",
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
