"""Counts what a strategy works for each event: it answers them as plain Python that counts (`sandbox.counting`).

What a block costs is no business of the box: it tells how often each was run.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from core import indicators
from core.kernel import EVENT
from core.strategy import Source, Strategy, load
from sandbox.counting import COUNTER, counted
from sandbox.tasks.trading import Bench

INDICATORS: Final = "core/indicators.py"
"""The only code outside of the strategy that works for it, and what its file is called here."""


def counting(source: Source | Path) -> tuple[Strategy, list[int]]:
    """The strategy as code that counts, and its counters: first those of the indicators, then by order of the files."""
    source = source if isinstance(source, Source) else Source.read(source)
    counters: list[int] = []
    modules: dict[str, Any] = {}
    for file, data in code_of(source):
        made = counted(file, data, len(counters))
        counters += [0] * len(made.blocks)
        modules[file] = made.tree

    def rewrite(file: str, _source: bytes, namespace: dict[str, Any]) -> Any:
        namespace[COUNTER] = counters
        return modules[file]

    with replaced("core.indicators", modules[INDICATORS], counters):
        return load(source, rewrite=rewrite), counters


def code_of(source: Source) -> Iterator[tuple[str, bytes]]:
    """Each file that works, in the order of its counters."""
    yield INDICATORS, inspect.getsource(indicators).encode()
    for file in sorted(source.files):
        if file.endswith(".py") and "/" not in file:
            yield file, source.files[file]


@contextmanager
def replaced(name: str, tree: Any, counters: list[int]) -> Iterator[None]:
    """While it lasts, who imports that module gets one that counts."""
    before, module = sys.modules[name], ModuleType(name)
    vars(module).update({COUNTER: counters, "__file__": before.__file__})
    exec(compile(tree, str(before.__file__), "exec"), vars(module))  # noqa: S102 - the platform's own file
    sys.modules[name] = module
    package = sys.modules[name.rpartition(".")[0]]
    setattr(package, name.rpartition(".")[2], module)
    try:
        yield
    finally:
        sys.modules[name] = before
        setattr(package, name.rpartition(".")[2], before)


def count(
    events: bytes, pairs: int, states: Sequence[bytes], table: bytes, folder: str | Source = "/strategy"
) -> dict[str, Any]:
    """How often each block was run by each event (int32[events, blocks]), and the decisions as a witness of it.

    It goes on from `states`, with that Q-table for each pair.
    """
    bench = Bench(folder if isinstance(folder, Source) else Path(folder))
    bench.strategy, counters = counting(bench.folder)
    bench.begin(pairs, [table or None] * pairs, states)
    counters[:] = [0] * len(counters)
    size, taken, decisions = EVENT.itemsize, [counters[:]], []
    for start in range(0, len(events), size):
        fed = bench.feed(events[start : start + size])
        if fed["fault"]:
            return {"counts": b"", "decisions": b"", "fault": fed["fault"]}
        decisions.append(fed["decisions"])
        taken.append(counters[:])
    counts = np.diff(np.array(taken, np.int64), axis=0).astype(np.int32)
    return {"counts": counts.tobytes(), "decisions": b"".join(decisions), "fault": ""}


TASKS = (count,)
