"""Bars for who wants to use them: from the store by symbol, or straight from a file that is not to be stored."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import AbsentError, DataError
from core.grid import price_decimals
from core.history import store
from core.history.arrays import BarArray, prices_of
from core.history.importing.checks import check
from core.history.importing.columns import recognise
from core.history.importing.dialects import read_tables
from core.history.importing.findings import refusal
from core.history.importing.hints import NOTHING_SAID, Hints
from core.history.resample import is_coarser, resample
from core.names import format_timeframe, normalise_symbol, parse_timeframe

FILE_SUFFIXES: Final = frozenset(
    [
        ".csv",
        ".txt",
        ".tsv",
        ".json",
        ".jsonl",
        ".parquet",
        ".feather",
        ".arrow",
        ".xlsx",
        ".xls",
        ".xlsb",
        ".ods",
        ".gz",
        ".bz2",
        ".xz",
        ".zip",
    ]
)


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Sorted bars of one market, one for each time. `price_decimals` is how many decimal places its prices use.

    `bars` is one-dimensional, of dtype `core.kernel.BAR_ROW`. `notes` tells what a file's import would have told.
    """

    symbol: str
    timeframe_ns: int
    bars: BarArray
    price_decimals: int
    notes: tuple[str, ...] = ()


def load(
    symbol_or_file: str | Path,
    timeframe: str | int | None = None,
    root: Path | None = None,
    hints: Hints = NOTHING_SAID,
) -> History:
    """The whole history of a stored symbol, or of a file of any kind that can be imported.

    `timeframe` ("5m" or ns): None takes the finest there is; one that is not stored is made from finer bars. `hints`
    say what a file leaves open. Raises DataError for unknown names (with the nearest), for timeframes finer than the
    data, and for files with errors.
    """
    wanted_ns = parse_timeframe(timeframe) if isinstance(timeframe, str) else timeframe
    if is_file(symbol_or_file):
        return from_file(Path(symbol_or_file), wanted_ns, hints)
    return from_store(str(symbol_or_file), wanted_ns, root or store.default_root())


def is_file(name: str | Path) -> bool:
    """True for a path that exists or can only be meant as one. `BTC/USDT` is a symbol unless there is such a file."""
    path = Path(name)
    return (
        isinstance(name, Path) or path.is_file() or path.suffix.lower() in FILE_SUFFIXES or name.startswith((".", "/"))
    )


def from_file(path: Path, wanted_ns: int | None, hints: Hints) -> History:
    rows = recognise(read_tables(path), hints=hints)
    checked = check(rows)
    timeframe_only = all(found.kind == "timeframe" for found in checked.errors)
    if checked.errors and wanted_ns and timeframe_only:
        checked = check(rows, wanted_ns)
    if checked.errors:
        raise refusal(path.name, checked.errors, rows.place)
    warnings = tuple(f"{found.kind}: {found.count}, {found.advice}" for found in checked.findings)
    bars, timeframe_ns = as_wanted(checked.bars, checked.timeframe_ns, wanted_ns, path.name)
    symbol = rows.symbol or symbol_of_name(path)
    return History(symbol, timeframe_ns, bars, price_decimals(prices_of(checked.bars)), (*checked.notes, *warnings))


def symbol_of_name(path: Path) -> str:
    """A market's name from a file's: BTCUSDT-1m-2024-01.csv, BTC_USDT-5m.feather, GOOG.csv; else the whole name."""
    stem = path.name.split(".", maxsplit=1)[0].upper()
    found = re.match(r"([A-Z0-9]+_(?:USDT?|USDC|BUSD|EUR|BRL|BTC|ETH)|[A-Z0-9]+)(?=[-_ ]|$)", stem)
    return re.sub(r"[^A-Z0-9]", "", found[1] if found else stem) or "FILE"


def from_store(name: str, wanted_ns: int | None, root: Path) -> History:
    folder = find_symbol(name, root)
    with store.reading(folder):
        stored = store.stored_timeframes(folder)
        if not stored:
            raise unknown(name, root)
        source_ns = pick_timeframe(stored, wanted_ns, folder.name)
        months = [
            store.read_month(store.month_file(folder, source_ns, month))
            for month in store.stored_months(folder, source_ns)
        ]
    bars = np.concatenate([month.bars for month in months])
    if (np.diff(bars["time_ns"]) <= 0).any():
        raise DataError(f"{folder} holds bars out of order.", "A file there was put by hand? Import the months again.")
    bars, timeframe_ns = as_wanted(bars, source_ns, wanted_ns, folder.name)
    return History(folder.name, timeframe_ns, bars, max(month.price_decimals for month in months))


def find_symbol(name: str, root: Path) -> Path:
    try:
        symbol = normalise_symbol(name)
    except DataError:
        raise unknown(name, root) from None
    folder = store.symbol_folder(root, symbol)
    if not folder.is_dir():
        raise unknown(name, root)
    return folder


def unknown(name: str, root: Path) -> AbsentError:
    """Names what was perhaps meant, and what there is."""
    stored = store.stored_symbols(root)
    if not stored:
        place = os.fspath(root)
        return AbsentError(
            f"There is no price history of '{name}': {place} is empty.", "sorte data import FILE --symbol S"
        )
    near = difflib.get_close_matches(name.upper(), stored, n=2, cutoff=0.6)
    question = f"Did you mean {' or '.join(near)}? " if near else ""
    there = ", ".join(stored[:12]) + (" ..." if len(stored) > 12 else "")
    return AbsentError(f"There is no price history of '{name}'.", f"{question}Stored: {there}.")


def pick_timeframe(stored: list[int], wanted_ns: int | None, symbol: str) -> int:
    """The stored timeframe to read: the one asked for, else the coarsest that adds up to it."""
    if wanted_ns is None or wanted_ns in stored:
        return stored[0] if wanted_ns is None else wanted_ns
    usable = [source_ns for source_ns in stored if is_coarser(wanted_ns, source_ns)]
    if not usable:
        there = ", ".join(format_timeframe(source_ns) for source_ns in stored)
        raise AbsentError(f"{symbol} has no bars of {format_timeframe(wanted_ns)}.", f"Stored: {there}.")
    return usable[-1]


def as_wanted(bars: BarArray, source_ns: int, wanted_ns: int | None, name: str) -> tuple[BarArray, int]:
    if wanted_ns is None or wanted_ns == source_ns:
        return bars, source_ns
    if not is_coarser(wanted_ns, source_ns):
        have, want = format_timeframe(source_ns), format_timeframe(wanted_ns)
        raise DataError(f"{name} has bars of {have}; {want} cannot be made of them.", f"Ask for a multiple of {have}.")
    return resample(bars, source_ns, wanted_ns), wanted_ns
