"""What one event costs when Python calls the compiled strategy, as the live host does for each event."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from bench.figure import Effort, Figure, Measured, at_most, no_garbage_collection
from bench.history import mixed_events
from core.kernel import DECISION, Records
from core.strategy import Source, load

WARM_CALLS: Final = 5_000  # enough bars for every signal to speak, and for the processor to settle


def measure(effort: Effort) -> Measured:
    """The time of each single call, the clock's own included, and the clock's own."""
    strategy = load(Source.shipped())
    events = mixed_events(effort.of(200_000, 20_000) + WARM_CALLS, 1, seed=3)
    calls = [events[i : i + 1] for i in range(len(events))]
    arguments = np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape), np.zeros(1, DECISION)
    effort.say("compiling")
    strategy.decide(calls[0], *arguments)
    effort.say("calling")
    with no_garbage_collection():
        took = nanoseconds(strategy.decide, calls, arguments)[WARM_CALLS:]
        clock = np.median(clock_nanoseconds(len(took)))
    p50, p99, worst = np.percentile(took, [50, 99, 99.9]) / 1e3
    note = f"{len(took):,} mixed events; the clock's own {clock / 1e3:.2f} us are included"
    return Measured(
        (
            Figure("One event through the kernel from Python, p50", float(p50), "us", at_most(1), note),
            Figure("... p99", float(p99), "us", note=f"p99.9 {worst:.2f} us"),
        )
    )


def nanoseconds(decide: Callable[..., None], calls: Sequence[Records], arguments: tuple[Any, ...]) -> np.ndarray:
    """How long each call took."""
    state, table, decision = arguments
    now = time.perf_counter_ns
    took = [0] * len(calls)
    for i, event in enumerate(calls):
        begun = now()
        decide(event, state, table, decision)
        took[i] = now() - begun
    return np.array(took)


def clock_nanoseconds(count: int) -> np.ndarray:
    """How long the clock takes to be read: the same loop around nothing."""
    now = time.perf_counter_ns
    took = [0] * count
    for i in range(count):
        begun = now()
        took[i] = now() - begun
    return np.array(took)
