"""`sorte data import` of a long file, as its owner waits for it: the whole process, its time and its memory."""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import polars as pl

from bench.compile_time import output_of
from bench.figure import Effort, Figure, Measured, at_most, timed
from bench.files.catalogue import all_samples, tried
from bench.history import one_minute_bars


def measure(effort: Effort) -> Measured:
    """Once, for the file is long; and what became of the files of many makers."""
    rows = effort.of(10_000_000, 1_000_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        effort.say(f"{rows:,} rows are made")
        file = long_file(folder / "long.csv", rows)
        sorte = Path(sys.executable).with_name("sorte")
        effort.say("sorte data import")
        command = [str(sorte), "data", "import", str(file), "--symbol", "LONG", "--root", str(folder / "data")]
        seconds, _ = timed(lambda: output_of(command))
        megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        effort.say("files of many makers")
        results = [tried(sample, folder) for sample in all_samples()]
    wrong = sum("wrongly" in result.outcome for result in results)
    dialects = len({result.sample.dialect for result in results if result.outcome == "read"})
    told = f"{len(results)} files; {dialects} dialects read, the others refused with their reason"
    size = "ISO times, one minute a bar; the whole process"
    return Measured(
        (
            Figure(f"Import of {rows:,} rows", seconds, "s", at_most(15), size),
            Figure(f"Import of {rows:,} rows, most memory", megabytes, "MB", at_most(1500), size),
            Figure("Files of many makers, stored or refused wrongly", wrong, "files", at_most(0), told),
        )
    )


def long_file(file: Path, rows: int) -> Path:
    bars = one_minute_bars(rows, seed=7)
    times = pl.Series(bars["time_ns"]).cast(pl.Datetime("ns")).dt.strftime("%Y-%m-%d %H:%M:%S")
    pl.DataFrame({"time": times, **{name: bars[name] for name in (bars.dtype.names or ())[1:]}}).write_csv(file)
    return file
