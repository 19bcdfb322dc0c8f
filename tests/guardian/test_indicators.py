"""Indicators and crossings before the judge: all gates pass what the editor makes of a plan, and nothing beside it."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import pytest

from core.contracts import (
    AddIndicator,
    AddRule,
    Condition,
    EditPlan,
    Operation,
    Outcome,
    RemoveIndicator,
    RemoveRule,
    Rename,
    SetParameter,
)
from core.indicator_kinds import KINDS, default_name
from core.settings import GuardianSettings, Settings
from core.strategy import Source
from services.editor import edit
from services.guardian.case import Evidence
from services.guardian.gates import GATES, scope
from services.guardian.judge import judge
from services.guardian.made import made_markets
from services.guardian.parents import Parents
from tests.sampling import few

from .conftest import SHIPPED, case_of, report_on

SETTINGS = Settings(guardian=GuardianSettings(sandbox="bubblewrap", gate_seconds=240))
NUMBERS = {"macd": {"fast": 8, "slow": 21, "signal": 5}, "bollinger": {"period": 20, "width": 1.5}}
EMA_200 = AddIndicator("ema", "ema_200", {"period": 200})
ABOVE = AddRule("entry", "require", Condition(feature="price", op=">", other="ema_200"), "above_ema_200")
CROSSING = (
    AddIndicator("ema", "ema_9", {"period": 9}),
    AddIndicator("ema", "ema_21", {"period": 21}),
    AddRule("entry", "force", Condition(cross="above", feature="ema_9", other="ema_21"), "golden"),
    AddRule("exit", "force", Condition(cross="below", feature="ema_9", other="ema_21"), "death"),
)
EVERY_KIND = tuple(
    AddIndicator(kind, default_name(kind, numbers), numbers)  # type: ignore[arg-type]  # a key of that table
    for kind in KINDS
    for numbers in [NUMBERS.get(kind, {"period": 14})]
)


@functools.cache
def evidence() -> Evidence:
    """What they are judged on."""
    return Evidence(made_markets(), "made from a seed")


@pytest.fixture(scope="module")
def parents() -> Iterator[Parents]:
    """The shipped strategy is compiled once."""
    kept = Parents()
    yield kept
    kept.close()


ROADS: dict[str, tuple[Operation, ...]] = {
    "an EMA of 200, and only above it": (EMA_200, ABOVE),
    "two averages that cross": CROSSING,
    "on longer bars": (
        AddIndicator("ema", "ema_200_1d", {"period": 200}, "1d"),
        AddIndicator("rsi", "rsi_14_4h", {"period": 14}, "4h"),
        AddRule(
            "entry",
            "require",
            Condition(
                all=(
                    Condition(feature="price", op=">", other="ema_200_1d"),
                    Condition(feature="rsi_14_4h", op="<", value=70),
                )
            ),
            "with_the_trend",
        ),
    ),
    "five kinds": EVERY_KIND[:5],
    "the other five": EVERY_KIND[5:],
}


@pytest.mark.parametrize("name", few(ROADS, "two averages that cross"))
def test_it_is_accepted_by_every_gate(name: str, parents: Parents) -> None:
    plan = EditPlan(ROADS[name])
    edited = edit(SHIPPED.files, plan, "7")
    verdict = judge(
        None,
        Source.of(edited.files),
        SHIPPED,
        plan=plan,
        evidence=evidence(),
        settings=SETTINGS,
        every=True,
        parents=parents,
        added_tests=edited.tests,
    )
    assert tuple(report.name for report in verdict.gates) == tuple(GATES)
    assert verdict.accepted, {report.name: report.findings for report in verdict.gates if report.findings}
    figures = {report.name: report.figures for report in verdict.gates}
    assert figures["tests"]["added"] == len(edited.tests)
    if "cross" in name:  # it trades otherwise, so it did speak
        assert figures["behaviour"]["fingerprint_before"] != figures["behaviour"]["fingerprint_after"]


def refusals(operations: tuple[Operation, ...], parent: Source = SHIPPED, **slips: tuple[str, str]) -> tuple[str, ...]:
    """What the scope gate says of an edit in which one more thing was changed."""
    plan = EditPlan(operations)
    files = dict(edit(parent.files, plan, "7").files)
    for name, (old, new) in slips.items():
        text = files[f"{name}.py"].decode()
        assert old in text, old
        files[f"{name}.py"] = text.replace(old, new, 1).encode()
    report = report_on(scope.gate, case_of(Source.of(files), plan, parent=parent))
    assert (report.outcome is Outcome.PASSED) == (not report.findings)
    return report.findings


@functools.cache
def after() -> Source:
    """A strategy that has some already."""
    return Source.of(edit(SHIPPED.files, EditPlan((*EVERY_KIND[:1], *CROSSING)), "3").files)


LATER: dict[str, tuple[Operation, ...]] = {
    "an indicator goes": (RemoveIndicator("ema", "ema_14"),),
    "its rules and an indicator go": (
        RemoveRule("golden"),
        RemoveRule("death"),
        RemoveIndicator("ema", "ema_9"),
    ),
    "one of two crossings goes": (RemoveRule("golden"),),
    "one goes and another comes": (RemoveRule("death"), EMA_200, ABOVE),
    "a crossing under a new name": (Rename("rule", "golden", "gilded"), SetParameter("stop_loss", 0.03, 0.02)),
    "one comes and goes": (EMA_200, RemoveIndicator("ema", "ema_200"), SetParameter("stop_loss", 0.03, 0.02)),
    "one under a new name": (Rename("indicator", "ema_9", "quick"),),
    "one comes under another name": (EMA_200, Rename("indicator", "ema_200", "slow"), Rename("rule", "death", "end")),
    "one is made anew with another number": (
        RemoveIndicator("ema", "ema_14"),
        AddIndicator("ema", "ema_14", {"period": 15}),
    ),
}


@pytest.mark.parametrize("name", LATER)
def test_what_comes_and_goes_later_is_in_scope(name: str) -> None:
    assert refusals(LATER[name], after()) == ()


ONE = (EMA_200, ABOVE)
SLIPS: dict[str, tuple[tuple[Operation, ...], dict[str, tuple[str, str]]]] = {
    "another number": (ONE, {"indicators": ("s.bars, 200)", "s.bars, 20)")}),
    "another price": (ONE, {"indicators": ("ema(s.ema_200, e.price", "ema(s.ema_200, e.high")}),
    "known too early": (ONE, {"indicators": ("WARM_EMA_200: Final = 690", "WARM_EMA_200: Final = 200")}),
    "known at once": (
        ONE,
        {"indicators": ("ema_200=known(s.ema_200, s.bars, WARM_EMA_200),", "ema_200=s.ema_200,")},
    ),
    "another kind in its name": (ONE, {"indicators": ("(ema, period 200)", "(sma, period 200)")}),
    "moved before the bar": (
        ONE,
        {"indicators": ("    s.bars += 1\n", "    s.bars += 1\n    update_ema_200(state, event)\n")},
    ),
    "moved with every event": (
        ONE,
        {
            "indicators": (
                "    e = event[0]\n    if e.kind",
                "    e = event[0]\n    update_ema_200(state, event)\n    if e.kind",
            )
        },
    ),
    "a line that speaks of it and does another thing": (
        ONE,
        {"indicators": ("    s.ema_200 = ema(", "    s.atr = s.ema_200\n    s.ema_200 = ema(")},
    ),
    "one more field": (ONE, {"state": ('("ema_200", "f8"),', '("ema_200", "f8"),\n        ("ema_200x", "f8"),')}),
    "another feature": (ONE, {"indicators": ("rsi=rsi(s.average_gain, s.average_loss),", "rsi=s.ema_200,")}),
    "a parameter beside": (ONE, {"parameters": ("] = 0.02", "] = 0.03")}),
    "no feature": (ONE, {"state": ("    ema_200: float", "    ema_2000: float")}),
    "the sides turned": (
        CROSSING,
        {"indicators": ("side(f.ema_9, f.ema_21, s.side_g", "side(f.ema_21, f.ema_9, s.side_g")},
    ),
    "a side of something else": (
        CROSSING,
        {"indicators": ("side(f.ema_9, f.ema_21, s.side_g", "side(f.price, f.ema_21, s.side_g")},
    ),
    "a side that is never kept": (
        CROSSING,
        {"indicators": ("    s.side_golden = side(f.ema_9, f.ema_21, s.side_golden)\n", "")},
    ),
    "remember does more": (
        CROSSING,
        {"indicators": ("    s.side_golden = side(", "    s.atr = 0.0\n    s.side_golden = side(")},
    ),
    "remembered before it is decided": (
        CROSSING,
        {
            "decide": (
                "    d.action, d.rule = choose(",
                "    remember(state, features(state, event, d.score))\n    d.action, d.rule = choose(",
            )
        },
    ),
    "never remembered": (CROSSING, {"decide": ("    remember(state, features(state, event, d.score))\n", "")}),
    "decide does more": (CROSSING, {"decide": ("d.size = P.order_fraction", "d.size = 1.0")}),
    "a rule that asks only where it is": (CROSSING, {"rules": ("f.side_golden < 0.0 and ", "")}),
    "a rule that crosses the other way": (CROSSING, {"rules": ("f.side_golden < 0.0", "f.side_golden > 0.0")}),
    "a rule that reads another's side": (CROSSING, {"rules": ("f.side_golden < 0.0", "f.side_death < 0.0")}),
}


def test_the_same_edits_without_a_slip_are_in_scope() -> None:
    assert refusals(ONE) == refusals(CROSSING) == ()


@pytest.mark.parametrize("name", SLIPS)
def test_more_or_other_than_the_plan_says_is_out_of_scope(name: str) -> None:
    operations, slips = SLIPS[name]
    assert refusals(operations, **slips)


def test_more_than_a_new_name_is_out_of_scope() -> None:
    renamed = (Rename("indicator", "ema_9", "quick"),)
    assert refusals(renamed, after(), indicators=("s.bars, 9)", "s.bars, 8)"))
    assert refusals(renamed, after(), indicators=("s.quick = ema(s.quick", "s.quick = ema(s.ema_21"))


def test_an_indicator_that_was_not_asked_for_is_out_of_scope() -> None:
    candidate = Source.of(edit(SHIPPED.files, EditPlan((EMA_200, SetParameter("stop_loss", 0.03, 0.02))), "7").files)
    plan = EditPlan((SetParameter("stop_loss", 0.03, 0.02),))
    assert report_on(scope.gate, case_of(candidate, plan)).outcome is Outcome.FAILED
    told = EditPlan((AddIndicator("sma", "ema_200", {"period": 200}), SetParameter("stop_loss", 0.03, 0.02)))
    assert report_on(scope.gate, case_of(candidate, told)).outcome is Outcome.FAILED


def test_one_that_the_history_is_too_short_for_is_told_so(parents: Parents) -> None:
    slow = AddIndicator("ema", "ema_1000", {"period": 1000})
    above = AddRule("entry", "require", Condition(feature="price", op=">", other="ema_1000"), "above")
    plan = EditPlan((slow, above))
    edited = edit(SHIPPED.files, plan, "7")
    verdict = judge(
        None,
        Source.of(edited.files),
        SHIPPED,
        plan=plan,
        evidence=evidence(),
        settings=SETTINGS,
        parents=parents,
        added_tests=edited.tests,
    )
    (refused,) = (report for report in verdict.gates if report.outcome is Outcome.FAILED)
    assert refused.name == "behaviour"
    assert refused.findings[0].startswith("It never trades")
    assert "It wants 3,450 bars before it knows all of its indicators; the history has 3,000" in refused.findings[-1]
