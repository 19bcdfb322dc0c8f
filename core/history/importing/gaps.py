"""The steps between bars: the timeframe that they make, bars that overlap, gaps, and the hours of a closed market.

Closed markets are no gaps: nights, weekends and holidays of stocks and currencies are counted and told in a note.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from core.history.arrays import BoolArray, Int64Array
from core.history.importing.clocks import are_set_forward, set_forward
from core.history.importing.findings import Finding, Problem, bars_in_words, finding, utc
from core.kernel import NANOSECONDS
from core.names import DAY_NS, MONTH_NS, format_timeframe

HOUR_NS: Final = 3_600 * NANOSECONDS
HOLIDAYS_NS: Final = 5 * DAY_NS
"""The longest closing that is no gap in a market with weekends: Good Friday to Easter Monday, bar to bar."""
FEWEST_SHARE: Final = 20
"""Of so many steps one must be the bars' length."""
SESSION_SHARE: Final = 0.3
"""Of the days in a file: a break that recurs at the same hour so often is the market closing."""
SHORTEST_CLOSING_NS: Final = 30 * 60 * NANOSECONDS


def infer_timeframe(times: Int64Array, lines: Int64Array) -> tuple[int, list[Finding]]:
    """The most common step, 0 when there is none. 28 to 31 days are a month; a day is a day although clocks change."""
    advice = "Say the timeframe: --timeframe 1h."
    if len(times) < 2:
        text = "the timeframe cannot be told from fewer than two bars"
        return 0, [Finding("timeframe", "error", 1, (Problem(int(lines[0]) if len(lines) else 1, text),), advice)]
    steps = np.diff(times)
    step = most_common(steps)
    if (steps == step).sum() * FEWEST_SHARE < len(steps):
        text = "the bars are of no one length: hardly two steps between them are alike"
        advice = "Sorte trades bars of equal time; bars of price (renko, range) or of trades are none."
        return 0, [Finding("timeframe", "error", 1, (Problem(int(lines[1]), text),), advice)]
    if 28 * DAY_NS <= step <= 31 * DAY_NS:
        return MONTH_NS, []
    if 90 * DAY_NS <= step <= 92 * DAY_NS:
        return 3 * MONTH_NS, []
    if step % NANOSECONDS:
        text = f"the most common step between two bars is {step / NANOSECONDS:g} s, no whole number of seconds"
        return 0, [Finding("timeframe", "error", 1, (Problem(int(lines[1]), text),), advice)]
    return step, []


def most_common(steps: Int64Array) -> int:
    """Without sorting them where one is more than half of all."""
    middle = steps[len(steps) // 2]
    if (steps == middle).sum() > len(steps) // 2:
        return int(middle)
    found, counts = np.unique(steps, return_counts=True)
    return int(found[np.argmax(counts)])


def step_findings(
    times: Int64Array, lines: Int64Array, timeframe_ns: int, *, local: bool = False
) -> tuple[list[Finding], list[str]]:
    """Steps that are shorter or longer than the timeframe: bars that overlap, gaps, and (notes) a closed market.

    `local` says that the times may be of a place whose clocks are changed.
    """
    steps = np.diff(times)
    # Daily bars of a place with summer time are 23 or 25 hours apart; months have 28 to 31 days.
    slack = 0 if timeframe_ns < DAY_NS else HOUR_NS if timeframe_ns < MONTH_NS else timeframe_ns // 15
    long = np.flatnonzero(steps > timeframe_ns + slack)
    if len(steps) > 2 and len(long) == len(steps):
        name = format_timeframe(timeframe_ns)
        text = f"no two bars are {name} apart; the first are {steps[0] / NANOSECONDS:g} s apart"
        advice = "Say the timeframe of the file; coarser ones are made of it, finer ones cannot be."
        return [Finding("step", "error", len(long), (Problem(int(lines[1]), text),), advice)], []
    closed = market_closed(times, long, steps, timeframe_ns)
    findings = overlap_findings(times, lines, timeframe_ns, np.flatnonzero(steps < timeframe_ns - slack))
    gaps = long[~closed]
    forward = are_set_forward(times, gaps, timeframe_ns) & local
    findings += set_forward(times, lines, gaps[forward])
    findings += gap_findings(times, lines, timeframe_ns, gaps[~forward])
    notes = [f"market closed {closed.sum()} times (nights, weekends, holidays): no gaps"] if closed.any() else []
    return findings, notes


def overlap_findings(times: Int64Array, lines: Int64Array, timeframe_ns: int, short: Int64Array) -> list[Finding]:
    """Bars that come too soon after the one before: an error when most of them do."""
    steps, name = np.diff(times), format_timeframe(timeframe_ns)
    findings = finding(
        "step",
        "warning",
        lines[short + 1],
        lambda i: (
            f"{utc(times[short[i] + 1])} comes {steps[short[i]] / NANOSECONDS:g} s after the bar before, not {name}"
        ),
        "Kept. Another timeframe than the file's? Say it by --timeframe; an unfinished last bar is better left out.",
    )
    if len(short) <= len(steps) // 2:
        return findings
    return [replace(findings[0], severity="error", advice=f"The bars are finer than {name}: say their own timeframe.")]


def gap_findings(times: Int64Array, lines: Int64Array, timeframe_ns: int, gaps: Int64Array) -> list[Finding]:
    """Where bars are missing, and how many."""
    missing = np.round(np.diff(times)[gaps] / timeframe_ns).astype(np.int64) - 1
    missing = np.maximum(missing, 1)
    return finding(
        "gap",
        "warning",
        lines[gaps + 1],
        lambda i: f"{bars_in_words(missing[i])} missing between {utc(times[gaps[i]])} and {utc(times[gaps[i] + 1])}",
        f"Kept as they are ({bars_in_words(missing.sum())} of {format_timeframe(timeframe_ns)} missing in all). "
        "Import the missing time to fill them.",
    )


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
