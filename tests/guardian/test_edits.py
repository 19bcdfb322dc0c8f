"""What the editor makes of every kind of plan, one change after the other, passes: a good edit is not refused."""

from __future__ import annotations

import functools
from collections.abc import Iterator

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
    RemoveOverride,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetOverride,
    SetParameter,
)
from core.strategy import Source
from services.editor.editing import edit
from services.guardian.boxes import Boxes
from services.guardian.case import Case
from services.guardian.gates import GATES
from tests.sampling import few

from .conftest import SHIPPED, case_of, report_on

MOOD = '@kernel\ndef mood(f: Features) -> int:\n    """Mood."""\n    return FORBID_ENTRY if f.rsi > {} else ALLOW\n'
HALF = '@kernel\ndef half(x: float) -> float:\n    """Half of it."""\n    return 0.5 * x\n'
HOT = Condition(
    all=(
        Condition(feature="rsi", op=">", value=80),
        Condition(
            any=(Condition(feature="profit", op=">", value=0.01), Condition(feature="held_seconds", op=">=", value=600))
        ),
    )
)

ROAD: dict[str, tuple[Operation, ...]] = {
    "a value": (SetParameter("stop_loss", 0.03, 0.02),),
    "the value again": (SetParameter("stop_loss", 0.05, 0.03),),
    "the value back": (SetParameter("stop_loss", 0.03, 0.05),),
    "a whole number": (SetParameter("rsi_period", 21, 14),),
    "a negative value": (SetParameter("sell_threshold", -0.25, -0.3),),
    "a pair's own value": (SetOverride("stop_loss", "BTCUSDT", 0.04, 0.03),),
    "one more, of another pair": (SetOverride("rsi_period", "ETHUSDT", 7, 21), SetParameter("rsi_period", 22, 21)),
    "another in its place": (SetOverride("stop_loss", "BTCUSDT", 0.01, 0.04),),
    "one gone": (RemoveOverride("rsi_period", "ETHUSDT", 7),),
    "a name that a pair uses": (Rename("parameter", "stop_loss", "loss_limit"),),
    "a name and the last own value": (
        Rename("parameter", "loss_limit", "stop_loss"),
        RemoveOverride("stop_loss", "BTCUSDT", 0.01),
    ),
    "a rule against another feature": (
        AddRule("entry", "require", Condition(feature="volume", op=">", other="volume_average"), "needs_volume"),
    ),
    "a rule of three comparisons": (AddRule("exit", "force", HOT, "hot"),),
    "a rule with a factor": (
        AddRule("entry", "forbid", Condition(feature="price", op=">=", other="bollinger_upper", factor=1.02), "far"),
    ),
    "a rule of the clock": (AddRule("entry", "forbid", Condition(feature="hour", op="<", value=8), "night"),),
    "a rule off": (DisableRule("hot"),),
    "a rule on": (EnableRule("hot"),),
    "two rules off": (DisableRule("cooldown"), DisableRule("hot")),
    "a rule gone": (RemoveRule("needs_volume"),),
    "a shipped rule gone": (RemoveRule("min_hold"),),
    "a parameter's name": (Rename("parameter", "min_confidence", "agreement"),),
    "a shipped rule's name": (Rename("rule", "take_profit", "target"),),
    "a new rule's name": (Rename("rule", "far", "far_up"),),
    "a name and its value": (Rename("parameter", "trailing_stop", "trail"), SetParameter("trail", 0.03, 0.0)),
    "a value and a rule": (
        SetParameter("buy_threshold", 0.35, 0.3),
        AddRule("entry", "forbid", Condition(feature="drawdown", op=">", value=0.1), "deep"),
    ),
    "a name and off": (Rename("rule", "deep", "deeper"), DisableRule("deeper")),
    "a function": (AddFunction("mood", MOOD.format("75.0")),),
    "a function anew": (ReplaceFunction("mood", MOOD.format("85.0")),),
    "a helper": (AddFunction("half", HALF),),
}


def road() -> Iterator[tuple[str, Case]]:
    base = SHIPPED
    for number, (name, operations) in enumerate(ROAD.items(), start=1):
        plan = EditPlan(operations)
        edited = edit(base.files, plan, str(number))
        candidate = Source.of(edited.files)
        yield name, case_of(candidate, plan, parent=base, added_tests=edited.tests)
        base = candidate


@functools.cache
def cases() -> dict[str, Case]:
    """The road, walked once, and by the tests alone: each worker reads this file, one runs it."""
    return dict(road())


@pytest.mark.parametrize("gate", ["scope", "policy"])
@pytest.mark.parametrize("name", ROAD)
def test_an_edit_of_the_editor_is_in_scope_and_within_the_policy(name: str, gate: str) -> None:
    report = report_on(GATES[gate].gate, cases()[name])
    assert report.outcome is Outcome.PASSED, report.findings


HEAVY = [
    "one more, of another pair",
    "a rule of three comparisons",
    "two rules off",
    "a shipped rule gone",
    "a name and its value",
    "a function",
]


@pytest.mark.parametrize("gate", ["lint", "security", "tests"])
@pytest.mark.parametrize("name", few(HEAVY, "a rule of three comparisons", "a name and its value", "a function"))
def test_an_edit_of_the_editor_passes_its_tests_and_the_tools(name: str, gate: str, boxes: Boxes) -> None:
    case = cases()[name]
    boxed = case_of(case.candidate, case.plan, parent=case.parent, boxes=boxes, added_tests=case.added_tests)
    report = report_on(GATES[gate].gate, boxed)
    assert report.outcome is Outcome.PASSED, report.findings
