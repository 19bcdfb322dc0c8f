"""`sorte backtest` as its owner waits for it: the whole process, the first time and when the strategy was compiled."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import Final

import polars as pl

from bench.compile_time import output_of
from bench.figure import Effort, Figure, Measured, at_most, spread, timed
from bench.history import one_minute_bars
from core.strategy import Source

BARS: Final = 5_000
"""Each is played as four events."""


def measure(effort: Effort) -> Measured:
    """Fresh processes, one after the other, of the shipped strategy here and of a stranger's folder in a box."""
    figures = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bars = one_minute_bars(BARS, seed=1)
        columns = {column: bars[column] for column in ("open", "high", "low", "close", "volume")}
        history = folder / "SYNTHETIC-1m.csv"
        pl.DataFrame({"time": bars["time_ns"] // 10**6, **columns}).write_csv(history)
        strange = stranger(folder / "strange")
        for words, where, goal in (((), "", 0.8), (("--strategy", str(strange)), ", in a box", 1.3)):
            command = [str(Path(sys.executable).with_name("sorte")), "backtest", "--data", str(history), *words]
            first, again = [], []
            for run in range(effort.of(9, 3)):
                effort.say(f"backtest{where} {run + 1}")
                (again if run else first).append(timed(lambda command=command: output_of(command))[0])
            note = f"the whole process; the first one {first[0]:.2f} s; {spread(again)}"
            name_ = f"Second backtest of {4 * BARS:,} events{where}"
            figures.append(Figure(name_, statistics.median(again), "s", at_most(goal), note))
    return Measured(tuple(figures))


def stranger(folder: Path) -> Path:
    """The shipped strategy with one comment more: a tree that nobody here has signed."""
    for file, data in Source.shipped().files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(data + (b"\n# a stranger's\n" if file == "rules.py" else b""))
    return folder
