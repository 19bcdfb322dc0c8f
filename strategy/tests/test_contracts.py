"""What each signal and rule promises whatever the numbers are: its range, its sign, and which way it goes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import BUY, EVENT, SELL

ALLOW, FORBID_ENTRY, FORCE_ENTRY, FORBID_EXIT, FORCE_EXIT = range(5)
part = st.floats(0.0, 1.0)
amount = st.floats(0.0, 1e6)
chart = st.tuples(st.floats(0.0, 100.0), st.floats(80.0, 120.0), st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), amount)


def technical(package, rsi, price, macd, macd_signal, volume):
    """Of a warm pair, between bands of 95 and 105, with an average volume of 1000."""
    state = np.zeros(1, package.strategy.state_dtype)
    state["bars"] = package.indicators.WARM_BARS
    around = {"bollinger_lower": 95.0, "bollinger_upper": 105.0, "atr": 1.0, "volume_average": 1000.0}
    seen = {"rsi": rsi, "price": price, "macd": macd, "macd_signal": macd_signal, "volume": volume}
    return package.signals.technical(state, package.world(**around | seen))


@given(at=chart, lower=st.floats(0.0, 40.0), more=st.floats(0.0, 3.0))
def test_a_lower_rsi_or_price_and_more_momentum_never_lower_the_technical_score(package, at, lower, more):
    rsi, price, macd, line, volume = at
    before = technical(package, *at)
    assert -1.0 <= before <= 1.0
    assert technical(package, max(rsi - lower, 0.0), price, macd, line, volume) >= before
    assert technical(package, rsi, price - lower, macd, line, volume) >= before
    assert technical(package, rsi, price, macd, line - more, volume) >= before
    assert technical(package, rsi, price, macd + more, line + more, volume) >= before - 1e-12


@given(bid=amount, ask=amount, more=amount)
def test_more_that_waits_to_buy_never_lowers_the_order_book_signal(package, bid, ask, more):
    imbalance = package.indicators.imbalance
    assert -1.0 <= imbalance(bid, ask) <= 1.0
    assert imbalance(bid + more, ask) >= imbalance(bid, ask) - 1e-12
    assert imbalance(bid, ask + more) <= imbalance(bid, ask) + 1e-12
    assert imbalance(bid, ask) == -imbalance(ask, bid)


@given(bought=st.floats(0.1, 1e6), sold=st.floats(0.1, 1e6), more=amount)
def test_more_that_is_bought_never_lowers_the_flow_signal(package, bought, sold, more):
    def told(buy_flow, sell_flow):
        state = np.zeros(1, package.strategy.state_dtype)
        state["buy_flow"], state["sell_flow"], state["flow_trades"] = buy_flow, sell_flow, 9.0
        return package.signals.flow(state, np.zeros(1, EVENT))

    assert -1.0 <= told(bought, sold) <= 1.0
    assert told(bought + more, sold) >= told(bought, sold) - 1e-12
    assert told(bought, sold + more) <= told(bought, sold) + 1e-12


@given(values=st.tuples(*[st.floats(-9.0, 9.0)] * 3))
def test_the_q_table_never_speaks_against_what_it_values_more(package, values):
    state = np.zeros(1, package.strategy.state_dtype)
    state["bars"] = package.indicators.WARM_BARS
    table = np.zeros(package.strategy.table_shape)
    table[0] = values
    told = package.signals.qlearning(state, np.zeros(1, EVENT), table)
    if any(values):
        assert -1.0 <= told <= 1.0
        assert (told > 0.0) == (table[0, BUY] > table[0, SELL]) or abs(told) < 1e-300
    else:
        assert math.isnan(told)


votes = st.tuples(*[st.floats(-1.0, 1.0)] * 5)


@given(said=votes, which=st.integers(0, 4), more=part)
def test_a_vote_that_rises_never_lowers_the_score(package, said, which, more):
    ensemble = package.decide.ensemble
    higher = [min(vote + more, 1.0) if place == which else vote for place, vote in enumerate(said)]
    assert ensemble(*higher)[0] >= ensemble(*said)[0] - 1e-12
    assert ensemble(*[-vote for vote in said])[0] == pytest.approx(-ensemble(*said)[0], abs=1e-12)


LOUDER = (
    ("stop_loss", "profit", -1.0, FORCE_EXIT),
    ("take_profit", "profit", 1.0, FORCE_EXIT),
    ("trailing_stop", "retreat", 1.0, FORCE_EXIT),
    ("max_hold", "held_seconds", 1e5, FORCE_EXIT),
    ("min_hold", "held_seconds", -1e3, FORBID_EXIT),
    ("cooldown", "rested_seconds", -1e3, FORBID_ENTRY),
)
"""Rule, the feature it looks at, which way and how far it may go, and what the rule then never takes back."""


@pytest.mark.parametrize(
    ("name", "feature", "reach", "answer"), [pytest.param(*each, id=f"{each[0]} further on") for each in LOUDER]
)
def test_what_a_rule_says_once_it_says_further_on_and_nothing_else_matters(package, name, feature, reach, answer):
    verdict = package.rule(name)
    for step in range(-50, 50):
        here = {feature: step * 0.02 * abs(reach) * 0.1}
        said = verdict(package.world(**here))
        assert said in (ALLOW, answer)
        assert verdict(package.world(**here, rsi=float(step), score=0.01 * step)) == said
        if said == answer:
            assert verdict(package.world(**{feature: here[feature] + 0.3 * reach})) == answer
