"""A rule's code, and what its test expects of it, agree in every world, NaN among them; and the code reads back."""

from __future__ import annotations

import ast
import math
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.contracts import AddRule, Condition
from core.strategy import Source
from core.symbols import Symbols, syntax_tree
from services.editor import EditRefused
from services.editor.conditions import ANSWERS, check, function_of, holds
from services.editor.reading import rule_of
from services.editor.worlds import examples

SYMBOLS = Symbols.of(Source.shipped().files)
FEATURES = ("price", "rsi", "ema_fast", "ema_slow", "volume", "volume_average", "profit", "score", "hour", "weekday")

feature = st.sampled_from(FEATURES)
comparison = st.sampled_from(("<", "<=", ">", ">="))
number = st.one_of(st.integers(-3, 99), st.sampled_from((0.02, -0.5, 1e-5, 1e14, 0.1 + 0.2)), st.floats(-100, 100))
value_leaf = st.builds(lambda f, op, v: Condition(feature=f, op=op, value=v), feature, comparison, number)
other_leaf = st.builds(
    lambda f, op, o, k: Condition(feature=f, op=op, other=o, factor=k),
    feature,
    comparison,
    feature,
    st.one_of(st.none(), number),
)
leaf = st.one_of(value_leaf, other_leaf)


def groups(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(several.map(lambda parts: Condition(all=parts)), several.map(lambda parts: Condition(any=parts)))


condition = st.recursive(leaf, groups, max_leaves=8)
rules = st.builds(
    AddRule,
    side=st.sampled_from(("entry", "exit")),
    effect=st.sampled_from(("require", "forbid", "force")),
    when=condition,
    name=st.just("made"),
)


def run(rule: AddRule, world: dict[str, float]) -> str:
    names: dict[str, Any] = {"kernel": lambda function: function, "Features": Any}
    names |= {answer: answer for answer in ("ALLOW", *ANSWERS.values())}
    exec(function_of(rule), names)  # noqa: S102 - the very code that is written
    everything: dict[str, float] = dict.fromkeys(SYMBOLS.features, 0)
    return str(names["made"](SimpleNamespace(**(everything | world))))


def expected(rule: AddRule, world: dict[str, float]) -> str:
    true = holds(rule.when, world)
    return ANSWERS[rule.side, rule.effect] if true != (rule.effect == "require") else "ALLOW"


@given(rule=rules, world=st.dictionaries(feature, st.one_of(st.just(math.nan), st.floats(-100, 100))))
def test_the_code_answers_as_the_condition_does(rule, world):
    try:
        check(rule.when, SYMBOLS)
    except EditRefused:
        return
    assert run(rule, world) == expected(rule, world)


@given(rule=rules)
def test_the_examples_show_both_answers_and_the_code_gives_them(rule):
    try:
        check(rule.when, SYMBOLS)
        true_world, shown = examples(rule, SYMBOLS)
    except EditRefused:
        return
    assert holds(rule.when, {name: point.value for name, point in true_world.items()})
    for world, true in shown:
        values = {name: point.value for name, point in world.items()}
        assert holds(rule.when, values) == true
        assert run(rule, values) == expected(rule, values)
        for point in world.values():
            written = eval(point.text, {"math": math})  # noqa: S307 - as the test that is written will read it
            assert written == point.value or math.isnan(point.value)
    if not rule.when.branches:
        assert {true for _, true in shown} == {True, False}


@given(rule=rules)
def test_a_rule_reads_back_as_the_operation_that_wrote_it(rule):
    try:
        check(rule.when, SYMBOLS)
    except EditRefused:
        return
    read = rule_of(function_of(rule))
    assert read is not None
    assert function_of(read) == function_of(rule)


def test_a_parse_that_another_thread_disturbed_is_tried_again(monkeypatch):
    answers = iter([SystemError("AST constructor recursion depth mismatch (before=42, after=39)")] * 3)
    parse = ast.parse

    def disturbed(source):
        if (error := next(answers, None)) is not None:
            raise error
        return parse(source)

    monkeypatch.setattr(ast, "parse", disturbed)
    assert ast.unparse(syntax_tree(b"x = 1")) == "x = 1"
    assert next(answers, None) is None
