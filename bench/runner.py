"""Runs benchmarks one after the other, each in a fresh process, and goes on when one fails."""

from __future__ import annotations

import multiprocessing
import os
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from rich.console import Console

from bench.figure import Benchmark, Effort, Failed, Measured, Outcome

FOLDERS: Final = re.compile(r"""(?<![\w:/])/(?:[^\s/'"]+/)+""")  # of an absolute path; not those of a URL


def run(benchmarks: Mapping[str, Benchmark], effort: Effort, say: Callable[[str], None]) -> dict[str, Outcome]:
    """Every benchmark's outcome; one that raises is reported and does not stop the others."""
    outcomes: dict[str, Outcome] = {}
    for name, measure in benchmarks.items():
        begun = time.monotonic()
        try:
            outcomes[name] = measure(effort)
            say(f"{name}: measured in {time.monotonic() - begun:.0f} s")
        except Exception as error:  # noqa: BLE001 - the one boundary: whatever a benchmark raises is its outcome
            outcomes[name] = Failed(one_line(f"{type(error).__name__}: {error}"))
            say(f"{name}: failed after {time.monotonic() - begun:.0f} s")
    return outcomes


def one_line(cause: str) -> str:
    """A cause fit for the page: one line, files by their name without the folders of this machine."""
    return " ".join(FOLDERS.sub("", cause).split())


def alone(name: str, measure: Benchmark, effort: Effort) -> Measured:
    """A benchmark in a fresh process; raises what it raised, or BrokenProcessPool when the process died.

    What it compiles is kept for itself alone: none finds there what another one has compiled.
    """
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as cache, ProcessPoolExecutor(1, mp_context=spawn) as process:
        return process.submit(measure_here, name, measure, effort.quick, cache).result()


def measure_here(name: str, measure: Benchmark, quick: bool, cache: str) -> Measured:
    """The child's part. Its steps are plain lines: a spinner's thread would take turns with the loops it measures."""
    os.environ["SORTE_CACHE"] = cache
    progress = Console(stderr=True)
    return measure(Effort(quick=quick, say=lambda step: progress.print(f"  {name}: {step}", style="dim")))
