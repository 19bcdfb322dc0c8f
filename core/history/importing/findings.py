"""What is wrong with a file, as values: findings, what they say, and how they become one refusal.

A finding of severity "error" refuses the file. A "warning" has been repaired (order, exact duplicates) or kept as it is
(gaps, bars off the usual step), and is an error only for a caller who asked for strictness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np

from core.errors import DataError
from core.history.arrays import Int64Array
from core.kernel import NANOSECONDS

TOLD_LIMIT: Final = 1_000
"""Problems of one kind that are spelled out; all are counted."""

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place: a line of a text file or a row of a columnar one, from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """All problems of one kind. `count` is exact, `problems` are the first of them, `advice` says what to do."""

    kind: str
    severity: Severity
    count: int
    problems: tuple[Problem, ...]
    advice: str


def finding(kind: str, severity: Severity, lines: Int64Array, say: Callable[[int], str], advice: str) -> list[Finding]:
    """One finding over `lines`, or none; `say` is asked for the text of the i-th line, in the order of the file."""
    if not len(lines):
        return []
    order = np.argsort(lines, kind="stable")[:TOLD_LIMIT]
    problems = tuple(Problem(int(lines[i]), say(int(i))) for i in order)
    return [Finding(kind, severity, len(lines), problems, advice)]


def made_strict(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Every warning an error."""
    return tuple(replace(finding, severity="error") for finding in findings)


def refusal(name: str, errors: tuple[Finding, ...], place: str) -> DataError:
    """The errors as one exception, for a caller who asked for bars and cannot use a report."""
    first, problem = errors[0], errors[0].problems[0]
    more = sum(finding.count for finding in errors) - 1
    others = f" (and {more:,} more)" if more else ""
    return DataError(f"{name}, {place} {problem.line}: {problem.text}{others}.", first.advice)


def bars_in_words(count: int | np.integer[Any]) -> str:
    return "1 bar" if count == 1 else f"{count:,} bars"


def shown(value: object) -> str:
    """A field as it stood in the file, in quotes and not too long."""
    if value is None:
        return "(empty)"
    text = str(value)
    return repr(text if len(text) <= 40 else text[:37] + "...")


def utc(time_ns: int | np.int64) -> str:
    """2024-01-31T13:45:00Z, with a fraction only when there is one."""
    moment = np.datetime64(int(time_ns), "ns")
    return f"{moment if int(time_ns) % NANOSECONDS else moment.astype('M8[s]')}Z"
