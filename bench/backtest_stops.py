"""A strategy with stops and targets in Sorte and in backtesting.py, over bars that reach both: the same round trips.

Both are filled at their price, or at the open behind a gap; when a bar holds both, the stop comes first. The bars are
ten times as rough as those of the comparison of speed, so that most positions end at a level, many in the bar that
they were opened in. Our price tick is finer than any price here, because backtesting.py knows none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from bench.backtest_peers import CASH, FEE, WARM_UP_BARS
from bench.figure import Effort, Figure, Measured, Section, at_least
from bench.history import MINUTE_NS, START_NS, one_minute_bars
from bench.peers.environment import peer
from bench.trades import Agreement, compare, round_trips
from core.backtest import Costs, Market, Result, simulate
from core.backtest.records import AT_STOP, AT_TARGET
from core.kernel import SELL, Records
from core.strategy import Source, Strategy, load

ROUGHER: Final = 10.0
TICK: Final = 1e-10
SEEDS: Final = (2, 3, 4)
STRATEGIES: Final = Path(__file__).parent / "strategies"


def strategy_with_stops() -> Strategy:
    """`ema_cross`, and what `ema_stops` has otherwise."""
    other = {file.name: file.read_bytes() for file in (STRATEGIES / "ema_stops").glob("*.py")}
    return load(Source.of({**Source.read(STRATEGIES / "ema_cross").files, **other}))


def measure(effort: Effort) -> Measured:
    """How many round trips agree, over three histories."""
    strategy = strategy_with_stops()
    lines = [
        "| history | ours | of backtesting.py | agree | by stop | by target | both in the bar | first difference |",
        "|---|--:|--:|--:|--:|--:|--:|---|",
    ]
    agreements, version = [], ""
    for seed in SEEDS:
        effort.say(f"backtesting.py with stops, history {seed}")
        bars = one_minute_bars(effort.of(50_000, 20_000), seed, rougher=ROUGHER)
        ours = backtest(strategy, bars)
        numbers = {**strategy.parameters._asdict(), "fee": FEE, "cash": CASH}
        with peer("backtesting_py", "backtesting", bars, numbers) as ready:
            trips, version = ready.trips, ready.version
        agreement = compare(round_trips(ours.fills, START_NS, MINUTE_NS), trips, WARM_UP_BARS)
        agreements.append(agreement)
        lines.append(row(seed, agreement, ours))
    text = "\n".join(
        (
            "EMA 12 / 26 cross with RSI 14, a stop of 2 % and a target of 4 % from the close of the signal, fee 0.1 %, "
            f"bars {ROUGHER:.0f} times as rough. Entry bar, exit bar, entry price and exit price are compared.",
            "",
            *lines,
        )
    )
    return Measured((figure(agreements),), (Section("Stops and targets", text),), (version,))


def row(seed: int, agreement: Agreement, ours: Result) -> str:
    rules = ours.fills["rule"][ours.fills["side"] == SELL]
    stops, targets = (int(np.count_nonzero(rules == kind)) for kind in (AT_STOP, AT_TARGET))
    return (
        f"| {seed} | {agreement.ours:,} | {agreement.theirs:,} | {agreement.agree:,} | {stops:,} | {targets:,} "
        f"| {ours.both:,} | {agreement.first_difference or 'none'} |"
    )


def figure(agreements: list[Agreement]) -> Figure:
    agree = sum(agreement.agree for agreement in agreements)
    trips = sum(max(agreement.ours, agreement.theirs) for agreement in agreements)
    return Figure(
        "Stops and targets: round trips that agree with backtesting.py",
        100.0 * agree / trips if trips else float("nan"),
        "%",
        at_least(100),
        f"{agree:,} of {trips:,}",
    )


def backtest(strategy: Strategy, bars: Records) -> Result:
    """The strategy over one pair of synthetic bars."""
    market = Market("SYNTHETIC", bars, MINUTE_NS, price_tick=TICK)
    return simulate(strategy, [market], cash=CASH, costs=Costs(FEE, 0.0))
