"""Each indicator kernel against an implementation that shares no line with it: TA-Lib, pandas, exact fractions.

`test_plain_python.py` runs this file once more without compilation.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st
from numba import config

from core import indicators
from core.kernel import kernel

LENGTH = 600
PERIODS = [2, 14, 50]


def walk(seed, start=100.0, length=LENGTH, volatility=0.01):
    return start * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, volatility, length)))


SERIES = {
    "random walk": walk(1),
    "wild walk": walk(2, volatility=0.2),
    "constant": np.full(LENGTH, 123.456),
    "jumps": np.where(np.arange(LENGTH) // 7 % 2 == 0, 1.0, 1000.0),
    "tiny prices": walk(3, start=1e-8),
    "huge prices": walk(4, start=1e9),
    "only up": np.linspace(1.0, 2.0, LENGTH),
    "only down": np.linspace(2.0, 1.0, LENGTH),
    "a saw": 100.0 + np.arange(LENGTH) % 2,
}
each_series = pytest.mark.parametrize("series", SERIES.values(), ids=SERIES.keys())
each_period = pytest.mark.parametrize("period", PERIODS)


def assert_close(actual, expected, tolerance=1e-11):
    """Equal where both are defined, to a hair of the largest value that went in."""
    defined = ~np.isnan(expected)
    assert defined.any()
    scale = np.max(np.abs(expected[defined]))
    np.testing.assert_allclose(
        np.asarray(actual)[defined], expected[defined], rtol=0, atol=tolerance * max(scale, 1e-300)
    )


def averages(step, values, period):
    out, previous = [], 0.0
    for count, value in enumerate(values, 1):
        previous = step(previous, value, count, period)
        out.append(previous)
    return np.array(out)


def slides(values, period):
    """Mean and standard deviation after each value."""
    window, moments, out = np.zeros(period), np.zeros(2), []
    for count, value in enumerate(values, 1):
        indicators.slide(window, moments, count, value)
        out.append((moments[0], indicators.deviation(moments[1], count, period)))
    return np.array(out).T


@each_series
@each_period
def test_ema_is_talibs_from_the_first_full_period(series, period):
    assert_close(averages(indicators.ema, series, period), talib.EMA(series, period))


@each_series
@each_period
def test_until_the_period_is_full_an_average_is_the_mean_of_what_there_is(series, period):
    means = np.cumsum(series[:period]) / np.arange(1, period + 1)
    assert_close(averages(indicators.ema, series[:period], period), means)
    assert_close(averages(indicators.wilder, series[:period], period), means)


@each_series
@each_period
def test_wilder_is_an_exponential_average_of_weight_one_over_the_period(series, period):
    seeded = np.r_[series[:period].mean(), series[period:]]
    expected = pd.Series(seeded).ewm(alpha=1 / period, adjust=False).mean().to_numpy()
    assert_close(averages(indicators.wilder, series, period)[period - 1 :], expected)


@pytest.mark.parametrize("series", [s for name, s in SERIES.items() if name != "constant"])
@each_period
def test_rsi_is_talibs(series, period):
    change = np.diff(series)
    gains = averages(indicators.wilder, np.maximum(change, 0.0), period)
    losses = averages(indicators.wilder, np.maximum(-change, 0.0), period)
    ours = [math.nan, *(indicators.rsi(gain, loss) for gain, loss in zip(gains, losses, strict=True))]
    moved = np.r_[False, np.cumsum(np.abs(change)) > 0]  # before that the two differ on purpose, see below
    assert_close(ours, np.where(moved, talib.RSI(series, period), math.nan), tolerance=1e-10)


def test_rsi_of_a_price_that_never_moved_is_neutral_where_talib_calls_it_oversold():
    assert indicators.rsi(0.0, 0.0) == 50.0
    assert talib.RSI(np.full(30, 5.0), 14)[-1] == 0.0


@pytest.mark.parametrize(
    ("gain", "loss", "expected"), [(1.0, 0.0, 100.0), (0.0, 1.0, 0.0), (1.0, 1.0, 50.0), (3.0, 1.0, 75.0)]
)
def test_rsi_is_the_share_of_the_gains(gain, loss, expected):
    assert indicators.rsi(gain, loss) == expected


@each_series
@each_period
def test_atr_is_talibs(series, period):
    rng = np.random.default_rng(5)
    high = series * (1 + rng.uniform(0, 0.02, len(series)))
    low = series * (1 - rng.uniform(0, 0.02, len(series)))
    ranges = [indicators.true_range(*bar) for bar in zip(high[1:], low[1:], series[:-1], strict=True)]
    ours = np.r_[math.nan, averages(indicators.wilder, ranges, period)]
    assert_close(ours, talib.ATR(high, low, series, period))


@pytest.mark.parametrize(
    ("high", "low", "close", "expected"),
    [
        pytest.param(12.0, 10.0, 11.0, 2.0, id="the last close lies inside the bar"),
        pytest.param(12.0, 10.0, 9.0, 3.0, id="the bar gapped up"),
        pytest.param(12.0, 10.0, 14.0, 4.0, id="the bar gapped down"),
        pytest.param(10.0, 10.0, 10.0, 0.0, id="nothing moved"),
    ],
)
def test_true_range_reaches_to_the_last_close(high, low, close, expected):
    assert indicators.true_range(high, low, close) == expected


@each_series
@pytest.mark.parametrize("period", [5, 20])
def test_slide_and_deviation_make_talibs_bollinger_bands(series, period):
    mean, deviation = slides(series, period)
    upper, middle, lower = talib.BBANDS(series, period, nbdevup=2, nbdevdn=2)
    assert_close(mean, talib.SMA(series, period))
    assert_close(mean, middle)
    # TA-Lib subtracts two large squares, which leaves it half our digits
    assert_close(mean + 2 * deviation, upper, tolerance=1e-7)
    assert_close(mean - 2 * deviation, lower, tolerance=1e-7)


@each_series
@pytest.mark.parametrize("period", [2, 5, 20])
def test_slide_is_the_mean_and_population_deviation_of_the_window(series, period):
    windows = [series[max(0, i + 1 - period) : i + 1] for i in range(len(series))]
    mean, deviation = slides(series, period)
    assert_close(mean, np.array([window.mean() for window in windows]))
    scale = np.max(series)
    np.testing.assert_allclose(deviation, [window.std() for window in windows], rtol=0, atol=1e-7 * scale)


@kernel
def slide_along(values, window, moments, means, squares):
    for i in range(len(values)):
        indicators.slide(window, moments, i + 1, values[i])
        means[i] = moments[0]
        squares[i] = moments[1]


@pytest.mark.parametrize("start", [1e-8, 1.0, 1e9])
def test_rounding_does_not_accumulate_over_200000_values(start):
    period, values = 20, walk(6, start, 200_000, volatility=0.001)
    means, squares = np.empty_like(values), np.empty_like(values)
    slide_along(values, np.zeros(period), np.zeros(2), means, squares)
    for last in [199_977, 199_986, 199_999]:  # at either side of a wrap of the ring, and at the end
        window = [Fraction(value) for value in values[last - period + 1 : last + 1].tolist()]
        mean = sum(window) / period
        assert means[last] == pytest.approx(float(mean), rel=1e-14)
        assert squares[last] == pytest.approx(float(sum((value - mean) ** 2 for value in window)), rel=1e-9)


def test_after_a_jump_of_seventeen_orders_the_window_is_exact_again_when_the_ring_wraps():
    period = 20
    values = np.r_[walk(7, 1e9, 40), walk(8, 1e-8, 40)]
    mean, deviation = slides(values, period)
    assert mean[-1] == pytest.approx(values[-period:].mean(), rel=1e-14)
    assert deviation[-1] == pytest.approx(values[-period:].std(), rel=1e-12)


@pytest.mark.parametrize("count", [1, 2, 19, 20, 21, 1000])
def test_a_constant_has_no_deviation(count):
    mean, deviation = slides([0.1] * count, 20)
    assert mean[-1] == pytest.approx(0.1, rel=1e-15)
    assert deviation[-1] == pytest.approx(0.0, abs=1e-16)


def test_deviation_before_the_first_value_and_of_a_sum_that_rounded_below_zero_is_zero():
    assert indicators.deviation(0.0, 0, 20) == 0.0
    assert indicators.deviation(-1e-18, 20, 20) == 0.0


@each_series
@pytest.mark.parametrize(("fast", "slow", "signal"), [(12, 26, 9), (3, 5, 2)])
def test_macd_is_that_of_pandas_with_each_average_seeded_by_its_mean(series, fast, slow, signal):
    def seeded(values, period):
        seed = np.r_[np.full(period - 1, math.nan), values[:period].mean(), values[period:]]
        return pd.Series(seed).ewm(span=period, adjust=False, ignore_na=True).mean().to_numpy()

    line = averages(indicators.ema, series, fast) - averages(indicators.ema, series, slow)
    expected_line = seeded(series, fast) - seeded(series, slow)
    scale = np.max(series)
    np.testing.assert_allclose(line[slow - 1 :], expected_line[slow - 1 :], rtol=0, atol=1e-12 * scale)
    expected_signal = seeded(expected_line[slow - 1 :], signal)[signal - 1 :]
    ours = averages(indicators.ema, line[slow - 1 :], signal)[signal - 1 :]
    np.testing.assert_allclose(ours, expected_signal, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize(
    ("bid", "ask", "expected"),
    [(3.0, 1.0, 0.5), (1.0, 3.0, -0.5), (2.0, 2.0, 0.0), (5.0, 0.0, 1.0), (0.0, 5.0, -1.0), (0.0, 0.0, 0.0)],
)
def test_imbalance_by_hand(bid, ask, expected):
    assert indicators.imbalance(bid, ask) == expected


sizes = st.floats(0, 1e12)


@given(bid=sizes, ask=sizes)
def test_imbalance_stays_within_one_and_turns_with_the_sides(bid, ask):
    assert -1.0 <= indicators.imbalance(bid, ask) <= 1.0
    assert indicators.imbalance(bid, ask) == -indicators.imbalance(ask, bid)


@pytest.mark.parametrize(("elapsed", "expected"), [(0.0, 1.0), (30.0, 0.5), (90.0, 0.25), (-5.0, 1.0)])
def test_decay_halves_after_one_time_constant_and_forgets_nothing_backwards(elapsed, expected):
    assert indicators.decay(elapsed, 30.0) == expected


def test_a_fading_flow_is_the_recursion_written_out():
    # 8 bought, after 30 s half of it is left and 2 are added, after 90 s more a quarter of that and 1 is added
    flow = 8.0
    flow = indicators.decay(30.0, 30.0) * flow + 2.0
    flow = indicators.decay(90.0, 30.0) * flow + 1.0
    assert flow == (8.0 / 2 + 2.0) / 4 + 1.0


@pytest.mark.parametrize(
    ("value", "expected"), [(-2.0, -1.0), (-1.0, -1.0), (0.3, 0.3), (1.0, 1.0), (2.0, 1.0), (math.inf, 1.0)]
)
def test_clip_holds_a_value_inside(value, expected):
    assert indicators.clip(value, -1.0, 1.0) == expected


def test_clip_keeps_nan():
    assert math.isnan(indicators.clip(math.nan, -1.0, 1.0))


@pytest.mark.skipif(config.DISABLE_JIT, reason="nothing is compiled here")
@given(
    values=st.lists(st.floats(1e-8, 1e9), min_size=1, max_size=60),
    period=st.integers(2, 30),
)
def test_compiled_and_plain_average_agree_bit_for_bit(values, period):
    for step in (indicators.ema, indicators.wilder):
        assert averages(step, values, period).tobytes() == averages(step.py_func, values, period).tobytes()


@each_series
@each_period
def test_highest_is_the_maximum_of_the_window(series, period):
    values, counts, ends = np.zeros(period), np.zeros(period), np.zeros(2)
    ours = [indicators.highest(values, counts, ends, count, value) for count, value in enumerate(series, 1)]
    assert ours == [series[max(0, i + 1 - period) : i + 1].max() for i in range(len(series))]


@pytest.mark.parametrize("period", [1, 2, 14])
def test_weigh_is_the_mean_by_weight_of_the_window(period):
    values, chance = walk(11), np.random.default_rng(12)
    weights = chance.lognormal(0, 2, LENGTH) * (chance.random(LENGTH) > 0.4)
    ring, ring_weights, sums = np.zeros(period), np.zeros(period), np.zeros(3)
    for i, (value, weight) in enumerate(zip(values, weights, strict=True)):
        ours = indicators.weigh(ring, ring_weights, sums, i + 1, value, weight)
        last = slice(max(0, i + 1 - period), i + 1)
        if weights[last].sum() == 0.0:
            assert math.isnan(ours)
        else:
            assert ours == pytest.approx((values[last] * weights[last]).sum() / weights[last].sum(), rel=1e-9)


def test_what_rounding_leaves_of_weights_that_have_gone_is_no_weight():
    ring, weights, sums = np.zeros(4), np.zeros(4), np.zeros(3)
    told = [indicators.weigh(ring, weights, sums, i, 18.0, w) for i, w in enumerate([0.1, 0.2, 0.3, 0, 0, 0, 0], 1)]
    assert [math.isnan(value) for value in told] == [False] * 6 + [True]


@pytest.mark.parametrize(
    ("value", "other", "before", "expected"),
    [
        (2.0, 1.0, -1.0, 1.0),
        (1.0, 2.0, 1.0, -1.0),
        (1.0, 1.0, 1.0, 1.0),
        (1.0, 1.0, -1.0, -1.0),
        (1.0, 1.0, 0.0, 0.0),
        (math.nan, 1.0, 1.0, 0.0),
        (1.0, math.nan, -1.0, 0.0),
        (math.inf, 1.0, 0.0, 1.0),
        (math.inf, math.inf, -1.0, -1.0),
    ],
)
def test_a_side_stays_where_it_was_in_a_touch_and_is_lost_in_what_is_not_known(value, other, before, expected):
    assert indicators.side(value, other, before) == expected


def test_a_value_is_known_from_the_very_bar_on_that_makes_it_enough():
    assert math.isnan(indicators.known(1.5, 689, 690))
    assert indicators.known(1.5, 690, 690) == 1.5
