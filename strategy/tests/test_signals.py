"""Each signal is a score in [-1, 1] by the arithmetic shown, and NaN when it has nothing to say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import BUY, HOLD, SELL


def chart(package, **features):
    """The technical signal of a warm pair with an average true range of 1 and average volume."""
    world = {"atr": 1.0, "rsi": 50.0, "price": 100.0, "bollinger_upper": 110.0, "bollinger_lower": 90.0}
    return package.signals.technical(warm_state(package), package.world(**world | features))


def warm_state(package):
    state = np.zeros(1, package.strategy.state_dtype)
    state["bars"] = package.indicators.WARM_BARS
    return state


@pytest.mark.parametrize(
    ("features", "score"),
    [
        pytest.param({}, 0.0, id="nothing moves"),
        pytest.param({"macd": 0.5, "macd_signal": 0.5}, 0.25, id="half a range of trend counts half of half"),
        pytest.param({"macd": 3.0, "macd_signal": 3.0}, 0.5, id="trend counts at most half"),
        pytest.param({"macd": 0.1, "macd_signal": 0.0}, 0.05 + 0.2, id="momentum is four times the histogram"),
        pytest.param({"macd": 0.0, "macd_signal": 1.0}, -0.5, id="momentum counts at most half"),
        pytest.param({"rsi": 30.0}, 0.5, id="oversold speaks for buying"),
        pytest.param({"rsi": 70.0}, -0.5, id="overbought speaks for selling"),
        pytest.param({"price": 89.0}, 0.5, id="below the lower band speaks for buying"),
        pytest.param({"price": 111.0}, -0.5, id="above the upper band speaks for selling"),
        pytest.param({"rsi": 20.0, "price": 80.0, "macd": 2.0}, 1.0, id="the sum is held at 1"),
        pytest.param({"rsi": 30.0, "volume": 1.0, "volume_average": 2.0}, 0.25, id="thin volume halves it"),
    ],
)
def test_technical_by_hand(package, features, score):
    assert chart(package, **features) == pytest.approx(score, rel=1e-12)


def test_technical_abstains_while_cold_or_when_the_price_never_moved(package):
    state = warm_state(package)
    assert math.isnan(package.signals.technical(state, package.world(atr=0.0)))
    state["bars"] -= 1
    assert math.isnan(package.signals.technical(state, package.world(atr=1.0)))


@pytest.mark.parametrize(
    ("feature", "value", "score"),
    [("rsi", 30.0, 1.0), ("rsi", 30.001, 0.0), ("rsi", 69.999, 0.0), ("rsi", 70.0, -1.0)],
)
def test_rsi_is_stretched_from_its_thresholds_on(package, feature, value, score):
    assert package.signals.stretched_rsi(package.world(**{feature: value})) == score


@pytest.mark.parametrize(("price", "score"), [(89.9, 1.0), (90.0, 0.0), (110.0, 0.0), (110.1, -1.0)])
def test_a_band_is_stretched_only_beyond_it(package, price, score):
    world = package.world(price=price, bollinger_lower=90.0, bollinger_upper=110.0)
    assert package.signals.stretched_band(world) == score


def test_the_first_book_is_believed_as_it_is(desk):
    assert desk.quote(3.0, 1.0).orderbook == 0.5  # (3 - 1) / (3 + 1)


def test_a_later_book_is_mixed_with_the_memory_of_the_one_before(desk):
    desk.quote(3.0, 1.0)
    # after the 5 s of its memory half of 0.5 is left, and half of (1 - 3) / (1 + 3) comes in
    assert desk.quote(1.0, 3.0, after_seconds=5.0).orderbook == pytest.approx(0.5 * 0.5 + 0.5 * -0.5, abs=1e-15)


def test_flow_fades_and_adds(desk):
    assert desk.crowd(bought=3.0, sold=1.0).flow == 0.5
    # after the 30 s of its memory 15 and 5 are left; 10 sold are added: (15 - 15) / 30
    assert desk.trade(sold=10.0, after_seconds=30.0).flow == 0.0


def test_a_handful_of_trades_says_nothing(desk):
    told = [desk.trade(bought=1.0, after_seconds=0.0).flow for _ in range(5)]
    assert [math.isnan(flow) for flow in told] == [True, True, True, True, False]
    assert told[-1] == 1.0


@pytest.mark.parametrize("signal", ["orderbook", "flow"])
def test_what_was_not_heard_of_for_a_minute_says_nothing(desk, signal):
    def speak():
        return desk.quote(3.0, 1.0) if signal == "orderbook" else desk.crowd(bought=3.0, sold=1.0)

    assert math.isnan(desk.trade()[signal])
    assert speak()[signal] == 0.5
    assert desk.trade(after_seconds=60.0)[signal] == 0.5
    assert math.isnan(desk.trade(after_seconds=1e-9)[signal])
    assert not math.isnan(speak()[signal])


@pytest.mark.parametrize(
    "book",
    [
        pytest.param({"bid_size": 0.0, "ask_size": 0.0}, id="both sizes are zero"),
        pytest.param({"bid": 0.0}, id="no bid"),
        pytest.param({"bid": 100.0, "ask": 99.0}, id="crossed"),
        pytest.param({"bid_size": math.nan}, id="a size is NaN"),
        pytest.param({"ask": math.nan}, id="a price is NaN"),
    ],
)
def test_a_book_that_is_none_changes_nothing(desk, book):
    desk.quote(3.0, 1.0)
    before = desk.state.tobytes()
    assert desk.quote(**{"bid_size": 1.0, "ask_size": 9.0} | book).orderbook == 0.5
    assert desk.state.tobytes() == before


@pytest.mark.parametrize("bought", [0.0, math.nan])
def test_a_trade_of_unknown_side_changes_nothing(desk, bought):
    desk.crowd(bought=3.0, sold=1.0)
    before = desk.state.tobytes()
    assert desk.trade(bought=bought).flow == 0.5
    assert desk.state.tobytes() == before


@pytest.mark.parametrize(
    ("values", "score"),
    [
        pytest.param((0.0, 2.0, 1.0), 1 / 3, id="(2 - 1) / (0 + 2 + 1)"),
        pytest.param((1.0, 0.0, 3.0), -0.75, id="(0 - 3) / (1 + 0 + 3)"),
        pytest.param((0.0, 5.0, 0.0), 1.0, id="all for buying"),
        pytest.param((-4.0, -1.0, -5.0), 0.4, id="losses count by their size: (-1 + 5) / 10"),
    ],
)
def test_qlearning_by_hand(warm_desk, values, score):
    warm_desk.table[:, [HOLD, BUY, SELL]] = values
    assert warm_desk.trade().qlearning == pytest.approx(score, rel=1e-15)


def test_qlearning_abstains_in_a_cell_that_was_never_visited(warm_desk):
    assert math.isnan(warm_desk.trade().qlearning)


def test_qlearning_abstains_while_cold(desk):
    desk.table[:] = (0.0, 1.0, 0.0)
    assert math.isnan(desk.trade().qlearning)


def test_an_open_position_looks_into_the_next_row(warm_desk):
    cell = 2 * int(warm_desk.state[0].chart_cell)
    warm_desk.table[cell, BUY] = 1.0
    warm_desk.table[cell + 1, SELL] = 1.0
    assert warm_desk.trade().qlearning == 1.0
    assert warm_desk.trade(**warm_desk.invested()).qlearning == -1.0


def worlds_of_every_chart(package):
    for rsi in (10.0, 50.0, 90.0):
        for price in (80.0, 100.0, 120.0):
            for macd, macd_signal in ((-1.0, -2.0), (-1.0, 1.0), (1.0, -1.0), (1.0, 2.0)):
                for volume in (0.5, 1.5):
                    yield package.world(
                        rsi=rsi,
                        price=price,
                        bollinger_lower=90.0,
                        bollinger_upper=110.0,
                        macd=macd,
                        macd_signal=macd_signal,
                        volume=volume,
                        volume_average=1.0,
                    )


def test_every_row_of_the_table_has_its_chart(package):
    cells = [package.signals.chart_cell(world) for world in worlds_of_every_chart(package)]
    assert sorted(cells) == list(range(72))
    assert package.strategy.table_shape == (2 * len(cells), 3)


number = st.floats(allow_nan=True, allow_infinity=True)


@given(rsi=number, price=number, lower=number, upper=number, macd=number, line=number, volume=number, average=number)
def test_no_chart_leaves_the_table(package, rsi, price, lower, upper, macd, line, volume, average):
    cell = package.signals.chart_cell(
        package.world(
            rsi=rsi,
            price=price,
            bollinger_lower=lower,
            bollinger_upper=upper,
            macd=macd,
            macd_signal=line,
            volume=volume,
            volume_average=average,
        )
    )
    assert 0 <= cell < 72
