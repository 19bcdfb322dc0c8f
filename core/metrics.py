"""The figures of one run: how much, how bumpy, how deep, and what the trades were like. Pure arithmetic.

Ratios use daily returns (the last equity of each UTC day) when the history spans 30 days with 20 sampled days or more,
else the returns from sample to sample. They are annualised by as many observations as were really seen per 365.25 days,
so stocks come out near 252 and a market that never closes at 365.25 without anybody having to say so. The risk-free
rate is 0. What is not defined (a ratio to a loss that never happened, a rate over no time) is None, never NaN.

Sources: W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management, 1994; F. Sortino and R. van der Meer,
"Downside Risk", Journal of Portfolio Management, 1991; T. W. Young, "Calmar Ratio: A Smoother Tool", Futures, 1991.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from core.errors import DataError
from core.kernel import BUY, NANOSECONDS, SELL

DAY_NS: Final = 86_400 * NANOSECONDS
YEAR_NS: Final = int(365.25 * DAY_NS)
DAILY_SPAN_NS: Final = 30 * DAY_NS
DAILY_SAMPLES: Final = 20
NO_SPREAD: Final = 1e-12
"""Standard deviations below this part of the mean are rounding, and a ratio to them says nothing."""

Int64Array = npt.NDArray[np.int64]
Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Metrics:
    """Fractions are fractions (0.03 is 3%); quote is the currency that equity is counted in; None is not defined."""

    total_return: float | None
    """Last equity over the first, minus 1."""
    cagr: float | None
    """Yearly growth that gives the total return over the time between first and last sample, 365.25 days a year."""
    sharpe: float | None
    """Mean over sample standard deviation (ddof 1) of the returns, annualised. Sharpe 1994."""
    sortino: float | None
    """Mean over downside deviation against 0 (all observations count, gains as 0), annualised. Sortino 1991."""
    calmar: float | None
    """CAGR over maximum drawdown, over the whole run. Young 1991 looks at 36 months."""
    max_drawdown: float
    """Deepest fall of equity from an earlier peak, as a positive fraction of that peak; of all samples, not of days."""
    max_drawdown_days: float
    """Longest time from a peak until equity is back there, or until the end; in days, fractions included."""
    volatility: float | None
    """Sample standard deviation (ddof 1) of the returns, annualised."""
    profit_factor: float | None
    """Sum of winning over sum of losing round trips; None when none lost."""
    expectancy: float | None
    """Mean profit of a round trip, net of fees, in quote."""
    win_rate: float | None
    """Part of the round trips with a profit above 0."""
    trades: int
    """Closed round trips, which are SELL fills."""
    best_trade: float | None
    """Highest profit of a round trip, net of fees, in quote."""
    worst_trade: float | None
    """Lowest profit of a round trip, net of fees, in quote."""
    average_hold_seconds: float | None
    """Mean time from the BUY that opened a position to the SELL."""
    exposure: float | None
    """Part of the time with an open position."""
    turnover: float | None
    """Value of all fills, bought and sold, over the mean equity; not annualised."""
    fees: float
    """Sum of the fees of all fills, in quote."""
    annualisation: str
    """Which returns the ratios are of, and by what number of observations a year they are annualised."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Returns:
    """Simple returns, one for each step between observations, and how many such steps a year has."""

    values: Float64Array
    per_year: float
    kind: str


def measure(times_ns: npt.ArrayLike, equity: npt.ArrayLike, fills: npt.NDArray[Any], exposed_ns: int) -> Metrics:
    """Figures of a run. `equity[i]` (quote) is worth at `times_ns[i]` (UTC, sorted, steps of any length); `fills` is of
    dtype core.kernel.FILL in order of time; `exposed_ns` is the time with an open position.

    Raises DataError for input that no run gives: nothing sampled, unequal lengths, times out of order, NaN.
    """
    times = np.asarray(times_ns, np.int64)
    worth = np.asarray(equity, np.float64)
    refuse_nonsense(times, worth)
    returns = returns_of(times, worth)
    span_ns = int(times[-1] - times[0])
    total, cagr = growth(worth, span_ns)
    deepest, longest_days = drawdown(times, worth)
    profits = fills["profit"][fills["side"] == SELL].astype(np.float64)
    won, lost = float(profits[profits > 0].sum()), -float(profits[profits < 0].sum())
    return Metrics(
        total_return=total,
        cagr=cagr,
        sharpe=sharpe(returns),
        sortino=sortino(returns),
        calmar=ratio(cagr, deepest),
        max_drawdown=deepest,
        max_drawdown_days=longest_days,
        volatility=volatility(returns),
        profit_factor=ratio(won, lost),
        expectancy=defined(profits.mean()) if len(profits) else None,
        win_rate=float((profits > 0).mean()) if len(profits) else None,
        trades=len(profits),
        best_trade=defined(profits.max()) if len(profits) else None,
        worst_trade=defined(profits.min()) if len(profits) else None,
        average_hold_seconds=average_hold_seconds(fills),
        exposure=ratio(exposed_ns, span_ns),
        turnover=ratio(float((fills["quantity"] * fills["price"]).sum()), float(worth.mean())),
        fees=float(fills["fee"].sum()),
        annualisation=annualisation(returns),
    )


def refuse_nonsense(times: Int64Array, equity: Float64Array) -> None:
    hint = "This is a fault of who measured, not of the market."
    if not len(times) or times.shape != equity.shape or times.ndim != 1:
        raise DataError(f"Equity has {equity.shape} samples at {times.shape} times.", hint)
    if (np.diff(times) < 0).any() or not np.isfinite(equity).all():
        raise DataError("Equity is out of order in time, or not a number somewhere.", hint)


def returns_of(times: Int64Array, equity: Float64Array) -> Returns:
    """Daily returns when there are days enough, else those between samples. They end where equity reaches zero."""
    kind = "sample"
    last_of_day = np.append(np.flatnonzero(np.diff(times // DAY_NS)), len(times) - 1)
    if times[-1] - times[0] >= DAILY_SPAN_NS and len(last_of_day) >= DAILY_SAMPLES:
        kind, times, equity = "daily", times[last_of_day], equity[last_of_day]
    broke = np.flatnonzero(equity <= 0)
    if len(broke):
        times, equity = times[: broke[0] + 1], equity[: broke[0] + 1]
    values = equity[1:] / equity[:-1] - 1
    span_ns = int(times[-1] - times[0])
    return Returns(values, len(values) * YEAR_NS / span_ns if span_ns else 0.0, kind)


def growth(equity: Float64Array, span_ns: int) -> tuple[float | None, float | None]:
    """Total return, and the yearly one. Equity at zero or below is a yearly growth of -1."""
    first, last = float(equity[0]), float(equity[-1])
    if first <= 0:
        return None, None
    total = last / first - 1
    if not span_ns:
        return total, None
    if last <= 0:
        return total, -1.0
    exponent = math.log(last / first) * YEAR_NS / span_ns
    return total, math.expm1(exponent) if exponent < 700 else None  # e^709 is the largest float


def drawdown(times: Int64Array, equity: Float64Array) -> tuple[float, float]:
    """The deepest fall from a peak (fraction of it), and the longest time under one (days)."""
    peaks = np.maximum.accumulate(equity)
    above_zero = peaks > 0
    falls = 1 - equity[above_zero] / peaks[above_zero]
    at_peak = np.append(np.flatnonzero(equity >= peaks), len(equity))
    under = np.diff(at_peak) > 1
    ends = np.minimum(at_peak[1:], len(equity) - 1)
    longest = (times[ends] - times[at_peak[:-1]])[under]
    return (float(falls.max()) if len(falls) else 0.0), (float(longest.max()) / DAY_NS if len(longest) else 0.0)


def sharpe(returns: Returns) -> float | None:
    """mean / std(ddof=1) * sqrt(observations a year)."""
    deviation = spread(returns)
    return ratio(float(returns.values.mean()) * math.sqrt(returns.per_year), deviation) if deviation else None


def sortino(returns: Returns) -> float | None:
    """mean / sqrt(mean(min(r, 0)^2)) * sqrt(observations a year); None without a loss."""
    if len(returns.values) < 2:
        return None
    downside = math.sqrt(float(np.mean(np.minimum(returns.values, 0) ** 2)))
    return ratio(float(returns.values.mean()) * math.sqrt(returns.per_year), downside)


def volatility(returns: Returns) -> float | None:
    """std(ddof=1) * sqrt(observations a year); 0 for returns that are all alike."""
    deviation = spread(returns)
    return None if deviation is None else deviation * math.sqrt(returns.per_year)


def spread(returns: Returns) -> float | None:
    """The sample standard deviation; None for fewer than two returns."""
    if len(returns.values) < 2 or not returns.per_year:
        return None
    deviation = float(returns.values.std(ddof=1))
    return deviation if deviation > NO_SPREAD * abs(float(returns.values.mean())) else 0.0


def average_hold_seconds(fills: npt.NDArray[Any]) -> float | None:
    """Mean over all SELL fills, each from the first BUY of its position; several SELLs may end one position."""
    held: dict[int, float] = {}
    opened: dict[int, int] = {}
    seconds = []
    columns = (fills[name].tolist() for name in ("time_ns", "pair", "side", "quantity"))
    for time_ns, pair, side, quantity in zip(*columns, strict=True):
        before = held.get(pair, 0.0)
        if side == BUY:
            if before <= 0:
                opened[pair] = time_ns
            held[pair] = before + quantity
        elif pair in opened:
            seconds.append((time_ns - opened[pair]) / NANOSECONDS)
            rest = before - quantity
            held[pair] = rest if rest > 1e-9 * before else 0.0  # what rounding leaves is no position
    return sum(seconds) / len(seconds) if seconds else None


def annualisation(returns: Returns) -> str:
    if not len(returns.values) or not returns.per_year:
        return "nothing to annualise: fewer than two samples"
    which = "daily returns (last equity of each UTC day)" if returns.kind == "daily" else "returns between samples"
    count, per_year = len(returns.values), returns.per_year
    return f"{count} {which}, annualised by the {per_year:.2f} seen per 365.25 days; risk-free rate 0"


def ratio(above: float | None, below: float) -> float | None:
    """None when there is nothing above, nothing to divide by, or no finite result."""
    return defined(above / below) if above is not None and below > 0 else None


def defined(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
