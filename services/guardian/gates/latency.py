"""latency: the candidate answers about as fast as its parent.

Timed from outside, by this process's clock, over slices of events that both answer in turn, each time in the other
order. Between them both boxes do the same fixed piece of work (the anchor); what their boxes differ in there is no
difference between the strategies. Noise only adds time, so the lower quartile of the slices is compared. A candidate is
refused when it is slower by ratio, by ratio to its anchor and by `MARGIN_US`, and that in each of three measurements: a
busy machine makes one of them wrong now and then, a slow strategy makes all of them right. Timed answers must be those
given before, so that a strategy which takes short cuts when it is watched is found out.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.backtest.plain import Terms
from core.kernel import DECISION, Records
from services.guardian.case import Case, trial_of
from services.guardian.gates.behaviour import answer_same_events
from services.guardian.grade import CandidateFault, Grade
from services.guardian.side import Side
from services.guardian.trial import Trial

WARM_EVENTS: Final = 8_000
"""Answered before the first is timed: caches, branches, and the indicators' warm-up."""
SLICE: Final = 512
SLICES: Final = 40
FEWEST_SLICES: Final = 8
ANCHOR_ROUNDS: Final = 6_000  # 1 ms
PATIENCE_SECONDS: Final = 1.5
"""After it no more slices are begun."""
MEASUREMENTS: Final = 3
"""That must all refuse. With the same strategy in both boxes, on two cores at three times their load, one measurement
of the medians refused 3 times of 40."""
RATIO: Final = 1.5
MARGIN_US: Final = 4.0
"""Per event. A live event takes the loop 20 us and more, of which the shipped strategy is 0.3."""
STALL_US: Final = 100.0
"""Per event, over a whole slice; two such slices are no accident."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds an event, slice by slice, and of the anchor before each."""

    events: np.ndarray
    anchors: np.ndarray


def gate(case: Case) -> Grade:
    """A measurement that does not refuse ends it."""
    trial = trial_of(case)
    parents_play = trial.ask_both(lambda side: side.trade(trial.rehearsal, Terms()))[1]
    expected = answer_same_events(trial, parents_play)
    for _ in range(MEASUREMENTS):
        after, before, answers = measure(trial)
        timed = expected[WARM_EVENTS : WARM_EVENTS + len(answers)]
        if len(answers) != len(timed) or answers.tobytes() != timed.tobytes():
            raise CandidateFault("It answers otherwise when it is timed.")
        if not (graded := grade(after, before)).refusals:
            break
    return graded


def measure(trial: Trial) -> tuple[Timing, Timing, Records]:
    """Time candidate and parent in turns; with the candidate's answers."""
    sides = (trial.wait_for(trial.candidate), trial.wait_for(trial.parent))
    tape = trial.rehearsal
    events = trial.parent.trade(tape, Terms()).shown
    for side in sides:
        side.begin(tape)
        side.feed(tape, events[:WARM_EVENTS])
    slices: list[list[float]] = [[], []]
    anchors: list[list[float]] = [[], []]
    answers: list[Records] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    for turn in range(SLICES):
        if turn >= FEWEST_SLICES and time.monotonic() > deadline:
            break
        part = events[WARM_EVENTS + turn * SLICE : WARM_EVENTS + (turn + 1) * SLICE]
        for which in (0, 1) if turn % 2 else (1, 0):
            anchors[which].append(time_anchor(sides[which]))
            begun = time.perf_counter_ns()
            decisions, _ = sides[which].feed(tape, part)
            slices[which].append((time.perf_counter_ns() - begun) / 1_000 / SLICE)
            if which == 0:
                answers.append(decisions)
    after, before = (Timing(np.array(slices[which]), np.array(anchors[which])) for which in (0, 1))
    return after, before, np.concatenate(answers) if answers else np.empty(0, DECISION)


def time_anchor(side: Side) -> float:
    begun = time.perf_counter_ns()
    side.ask("trading.anchor", int, rounds=ANCHOR_ROUNDS)
    return (time.perf_counter_ns() - begun) / 1_000


def grade(after: Timing, before: Timing) -> Grade:
    """Refuse what is slower by every measure."""
    ours, theirs, our_anchor, their_anchor = (
        float(np.percentile(times, 25)) for times in (after.events, before.events, after.anchors, before.anchors)
    )
    drift = our_anchor / their_anchor
    ratio = ours / theirs
    refusals = []
    if not min(ratio, ratio / drift) <= RATIO and not ours - theirs <= MARGIN_US:  # a NaN passes neither
        refusals.append(f"It takes {ours:.1f} us an event, its parent {theirs:.1f} us.")
    stalls = int((after.events > STALL_US).sum())
    if stalls >= 2 and not (before.events > STALL_US).any():
        refusals.append(f"It takes more than {STALL_US:.0f} us an event in {stalls} of {len(after.events)} stretches.")
    figures = {
        "us_before": round(theirs, 3),
        "us_after": round(ours, 3),
        "ratio": round(ratio, 3),
        "anchor_ratio": round(drift, 3),
        "worst_us_after": round(float(after.events.max()), 2),
        "slices": len(after.events),
    }
    return Grade(tuple(refusals), figures=figures)
