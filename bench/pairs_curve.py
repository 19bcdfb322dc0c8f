"""Whether an event costs the same with one pair and with a hundred: in the compiled engine, and called from Python."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from bench.figure import Effort, Figure, Measured, Section, at_most, median_ratio, no_garbage_collection
from bench.history import MINUTE_NS, mixed_events, one_minute_bars
from core.backtest import Market, simulate
from core.kernel import DECISION
from core.strategy import Source, Strategy, load

PAIRS: Final = (1, 2, 5, 10, 20, 50, 100)
FLAT: Final = at_most(1.5)  # cost with a hundred pairs over cost with one
BLOCK: Final = 500  # calls between two looks at the clock: few enough that another program rarely falls into one
CHART_WIDTH: Final = 30  # characters of the longest bar


def measure(effort: Effort) -> Measured:
    """Nanoseconds an event for each number of pairs; the numbers take turns within a round."""
    strategy = load(Source.shipped())
    effort.say("compiling")
    ways = {
        "compiled engine": engine_runs(strategy, effort.of(400_000, 50_000)),
        "called from Python": python_runs(strategy, effort.of(100_000, 10_000)),
    }
    figures, curves = [], {}
    for way, runs in ways.items():
        rounds = []
        for turn in range(effort.of(7, 3)):
            effort.say(f"{way}: round {turn + 1}")
            with no_garbage_collection():
                rounds.append([run() for run in runs])
        costs = list(zip(*rounds, strict=True))
        curves[way] = [statistics.median(cost) for cost in costs]
        figures.append(
            Figure(
                f"Cost of an event with 100 pairs over 1 pair, {way}",
                median_ratio(costs[-1], costs[0]),
                "times",
                FLAT,
                f"{curves[way][-1]:.0f} ns against {curves[way][0]:.0f} ns",
            )
        )
    return Measured(tuple(figures), (Section("Cost of an event by number of pairs", chart(curves)),))


def engine_runs(strategy: Strategy, bars: int) -> list[Callable[[], float]]:
    """For each number of pairs, a backtest of about `bars` bars in all that returns nanoseconds an event."""
    runs: list[Callable[[], float]] = []
    for pairs in PAIRS:
        history = one_minute_bars(bars // pairs, seed=4)
        markets = [Market(f"PAIR{pair}", history, MINUTE_NS) for pair in range(pairs)]
        simulate(strategy, markets)
        runs.append(functools.partial(engine_nanoseconds, strategy, markets))
    return runs


def engine_nanoseconds(strategy: Strategy, markets: list[Market]) -> float:
    """The compiled loop alone."""
    return 1e9 / simulate(strategy, markets, cash=1e9).events_per_second


def python_runs(strategy: Strategy, count: int) -> list[Callable[[], float]]:
    """For each number of pairs, `count` calls with the views of the event's pair that return nanoseconds a call."""
    return [python_run(strategy, count, pairs) for pairs in PAIRS]


def python_run(strategy: Strategy, count: int, pairs: int) -> Callable[[], float]:
    """The loop of a live host: the event names the pair, whose memory and answer are looked up."""
    events = mixed_events(count, pairs, seed=5)
    states, tables = np.zeros(pairs, strategy.state_dtype), np.zeros((pairs, *strategy.table_shape))
    answers = np.zeros(pairs, DECISION)
    memory = [(states[pair : pair + 1], tables[pair], answers[pair : pair + 1]) for pair in range(pairs)]
    calls = [(events[i : i + 1], int(events["pair"][i])) for i in range(count)]
    decide = strategy.decide

    def run() -> float:
        blocks = []
        for first in range(0, count, BLOCK):
            begun = time.perf_counter_ns()
            for event, pair in calls[first : first + BLOCK]:
                state, table, decision = memory[pair]
                decide(event, state, table, decision)
            blocks.append((time.perf_counter_ns() - begun) / BLOCK)
        return statistics.median(blocks)

    run()
    return run


def chart(curves: dict[str, list[float]]) -> str:
    """Each curve as a small text table with bars."""
    lines = ["```"]
    for way, costs in curves.items():
        lines.append(f"{way}: pairs, ns an event")
        for pairs, cost in zip(PAIRS, costs, strict=True):
            lines.append(f"  {pairs:>3} {cost:7.0f}  {'#' * round(CHART_WIDTH * cost / max(costs))}")
        lines.append("")
    return "\n".join([*lines[:-1], "```"])
