"""Which prices the strategy declares for the position that it holds, and that its rules mean just these."""

from __future__ import annotations

import math

import pytest

from core.kernel import SELL

from .conftest import Desk


def test_without_a_position_there_is_no_level(warm_desk):
    decision = warm_desk.trade()
    assert math.isnan(decision.stop)
    assert math.isnan(decision.target)


def test_what_may_be_lost_and_hoped_for_of_the_entry_price_are_the_levels(package, warm_desk):
    package.only_shipped("stop_loss", "take_profit")
    decision = warm_desk.trade(101.0, **warm_desk.invested(100.0))
    assert (decision.stop, decision.target) == (98.0, 104.0)


@pytest.mark.parametrize(
    ("trailing", "best", "stop"),
    [(0.03, 100.0, 98.0), (0.015, 102.0, 102.0 * 0.985), (0.015, 103.0, 103.0 * 0.985), (0.0, 103.0, 98.0)],
)
def test_of_a_stop_and_a_trailing_one_the_higher_counts(package_with, trailing, best, stop):
    trailed = package_with(trailing_stop=trailing)
    trailed.only_shipped("stop_loss", "trailing_stop")
    desk = Desk(trailed)
    decision = desk.trade(best, **desk.invested(100.0) | {"best_price": best})
    assert decision.stop == pytest.approx(stop, rel=1e-12)


@pytest.mark.parametrize(("level", "way"), [(98.0, -1.0), (104.0, 1.0)])
def test_behind_a_level_the_strategy_closes_and_before_it_it_does_not(package, warm_desk, level, way):
    package.only_shipped("stop_loss", "take_profit")
    held = warm_desk.invested(100.0)
    assert level in (warm_desk.trade(100.0, **held).stop, warm_desk.trade(100.0, **held).target)
    assert warm_desk.trade(level * (1.0 + way * 1e-9), **held | {"best_price": 200.0}).action == SELL
    assert package.reason(warm_desk.trade(level * (1.0 - way * 1e-9), **held)) in (None, "min_hold")


def test_a_price_that_is_past_its_stop_leaves_the_levels_where_they_are(package, warm_desk):
    package.only_shipped("stop_loss", "take_profit")
    decision = warm_desk.trade(90.0, **warm_desk.invested(100.0))
    assert decision.action == SELL
    assert (decision.stop, decision.target) == (98.0, 104.0)


def test_a_position_that_has_been_held_too_long_has_the_same_levels(package_with):
    patient = package_with(max_hold_seconds=60)
    patient.only_shipped("stop_loss", "take_profit", "max_hold")
    desk = Desk(patient)
    desk.trade(after_seconds=1000.0)
    decision = desk.trade(**desk.invested(100.0, held_seconds=600.0))
    assert decision.action == SELL
    assert (decision.stop, decision.target) == (98.0, 104.0)
