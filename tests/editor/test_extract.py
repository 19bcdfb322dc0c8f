"""A number of the code becomes a parameter and a number again: just these places differ, nothing decides otherwise."""

from __future__ import annotations

import pytest

from core.contracts import AddRule, Condition, EditPlan, Extract, Inline, Rename, SetParameter
from core.strategy import Source, load
from core.symbols import Symbols
from services.editor import EditRefused, edit, inverse

CALM = AddRule(side="entry", effect="forbid", when=Condition(feature="rsi", op=">", value=70), name="calm")
TOP = Extract("calm", 70, "calm_rsi", 50, 99, "RSI points")
TREND = Extract("technical", 0.5, "technical_trend", 0.25, 1.0, "score")


def test_the_number_is_read_by_its_name_and_only_there(made, shipped):
    edited = made(TREND)
    changed = {name for name in edited.files if edited.files[name] != shipped.get(name)}
    assert changed == {"parameters.py", "signals.py", "tests/conftest.py", "tests/test_change_7.py"}
    assert edited.files["signals.py"] == shipped["signals.py"].replace(b"0.5 * trend", b"P.technical_trend * trend")
    field = b'    # A number of technical.\n    technical_trend: Annotated[float, Range(0.25, 1.0, "score")] = 0.5\n'
    assert edited.files["parameters.py"] == shipped["parameters.py"].replace(b"= 60\n", b"= 60\n" + field)
    pins = shipped["tests/conftest.py"].replace(
        b'"cooldown_seconds": 60,\n', b'"cooldown_seconds": 60,\n    "technical_trend": 0.5,\n'
    )
    assert edited.files["tests/conftest.py"] == pins


def test_one_of_several_numbers_of_a_value_is_told_by_its_place(made, shipped):
    third = made(Extract("technical", 0.5, "technical_rsi", 0, 1, "score", place=3)).files["signals.py"]
    assert third == shipped["signals.py"].replace(b"0.5 * stretched_rsi", b"P.technical_rsi * stretched_rsi")


@pytest.mark.parametrize(
    "operations",
    [
        (TREND,),
        (Extract("stretched_rsi", -1.0, "overbought_score", -1, 0, "score"),),
        (Extract("chart_cell", 3, "columns", 1, 9, "columns"),),
        (Extract("technical", 0.5, "last", 0, 1, "score", place=5), Rename("parameter", "last", "damped")),
        (CALM, TOP),
        (CALM, TOP, Rename("rule", "calm", "quiet")),
    ],
    ids=lambda operations: operations[-1].__class__.__name__,
)
def test_it_can_be_taken_back_to_the_last_byte(shipped, operations):
    plan = EditPlan(operations)
    back = inverse(plan, shipped)
    assert back is not None
    assert edit(edit(shipped, plan, "7").files, back, "7").files == shipped


def test_what_is_taken_out_is_a_parameter_like_any_other(made):
    files = made(CALM, TOP).files
    symbols = Symbols.of(files)
    known = symbols.parameters["calm_rsi"]
    assert (known.kind, known.value, known.range) == (float, 70, (50, 99, "RSI points"))
    assert known.about == "What calm compares rsi with."
    later = made(SetParameter("calm_rsi", 64.5, 70), files=files, change="8").files
    assert load(Source.of(later)).parameters.calm_rsi == 64.5
    again = made(Inline("calm_rsi"), files=later, change="9").files
    assert b"f.rsi > 64.5" in again["rules.py"]
    assert b"calm_rsi" not in b"".join(again[name] for name in ("rules.py", "parameters.py", "tests/conftest.py"))


def test_a_number_again_is_a_parameter_again(made):
    files = made(CALM, TOP).files
    plan = EditPlan((Inline("calm_rsi"),))
    back = inverse(plan, files)
    assert back == EditPlan((TOP,))
    assert edit(edit(files, plan, "9").files, back, "9").files == files


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (Extract("technical", 0.7, "x", 0, 1, "score"), "no_literal"),
        (Extract("technical", 0.5, "x", 0, 1, "score", place=6), "no_literal"),
        (Extract("nothing", 0.5, "x", 0, 1, "score"), "no_literal"),
        (Extract("decide", 0.0, "x", 0, 1, "score"), "no_literal"),
        (Extract("edges_at", 0.5, "x", 0, 1, "score"), "no_literal"),
        (Extract("technical", 0.5, "stop_loss", 0, 1, "score"), "name_taken"),
        (Extract("technical", 0.5, "count", 0, 1, "score"), "name_taken"),
        (Extract("technical", 0.5, "P", 0, 1, "score"), "bad_name"),
        (Extract("technical", 0.5, "class", 0, 1, "score"), "bad_name"),
        (Inline("nothing"), "unknown_parameter"),
        (Inline("stop_loss"), "not_one_use"),
    ],
)
def test_what_cannot_be_is_refused(made, operation, reason):
    if operation == Inline("stop_loss"):
        operation = Inline("trailing_stop")  # read twice
    with pytest.raises(EditRefused) as told:
        made(operation)
    assert told.value.reason == reason


def test_a_number_that_would_mean_something_else_there_stays_a_parameter(made, shipped):
    files = {**shipped, "signals.py": shipped["signals.py"].replace(b"0.5 * trend", b"P.sell_threshold**2 * trend")}
    files["decide.py"] = files["decide.py"].replace(b"P.sell_threshold", b"0.0")
    with pytest.raises(EditRefused) as told:
        made(Inline("sell_threshold"), files=files)
    assert told.value.reason == "no_place"


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": 0.6},
        {"high": 0.4},
        {"low": 0.5, "high": 0.5},
        {"value": float("nan")},
        {"high": float("inf")},
        {"place": 0},
        {"unit": ""},
        {"unit": 'x")] = 1'},
    ],
)
def test_a_range_or_a_unit_that_is_none_is_no_plan(wrong):
    right = {"value": 0.5, "low": 0, "high": 1, "unit": "score", "place": 1}
    with pytest.raises(ValueError, match=r"number|range|unit"):
        Extract(function="technical", name="x", **(right | wrong))
