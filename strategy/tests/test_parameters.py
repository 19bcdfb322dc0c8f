"""Every number that the owner may tune says what it does and how far it goes."""

from __future__ import annotations

import ast

import pytest

from core.strategy import load

from .conftest import SOURCE

STRATEGY = load(SOURCE)


@pytest.mark.parametrize("name", STRATEGY.ranges)
def test_the_default_lies_inside_its_range(name):
    low, high, unit = STRATEGY.ranges[name]
    assert low < high
    assert low <= getattr(STRATEGY.parameters, name) <= high
    assert unit


def test_a_comment_line_above_each_parameter_says_what_it_does():
    text = SOURCE.files["parameters.py"].decode()
    lines = text.splitlines()
    lines_of = {
        field.target.id: field.lineno
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
        for field in node.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    assert list(lines_of) == list(STRATEGY.ranges)
    for name, line in lines_of.items():
        assert lines[line - 2].strip().startswith("# "), name


def test_rules_and_features_that_the_owner_may_speak_of_are_there():
    assert len(set(STRATEGY.rule_names)) == len(STRATEGY.rule_names)
    spoken = """price rsi ema_fast ema_slow macd macd_signal bollinger_upper bollinger_middle bollinger_lower volume
        volume_average atr spread book_imbalance flow advice score profit held_seconds drawdown hour weekday"""
    assert set(spoken.split()) <= set(STRATEGY.feature_names)
