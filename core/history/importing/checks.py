"""Pure validation: rows in, sorted bars and findings out. Nothing is read or written here.

A finding of severity "error" refuses the file. A "warning" has been repaired (order, exact duplicates) or kept as it is
(gaps, bars off the usual step), and is an error only for who asked for strictness. Closed markets are neither: nights,
weekends and holidays of stocks and currencies are counted and told in a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from core.errors import DataError
from core.history.arrays import PRICES, BarArray, BoolArray, Float64Array, Int64Array
from core.history.importing.columns import Rows
from core.kernel import BAR_ROW, NANOSECONDS
from core.names import DAY_NS, MONTH_NS, format_timeframe

HOUR_NS: Final = 3_600 * NANOSECONDS
TOLD_LIMIT: Final = 1_000
"""Problems of one kind that are spelled out; all are counted."""
ROUNDING: Final = 1e-6
"""Relative. Adjusted and single precision prices (Yahoo) put a close this little outside its own high and low."""
HOLIDAYS_NS: Final = 5 * DAY_NS
"""The longest closing that is no gap in a market with weekends: Good Friday to Easter Monday, bar to bar."""
SESSION_SHARE: Final = 0.3
"""Of the days in a file: a break that recurs at the same hour so often is the market closing."""
SHORTEST_CLOSING_NS: Final = 30 * 60 * NANOSECONDS

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
    rows, filled = fill_volume(rows)
    findings = [*time_findings(rows), *number_findings(rows), *range_findings(rows)]
    timed = np.flatnonzero(rows.times.known)
    bars = bars_of(rows, timed)
    lines = rows.lines[timed]
    findings += order_findings(bars["time_ns"], lines, rows.place)
    bars, lines, doubles = without_doubles(bars, lines, rows.place)
    findings += doubles
    if timeframe_ns is None:
        timeframe_ns, unclear = infer_timeframe(bars["time_ns"], lines)
        findings += unclear
    notes = [*rows.notes, *filled]
    if timeframe_ns:
        gaps, closings = step_findings(bars["time_ns"], lines, timeframe_ns)
        findings += gaps
        notes += closings
    if not any(found.severity == "error" for found in findings) and (widened := crossed_open_close(bars)):
        notes.append(widened)
    return Checked(within_range(bars), lines, timeframe_ns, tuple(findings), tuple(notes))


def made_strict(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Every warning an error."""
    return tuple(replace(finding, severity="error") for finding in findings)


def finding(kind: str, severity: Severity, lines: Int64Array, say: Callable[[int], str], advice: str) -> list[Finding]:
    """One finding over `lines`, or none; `say` is asked for the text of the i-th line, in the order of the file."""
    if not len(lines):
        return []
    order = np.argsort(lines, kind="stable")[:TOLD_LIMIT]
    problems = tuple(Problem(int(lines[i]), say(int(i))) for i in order)
    return [Finding(kind, severity, len(lines), problems, advice)]


def fill_volume(rows: Rows) -> tuple[Rows, list[str]]:
    """An empty volume is 0: indices and currencies have none."""
    text = rows.texts.get("volume")
    if text is None:
        return rows, []
    empty = text.is_null().to_numpy() | (text.is_nan().to_numpy() if text.dtype.is_float() else False)
    if text.dtype == pl.String:
        empty |= (
            text.str.strip_chars()
            .str.to_lowercase()
            .is_in(["", "nan", "null", "none", "na", "-"])
            .fill_null(value=True)
            .to_numpy()
        )
    if not empty.any():
        return rows, []
    volume = np.where(empty, 0.0, rows.values["volume"])
    at = ", ".join(str(line) for line in rows.lines[empty][:5]) + (" ..." if empty.sum() > 5 else "")
    note = f"{bars_in_words(empty.sum())} without a volume ({rows.place} {at}): 0 is stored"
    return replace(rows, values={**rows.values, "volume": volume}), [note]


def time_findings(rows: Rows) -> list[Finding]:
    bad = np.flatnonzero(~rows.times.known)
    return finding(
        "time",
        "error",
        rows.lines[bad],
        lambda i: f"{shown(rows.texts['time'][int(bad[i])])} is no time",
        "Write times as 2024-01-31 13:45:00 (UTC unless a zone is given) or as seconds, ms, us or ns since 1970.",
    )


def number_findings(rows: Rows) -> list[Finding]:
    """Fields that are no number, and numbers that are no price."""
    return [
        *field_finding(
            rows,
            "number",
            (*PRICES, "volume"),
            lambda values: ~np.isfinite(values),
            "is no number",
            "Correct or delete these lines; a decimal comma needs ; or tab between the fields.",
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
    places = [(name, np.flatnonzero(is_bad(rows.values[name]))) for name in names]
    fields = [(int(row), name) for name, bad in places for row in bad[:TOLD_LIMIT]]
    fields.sort(key=lambda field: field[0])
    problems = tuple(
        Problem(int(rows.lines[row]), f"{name} {shown(rows.texts[name][row])} {why}")
        for row, name in fields[:TOLD_LIMIT]
    )
    count = sum(len(bad) for _, bad in places)
    return [Finding(kind, "error", count, problems, advice)] if count else []


def range_findings(rows: Rows) -> list[Finding]:
    """High below low, or open or close outside of them by more than rounding."""
    o, h, low, c = (rows.values[name] for name in PRICES)
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


def bars_of(rows: Rows, kept: Int64Array) -> BarArray:
    bars = np.empty(len(kept), BAR_ROW)
    bars["time_ns"] = rows.times.ns[kept]
    for name in (*PRICES, "volume"):
        bars[name] = rows.values[name][kept]
    return bars


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
    order = np.argsort(bars["time_ns"], kind="stable")
    bars, lines = bars[order], lines[order]
    again = np.flatnonzero(np.diff(bars["time_ns"]) == 0) + 1
    if not len(again):
        return bars, lines, []
    first = np.searchsorted(bars["time_ns"], bars["time_ns"][again], side="left")
    differs = differing(bars[again], bars[first])
    equal, other = again[~differs], again[differs]
    of_equal, of_other = first[~differs], first[differs]
    findings = finding(
        "duplicate",
        "warning",
        lines[equal],
        lambda i: (
            f"{utc(bars['time_ns'][equal[i]])} stands in {place} {lines[of_equal[i]]} already, with the same values"
        ),
        "Nothing to do: one of them was kept.",
    )
    findings += finding(
        "conflict",
        "error",
        lines[other],
        lambda i: (
            f"{utc(bars['time_ns'][other[i]])} stands in {place} {lines[of_other[i]]} already, with "
            + difference(bars[of_other[i]], bars[other[i]])
        ),
        "Delete the wrong one of each two lines.",
    )
    kept = np.ones(len(bars), np.bool_)
    kept[again] = False
    return bars[kept], lines[kept], findings


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


def infer_timeframe(times: Int64Array, lines: Int64Array) -> tuple[int, list[Finding]]:
    """The most common step, 0 when there is none. 28 to 31 days are a month; a day is a day although clocks change."""
    advice = "Say the timeframe: --timeframe 1h."
    if len(times) < 2:
        text = "the timeframe cannot be told from fewer than two bars"
        return 0, [Finding("timeframe", "error", 1, (Problem(int(lines[0]) if len(lines) else 1, text),), advice)]
    steps, counts = np.unique(np.diff(times), return_counts=True)
    step = int(steps[np.argmax(counts)])
    if 28 * DAY_NS <= step <= 31 * DAY_NS:
        return MONTH_NS, []
    if 90 * DAY_NS <= step <= 92 * DAY_NS:
        return 3 * MONTH_NS, []
    if step % NANOSECONDS:
        text = f"the most common step between two bars is {step / NANOSECONDS:g} s, no whole number of seconds"
        return 0, [Finding("timeframe", "error", 1, (Problem(int(lines[1]), text),), advice)]
    return step, []


def step_findings(times: Int64Array, lines: Int64Array, timeframe_ns: int) -> tuple[list[Finding], list[str]]:
    """Steps that are shorter or longer than the timeframe: bars that overlap, gaps, and (notes) a closed market."""
    steps = np.diff(times)
    # Daily bars of a place with summer time are 23 or 25 hours apart; months have 28 to 31 days.
    slack = 0 if timeframe_ns < DAY_NS else HOUR_NS if timeframe_ns < MONTH_NS else timeframe_ns // 15
    short = np.flatnonzero(steps < timeframe_ns - slack)
    name = format_timeframe(timeframe_ns)
    findings = finding(
        "step",
        "warning",
        lines[short + 1],
        lambda i: (
            f"{utc(times[short[i] + 1])} comes {steps[short[i]] / NANOSECONDS:g} s after the bar before, not {name}"
        ),
        "Kept. Another timeframe than the file's? Say it by --timeframe; an unfinished last bar is better left out.",
    )
    finer = len(short) > len(steps) // 2
    if finer:
        findings = [
            replace(findings[0], severity="error", advice=f"The bars are finer than {name}: say their own timeframe.")
        ]
    long = np.flatnonzero(steps > timeframe_ns + slack)
    if len(steps) > 2 and len(long) == len(steps):
        text = f"no two bars are {name} apart; the first are {steps[0] / NANOSECONDS:g} s apart"
        advice = "Say the timeframe of the file; coarser ones are made of it, finer ones cannot be."
        return [Finding("step", "error", len(long), (Problem(int(lines[1]), text),), advice)], []
    closed = market_closed(times, long, steps, timeframe_ns)
    gaps = long[~closed]
    missing = np.round(steps[gaps] / timeframe_ns).astype(np.int64) - 1
    missing = np.maximum(missing, 1)
    findings += finding(
        "gap",
        "warning",
        lines[gaps + 1],
        lambda i: f"{bars_in_words(missing[i])} missing between {utc(times[gaps[i]])} and {utc(times[gaps[i] + 1])}",
        f"Kept as they are ({bars_in_words(missing.sum())} of {name} missing in all). "
        "Import the missing time to fill them.",
    )
    notes = [f"market closed {closed.sum()} times (nights, weekends, holidays): no gaps"] if closed.any() else []
    return findings, notes


def market_closed(times: Int64Array, long: Int64Array, steps: Int64Array, timeframe_ns: int) -> BoolArray:
    """Which of the long steps are a closed market: over a Saturday that is never traded, at an hour when it closes on
    most days, or (daily bars) a holiday of a market that has weekends."""
    if not len(long) or timeframe_ns > DAY_NS:
        return np.zeros(len(long), np.bool_)
    before, after = times[long], times[long + 1]
    days, weekday = times // DAY_NS, (times // DAY_NS + 3) % 7  # 1970-01-01 was a Thursday, 3 when Monday is 0
    has_weekends = (weekday == 5).mean() < 0.01
    first_saturday = (before // DAY_NS + (5 - (before // DAY_NS + 3) % 7) % 7) * DAY_NS
    over_saturday = has_weekends & (first_saturday < after)
    in_session = np.zeros(len(long), np.bool_)
    if timeframe_ns < DAY_NS:
        breaks = steps[long] >= max(2 * timeframe_ns, SHORTEST_CLOSING_NS)
        hour = before // HOUR_NS % 24
        per_hour = np.array([len(np.unique(before[breaks & (hour == h)] // DAY_NS)) for h in range(24)])
        # Summer time moves the closing hour of a session by one.
        nearby = per_hour + np.roll(per_hour, 1) + np.roll(per_hour, -1)
        in_session = breaks & (nearby[hour] >= max(2.0, SESSION_SHARE * len(np.unique(days))))
    holiday = has_weekends if timeframe_ns == DAY_NS else False
    closed: BoolArray = (steps[long] <= HOLIDAYS_NS) & (over_saturday | in_session | holiday)
    return closed


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


def refusal(name: str, errors: tuple[Finding, ...], place: str) -> DataError:
    """The errors as one exception, for who asked for bars and cannot use a report."""
    first = errors[0]
    told = "; ".join(f"{place} {problem.line}: {problem.text}" for problem in first.problems[:3])
    more = sum(finding.count for finding in errors) - min(3, len(first.problems))
    return DataError(f"{name}, {told}" + (f"; and {more} more problems." if more > 0 else "."), first.advice)
