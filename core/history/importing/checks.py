"""Pure validation: rows in, sorted bars and findings out. Nothing is read or written here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.history.arrays import PRICES, BarArray, BoolArray, Float64Array, Int64Array
from core.history.importing.clocks import are_set_back, set_back
from core.history.importing.columns import Rows
from core.history.importing.findings import TOLD_LIMIT, Finding, Problem, bars_in_words, finding, shown, utc
from core.history.importing.gaps import infer_timeframe, step_findings
from core.history.importing.untimely import why

ROUNDING: Final = 1e-6
"""Relative. Adjusted and single precision prices (Yahoo) put a close this little outside its own high and low."""


@dataclass(frozen=True, slots=True)
class Checked:
    """Bars in order of time, without doubles, and for each the line it came from; of use only without errors."""

    bars: BarArray
    lines: Int64Array
    timeframe_ns: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == "error")


def check(rows: Rows, timeframe_ns: int | None = None) -> Checked:
    """Judge every row, put them in order, find the timeframe when none is given. Problems are values, not raised."""
    findings = [*time_findings(rows), *number_findings(rows), *range_findings(rows)]
    bars, lines = timed_of(rows)
    findings += order_findings(bars["time_ns"], lines, rows.place)
    bars, lines, doubles = without_doubles(bars, lines, rows.place)
    findings += doubles
    if timeframe_ns is None and len(bars) < 2 and any(found.kind == "time" for found in findings):
        timeframe_ns = 0  # what is no time is told already
    elif timeframe_ns is None:
        timeframe_ns, unclear = infer_timeframe(bars["time_ns"], lines)
        findings += unclear
    notes = [*rows.notes, *volume_notes(rows)]
    if timeframe_ns:
        gaps, closings = step_findings(bars["time_ns"], lines, timeframe_ns, local=rows.local)
        findings += gaps
        notes += closings
    if not any(found.severity == "error" for found in findings) and (widened := crossed_open_close(bars)):
        notes.append(widened)
        bars = within_range(bars)
    return Checked(bars, lines, timeframe_ns, tuple(findings), tuple(notes))


def timed_of(rows: Rows) -> tuple[BarArray, Int64Array]:
    known = rows.known
    return (rows.bars, rows.lines) if known.all() else (rows.bars[known], rows.lines[known])


def volume_notes(rows: Rows) -> list[str]:
    """An empty volume is 0: indices and currencies have none."""
    empty = rows.unfilled
    if not len(empty):
        return []
    at = ", ".join(str(line) for line in empty[:5]) + (" ..." if len(empty) > 5 else "")
    return [f"{bars_in_words(len(empty))} without a volume ({rows.place} {at}): 0 is stored"]


def time_findings(rows: Rows) -> list[Finding]:
    """Fields that are no time; the advice is for the first of them, for a column is wrong in one way mostly."""
    bad = np.flatnonzero(~rows.known)
    if not len(bad):
        return []
    texts, unclear = rows.texts["time"], rows.unclear
    return finding(
        "time",
        "error",
        rows.lines[bad],
        lambda i: f"{shown(texts.get(int(bad[i])))} {why(texts.get(int(bad[i])), unclear=unclear).said}",
        why(texts.get(int(bad[0])), unclear=unclear).advice,
    )


def number_findings(rows: Rows) -> list[Finding]:
    """Fields that are no number, and numbers that are no price."""
    return [
        *field_finding(
            rows,
            "number",
            (*PRICES, "volume"),
            lambda values: ~np.isfinite(values),
            "may be a fraction or a thousand" if rows.doubtful else "is no number",
            "Say how fractions are written: --decimal point or --decimal comma."
            if rows.doubtful
            else "Correct or delete these lines; a decimal comma needs quotes, or ; or tab between the fields.",
        ),
        *field_finding(
            rows,
            "price",
            PRICES,
            lambda values: values <= 0,
            "is not above zero",
            "Correct or delete these lines: a strategy would divide by them.",
        ),
        *field_finding(
            rows,
            "volume",
            ("volume",),
            lambda values: values < 0,
            "is below zero",
            "Correct these lines; 0 stands for an unknown volume.",
        ),
    ]


def field_finding(
    rows: Rows, kind: str, names: tuple[str, ...], is_bad: Callable[[Float64Array], BoolArray], why: str, advice: str
) -> list[Finding]:
    """One finding for all fields of that kind, told in the order of the file."""
    places = [(name, np.flatnonzero(is_bad(rows.bars[name]))) for name in names]
    fields = [(int(row), name) for name, bad in places for row in bad[:TOLD_LIMIT]]
    fields.sort(key=lambda field: field[0])
    problems = tuple(
        Problem(int(rows.lines[row]), f"{name} {shown(rows.texts[name].get(row))} {why}")
        for row, name in fields[:TOLD_LIMIT]
    )
    count = sum(len(bad) for _, bad in places)
    return [Finding(kind, "error", count, problems, advice)] if count else []


def range_findings(rows: Rows) -> list[Finding]:
    """High below low, or open or close outside of them by more than rounding."""
    o, h, low, c = (rows.bars[name] for name in PRICES)
    slack = np.abs(h) * ROUNDING
    with np.errstate(invalid="ignore"):  # a comparison with NaN is no finding here; the NaN is one above
        swapped = h < low - slack
        outside = ~swapped & ((o > h + slack) | (c > h + slack) | (o < low - slack) | (c < low - slack))
    bad = np.flatnonzero(swapped | outside)

    def say(i: int) -> str:
        row = int(bad[i])
        if swapped[row]:
            return f"high {h[row]:.10g} is below low {low[row]:.10g}"
        name, value = (
            ("open", o[row]) if not low[row] - slack[row] <= o[row] <= h[row] + slack[row] else ("close", c[row])
        )
        return f"{name} {value:.10g} is outside low {low[row]:.10g} to high {h[row]:.10g}"

    advice = "Are the columns named right? Else correct or delete these lines."
    return finding("range", "error", rows.lines[bad], say, advice)


def order_findings(times: Int64Array, lines: Int64Array, place: str) -> list[Finding]:
    """Rows that stand after a later one. A file that is newest first throughout is one finding, at its first line."""
    advice = "Nothing to do: the rows were sorted."
    if len(times) > 1 and (np.diff(times) <= 0).all() and times[0] > times[-1]:
        return [
            Finding("order", "warning", 1, (Problem(int(lines[0]), "the file begins with its newest bar"),), advice)
        ]
    latest = np.maximum.accumulate(times) if len(times) else times
    late = np.flatnonzero(times < latest)
    return finding(
        "order",
        "warning",
        lines[late],
        lambda i: f"{utc(times[late[i]])} comes after {utc(latest[late[i]])} of an earlier {place}",
        advice,
    )


def without_doubles(bars: BarArray, lines: Int64Array, place: str) -> tuple[BarArray, Int64Array, list[Finding]]:
    """Sorted bars with one of each time; a second one is dropped when equal and an error when it differs."""
    if (np.diff(bars["time_ns"]) > 0).all():
        return bars, lines, []
    order = np.argsort(bars["time_ns"], kind="stable")
    bars, lines = bars[order], lines[order]
    again = np.flatnonzero(np.diff(bars["time_ns"]) == 0) + 1
    if not len(again):
        return bars, lines, []
    first = np.searchsorted(bars["time_ns"], bars["time_ns"][again], side="left")
    differs = differing(bars[again], bars[first])
    findings = double_findings(bars, lines, (again[~differs], first[~differs]), place)
    findings += conflict_findings(bars, lines, (again[differs], first[differs]), place)
    kept = np.ones(len(bars), np.bool_)
    kept[again] = False
    return bars[kept], lines[kept], findings


Pairs = tuple[Int64Array, Int64Array]
"""Bars that are there again, and the first ones of the same times."""


def double_findings(bars: BarArray, lines: Int64Array, pairs: Pairs, place: str) -> list[Finding]:
    again, first = pairs
    return finding(
        "duplicate",
        "warning",
        lines[again],
        lambda i: f"{utc(bars['time_ns'][again[i]])} stands in {place} {lines[first[i]]} already, with the same values",
        "Nothing to do: one of them was kept.",
    )


def conflict_findings(bars: BarArray, lines: Int64Array, pairs: Pairs, place: str) -> list[Finding]:
    again, first = pairs
    if are_set_back(bars["time_ns"][again]):
        return set_back(bars["time_ns"][again], lines[again])
    return finding(
        "conflict",
        "error",
        lines[again],
        lambda i: (
            f"{utc(bars['time_ns'][again[i]])} stands in {place} {lines[first[i]]} already, with "
            + difference(bars[first[i]], bars[again[i]])
        ),
        "Delete the wrong one of each two lines.",
    )


def differing(left: BarArray, right: BarArray) -> BoolArray:
    """Which bars differ in a price or in the volume; NaN equals NaN."""
    fields = (*PRICES, "volume")
    equal = [(left[name] == right[name]) | (np.isnan(left[name]) & np.isnan(right[name])) for name in fields]
    differs: BoolArray = ~np.logical_and.reduce(equal)
    return differs


def difference(old: np.void, new: np.void) -> str:
    """`close 10 there and 11 here`, for the fields that differ."""
    fields = [name for name in (*PRICES, "volume") if old[name] != new[name]]
    return ", ".join(f"{name} {old[name]:.10g} there and {new[name]:.10g} here" for name in fields)


def crossed_open_close(bars: BarArray) -> str:
    """A note when rounding puts prices outside of the bar, which `within_range` then widens."""
    outside = (np.maximum(bars["open"], bars["close"]) > bars["high"]) | (
        np.minimum(bars["open"], bars["close"]) < bars["low"]
    )
    return (
        f"{bars_in_words(outside.sum())} widened by less than a millionth to hold their open and close"
        if outside.any()
        else ""
    )


def within_range(bars: BarArray) -> BarArray:
    """Bars whose high and low hold open and close: what rounding had pushed out is taken in."""
    widened = bars.copy()
    widened["high"] = np.maximum.reduce([bars[name] for name in PRICES])
    widened["low"] = np.minimum.reduce([bars[name] for name in PRICES])
    return widened
