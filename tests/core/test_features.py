"""What the shipped strategy sees after N bars is what TA-Lib and pandas see on the same bars.

`test_plain_python.py` runs this file once more without compilation.
"""

from __future__ import annotations

import math
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import BAR, DECISION, EVENT, NANOSECONDS, QUOTE

HOUR_NS = 3600 * NANOSECONDS
BARS = 400


def market(seed: int, start: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = start * np.exp(np.cumsum(rng.normal(0, 0.01, BARS)))
    high = close * (1 + rng.uniform(0, 0.01, BARS))
    low = close * (1 - rng.uniform(0, 0.01, BARS))
    return pd.DataFrame({"close": close, "high": high, "low": low, "volume": rng.lognormal(0, 1, BARS)})


MARKETS = {"at 100": market(1, 100.0), "tiny": market(2, 1e-8), "huge": market(3, 1e9)}


@pytest.fixture(scope="module", params=MARKETS)
def seen(request: pytest.FixtureRequest, shipped: Any) -> Any:
    """The bars, and the features at the close of each, as columns."""
    bars = MARKETS[request.param]
    features = sys.modules[shipped.decide.__module__.replace(".decide", ".indicators")].features
    state, table = np.zeros(1, shipped.state_dtype), np.zeros(shipped.table_shape)
    event, decision = np.zeros(1, EVENT), np.zeros(1, DECISION)
    rows = []
    for i, bar in enumerate(bars.itertuples()):
        event["kind"], event["time_ns"], event["advice"] = BAR, (i + 1) * HOUR_NS, math.nan
        event["price"], event["high"], event["low"], event["volume"] = bar.close, bar.high, bar.low, bar.volume
        shipped.decide(event, state, table, decision)
        rows.append(features(state, event, 0.5))
    return bars, pd.DataFrame(rows)


def assert_equal_from(ours: pd.Series, expected: Any, first: int, scale: float, tolerance: float = 1e-12) -> None:
    np.testing.assert_allclose(ours[first:], np.asarray(expected)[first:], rtol=0, atol=tolerance * scale)


def test_averages_of_the_close(seen):
    bars, ours = seen
    scale = bars.close.max()
    assert_equal_from(ours.ema_fast, talib.EMA(bars.close, 12), 11, scale)
    assert_equal_from(ours.ema_slow, talib.EMA(bars.close, 26), 25, scale)


def test_macd_is_the_difference_and_its_signal_starts_with_the_slow_average(seen):
    bars, ours = seen
    line = (talib.EMA(bars.close, 12) - talib.EMA(bars.close, 26)).to_numpy()
    signal = np.r_[np.full(25, math.nan), talib.EMA(line[25:], 9)]
    assert_equal_from(ours.macd, line, 25, bars.close.max())
    assert_equal_from(ours.macd_signal, signal, 33, bars.close.max())


def test_rsi_and_atr(seen):
    bars, ours = seen
    assert_equal_from(ours.rsi, talib.RSI(bars.close, 14), 14, 100.0)
    assert_equal_from(ours.atr, talib.ATR(bars.high, bars.low, bars.close, 14), 14, bars.close.max())


def test_bollinger_bands_and_average_volume(seen):
    bars, ours = seen
    window = bars.close.rolling(20)
    middle, reach = window.mean(), 2 * window.std(ddof=0)
    scale = bars.close.max()
    assert_equal_from(ours.bollinger_middle, middle, 19, scale)
    assert_equal_from(ours.bollinger_upper, middle + reach, 19, scale, tolerance=1e-10)
    assert_equal_from(ours.bollinger_lower, middle - reach, 19, scale, tolerance=1e-10)
    assert_equal_from(ours.volume_average, bars.volume.rolling(20).mean(), 19, bars.volume.max())


def test_the_rest_is_told_as_it_is(seen):
    bars, ours = seen
    assert ours.price.tolist() == bars.close.tolist()
    assert ours.volume.tolist() == bars.volume.tolist()
    assert set(ours.score) == {0.5}
    flat = ["profit", "retreat", "held_seconds", "spread", "book_imbalance", "flow", "advice", "drawdown"]
    assert not ours[flat].to_numpy().any()


@given(when=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 - made aware below
def test_hour_and_weekday_are_those_of_the_calendar_in_utc(shipped, when):
    when = when.replace(tzinfo=UTC)
    event = np.zeros(1, EVENT)
    event["kind"], event["price"] = QUOTE, 1.0
    event["time_ns"] = (when - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    features = sys.modules[shipped.decide.__module__.replace(".decide", ".indicators")].features
    seen = features(np.zeros(1, shipped.state_dtype), event, 0.0)
    assert (seen.hour, seen.weekday) == (when.hour, when.weekday())


def test_a_position_is_seen_as_fractions_and_seconds(shipped):
    event = np.zeros(1, EVENT)
    event["time_ns"], event["entry_ns"] = 100 * NANOSECONDS, 40 * NANOSECONDS
    event["position"], event["entry_price"], event["best_price"], event["price"] = 2.0, 100.0, 120.0, 90.0
    event["drawdown"], event["advice"] = 0.07, -0.5
    features = sys.modules[shipped.decide.__module__.replace(".decide", ".indicators")].features
    seen = features(np.zeros(1, shipped.state_dtype), event, 0.0)
    assert seen.profit == pytest.approx(-0.1)  # 90 / 100 - 1
    assert seen.retreat == pytest.approx(0.25)  # 1 - 90 / 120
    assert seen.held_seconds == 60.0
    assert seen.rested_seconds > 30_000_000  # about a year: nothing was closed
    assert (seen.drawdown, seen.advice) == (0.07, -0.5)
