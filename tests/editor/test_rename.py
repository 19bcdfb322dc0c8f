"""A rename changes the name wherever it means the thing, and nowhere else."""

from __future__ import annotations

import pytest

from core.contracts import AddRule, Condition, DisableRule, Rename, SetParameter
from services.editor import EditRefused

PARAMETERS = """\
# stop_loss is told here
class Parameters(NamedTuple):
    # The stop_loss.
    stop_loss : Annotated[float, Range(0, 1, "of price")] = 0.02
    ema_fast: Annotated[int, Range(2, 200, "bars")] = 12


stop_loss = 1
"""
RULES = """\
from .parameters import P


@kernel
def verdicts(f: Features) -> tuple[int, ...]:
    return (stop_loss( f ), other(f))


@kernel
def stop_loss(f: Features) -> int:
    "The stop_loss."
    return FORCE_EXIT if f.profit <= -P . stop_loss else ALLOW


@kernel
def other(f: Features) -> int:
    return FORCE_EXIT if stop_loss(f) == ALLOW and f.ema_fast > P.ema_fast else Q.stop_loss
"""
STATE = "class Features(NamedTuple):\n    profit: float\n    ema_fast: float\n"
TESTS = """\
SHIPPED_RULES = ("stop_loss", 'other')
PINNED = {"stop_loss": 0.02, "ema_fast": 12}


def test_it(package, package_with):
    package.rule("stop_loss")(package.world(ema_fast=1, **{"ema_fast": 2}))
    package_with(stop_loss=0.05, ema_fast=3).rules.stop_loss
    assert package.strategy.parameters.stop_loss < package.strategy.ranges["stop_loss"][1]  # stop_loss
"""
FILES = {
    "parameters.py": PARAMETERS.encode(),
    "rules.py": RULES.encode(),
    "state.py": STATE.encode(),
    "tests/test_it.py": TESTS.encode(),
}


def text(edited, file: str) -> str:
    return edited.files[file].decode()


def test_a_parameter_is_renamed_where_it_is_one(made):
    edited = made(Rename("parameter", old="stop_loss", new="max_loss"), files=FILES)
    assert text(edited, "parameters.py") == PARAMETERS.replace("    stop_loss :", "    max_loss :")
    assert text(edited, "rules.py") == RULES.replace("P . stop_loss", "P . max_loss")
    assert text(edited, "tests/test_it.py") == (
        TESTS.replace('{"stop_loss": 0.02', '{"max_loss": 0.02')
        .replace("package_with(stop_loss=", "package_with(max_loss=")
        .replace("parameters.stop_loss", "parameters.max_loss")
        .replace('ranges["stop_loss"]', 'ranges["max_loss"]')
    )


def test_a_parameter_that_shares_its_name_with_a_feature_leaves_the_feature(made):
    edited = made(Rename("parameter", old="ema_fast", new="quick"), files=FILES)
    assert text(edited, "state.py") == STATE
    assert text(edited, "rules.py") == RULES.replace("P.ema_fast", "P.quick")
    assert text(edited, "tests/test_it.py") == (
        TESTS.replace('"ema_fast": 12', '"quick": 12').replace(", ema_fast=3", ", quick=3")
    )


def test_a_rule_is_renamed_where_it_is_one(made):
    edited = made(Rename("rule", old="stop_loss", new="max_loss"), files=FILES)
    assert text(edited, "parameters.py") == PARAMETERS
    assert text(edited, "rules.py") == (
        RULES.replace("(stop_loss( f )", "(max_loss( f )")
        .replace("def stop_loss", "def max_loss")
        .replace("if stop_loss(f)", "if max_loss(f)")
    )
    assert text(edited, "tests/test_it.py") == (
        TESTS.replace('("stop_loss", ', '("max_loss", ')
        .replace('rule("stop_loss")', 'rule("max_loss")')
        .replace("rules.stop_loss", "rules.max_loss")
    )


def test_what_changes_had_said_is_said_of_the_new_name(made):
    calm = AddRule(side="entry", effect="forbid", when=Condition(feature="rsi", op=">", value=70), name="calm")
    before = made(calm, DisableRule("cooldown"), SetParameter("stop_loss", value=0.03, was=0.02))
    renames = [
        Rename("rule", old="calm", new="calmer"),
        Rename("rule", old="cooldown", new="rest"),
        Rename("parameter", old="stop_loss", new="max_loss"),
    ]
    after = made(*renames, files=before.files, change="8")
    said = text(after, "tests/test_change_7.py")
    for test in (
        "rule_calmer_answers",
        "rule_calmer_is_as_asked",
        "rule_rest_is_as_asked",
        "parameter_max_loss_is_as_set",
    ):
        assert f"def test_{test}(" in said
    assert not [name for name in ('"calm"', "cooldown", "stop_loss") if name in said]
    assert len(after.tests) == 3
    again = made(Rename("rule", old="calmer", new="calm"), files=after.files, change="9")
    assert "tests/test_change_8.py::test_rule_calmer_has_its_name" in again.superseded
    assert b"Now calm; before, calmer (change 8), calm." in again.files["tests/test_change_9.py"]


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (Rename("parameter", old="stop_los", new="x_x"), "unknown_parameter"),
        (Rename("rule", old="stop_los", new="x_x"), "unknown_rule"),
        (Rename("rule", old="ALLOW", new="x_x"), "unknown_rule"),
        (Rename("rule", old="verdicts", new="x_x"), "unknown_rule"),
        (Rename("rule", old="stop_loss", new="cooldown"), "rule_exists"),
        (Rename("rule", old="stop_loss", new="profit"), "name_taken"),
        (Rename("rule", old="stop_loss", new="f"), "name_taken"),
        (Rename("rule", old="stop_loss", new="lambda"), "bad_name"),
        (Rename("rule", old="stop_loss", new="Stop"), "bad_name"),
        (Rename("parameter", old="stop_loss", new="take_profit"), "name_taken"),
        (Rename("parameter", old="stop_loss", new="count"), "name_taken"),
        (Rename("parameter", old="stop_loss", new="float"), "bad_name"),
        (Rename("indicator", old="ema_200", new="slow"), "unknown_indicator"),
    ],
)
def test_what_cannot_be_renamed(made, operation, reason):
    with pytest.raises(EditRefused) as told:
        made(operation)
    assert told.value.reason == reason


def test_a_new_name_that_could_not_be_told_apart_again_is_refused(made):
    tests = TESTS.replace("'other')", "'other', 'word')")
    with pytest.raises(EditRefused) as told:
        made(Rename("rule", old="stop_loss", new="word"), files={**FILES, "tests/test_it.py": tests.encode()})
    assert told.value.reason == "name_taken"
