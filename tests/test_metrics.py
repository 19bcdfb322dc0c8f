"""Figures computed by hand with the arithmetic shown, against pandas on random runs, and at the edges."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.errors import DataError
from core.kernel import BUY, FILL, NANOSECONDS, SELL
from core.metrics import DAY_NS, YEAR_NS, Metrics, measure

START = 1_704_067_200 * NANOSECONDS  # 2024-01-01T00:00:00Z


def fills_of(*rows: tuple[int, int, int, float, float, float, float]) -> np.ndarray:
    """Rows of (seconds, pair, side, quantity, price, fee, profit)."""
    fills = np.zeros(len(rows), FILL)
    for fill, (seconds, pair, side, quantity, price, fee, profit) in zip(fills, rows, strict=True):
        fill["time_ns"], fill["pair"], fill["side"] = START + seconds * NANOSECONDS, pair, side
        fill["quantity"], fill["price"], fill["fee"], fill["profit"] = quantity, price, fee, profit
    return fills


NONE = fills_of()


def daily(*equity: float) -> Metrics:
    return measure(START + DAY_NS * np.arange(len(equity)), np.array(equity), NONE, 0)


def test_ratios_by_hand() -> None:
    # Equity 100, 110, 99, 108.9 on four days: returns +0.1, -0.1, +0.1, three in three days: 365.25 a year.
    figures = daily(100, 110, 99, 108.9)
    mean = 0.1 / 3
    # Deviations from the mean: 0.0666.., -0.1333.., 0.0666..; squares sum to 0.0266..; over 2 is 0.01333..
    deviation = math.sqrt(0.08 / 3 / 2)
    downside = math.sqrt(0.01 / 3)  # one loss of 0.1 among three observations
    year = math.sqrt(365.25)
    assert figures.total_return == pytest.approx(0.089)
    assert figures.cagr == pytest.approx(1.089 ** (365.25 / 3) - 1)
    assert figures.sharpe == pytest.approx(mean / deviation * year)
    assert figures.sortino == pytest.approx(mean / downside * year)
    assert figures.volatility == pytest.approx(deviation * year)
    assert figures.max_drawdown == pytest.approx(0.1)  # 110 to 99
    assert figures.max_drawdown_days == 2  # from the second day to the end, never recovered
    assert figures.calmar == pytest.approx((1.089 ** (365.25 / 3) - 1) / 0.1)
    assert (
        figures.annualisation
        == "3 returns between samples, annualised by the 365.25 seen per 365.25 days; risk-free rate 0"
    )


def test_trades_by_hand() -> None:
    fills = fills_of(
        (0, 0, BUY, 2, 100, 0.2, 0),
        (10, 1, BUY, 1, 50, 0.05, 0),
        (60, 0, SELL, 2, 110, 0.22, 19.58),  # 220 - 200 - 0.2 - 0.22
        (110, 1, SELL, 1, 45, 0.045, -5.095),  # 45 - 50 - 0.05 - 0.045
        (200, 0, BUY, 1, 100, 0.1, 0),
        (230, 0, SELL, 1, 100, 0.1, -0.2),
    )
    times = START + np.array([0, 250]) * NANOSECONDS
    figures = measure(times, np.array([1000, 1014.285]), fills, 140 * NANOSECONDS)
    assert figures.trades == 3
    assert figures.profit_factor == pytest.approx(19.58 / 5.295)
    assert figures.expectancy == pytest.approx(14.285 / 3)
    assert figures.win_rate == pytest.approx(1 / 3)
    assert (figures.best_trade, figures.worst_trade) == (19.58, -5.095)
    assert figures.average_hold_seconds == pytest.approx((60 + 100 + 30) / 3)
    assert figures.exposure == pytest.approx(140 / 250)
    assert figures.fees == pytest.approx(0.715)
    # 200 + 50 + 220 + 45 + 100 + 100 = 715 traded, over the mean of 1000 and 1014.285
    assert figures.turnover == pytest.approx(715 / 1007.1425)


def test_hold_is_counted_from_the_first_buy_to_each_sell() -> None:
    fills = fills_of(
        (0, 0, BUY, 1, 10, 0, 0),
        (20, 0, BUY, 2, 10, 0, 0),
        (50, 0, SELL, 1, 10, 0, 1),
        (90, 0, SELL, 2, 10, 0, 1),
        (100, 0, BUY, 1, 10, 0, 0),
        (110, 0, SELL, 1, 10, 0, 1),
    )
    assert measure([START], [1.0], fills, 0).average_hold_seconds == pytest.approx((50 + 90 + 10) / 3)


def test_the_longest_drawdown_need_not_be_the_deepest() -> None:
    # Peak 100 on day 0, recovered on day 4 (fell 5%); peak 120 on day 5, half of it lost on day 6, back on day 7.
    figures = daily(100, 99, 95, 99, 100, 120, 60, 120)
    assert figures.max_drawdown == pytest.approx(0.5)
    assert figures.max_drawdown_days == 4


def weekdays(count: int) -> pd.DatetimeIndex:
    return pd.date_range("2024-01-01", periods=count, freq="B", tz="UTC")


def test_a_market_with_weekends_is_annualised_by_its_own_days() -> None:
    days = weekdays(261)
    equity = 100 * np.cumprod(1 + np.random.default_rng(1).normal(0.001, 0.01, 261))
    figures = measure(days.as_unit("ns").asi8, equity, NONE, 0)
    per_year = 260 * 365.25 / (days[-1] - days[0]).days
    assert 260 < per_year < 262
    returns = pd.Series(equity).pct_change().dropna()
    assert figures.sharpe == pytest.approx(returns.mean() / returns.std() * math.sqrt(per_year))
    assert figures.annualisation.startswith("260 daily returns (last equity of each UTC day), annualised by the 26")


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_pandas_on_random_runs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2_000, 5_000))
    steps = rng.integers(60, 7_200, count) * NANOSECONDS  # unequal
    times = START + np.cumsum(steps)
    equity = 1e4 * np.cumprod(1 + rng.normal(0, 0.002, count))
    figures = measure(times, equity, NONE, 0)

    curve = pd.Series(equity, pd.to_datetime(times, utc=True))
    stamps = pd.Series(curve.index, curve.index)
    days, ends = curve.resample("D").last().dropna(), stamps.resample("D").last().dropna()
    returns = days.pct_change().dropna()
    years = (ends.iloc[-1] - ends.iloc[0]) / pd.Timedelta(days=365.25)
    scale = math.sqrt(len(returns) / years)
    falls = 1 - curve / curve.cummax()
    whole = (curve.index[-1] - curve.index[0]) / pd.Timedelta(days=365.25)
    cagr = (equity[-1] / equity[0]) ** (1 / whole) - 1
    assert figures.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1) * scale)
    assert figures.sortino == pytest.approx(returns.mean() / math.sqrt((returns.clip(upper=0) ** 2).mean()) * scale)
    assert figures.volatility == pytest.approx(returns.std(ddof=1) * scale)
    assert figures.max_drawdown == pytest.approx(falls.max())
    assert figures.cagr == pytest.approx(cagr)
    assert figures.calmar == pytest.approx(cagr / falls.max())
    under = falls > 0
    last_peak = stamps.where(~under).ffill()
    since = (stamps - last_peak).where(under, pd.Timedelta(0))
    recovered = (stamps - last_peak.shift(1)).where(~under & under.shift(1, fill_value=False), pd.Timedelta(0))
    assert figures.max_drawdown_days == pytest.approx(max(since.max(), recovered.max()) / pd.Timedelta(days=1))


def test_thirty_days_of_few_samples_are_not_daily() -> None:
    # 19 sampled days over 54: below the 20 that daily returns need.
    times = START + 3 * DAY_NS * np.arange(19)
    figures = measure(times, 100 + np.arange(19.0), NONE, 0)
    assert figures.annualisation.startswith("18 returns between samples, annualised by the 121.75 ")


def test_a_flat_run_has_no_ratios() -> None:
    figures = daily(*[100.0] * 40)
    assert (figures.total_return, figures.cagr, figures.volatility, figures.max_drawdown) == (0, 0, 0, 0)
    assert (figures.sharpe, figures.sortino, figures.calmar, figures.profit_factor) == (None, None, None, None)


def test_steady_growth_has_no_sharpe_made_of_rounding() -> None:
    figures = daily(*(100 * 1.001 ** np.arange(60)))
    assert figures.sharpe is None
    assert figures.cagr == pytest.approx(1.001**365.25 - 1)


def test_one_sample() -> None:
    figures = measure([START], [100.0], NONE, 0)
    assert (figures.total_return, figures.cagr, figures.sharpe, figures.exposure) == (0, None, None, None)
    assert figures.annualisation == "nothing to annualise: fewer than two samples"


def test_only_losses() -> None:
    fills = fills_of(
        (0, 0, BUY, 1, 10, 0, 0), (9, 0, SELL, 1, 9, 0, -1), (9, 0, BUY, 1, 9, 0, 0), (12, 0, SELL, 1, 7, 0, -2)
    )
    figures = measure([START, START + DAY_NS], [10.0, 7.0], fills, 0)
    assert (figures.profit_factor, figures.win_rate, figures.best_trade, figures.worst_trade) == (0, 0, -1, -2)


def test_only_wins_have_no_profit_factor() -> None:
    fills = fills_of((0, 0, BUY, 1, 10, 0, 0), (9, 0, SELL, 1, 11, 0, 1))
    assert measure([START], [10.0], fills, 0).profit_factor is None


def test_equity_to_zero_and_below() -> None:
    for end in (0.0, -5.0):
        figures = daily(100, 50, end, end, end)
        assert (figures.total_return, figures.cagr) == (end / 100 - 1, -1)
        assert figures.max_drawdown == 1 - end / 100
        assert figures.sharpe is not None
        assert figures.sharpe < 0


def test_a_day_of_huge_profit_is_no_infinite_cagr() -> None:
    figures = measure([START, START + 1], [1.0, 1000.0], NONE, 0)
    assert figures.cagr is None
    assert figures.calmar is None


@pytest.mark.parametrize("seed", range(20))
def test_every_figure_is_finite_or_none_and_is_json(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 60))
    times = START + np.sort(rng.integers(0, 60 * DAY_NS, count))
    equity: Any = rng.choice([0.0, 1e-9, 1.0, 1e12, -1.0], count)
    figures = measure(times, equity, NONE, 5)
    assert json.dumps(figures.as_dict(), allow_nan=False)
    assert set(figures.as_dict()) == set(Metrics.__slots__)


@pytest.mark.parametrize(
    ("times", "equity"),
    [([], []), ([1, 2], [1.0]), ([2, 1], [1.0, 1.0]), ([1, 2], [1.0, math.nan]), ([1, 2], [1.0, math.inf])],
)
def test_nonsense_is_refused(times: list[int], equity: list[float]) -> None:
    with pytest.raises(DataError):
        measure(times, equity, NONE, 0)


def test_a_year_is_365_days_and_a_quarter() -> None:
    assert YEAR_NS == 365.25 * DAY_NS
