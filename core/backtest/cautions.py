"""What the reader of a backtest should know of its histories: pure, told as notes, refused where figures would lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from core.backtest.inputs import Market
from core.errors import DataError
from core.grid import MOST_DECIMALS, worst_rounding
from core.history.arrays import prices_of
from core.kernel import NANOSECONDS

FINEST_TICK: Final = float(f"1e-{MOST_DECIMALS}")
COARSE_TICK: Final = 0.002
"""Of a price. From here on it is the rounding of the fills that is paid, not the slippage."""
ROUNDED: Final = 1e-6
"""Of a price: prices that lie so far off their grid are told about."""
UNUSABLE: Final = 0.01
"""Of a price: the finest grid, where it moves prices so far, makes another market of them."""
FEWEST_DAYS: Final = 30
"""Of returns: a ratio of fewer is that of the days that happened to be there."""
LITTLE_SHARED: Final = 0.5
"""Of the time in which anything is traded."""


def cautions(markets: Sequence[Market]) -> Iterator[str]:
    """All of them, about markets whose bars are sound. Raises DataError for a grid that cannot be traded on."""
    for market in markets:
        yield from (f"{market.symbol}: {note}" for note in grid_notes(market))
    yield from shared_time_notes(markets)


def grid_notes(market: Market) -> Iterator[str]:
    """About a tick that is coarse for its prices. Raises DataError for one that is too coarse to trade on."""
    prices, tick = prices_of(market.rows), market.price_tick
    lowest = float(prices.min())
    if not lowest > 0:  # false for NaN too; the engine says which row it is
        return
    moved = worst_rounding(prices, tick)
    if tick > lowest or (tick <= FINEST_TICK and moved > UNUSABLE):
        raise DataError(
            f"{market.symbol}: its lowest price is {lowest:.6g}, too low for a tick of {tick:g}.",
            f"Give a finer --tick ({FINEST_TICK:g} is the finest), or write the prices per thousand or million.",
        )
    if moved > ROUNDED:
        yield f"the prices are finer than the tick of {tick:g}; fills are on the tick, up to {moved:.2g} of a price off"
    elif tick / lowest > COARSE_TICK:
        yield f"the tick of {tick:g} is {tick / lowest:.1%} of the lowest price; fills are rounded to it, against us"


def shared_time_notes(markets: Sequence[Market]) -> Iterator[str]:
    """About histories that are of other times: their pairs share an account, and hardly ever a market."""
    if len(markets) < 2:
        return
    last = [int(market.rows["time_ns"][-1]) + market.timeframe_ns for market in markets]
    first = [int(market.rows["time_ns"][0]) for market in markets]
    shared_ns, all_ns = min(last) - max(first), max(last) - min(first)
    early, late = markets[last.index(min(last))].symbol, markets[first.index(max(first))].symbol
    if shared_ns <= 0:
        yield (
            f"{early} ends on {day(min(last))} and {late} begins on {day(max(first))}: they are never traded "
            "at the same time, and the figures are those of one after the other. Is one of the files another year's?"
        )
    elif shared_ns < LITTLE_SHARED * all_ns:
        yield (
            f"only from {day(max(first))} to {day(min(last))}, {shared_ns / all_ns:.0%} of the time, "
            "are all pairs traded"
        )


def day(time_ns: int) -> str:
    """2024-01-31, UTC."""
    return datetime.fromtimestamp(time_ns // NANOSECONDS, UTC).strftime("%Y-%m-%d")


def few_returns(times_ns: Sequence[int] | Any) -> Iterator[str]:
    """About a history that is too short for ratios and yearly figures."""
    if are_few(times_ns):
        days = (int(times_ns[-1]) - int(times_ns[0])) / (86_400 * NANOSECONDS)
        yield (
            f"few returns: they are of {days:.1f} days, and Sharpe, Sortino, Calmar and yearly figures say little "
            f"before {FEWEST_DAYS}"
        )


def are_few(times_ns: Sequence[int] | Any) -> bool:
    """Whether the equity was sampled over less than a month."""
    return int(times_ns[-1]) - int(times_ns[0]) < FEWEST_DAYS * 86_400 * NANOSECONDS
