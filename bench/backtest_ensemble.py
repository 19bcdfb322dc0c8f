"""How fast the whole shipped strategy is backtested on one core: every bar is played as four events."""

from __future__ import annotations

import statistics
from typing import Final

from bench.figure import Effort, Figure, Measured, at_least, spread, timed
from bench.history import MINUTE_NS, one_minute_bars
from core.backtest import Market, simulate
from core.strategy import Source, load

CASH: Final = 1e9  # thousands of trades at a loss to fees must not run out of it and so leave work undone


def measure(effort: Effort) -> Measured:
    """Events in a second of the whole call, checks and results included, and of the compiled loop alone."""
    bars = one_minute_bars(effort.of(1_500_000, 200_000), seed=1)
    market = Market("SYNTHETIC", bars, MINUTE_NS)
    strategy = load(Source.shipped())
    effort.say("compiling")
    compiling, _ = timed(lambda: simulate(strategy, [Market("SYNTHETIC", bars[:1000], MINUTE_NS)], cash=CASH))
    simulate(strategy, [market], cash=CASH)  # the first one over this history also fetches its memory
    calls, loops, fills = [], [], 0
    for run in range(effort.of(9, 3)):
        effort.say(f"run {run + 1}")
        seconds, result = timed(lambda: simulate(strategy, [market], cash=CASH))
        calls.append(result.events / seconds / 1e6)
        loops.append(result.events_per_second / 1e6)
        fills = len(result.fills)
    events = f"{4 * len(bars) / 1e6:.1f} M events, {fills:,} fills"
    return Measured(
        (
            Figure(
                "Backtest of the shipped strategy",
                statistics.median(calls),
                "M events/s",
                at_least(15),
                f"one core, the whole call; {events}; {spread(calls, 1)}",
            ),
            Figure(
                "... its compiled loop alone",
                statistics.median(loops),
                "M events/s",
                note=f"without checking and merging the history; {spread(loops, 1)}",
            ),
            Figure("... compiled with the simulation", compiling, "s", note="once per process and strategy; 1 run"),
        )
    )
