"""backtest: on the newest part of the history, the candidate is not clearly worse than its parent.

Both trade the held-out window three times: at the usual costs, at twice those, and with every order a bar late. All
money is counted by the judge. The owner asked for the change, so what is a little worse passes, with the figures before
and after; refused is what would hurt him on any reading:

- ruin: half of the money gone,
- a drawdown more than twice the parent's and ten points above it,
- a loss (below zero, and below the parent's if that lost too) of ten points more, or twice the parent's drawdown if
  that is more: a strategy that swings that far by itself is not judged by one window; both of these half as much again
  under doubled costs and a bar late, which are trials and no forecast,
- no trade at all, where the parent trades and the plan does not say that fewer positions will be opened,
- overtrading: three times the parent's trades, five times its fees, and fees above a twentieth of the money.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from core.backtest.inputs import USUAL_COSTS
from core.backtest.plain import Terms
from core.errors import DataError
from core.metrics import Metrics
from core.warming import wanted
from services.guardian.case import Case, trial_of
from services.guardian.grade import Grade, percent
from services.guardian.judged import Judged
from services.guardian.longer import longer_of, with_past
from services.guardian.restricting import restricts_entries
from services.guardian.tape import Tape, newest, tape_of
from services.guardian.telling import Weighed, weighed

LEAD_BARS: Final = 450
"""To warm up on before the window, at the least: more than the slowest average that the parameters allow."""
FEWEST_BARS: Final = 100
"""Of all pairs together in the window; on fewer nothing is judged."""
RUIN: Final = 0.5
TIMES: Final = 2.0
POINTS: Final = 0.10
TRIAL: Final = 1.5
"""Times these two bounds, for the variants that are no forecast."""
FEES: Final = 0.05
FEWEST_TRADES: Final = 5
"""Of the parent, from which on none at all is no matter of chance."""
TIMES_FEES: Final = 5.0
TIMES_TRADES: Final = 3.0
"""Larger orders pay more without trading more often; how large they may be the drawdown says."""


def gate(case: Case) -> Grade:
    """Both trade on each of the terms."""
    trial = trial_of(case)
    tape, begin_ns = held_out_window(case)
    tape = trial.dressed(tape)
    figures, told = {}, None
    for name, terms in variants(begin_ns, tape.timeframe_ns).items():
        after, before = trial.ask_both(lambda side, terms=terms: side.trade(tape, terms))  # type: ignore[misc]  # bound at once
        figures[name] = (before.metrics, after.metrics)
        if name == "usual":
            case.bench.judged = Judged.of(before, after, begin_ns, case.parent, case.candidate)
            told = weighed(before, after, begin_ns)
    return with_difference(grade(figures, fewer=restricts_entries(case.plan)), told)


def with_difference(graded: Grade, told: Weighed | None) -> Grade:
    """The same, and what the window tells of the difference."""
    if told is None:
        return graded
    figures = {f"usual_difference_{name}": rounded(value) for name, value in told._asdict().items()}
    return replace(graded, notes=(*graded.notes, told.sentence), figures={**graded.figures, **figures})


def held_out_window(case: Case) -> tuple[Tape, int]:
    """The held-out window with its lead, and the time at which it begins."""
    timeframe_ns = case.evidence.markets[0].timeframe_ns
    lead = max(LEAD_BARS, *(wanted(side.files).bars(timeframe_ns) for side in (case.candidate, case.parent)))
    markets, begin_ns = newest(case.evidence.markets, case.held_out, lead)
    bars = sum(int((market.rows["time_ns"] >= begin_ns).sum()) for market in markets)
    if bars < FEWEST_BARS:
        raise DataError(
            f"The held-out window has {bars} bars; {FEWEST_BARS} is the least.", "Import more with `sorte data import`."
        )
    tape = tape_of(markets, "held-out window", case.evidence.zone)
    whole = {market.symbol: market.rows for market in case.evidence.markets}
    before = [whole[market.symbol][: -len(market.rows)] for market in markets]
    return with_past(tape, longer_of(case.candidate, case.parent), before, case.evidence.zone), begin_ns


def variants(begin_ns: int, timeframe_ns: int) -> dict[str, Terms]:
    """The terms on which both trade."""
    fee, slippage = USUAL_COSTS.fee, USUAL_COSTS.slippage
    usual = Terms(fee=fee, slippage=slippage, trade_from_ns=begin_ns)
    return {
        "usual": usual,
        "doubled_costs": usual._replace(fee=2 * fee, slippage=2 * slippage),
        "one_bar_late": usual._replace(delay_ns=timeframe_ns),
    }


def grade(figures: Mapping[str, tuple[Metrics, Metrics]], *, fewer: bool = False) -> Grade:
    """`figures` are (before, after) by the name of the variant; `fewer`: the plan wants fewer positions opened."""
    refusals: list[str] = []
    told: dict[str, float | int | str | None] = {}
    for name, (before, after) in figures.items():
        leniency = 1.0 if name == "usual" else TRIAL
        refusals += [f"{worse} ({name.replace('_', ' ')})." for worse in clearly_worse(before, after, leniency)]
        for figure in ("total_return", "max_drawdown", "sharpe", "trades", "win_rate", "fees"):
            told[f"{name}_{figure}_before"] = rounded(getattr(before, figure))
            told[f"{name}_{figure}_after"] = rounded(getattr(after, figure))
    before, after = figures["usual"]
    note = (
        f"Held-out window, before and after: return {percent(before.total_return)} and {percent(after.total_return)},"
        f" deepest drawdown {percent(before.max_drawdown)} and {percent(after.max_drawdown)},"
        f" trades {before.trades} and {after.trades}."
    )
    notes = [note]
    if before.trades and not after.trades:
        none = f"It does not trade once in the held-out window; its parent trades {before.trades:,} times there."
        (notes if fewer or before.trades < FEWEST_TRADES else refusals).append(none)
    return Grade(tuple(refusals), tuple(notes), told)


def clearly_worse(before: Metrics, after: Metrics, leniency: float = 1.0) -> Iterator[str]:
    """In which ways; nothing when it passes. What is not defined, or no number, is no pass."""
    money = (before.total_return, after.total_return, before.max_drawdown, after.max_drawdown, before.fees, after.fees)
    if after.total_return is None or before.total_return is None or not all(map(math.isfinite, filter(None, money))):
        yield "The return is not defined"
        return
    if after.total_return <= -RUIN or after.max_drawdown >= RUIN:
        yield f"It is ruinous: return {percent(after.total_return)}, drawdown {percent(after.max_drawdown)}"
    times, points = TIMES * leniency, POINTS * leniency
    drawdown_bound = max(times * before.max_drawdown, before.max_drawdown + points)
    if after.max_drawdown > drawdown_bound:
        yield f"It falls by {percent(after.max_drawdown)} from its peak, its parent by {percent(before.max_drawdown)}"
    loss_bound = min(before.total_return, 0.0) - max(points, times * before.max_drawdown)
    if after.total_return < loss_bound:
        yield f"It loses {percent(-after.total_return)}; its parent's return is {percent(before.total_return)}"
    dear = after.fees > max(FEES * Terms().cash, TIMES_FEES * before.fees)
    if dear and after.trades > TIMES_TRADES * before.trades:
        yield (
            f"It pays {after.fees:,.0f} in fees for {after.trades:,} trades,"
            f" its parent {before.fees:,.0f} for {before.trades:,}"
        )


def rounded(value: float | int | None) -> float | int | None:
    return round(value, 6) if isinstance(value, float) else value
