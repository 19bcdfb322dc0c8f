"""Which prices the strategy declares for the position that it holds, and that its rules mean just these."""

from __future__ import annotations

import math

import pytest

from core.kernel import SELL

from .conftest import SHIPPED_RULES, Desk


def test_without_a_position_there_is_no_level(warm_desk):
    decision = warm_desk.trade()
    assert math.isnan(decision.stop)
    assert math.isnan(decision.target)


def test_a_rule_that_loses_or_earns_a_part_of_the_entry_price_is_a_level(package, warm_desk):
    only_shipped(package)
    decision = warm_desk.trade(101.0, **warm_desk.invested(100.0))
    if "stop_loss" in package.strategy.rule_names:
        assert decision.stop == 98.0
    else:
        assert math.isnan(decision.stop)
    if "take_profit" in package.strategy.rule_names:
        assert decision.target == 104.0
    else:
        assert math.isnan(decision.target)


@pytest.mark.parametrize(("best", "stop"), [(100.0, 98.0), (102.0, 102.0 * 0.985), (103.0, 103.0 * 0.985)])
def test_of_a_stop_and_a_trailing_one_the_higher_counts(package_with, best, stop):
    package = package_with(trailing_stop=0.015 if best > 100.0 else 0.03)
    only_shipped(package)
    if not {"stop_loss", "trailing_stop"} <= set(package.strategy.rule_names):
        pytest.skip("a stop is not in force")
    desk = Desk(package)
    decision = desk.trade(best, **desk.invested(100.0) | {"best_price": best})
    assert decision.stop == pytest.approx(stop, rel=1e-12)


def test_behind_a_level_the_strategy_closes_and_before_it_a_level_closes_nothing(package, warm_desk):
    only_shipped(package)
    held = warm_desk.invested(100.0)
    declared = warm_desk.trade(100.0, **held)
    for level, behind in ((declared.stop, -1.0), (declared.target, 1.0)):
        if math.isnan(level):
            continue
        assert warm_desk.trade(level * (1.0 + behind * 1e-9), **held | {"best_price": 200.0}).action == SELL
        before = warm_desk.trade(level * (1.0 - behind * 1e-9), **held)
        assert package.reason(before) not in ("stop_loss", "take_profit", "trailing_stop")


def test_a_price_that_is_past_its_stop_leaves_the_stop_where_it_is(package, warm_desk):
    only_shipped(package)
    package.rule("stop_loss")
    decision = warm_desk.trade(90.0, **warm_desk.invested(100.0))
    assert decision.action == SELL
    assert decision.stop == 98.0


def test_a_position_that_has_been_held_too_long_has_the_same_levels(package_with):
    package = package_with(max_hold_seconds=60)
    only_shipped(package)
    package.rule("max_hold")
    desk = Desk(package)
    desk.time_ns += 10**12
    early, late = (desk.trade(**desk.invested(100.0, held_seconds=seconds)) for seconds in (1.0, 600.0))
    assert late.action == SELL
    assert repr(early.stop) == repr(late.stop)
    assert repr(early.target) == repr(late.target)


def only_shipped(package):
    """Skip where a rule that was added later may have a nearer level."""
    if set(package.strategy.rule_names) - set(SHIPPED_RULES):
        pytest.skip("rules were added")
