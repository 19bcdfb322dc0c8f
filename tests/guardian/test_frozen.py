"""The frozen values in the strategy's own tests, made again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import talib

from strategy.tests.test_reference import FROZEN, made_bars

AT = (14, 15, 20, 26, 34, 35, 60, 120)
"""Bars: as each indicator becomes known, and long after."""


def made_again() -> dict[int, tuple[float | None, ...]]:
    close, high, low, volume = (np.array(column) for column in zip(*made_bars(), strict=True))
    slow = talib.EMA(close, 26)
    macd = talib.EMA(close, 12) - slow
    bands = pd.Series(close).rolling(20)
    columns = (
        talib.EMA(close, 12),
        slow,
        np.concatenate([np.full(25, np.nan), talib.EMA(macd[25:], 9)]),
        talib.RSI(close, 14),
        talib.ATR(high, low, close, 14),
        (bands.mean() + 2.0 * bands.std(ddof=0)).to_numpy(),
        (bands.mean() - 2.0 * bands.std(ddof=0)).to_numpy(),
        talib.SMA(volume, 20),
    )
    at = {bar: [float(column[bar - 1]) for column in columns] for bar in AT}
    return {bar: tuple(None if np.isnan(value) else value for value in values) for bar, values in at.items()}


def test_the_frozen_values_are_those_that_ta_lib_and_pandas_give() -> None:
    again = made_again()
    assert set(FROZEN) == set(AT)
    for bar, values in FROZEN.items():
        for value, right in zip(values, again[bar], strict=True):
            assert value == (None if right is None else pytest.approx(right, rel=1e-12)), bar
