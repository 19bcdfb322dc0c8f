"""What one event costs when Python calls the compiled strategy, as the live host does for each event."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from bench.figure import Effort, Figure, Measured, at_most, no_garbage_collection
from bench.history import mixed_events
from core.kernel import DECISION, Records
from core.strategy import Source, Strategy, load

WARM_CALLS: Final = 5_000  # enough bars for every signal to speak, and for the processor to settle


def measure(effort: Effort) -> Measured:
    """The time of each single call, the clock's own included, and the clock's own."""
    count = effort.of(200_000, 20_000)
    took = call_times(load(Source.shipped()), count, effort)
    clock = float(np.median(clock_times(count))) / 1e3
    again = call_times(load(Source.shipped()), count, effort)
    return Measured(
        (
            Figure(
                "One event through the kernel from Python, p50",
                microseconds(took, 50),
                "us",
                at_most(1),
                f"{count:,} mixed events; the clock's own {clock:.2f} us are included",
            ),
            Figure("... p99", microseconds(took, 99), "us", note=f"p99.9 {microseconds(took, 99.9):.2f} us"),
            Figure(
                "... p50 of a strategy loaded second in its process",
                microseconds(again, 50),
                "us",
                note="its STATE equals the first one's without being it, which Numba finds out anew at each call",
            ),
        )
    )


def call_times(strategy: Strategy, count: int, effort: Effort) -> np.ndarray[Any, Any]:
    """Nanoseconds of each of `count` calls; memory and answer are one pair's."""
    events = mixed_events(count + WARM_CALLS, 1, seed=3)
    calls = [events[i : i + 1] for i in range(len(events))]
    arguments = np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape), np.zeros(1, DECISION)
    effort.say("compiling")
    strategy.decide(calls[0], *arguments)
    effort.say("calling")
    with no_garbage_collection():
        return nanoseconds(strategy.decide, calls, arguments)[WARM_CALLS:]


def microseconds(took: np.ndarray[Any, Any], percentile: float) -> float:
    """A percentile of nanoseconds."""
    return float(np.percentile(took, percentile)) / 1e3


def nanoseconds(
    decide: Callable[..., None], calls: Sequence[Records], arguments: tuple[Any, ...]
) -> np.ndarray[Any, Any]:
    """How long each call took."""
    state, table, decision = arguments
    now = time.perf_counter_ns
    took = [0] * len(calls)
    for i, event in enumerate(calls):
        begun = now()
        decide(event, state, table, decision)
        took[i] = now() - begun
    return np.array(took)


def clock_times(count: int) -> np.ndarray[Any, Any]:
    """How long the clock takes to be read: the same loop around nothing."""
    now = time.perf_counter_ns
    took = [0] * count
    for i in range(count):
        begun = now()
        took[i] = now() - begun
    return np.array(took)
