"""What a benchmark gives back: figures with their goals, and what the page tells beside them.

A benchmark is a function `measure(effort) -> Measured`. It raises when it cannot measure; `bench.__main__` turns that
into a Failed and goes on. Times are medians, and comparisons are medians of ratios of runs made one after the other,
because a machine that is busy now is busy for both.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")


class Goal(NamedTuple):
    """A value is to be at least, or at most, `limit`, in the unit of its figure."""

    limit: float
    at_least: bool


def at_least(limit: float) -> Goal:
    """More is better."""
    return Goal(limit, at_least=True)


def at_most(limit: float) -> Goal:
    """Less is better."""
    return Goal(limit, at_least=False)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. Without a goal it is there to be known, not to be judged."""

    name: str
    value: float
    unit: str
    goal: Goal | None = None
    note: str = ""  # how it was measured, and how far the runs lay apart

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None without a goal. NaN meets none."""
        if self.goal is None:
            return None
        return self.value >= self.goal.limit if self.goal.at_least else self.value <= self.goal.limit


class Section(NamedTuple):
    """A part of the page below the table: Markdown."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Measured:
    """The outcome of a benchmark."""

    figures: tuple[Figure, ...]
    sections: tuple[Section, ...] = ()
    versions: tuple[str, ...] = ()  # of programs that were measured beside ours, as "name 1.2.3"


@dataclass(frozen=True, slots=True)
class Failed:
    """The outcome of a benchmark that could not measure: one line why."""

    cause: str


Outcome: TypeAlias = Measured | Failed


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work a benchmark may make, and where it tells what it is doing."""

    quick: bool = False
    say: Callable[[str], None] = lambda _: None

    def of(self, full: int, quick: int) -> int:
        """A count: of runs, rows or calls."""
        return quick if self.quick else full


Benchmark: TypeAlias = Callable[[Effort], Measured]


def timed(run: Callable[[], T]) -> tuple[float, T]:
    """Seconds that `run` took, and what it returned."""
    begun = time.perf_counter_ns()
    result = run()
    return (time.perf_counter_ns() - begun) / 1e9, result


def median_ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median of the ratios of runs that were made in pairs."""
    return statistics.median(a / b for a, b in zip(above, below, strict=True))


def spread(values: Sequence[float], digits: int = 2) -> str:
    """How far apart the runs lay, for a figure's note."""
    return f"{len(values)} runs, {min(values):.{digits}f} to {max(values):.{digits}f}"


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """No collection while it lasts, as in the live loop, which freezes its objects before it trades."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
