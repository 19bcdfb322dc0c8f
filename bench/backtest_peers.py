"""The same strategy, history, fees and fills in Sorte and in the backtesters that people use; and the same trades.

Signals are made on closed bars and filled at the next open, without slippage, by whole calls on data that is already
in memory. Every peer has its compilers warm and may use every core; Sorte uses one. Runs of the two alternate.
"""

from __future__ import annotations

import functools
import statistics
from pathlib import Path
from typing import Final, NamedTuple

from bench.figure import Effort, Figure, Goal, Measured, Section, at_least, median_ratio, spread, timed
from bench.history import MINUTE_NS, START_NS, one_minute_bars
from bench.peers.environment import peer
from bench.trades import Agreement, compare, round_trips
from core.backtest import Costs, Market, Result, simulate
from core.kernel import Records
from core.strategy import Strategy, load

CASH: Final = 1e9
FEE: Final = 0.001
WARM_UP_BARS: Final = 1_000  # averages seeded differently agree to the last digit after a few hundred bars
STRATEGY: Final = Path(__file__).parent / "strategies" / "ema_cross"


class Peer(NamedTuple):
    """A backtester and what we hope for."""

    name: str
    script: str  # bench/peers/<script>.py
    requirements: str  # bench/peers/<requirements>.txt
    bars: int  # of the common history that it is given; fewer where it would take minutes
    goal: Goal | None


PEERS: Final = (
    Peer("vectorbt", "vectorbt_own", "vectorbt", 1_000_000, at_least(5)),
    Peer("vectorbt with TA-Lib and NumPy signals", "vectorbt_talib", "vectorbt", 1_000_000, None),  # for scale
    Peer("backtesting.py", "backtesting_py", "backtesting", 200_000, at_least(50)),
)


def measure(effort: Effort) -> Measured:
    """Bars in a second of each, the ratio of each to Sorte, and how many of their round trips agree."""
    bars = one_minute_bars(effort.of(1_000_000, 100_000), seed=2)
    strategy = load(STRATEGY)
    effort.say("compiling and a warm run, as the peers have")
    backtest(strategy, bars)
    figures, versions = [], []
    lines = [
        "| backtester | bars compared | round trips of Sorte | of the peer | agree | first difference |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for other in PEERS:
        measured, agreement, version = against(other, strategy, bars, effort)
        figures += measured
        versions += [version] if version not in versions else []
        compared = min(other.bars, len(bars))
        lines.append(
            f"| {other.name} | {compared:,} | {agreement.ours:,} | {agreement.theirs:,} | {agreement.agree:,} "
            f"| {agreement.first_difference or 'none'} |"
        )
    text = "\n".join(
        (
            "EMA 12 / 26 cross with RSI 14, fee 0.1 %, 1 % of the equity a trade. Entry bar, exit bar, entry price and "
            f"exit price of every round trip entered after the first {WARM_UP_BARS:,} bars are compared.",
            "",
            *lines,
        )
    )
    return Measured(tuple(figures), (Section("The trades of the peers", text),), tuple(versions))


def against(other: Peer, strategy: Strategy, bars: Records, effort: Effort) -> tuple[list[Figure], Agreement, str]:
    """Take turns with one peer."""
    given = bars[: other.bars]
    numbers = {**strategy.parameters._asdict(), "fee": FEE, "cash": CASH}
    ours, loops, theirs = [], [], []
    effort.say(f"{other.name}: environment and warm run")
    with peer(other.script, other.requirements, given, numbers) as ready:
        for run in range(effort.of(7, 3)):
            effort.say(f"{other.name}: run {run + 1}")
            theirs.append(len(given) / ready.seconds() / 1e6)
            seconds, result = timed(functools.partial(backtest, strategy, bars))
            ours.append(len(bars) / seconds / 1e6)
            loops.append(len(bars) / result.engine_seconds / 1e6)
        trips = ready.trips
        version = ready.version
    fills = backtest(strategy, given).fills
    agreement = compare(round_trips(fills, START_NS, MINUTE_NS), trips, WARM_UP_BARS)
    return figures(other, ours, loops, theirs, agreement), agreement, version


def figures(
    other: Peer, ours: list[float], loops: list[float], theirs: list[float], agreement: Agreement
) -> list[Figure]:
    """The comparison with one peer, in million bars a second."""
    trips = max(agreement.ours, agreement.theirs)
    return [
        Figure(
            f"EMA cross + RSI: Sorte against {other.name}",
            median_ratio(ours, theirs),
            "times",
            other.goal,
            f"{statistics.median(ours):.1f} (our compiled loop alone {statistics.median(loops):.1f}) against "
            f"{statistics.median(theirs):.2f} M bars/s; ours {spread(ours, 1)}; theirs {spread(theirs)}",
        ),
        Figure(
            "... round trips that agree",
            100.0 * agreement.agree / trips if trips else float("nan"),
            "%",
            at_least(100),
            f"{agreement.agree:,} of {trips:,}",
        ),
    ]


def backtest(strategy: Strategy, bars: Records) -> Result:
    """The strategy over one pair of synthetic bars."""
    return simulate(strategy, [Market("SYNTHETIC", bars, MINUTE_NS)], cash=CASH, costs=Costs(FEE, 0.0))
