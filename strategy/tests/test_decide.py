"""From signals and rules to an action, by hand arithmetic on the default weights .35 .30 .25 .10 and 0."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel import BAR, BUY, HOLD, QUOTE, SELL, TRADE

from .conftest import Desk

NAN = math.nan


@pytest.mark.parametrize(
    ("votes", "score", "confidence"),
    [
        pytest.param((NAN,) * 5, 0.0, 0.0, id="all abstain"),
        pytest.param((NAN, 0.5, NAN, NAN, NAN), 0.5, 1.0, id="one speaks for all"),
        pytest.param((1.0, 1.0, 1.0, 1.0, NAN), 1.0, 1.0, id="all agree"),
        pytest.param((1.0, -1.0, NAN, NAN, NAN), 0.05 / 0.65, 0.35 / 0.65, id="(.35 - .30) / .65, .35 agree"),
        pytest.param((0.5, -1.0, NAN, NAN, NAN), -0.125 / 0.65, 0.30 / 0.65, id="(.175 - .30) / .65, .30 agree"),
        pytest.param(
            (0.2, 0.0, -0.4, 1.0, NAN), 0.07, 0.45, id=".07 + 0 - .10 + .10 of a weight of 1, .35 + .10 agree"
        ),
        pytest.param((NAN, 0.0, NAN, NAN, NAN), 0.0, 0.0, id="who says zero agrees with nobody"),
        pytest.param((NAN, NAN, NAN, NAN, 1.0), 0.0, 0.0, id="the advisor has no weight"),
    ],
)
def test_ensemble_by_hand(package, votes, score, confidence):
    ours = package.decide.ensemble(*votes)
    assert ours[0] == pytest.approx(score, abs=1e-15)
    assert ours[1] == pytest.approx(confidence, abs=1e-15)


def test_the_advisor_speaks_when_it_is_given_weight(package_with):
    ensemble = package_with(weight_advice=0.5).decide.ensemble
    assert ensemble(NAN, -1.0, NAN, NAN, 1.0) == pytest.approx(((0.5 - 0.3) / 0.8, 0.5 / 0.8))
    assert ensemble(NAN, -1.0, NAN, NAN, NAN) == (-1.0, 1.0)


vote = st.one_of(st.just(NAN), st.floats(-1.0, 1.0))


@given(votes=st.tuples(vote, vote, vote, vote, vote))
def test_score_and_confidence_stay_in_their_ranges(package, votes):
    score, confidence = package.decide.ensemble(*votes)
    assert -1.0 <= score <= 1.0 + 1e-15
    assert 0.0 <= confidence <= 1.0 + 1e-15


def test_a_cold_strategy_never_enters(desk):
    for _ in range(desk.package.indicators.WARM_BARS - 1):
        desk.bar(100.0)
        assert desk.quote(9.0, 1.0).action == HOLD
    desk.bar(100.0)
    decision = desk.quote(9.0, 1.0)
    assert desk.package.reason(decision) is None
    assert decision.action == BUY


def test_a_cold_strategy_still_stops_a_loss(desk):
    desk.package.rule("stop_loss")
    assert desk.trade(97.0, **desk.invested(100.0)).action == SELL


@pytest.mark.parametrize(
    ("bid_size", "ask_size", "action"),
    [
        pytest.param(13.0, 7.0, BUY, id="a score of exactly .30 buys"),
        pytest.param(12.9, 7.1, HOLD, id="a score of .29 does not"),
        pytest.param(1.0, 9.0, HOLD, id="nothing is sold that is not held"),
    ],
)
def test_a_flat_pair_buys_from_the_threshold_on(warm_desk, bid_size, ask_size, action):
    decision = warm_desk.quote(bid_size, ask_size)
    assert warm_desk.package.reason(decision) is None
    assert decision.action == action


@pytest.mark.parametrize(
    ("bid_size", "ask_size", "action"),
    [
        pytest.param(7.0, 13.0, SELL, id="a score of exactly -.30 sells"),
        pytest.param(7.1, 12.9, HOLD, id="a score of -.29 does not"),
        pytest.param(9.0, 1.0, HOLD, id="what is held is not bought again"),
    ],
)
def test_an_open_position_is_sold_from_the_threshold_on(warm_desk, bid_size, ask_size, action):
    decision = warm_desk.quote(bid_size, ask_size, **warm_desk.invested(held_seconds=3600))
    assert warm_desk.package.reason(decision) is None
    assert decision.action == action


def test_too_little_agreement_holds(warm_desk):
    # book 1.0 * .30 less flow -0.1 * .25: a score of .275 / .55 = .5, of whose weight .30 / .55 = 54.5 % agree
    warm_desk.crowd(bought=9.0, sold=11.0)
    decision = warm_desk.quote(5.0, 0.0, after_seconds=0.0)
    assert warm_desk.package.reason(decision) is None
    assert decision.score == pytest.approx(0.5)
    assert decision.confidence == pytest.approx(0.30 / 0.55)
    assert decision.action == HOLD


@pytest.mark.parametrize(("held_seconds", "action"), [(29.0, HOLD), (30.0, SELL)])
def test_min_hold_forbids_a_signal_to_sell(warm_desk, held_seconds, action):
    warm_desk.package.rule("min_hold")
    decision = warm_desk.quote(1.0, 9.0, **warm_desk.invested(held_seconds=held_seconds))
    assert warm_desk.package.reason(decision) == ("min_hold" if action == HOLD else None)
    assert decision.action == action


@pytest.mark.parametrize(("price", "name"), [(97.0, "stop_loss"), (105.0, "take_profit")])
def test_min_hold_never_forbids_a_stop(warm_desk, price, name):
    warm_desk.package.rule(name)
    decision = warm_desk.trade(price, **warm_desk.invested(100.0, held_seconds=0.0))
    assert warm_desk.package.reason(decision) == name
    assert decision.action == SELL


def test_a_stop_beats_the_best_of_signals(warm_desk):
    warm_desk.package.rule("stop_loss")
    decision = warm_desk.quote(9.0, 1.0, price=97.0, **warm_desk.invested(100.0))
    assert decision.score > 0.3
    assert warm_desk.package.reason(decision) == "stop_loss"
    assert decision.action == SELL


@pytest.mark.parametrize(("rested_seconds", "action"), [(1.0, HOLD), (59.0, HOLD), (60.0, BUY)])
def test_a_pair_rests_after_a_sale(warm_desk, rested_seconds, action):
    warm_desk.package.rule("cooldown")
    exit_ns = warm_desk.time_ns + int((1.0 - rested_seconds) * 1e9)
    decision = warm_desk.quote(9.0, 1.0, exit_ns=exit_ns)
    assert warm_desk.package.reason(decision) == ("cooldown" if action == HOLD else None)
    assert decision.action == action


def test_a_trailing_stop_counts_from_the_best_price(package_with):
    desk = Desk(package_with(trailing_stop=0.03))
    desk.package.rule("trailing_stop")
    desk.warm_up()
    position = desk.invested(100.0) | {"best_price": 103.0}
    decision = desk.trade(99.92, **position)  # 3.08 of 103 is 2.99 %
    assert desk.package.reason(decision) is None
    assert decision.action == HOLD
    decision = desk.trade(99.9, **position)  # 3.1 of 103 is 3.01 %
    assert desk.package.reason(decision) == "trailing_stop"
    assert decision.action == SELL


def test_the_decision_says_what_it_answers_and_how_much(warm_desk):
    decision = warm_desk.trade(sequence=77, pair=3)
    parameters = warm_desk.package.strategy.parameters
    assert (decision.sequence, decision.pair) == (77, 3)
    assert decision.size == parameters.order_fraction
    assert decision.min_hold_seconds == parameters.min_hold_seconds


def test_advice_that_is_none_changes_nothing_and_is_told_as_none(warm_desk):
    with_none = warm_desk.trade(advice=NAN)
    assert math.isnan(with_none.advice)
    assert (with_none.score, with_none.confidence) == (0.0, 0.0)
    assert warm_desk.features.advice == 0.0


def test_the_chart_is_read_at_the_close_of_a_bar_and_stands_until_the_next(warm_desk):
    for step in range(1, 31):
        at_close = warm_desk.bar(100.0 + step, high=100.5 + step, low=99.5 + step)
    assert not math.isnan(at_close.technical)
    assert warm_desk.trade(50.0).technical == at_close.technical
    assert warm_desk.trade(500.0).technical == at_close.technical


@pytest.mark.parametrize("kind", [QUOTE, TRADE])
def test_only_a_bar_moves_what_is_counted_in_bars(warm_desk, kind):
    before = warm_desk.features
    warm_desk.show(kind, 123.0)
    after = warm_desk.features
    for name in ("rsi", "ema_fast", "ema_slow", "macd_signal", "bollinger_middle", "atr", "volume_average"):
        assert getattr(after, name) == getattr(before, name)
    warm_desk.show(BAR, 123.0, high=123.0, low=123.0)
    assert warm_desk.features.ema_fast > before.ema_fast


def test_the_same_events_make_the_same_decisions(package):
    def decisions():
        desk = Desk(package)
        desk.warm_up()
        return b"".join(desk.quote(i % 7, i % 5, price=100.0 + i % 3).tobytes() for i in range(50))

    assert decisions() == decisions()
