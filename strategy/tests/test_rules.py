"""Each rule at its threshold, a hair inside it and a hair outside."""

from __future__ import annotations

import math

import pytest

from .conftest import SHIPPED_RULES

ALLOW, FORBID_ENTRY, FORCE_ENTRY, FORBID_EXIT, FORCE_EXIT = range(5)


def below(value):
    return math.nextafter(value, -math.inf)


def above(value):
    return math.nextafter(value, math.inf)


def test_the_answers_are_the_ones_these_tests_mean(package):
    rules = package.rules
    answers = (rules.ALLOW, rules.FORBID_ENTRY, rules.FORCE_ENTRY, rules.FORBID_EXIT, rules.FORCE_EXIT)
    assert answers == (ALLOW, FORBID_ENTRY, FORCE_ENTRY, FORBID_EXIT, FORCE_EXIT)


@pytest.mark.parametrize(
    ("rule", "parameters", "feature", "at", "just_inside", "just_outside", "answer"),
    [
        ("stop_loss", {}, "profit", -0.02, below(-0.02), above(-0.02), FORCE_EXIT),
        ("take_profit", {}, "profit", 0.04, above(0.04), below(0.04), FORCE_EXIT),
        ("trailing_stop", {"trailing_stop": 0.03}, "retreat", 0.03, above(0.03), below(0.03), FORCE_EXIT),
        ("max_hold", {"max_hold_seconds": 600}, "held_seconds", 600.0, above(600.0), below(600.0), FORCE_EXIT),
    ],
)
def test_an_exit_is_forced_from_its_threshold_on(
    package_with, rule, parameters, feature, at, just_inside, just_outside, answer
):
    package = package_with(**parameters)
    verdict = package.rule(rule)
    assert verdict(package.world(**{feature: at})) == answer
    assert verdict(package.world(**{feature: just_inside})) == answer
    assert verdict(package.world(**{feature: just_outside})) == ALLOW


@pytest.mark.parametrize(
    ("rule", "feature", "threshold", "answer"),
    [("min_hold", "held_seconds", 30.0, FORBID_EXIT), ("cooldown", "rested_seconds", 60.0, FORBID_ENTRY)],
)
def test_waiting_ends_exactly_at_its_threshold(package, rule, feature, threshold, answer):
    verdict = package.rule(rule)
    assert verdict(package.world(**{feature: below(threshold)})) == answer
    assert verdict(package.world(**{feature: threshold})) == ALLOW
    assert verdict(package.world(**{feature: above(threshold)})) == ALLOW


@pytest.mark.parametrize(("rule", "world"), [("trailing_stop", {"retreat": 0.9}), ("max_hold", {"held_seconds": 1e9})])
def test_zero_turns_the_rule_off(package, rule, world):
    assert package.rule(rule)(package.world(**world)) == ALLOW


def test_a_quiet_world_forces_nothing(package):
    for name in SHIPPED_RULES:
        assert package.rule(name)(package.world()) not in (FORCE_ENTRY, FORCE_EXIT)


def test_there_is_one_verdict_for_each_name(package):
    assert len(package.rules.verdicts(package.world())) == len(package.strategy.rule_names)


def test_the_verdicts_stand_in_the_order_of_their_names(package):
    world = package.world(profit=-0.5)
    names = package.strategy.rule_names
    for name, verdict in zip(names, package.rules.verdicts(world), strict=True):
        assert verdict == getattr(package.rules, name)(world), name
