"""The table of the figures for the terminal, and docs/benchmarks.md, which is written by nobody else."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.table import Table

from bench.figure import Failed, Figure, Goal, Measured, Outcome

COLUMNS: Final = ("figure", "value", "goal", "", "how")
OURS: Final = ("numba", "llvmlite", "numpy")

HOW_IT_WAS_MEASURED: Final = """\
Written by `make bench`; not by hand. Figures are medians. What is compared runs in turns, and a ratio is the median of
the ratios of neighbouring runs. History and events are synthetic and seeded, the same on every machine. Each benchmark
runs in a fresh process, its compilers warm unless compiling is what is measured. A goal that was not reached says
**missed**; a benchmark that could not measure says **failed**, and why."""


def rows(outcomes: Mapping[str, Outcome]) -> list[tuple[str, str, str, str, str]]:
    """One row a figure, in COLUMNS; a benchmark that failed is one row too."""
    table = []
    for name, outcome in outcomes.items():
        if isinstance(outcome, Failed):
            table.append((name, "", "", "failed", outcome.cause))
        else:
            table += [(f.name, amount(f.value, f.unit), goal(f.goal), verdict(f), f.note) for f in outcome.figures]
    return table


def verdict(figure: Figure) -> str:
    """In one word; empty without a goal."""
    return {None: "", True: "met", False: "missed"}[figure.met]


def amount(value: float, unit: str) -> str:
    """A value with three digits that count, never fewer than its whole part."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def goal(wanted: Goal | None) -> str:
    """As the table shows it."""
    return "" if wanted is None else f"{'≥' if wanted.at_least else '≤'} {wanted.limit:g}"


def summary(outcomes: Mapping[str, Outcome]) -> str:
    """How many goals were met, in one sentence."""
    met = [f.met for outcome in outcomes.values() if isinstance(outcome, Measured) for f in outcome.figures]
    failed = sum(isinstance(outcome, Failed) for outcome in outcomes.values())
    text = f"{met.count(True)} goals met, {met.count(False)} missed"
    return f"{text}, {failed} benchmarks failed." if failed else f"{text}."


def terminal(outcomes: Mapping[str, Outcome]) -> Table:
    """The table for people at a terminal."""
    colours = {"met": "green", "missed": "yellow", "failed": "red"}
    table = Table(*COLUMNS)
    for figure, value, wanted, judged, note in rows(outcomes):
        table.add_row(figure, value, wanted, judged, note, style=colours.get(judged, ""))
    return table


def markdown(outcomes: Mapping[str, Outcome], machine: str, day: datetime.date) -> str:
    """The whole page."""
    measured = [outcome for outcome in outcomes.values() if isinstance(outcome, Measured)]
    versions = [
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in OURS),
        *dict.fromkeys(text for outcome in measured for text in outcome.versions),
    ]
    lines = [
        "# Benchmarks",
        "",
        HOW_IT_WAS_MEASURED,
        "",
        f"- {day.isoformat()}: {summary(outcomes)}",
        f"- {machine}",
        f"- {', '.join(versions)}",
        "",
        f"| {' | '.join(COLUMNS)} |",
        "|---|--:|--:|---|---|",
    ]
    for figure, value, wanted, judged, note in rows(outcomes):
        strong = f"**{judged}**" if judged in ("missed", "failed") else judged
        lines.append(f"| {figure} | {value} | {wanted} | {strong} | {escaped(note)} |")
    for outcome in measured:
        for section in outcome.sections:
            lines += ["", f"## {section.title}", "", section.text]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Text that stays inside its cell of a Markdown table."""
    return " ".join(text.replace("|", "\\|").split())


def machine_line() -> str:
    """What the figures were measured on, and how busy it was; no host name, no path."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, {platform.system()} "
        f"{platform.release().split('-')[0]}; load average {os.getloadavg()[0]:.1f} at the start"
    )
