"""Bars on disk: `<root>/bars/<SYMBOL>/<timeframe>/<YYYY-MM>.parquet` (zstd), and how they change all at once.

An import touches many files. They are written to a folder `.import-<pid>` beside the old ones; renaming that folder to
`.commit` is the one instant at which the import happens. Whoever comes next, the importer itself or a reader after its
death, moves the files of `.commit` into place, and doing so twice does no harm. A lock on the symbol's folder (shared
by readers) keeps a reader from seeing one month old and the next one new.

Each file says in its metadata where its bars come from: `sorte.origin` is "import", or "resampled" from the finer bars
of the same month, in which case it is made anew whenever those change.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import polars as pl

from core.errors import DataError
from core.files import sync_folder
from core.grid import price_decimals
from core.history.arrays import BarArray, prices_of
from core.kernel import BAR_ROW
from core.names import format_timeframe, parse_timeframe

Origin = Literal["import", "resampled"]

COLUMNS: Final = tuple(BAR_ROW.names or ())
COMMIT: Final = ".commit"
STAGING: Final = ".import-"
DECIMALS: Final = "sorte.price_decimals.18"
"""Up to 18 of them. Stores of before hold "sorte.price_decimals", which ended at 8."""
OLD_MOST_DECIMALS: Final = 8
WRITERS: Final = 4
"""Files that are written at a time: packing one is work for a processor, and the disk's promise is waited for."""


@dataclass(frozen=True, slots=True)
class Month:
    """The bars of one file. `price_decimals` is how many decimal places its prices use."""

    bars: BarArray
    origin: Origin
    price_decimals: int


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds of one symbol and timeframe; times are the opens of the first and last bar, UTC."""

    symbol: str
    timeframe: str
    bars: int
    first_ns: int
    last_ns: int
    months: tuple[str, ...]
    bytes: int
    origin: str


def default_root() -> Path:
    """$SORTE_DATA_DIR, or `data` in the working directory."""
    return Path(os.environ.get("SORTE_DATA_DIR") or "data")


def symbol_folder(root: Path, symbol: str) -> Path:
    return root / "bars" / symbol


def month_file(folder: Path, timeframe_ns: int, month: str) -> Path:
    return folder / format_timeframe(timeframe_ns) / f"{month}.parquet"


def stored_symbols(root: Path) -> list[str]:
    folder = root / "bars"
    if not folder.is_dir():
        return []
    return sorted(entry.name for entry in folder.iterdir() if stored_timeframes(entry) or (entry / COMMIT).is_dir())


def stored_timeframes(folder: Path) -> list[int]:
    """Nanoseconds, finest first. Folders of other names are not ours."""
    found = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.name.startswith(".") or not any(entry.glob("*.parquet")):
            continue
        try:
            found.append(parse_timeframe(entry.name))
        except DataError:
            continue
    return sorted(found)


def stored_months(folder: Path, timeframe_ns: int) -> list[str]:
    return sorted(file.stem for file in (folder / format_timeframe(timeframe_ns)).glob("????-??.parquet"))


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """The symbol's files as one import left them. A commit whose process died before its end is finished first."""
    if (folder / COMMIT).is_dir():
        with writing(folder):
            pass
    with locked(folder, fcntl.LOCK_SH):
        yield


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """The symbol's files for this process alone, after what a killed importer left is finished or swept away."""
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder, fcntl.LOCK_EX):
        finish_commit(folder)
        for leftover in folder.glob(f"{STAGING}*"):
            shutil.rmtree(leftover)
        yield


@contextmanager
def locked(folder: Path, mode: int) -> Iterator[None]:
    """A lock on the folder itself, which ends with the process however it ends."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, mode)
        yield
    finally:
        os.close(descriptor)


def replace_months(folder: Path, months: dict[tuple[int, str], Month]) -> None:
    """Put all of these files in place, or none of them. Call it while `writing`; keys are timeframe (ns) and month."""
    staging = folder / f"{STAGING}{os.getpid()}"
    try:
        files = [month_file(staging, timeframe_ns, name) for timeframe_ns, name in months]
        for folder_of_files in {file.parent for file in files}:
            folder_of_files.mkdir(parents=True)
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(write_month, files, months.values()))  # the list raises what one of them raised
        for parent in {file.parent for file in staging.glob("*/*")} | {staging}:
            sync_folder(parent)
        staging.rename(folder / COMMIT)
    finally:
        shutil.rmtree(staging, ignore_errors=True)  # after the rename there is none
    sync_folder(folder)
    finish_commit(folder)


def finish_commit(folder: Path) -> None:
    """Move what is committed into place. Safe to repeat from any point: a file is still here or already there."""
    commit = folder / COMMIT
    if not commit.is_dir():
        return
    for file in sorted(commit.glob("*/*.parquet")):
        target = folder / file.parent.name / file.name
        target.parent.mkdir(exist_ok=True)
        file.replace(target)
    for parent in commit.glob("*"):
        sync_folder(folder / parent.name)
    shutil.rmtree(commit)


def write_month(file: Path, month: Month) -> None:
    metadata = {"sorte.origin": month.origin, DECIMALS: str(month.price_decimals)}
    frame = pl.DataFrame({name: np.ascontiguousarray(month.bars[name]) for name in COLUMNS})
    with file.open("wb") as out:
        frame.write_parquet(out, compression="zstd", metadata=metadata)
        out.flush()
        os.fsync(out.fileno())


def read_month(file: Path) -> Month:
    """Raises DataError when the file is not one that `write_month` wrote."""
    try:
        metadata = pl.read_parquet_metadata(file)
        frame = pl.read_parquet(file, columns=list(COLUMNS), glob=False)
        bars = np.empty(frame.height, BAR_ROW)
        for name in COLUMNS:
            bars[name] = frame[name].to_numpy()
        origin: Origin = "resampled" if metadata.get("sorte.origin") == "resampled" else "import"
        return Month(bars, origin, decimals_of(bars, metadata))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{file} cannot be read: {reason}", "Delete this file and import the month again.") from None


def decimals_of(bars: BarArray, metadata: dict[str, str]) -> int:
    """As the file says, or found in its prices where it was written when eight decimals were the most."""
    if DECIMALS in metadata:
        return int(metadata[DECIMALS])
    told = int(metadata.get("sorte.price_decimals", OLD_MOST_DECIMALS))
    return told if told < OLD_MOST_DECIMALS else price_decimals(prices_of(bars))


def count_bars(file: Path) -> int:
    counted: int = pl.scan_parquet(file, glob=False).select(pl.len()).collect().item()
    return counted


def list_stored(root: Path | None = None) -> list[Stored]:
    """Everything in the store, by symbol and then from fine to coarse."""
    root = root or default_root()
    found = []
    for symbol in stored_symbols(root):
        folder = symbol_folder(root, symbol)
        with reading(folder):
            found += [describe(folder, symbol, timeframe_ns) for timeframe_ns in stored_timeframes(folder)]
    return found


def describe(folder: Path, symbol: str, timeframe_ns: int) -> Stored:
    months = stored_months(folder, timeframe_ns)
    files = [month_file(folder, timeframe_ns, month) for month in months]
    times = pl.scan_parquet(files, glob=False).select(
        pl.len().alias("bars"), pl.col("time_ns").min().alias("first"), pl.col("time_ns").max().alias("last")
    )
    bars, first_ns, last_ns = times.collect().row(0)
    origins = {pl.read_parquet_metadata(file).get("sorte.origin", "import") for file in files}
    return Stored(
        symbol=symbol,
        timeframe=format_timeframe(timeframe_ns),
        bars=bars,
        first_ns=first_ns,
        last_ns=last_ns,
        months=tuple(months),
        bytes=sum(file.stat().st_size for file in files),
        origin=" and ".join(sorted(origins)),
    )
