"""The difference is what the plan says, and nothing else. Candidates are written by hand, plan by plan."""

from __future__ import annotations

# ruff: noqa: E501 - tables of cases, a line each
import pytest

from core.contracts import (
    AddFunction,
    AddRule,
    Condition,
    DisableRule,
    EditPlan,
    EnableRule,
    Operation,
    Outcome,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetParameter,
)
from core.strategy import Source
from services.guardian.gates import scope

from .conftest import SHIPPED, appended, case_of, changed, report_on

STOP = ('Range(0.001, 0.5, "of entry price")] = 0.02', 'Range(0.001, 0.5, "of entry price")] = 0.03')
SET = SetParameter("stop_loss", 0.03, 0.02)
LAST = "        cooldown(f),\n"
CALM = AddRule("entry", "require", Condition(feature="rsi", op="<", value=40), "calm")
CALM_TEXT = (
    '\n\n@kernel\ndef calm(f: Features) -> int:\n    """Calm."""\n    return ALLOW if f.rsi < 40 else FORBID_ENTRY\n'
)
COOLDOWN = SHIPPED.files["rules.py"].decode().split("\n\n\n")[-1]


def with_calm(text: str = CALM_TEXT, base: Source | None = None) -> Source:
    listed = base or changed(rules=(LAST, f"{LAST}        calm(f),\n"))
    return appended("rules.py", text, listed)


def refusals(candidate: Source, *operations: Operation, parent: Source = SHIPPED) -> tuple[str, ...]:
    plan = EditPlan(operations) if operations else None
    report = report_on(scope.gate, case_of(candidate, plan, parent=parent))
    assert (report.outcome is Outcome.PASSED) == (not report.findings)
    return report.findings


MIXED = Condition(
    all=(
        Condition(feature="rsi", op="<", value=40),
        Condition(
            any=(
                Condition(feature="score", op=">", value=-0.3),
                Condition(feature="ema_fast", op=">=", other="ema_slow", factor=1.5),
            )
        ),
    )
)
DISABLED = changed(rules=("        take_profit(f),\n", ""))
REMOVED = changed({"rules.py": SHIPPED.files["rules.py"].decode().replace(LAST, "").replace("\n\n\n" + COOLDOWN, "\n")})
NEGATIVE = 'Range(-1, -0.01, "score")] = -0.30'
NEW_BODY = '@kernel\ndef cooldown(f: Features) -> int:\n    """Longer."""\n    return FORBID_ENTRY if f.rested_seconds < 99.0 else ALLOW\n'
HELPER = "@kernel\ndef half(f: Features) -> float:\n    return 0.5 * f.rsi\n"

GOOD: dict[str, tuple[Source, tuple[Operation, ...], Source]] = {
    "a value": (changed(parameters=STOP), (SET,), SHIPPED),
    "a negative value": (
        changed(parameters=(NEGATIVE, 'Range(-1, -0.01, "score")] = -0.25')),
        (SetParameter("sell_threshold", -0.25, -0.3),),
        SHIPPED,
    ),
    "two values": (
        changed(parameters=(STOP[0], STOP[1])),
        (SetParameter("stop_loss", 0.05, 0.02), SET),
        SHIPPED,
    ),
    "a rule": (with_calm(), (CALM,), SHIPPED),
    "a rule of several comparisons": (
        with_calm(
            "\n\n@kernel\ndef calm(f: Features) -> int:\n    speaks = (\n        f.rsi < 40.0\n        and (f.score > -0.3 or"
            " f.ema_fast >= 1.5 * f.ema_slow)\n    )\n    return FORCE_EXIT if speaks else ALLOW\n"
        ),
        (AddRule("exit", "force", MIXED, "calm"),),
        SHIPPED,
    ),
    "a value and a rule": (
        with_calm(base=changed(rules=(LAST, f"{LAST}        calm(f),\n"), parameters=STOP)),
        (SET, CALM),
        SHIPPED,
    ),
    "a rule off": (DISABLED, (DisableRule("take_profit"),), SHIPPED),
    "a rule on": (SHIPPED, (EnableRule("take_profit"),), DISABLED),
    "a rule gone": (REMOVED, (RemoveRule("cooldown"),), SHIPPED),
    "a function in place of another": (
        changed({"rules.py": SHIPPED.files["rules.py"].decode().replace(COOLDOWN, NEW_BODY)}),
        (ReplaceFunction("cooldown", NEW_BODY),),
        SHIPPED,
    ),
    "a new function": (appended("signals.py", f"\n\n{HELPER}"), (AddFunction("half", HELPER),), SHIPPED),
}


@pytest.mark.parametrize("name", GOOD)
def test_what_the_plan_says_is_in_scope(name: str) -> None:
    candidate, operations, parent = GOOD[name]
    assert refusals(candidate, *operations, parent=parent) == ()


def with_comment(source: Source, file: str = "signals.py") -> Source:
    return appended(file, "# one more line\n", source)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("file", ["signals.py", "rules.py", "parameters.py", "state.py", "tests/conftest.py"])
def test_one_line_more_anywhere_is_out_of_scope(name: str, file: str) -> None:
    candidate, operations, parent = GOOD[name]
    assert refusals(with_comment(candidate, file), *operations, parent=parent)


def renamed(old: str, new: str) -> Source:
    return Source.of({name: data.replace(old.encode(), new.encode()) for name, data in SHIPPED.files.items()})


def test_a_new_name_everywhere_is_in_scope() -> None:
    assert refusals(renamed("min_confidence", "agreement"), Rename("parameter", "min_confidence", "agreement")) == ()


def test_a_new_name_in_some_places_only_is_not() -> None:
    files = dict(renamed("min_confidence", "agreement").files)
    files["decide.py"] = SHIPPED.files["decide.py"]
    partly = Source.of({**files, "parameters.py": SHIPPED.files["parameters.py"]})
    assert refusals(partly, Rename("parameter", "min_confidence", "agreement"))


def test_a_name_that_is_in_use_is_not_given_twice() -> None:
    assert refusals(renamed("min_confidence", "buy_threshold"), Rename("parameter", "min_confidence", "buy_threshold"))


BAD: dict[str, tuple[Source, tuple[Operation, ...]]] = {
    "nothing done": (SHIPPED, (SET,)),
    "another value": (changed(parameters=(STOP[0], STOP[0][:-4] + "0.04")), (SET,)),
    "an expression in place of a value": (changed(parameters=(STOP[0], STOP[0][:-4] + "0.01 + 0.02")), (SET,)),
    "a truth value": (changed(parameters=(STOP[0], STOP[0][:-4] + "True")), (SetParameter("stop_loss", 1, 0.02),)),
    "a wider range": (changed(parameters=(STOP[0], STOP[1].replace("0.5", "0.9"))), (SET,)),
    "another parameter": (changed(parameters=('= 0.04', "= 0.03")), (SET,)),
    "the value elsewhere": (changed(parameters=("P = Parameters()", "P = Parameters(stop_loss=0.03)")), (SET,)),
    "a rule that is not listed": (appended("rules.py", CALM_TEXT), (CALM,)),
    "a rule listed twice": (with_calm(base=changed(rules=(LAST, f"{LAST}        calm(f),\n        calm(f),\n"))), (CALM,)),
    "a rule in place of another": (with_calm(base=changed(rules=(LAST, "        calm(f),\n"))), (CALM,)),
    "a rule of another name": (with_calm(CALM_TEXT.replace("calm", "other")), (CALM,)),
    "a rule with another number": (with_calm(CALM_TEXT.replace("40", "41")), (CALM,)),
    "a rule that looks elsewhere": (with_calm(CALM_TEXT.replace("f.rsi", "f.profit")), (CALM,)),
    "a rule that answers otherwise": (with_calm(CALM_TEXT.replace("FORBID_ENTRY", "FORCE_ENTRY")), (CALM,)),
    "a rule that calls": (with_calm(CALM_TEXT.replace("f.rsi <", "abs(f.rsi) <")), (CALM,)),
    "a rule that looks the other way": (with_calm(CALM_TEXT.replace("<", ">")), (CALM,)),
    "two rules off": (changed(rules=("        take_profit(f),\n        trailing_stop(f),\n", "")), (DisableRule("take_profit"),)),
    "the order changed": (
        changed(rules=("        stop_loss(f),\n        take_profit(f),\n        trailing_stop(f),\n", "        trailing_stop(f),\n        stop_loss(f),\n")),
        (DisableRule("take_profit"),),
    ),
    "a rule gone that should only be off": (REMOVED, (DisableRule("cooldown"),)),
    "verdicts does more": (changed(rules=("    return (\n", "    x = 1\n    return (\n")), (DisableRule("take_profit"),)),
    "another function than the plan's": (appended("signals.py", f"\n\n{HELPER.replace('0.5', '0.6')}"), (AddFunction("half", HELPER),)),
    "a file more": (changed({"helper.py": ""}, parameters=STOP), (SET,)),
    "a file less": (changed({"tests/test_rules.py": None}, parameters=STOP), (SET,)),
    "another's generated test": (
        changed({"tests/test_change_1.py": "def test_rule_cooldown_answers():\n    pass\n"}, parameters=STOP),
        (SET,),
    ),
    "code in a generated test": (changed({"tests/test_change_1.py": "print(1)\n"}, parameters=STOP), (SET,)),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_the_plan_does_not_say_is_out_of_scope(name: str) -> None:
    candidate, operations = BAD[name]
    assert refusals(candidate, *operations)


def test_a_generated_test_may_come_change_and_go_with_what_the_plan_is_about() -> None:
    test = "def test_parameter_stop_loss_is_as_set():\n    assert 0.02\n"
    before = changed({"tests/test_change_1.py": test})
    after = changed({"tests/test_change_2.py": test.replace("2", "3")}, parameters=STOP)
    assert refusals(after, SET, parent=before) == ()


def test_without_a_plan_the_difference_is_told_and_kept_to_the_strategy_s_files() -> None:
    report = report_on(scope.gate, case_of(changed(rules=("f.profit >= P.take_profit", "f.profit > P.take_profit"))))
    assert report.outcome is Outcome.PASSED
    assert report.figures["functions"] == "rules.py:take_profit"
    assert refusals(SHIPPED) == ("the candidate is its parent: nothing was changed",)
    assert refusals(changed({"notes.txt": "x"}))


def test_a_commit_that_touches_more_than_the_strategy_is_out_of_scope() -> None:
    diff = "--- a/strategy/parameters.py\n+++ b/strategy/parameters.py\n@@\n--- a/limits.toml\n+++ b/limits.toml\n"
    report = report_on(scope.gate, case_of(changed(parameters=STOP), EditPlan((SET,)), diff=diff))
    assert report.findings == ("limits.toml: outside of the strategy",)


def test_by_hand_a_new_parameter_is_read_by_code() -> None:
    last = "    # How long a pair rests"
    more = (last, f'    # The widest spread.\n    widest: Annotated[float, Range(0, 1, "of mid price")] = 0.01\n{last}')
    limits = ("f.rested_seconds < P.cooldown_seconds", "f.rested_seconds < P.cooldown_seconds or f.spread > P.widest")
    assert refusals(changed(parameters=more, rules=limits)) == ()
    (told,) = refusals(changed({"tests/test_more.py": "def test_it(f):\n    assert f.P.widest\n"}, parameters=more))
    assert "no code reads widest" in told


def test_by_hand_numbers_that_belong_together_keep_their_order() -> None:
    fast, hold = '"bars")] = 12', '604800, "seconds")] = 0'
    assert refusals(changed(parameters=(fast, '"bars")] = 25'))) == ()
    assert refusals(changed(parameters=(hold, hold[:-1] + "3600"))) == ()
    for old, new in ((fast, '"bars")] = 26'), (hold, hold[:-1] + "5")):
        (told,) = refusals(changed(parameters=(old, new)))
        assert "the first has to be the smaller one" in told
