"""Indicators against frozen values of TA-Lib 0.6 (pandas for the bands), of bars from a simple generator of numbers.

They were made once, by `tests/guardian/test_frozen.py`, which makes them again and compares.
"""

from __future__ import annotations

import pytest

from .conftest import Desk

BARS = 120
FROZEN: dict[int, tuple[float | None, ...]] = {
    14: (100.9703944773, None, None, None, None, None, None, None),
    15: (101.2764876347, None, None, 60.5086013463, 1.844285714286, None, None, None),
    20: (103.0137963012, None, None, 59.20353452767, 1.884915968262, 105.6115240505, 98.05447594953, 25.9395),
    26: (102.174543573, 101.7742307692, None, 55.34634416817, 1.984049833861, 105.6020673377, 99.02693266229, 26.8345),
    34: (
        105.8044626976,
        104.1089156001,
        1.06881311159,
        63.89296944748,
        1.922365106057,
        109.446320664,
        99.31467933598,
        26.738,
    ),
    35: (
        105.8206992056,
        104.2423292593,
        1.170724478532,
        56.20289435813,
        1.98719616991,
        109.5915781815,
        99.46442181852,
        28.2355,
    ),
    60: (
        106.8419917977,
        106.3113277229,
        0.727136892163,
        53.21236092636,
        1.734593721986,
        109.227127997,
        103.726872003,
        25.8625,
    ),
    120: (
        122.5559290092,
        121.6151562146,
        0.9936885850677,
        59.3536913211,
        1.866795145261,
        124.5614581127,
        119.6435418873,
        27.208,
    ),
}
"""Bar, from 1: what is seen as it closes, at the pinned parameters, in the order of the test; None: not known yet."""


def made_bars():
    """Close, high, low and volume of each bar: hundredths, from a linear congruential generator."""
    bars, seed, close = [], 12345, 10_000
    for _ in range(BARS):
        drawn = []
        for _ in range(4):
            seed = (1_103_515_245 * seed + 12_345) % 2**31
            drawn += [seed >> 16]
        before, close = close, close + drawn[0] % 401 - 200
        high, low = max(before, close) + drawn[1] % 90, min(before, close) - drawn[2] % 90
        bars += [(close / 100, high / 100, low / 100, (1 + drawn[3] % 5000) / 100)]
    return bars


def test_indicators_are_those_of_ta_lib_on_every_frozen_bar(package):
    desk = Desk(package)
    for number, (close, high, low, volume) in enumerate(made_bars(), start=1):
        desk.bar(close, volume, high=high, low=low)
        if number in FROZEN:
            f = desk.features
            seen = (f.ema_fast, f.ema_slow, f.macd_signal, f.rsi, f.atr, f.bollinger_upper, f.bollinger_lower)
            for value, known in zip((*seen, f.volume_average), FROZEN[number], strict=True):
                assert known is None or value == pytest.approx(known, rel=1e-9), (number, f)
