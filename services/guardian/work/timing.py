"""Time, for what a count of work cannot see: memory and its caches, branches guessed wrong, what is made of the code.

Timed are slices of events that both answer in turn, each time in the other order, both of them old: 100,000 bars of a
pair have gone before. Live events come first, then what only chance comes to, with giants in its books. The time is the
processor time that the kernel counts for each box; where it cannot be read, that on the wall. Between the slices both
boxes do the same fixed piece of work (the anchor); what their boxes differ in there is no difference between the
strategies. Noise only adds time, so the lower quartile of the slices is compared.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.kernel import DECISION, Records
from services.guardian.answers import Fed, decisions_of
from services.guardian.fuzz import draw_positions, fuzz, generator
from services.guardian.grade import CandidateFault, Grade, Starved
from services.guardian.machine import QUIET, busy_part
from services.guardian.made import rehearsal
from services.guardian.side import Side
from services.guardian.work.workload import PAIRS, SEED

WARM_EVENTS: Final = 4_000
"""Answered before the first is timed: caches, branches."""
SLICE: Final = 512
SLICES: Final = 40
RARE_SLICES: Final = 8
"""Of these, the last, of events that only chance comes to."""
FEWEST_SLICES: Final = 8
ANCHOR_ROUNDS: Final = 6_000  # 1 ms
PATIENCE_SECONDS: Final = 1.5
"""After it no more slices are begun."""
MEASUREMENTS: Final = 3
"""That must all refuse."""
RATIO: Final = 1.2
MARGIN_US: Final = 0.25
"""Per event, of which the shipped strategy takes 0.8, and the loop around it in the box as much again. With the same
strategy in both boxes, at five times their load, 20 measurements came to 0.99 to 1.07."""
STALL_US: Final = 100.0
"""Per event, over a whole slice; two such slices are no accident."""
LATER_NS: Final = 8 * 7 * 86_400 * 10**9
"""After the bars that made both old."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Microseconds an event, slice by slice, and of the anchor before each."""

    events: np.ndarray
    anchors: np.ndarray
    share: float = 1.0  # of the time on the wall that it had a processor
    exact: bool = True  # it is processor time, which no load touches; else time on the wall


@functools.cache
def timed_events() -> Records:
    """What is answered untimed, and then timed."""
    count = WARM_EVENTS + (SLICES - RARE_SLICES) * SLICE
    live: Records = rehearsal().events[-count:].copy()
    draw_positions(live, generator(SEED, "timed"))
    chance: Records = fuzz(f"{SEED}, timed", RARE_SLICES * SLICE, PAIRS).events
    events: Records = np.concatenate([live, chance])
    for name in ("time_ns", "entry_ns", "exit_ns"):
        events[name] += np.where(events[name] > 0, LATER_NS, 0)
    return events


def hold_timed(candidate: Side, parent: Side, work: float = 1.0, busy: Callable[[], float] = busy_part) -> Grade:
    """Refused is what is slower in each measurement, beyond the `work` that was let pass, in parts of the parent's.
    Raises Starved where only a busy machine says so."""
    begin(candidate)
    expected = feed(candidate, timed_events())[WARM_EVENTS:]
    doubtful = False
    for _ in range(MEASUREMENTS):
        after, before, answered = measure(candidate, parent)
        if answered.tobytes() != expected[: len(answered)].tobytes():
            raise CandidateFault("It answers otherwise when it is timed.")
        graded = grade(after, before, work)
        if not graded.refusals:
            return graded
        doubtful |= not (after.exact and before.exact) and busy() > QUIET
    if doubtful:
        (low, high), (their_low, their_high) = (np.percentile(each.events, (25, 75)) for each in (after, before))
        raise Starved(
            f"it takes {low:.2f} to {high:.2f} us an event by the clock on the wall, its parent {their_low:.2f} to"
            f" {their_high:.2f}; a quiet machine would decide it."
        )
    return graded


def begin(side: Side) -> None:
    """From the age that it has."""
    side.ask("trading.begin", type(None), pairs=PAIRS, states_before=side.aged)


def feed(side: Side, events: Records) -> Records:
    """Its decisions."""
    fed = side.ask("trading.feed", Fed, events=events.tobytes())
    if fed.fault:
        side.refuse(f"It raised while it was timed: {fed.fault}")
    return decisions_of(fed.decisions, len(events))


def measure(candidate: Side, parent: Side) -> tuple[Timing, Timing, Records]:
    """Time both in turns; with the candidate's answers."""
    sides, events = (candidate, parent), timed_events()
    clocks = [Clock(side) for side in sides]
    for side in sides:
        begin(side)
        feed(side, events[:WARM_EVENTS])
    slices: list[list[float]] = [[], []]
    anchors: list[list[float]] = [[], []]
    answers: list[Records] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    for turn in range(SLICES):
        if turn >= FEWEST_SLICES and time.monotonic() > deadline:
            break
        part = events[WARM_EVENTS + turn * SLICE : WARM_EVENTS + (turn + 1) * SLICE]
        for which in (0, 1) if turn % 2 else (1, 0):
            side, clock = sides[which], clocks[which]
            anchors[which].append(clock.timed(lambda side=side: side.ask("trading.anchor", int, rounds=ANCHOR_ROUNDS)))  # type: ignore[misc]  # called at once
            slices[which].append(clock.timed(lambda: answers.append(feed(side, part))) / SLICE)  # noqa: B023 - called at once
            if which:
                answers.pop()
    after, before = (
        Timing(np.array(slices[which]), np.array(anchors[which]), clock.share, clock.exact)
        for which, clock in enumerate(clocks)
    )
    return after, before, np.concatenate(answers) if answers else np.empty(0, DECISION)


class Clock:
    """Times what a box does: by the processor time that it takes, where the kernel tells."""

    def __init__(self, side: Side) -> None:
        self.cpu_ns = side.session.cpu_ns
        self.wall_ns = self.used_ns = 0
        self.exact = True

    @property
    def share(self) -> float:
        """What part of the time on the wall it had a processor for; 1 when nobody knows."""
        return self.used_ns / self.wall_ns if self.wall_ns else 1.0

    def timed(self, ask: Callable[[], object]) -> float:
        """Microseconds that the box took for what is asked."""
        used, begun = self.cpu_ns(), time.perf_counter_ns()
        ask()
        wall = time.perf_counter_ns() - begun
        now = self.cpu_ns()
        taken = wall
        if now is None or used is None:
            self.exact = False
        else:
            taken = now - used
        self.wall_ns, self.used_ns = self.wall_ns + wall, self.used_ns + taken
        return taken / 1_000


def grade(after: Timing, before: Timing, work: float = 1.0) -> Grade:
    """Refuse what is slower by every measure than so much work makes it."""
    ours, theirs, our_anchor, their_anchor = (
        float(np.percentile(times, 25)) for times in (after.events, before.events, after.anchors, before.anchors)
    )
    drift = our_anchor / their_anchor
    ratio = ours / theirs
    refusals = []
    more = max(work, 1.0)
    if not min(ratio, ratio / drift) <= RATIO * more and not ours - theirs * more <= MARGIN_US:  # a NaN passes neither
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
        "share": round(min(after.share, before.share), 2),
    }
    return Grade(tuple(refusals), figures=figures)
