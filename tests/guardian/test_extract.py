"""A number that became a parameter: the judge puts it back by himself, and whatever else differs is out of scope."""

from __future__ import annotations

import pytest

from core.contracts import AddFunction, EditPlan, Extract, Inline, Operation, Outcome, RemoveFunction, SetParameter
from core.strategy import Source
from services.editor.editing import edit
from services.guardian.boxes import Boxes
from services.guardian.gates import GATES, scope
from services.guardian.gates.behaviour import declares_nothing

from .conftest import SHIPPED, case_of, report_on

TREND = Extract("technical", 0.5, "technical_trend", 0.25, 1.0, "score")
HALF = '@kernel\ndef half(x: float) -> float:\n    """Half of it."""\n    return 0.5 * x\n'


def after(*operations: Operation, base: Source = SHIPPED) -> Source:
    return Source.of(edit(base.files, EditPlan(operations), "7").files)


def refusals(candidate: Source, *operations: Operation, parent: Source = SHIPPED) -> tuple[str, ...]:
    report = report_on(scope.gate, case_of(candidate, EditPlan(operations), parent=parent))
    assert (report.outcome is Outcome.PASSED) == (not report.findings)
    return report.findings


def altered(source: Source, file: str, old: str, new: str) -> Source:
    text = source.files[file].decode()
    assert old in text
    return Source.of({**source.files, file: text.replace(old, new).encode()})


def test_what_the_editor_makes_is_in_scope() -> None:
    taken = after(TREND)
    assert refusals(taken, TREND) == ()
    assert refusals(after(Inline("technical_trend"), base=taken), Inline("technical_trend"), parent=taken) == ()
    mixed = (TREND, SetParameter("stop_loss", 0.03, 0.02))
    assert refusals(after(*mixed), *mixed) == ()
    written = after(AddFunction("half", HALF))
    assert refusals(after(RemoveFunction("half"), base=written), RemoveFunction("half"), parent=written) == ()


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("parameters.py", 'Range(0.25, 1.0, "score")', 'Range(0.25, 9.0, "score")'),
        ("parameters.py", 'Range(0.25, 1.0, "score")', 'Range(0.25, 1.0, "weight")'),
        ("parameters.py", '1.0, "score")] = 0.5', '1.0, "score")] = 0.6'),
        ("parameters.py", "# A number of technical.\n", "# A number of technical.\n    # And more.\n"),
        ("signals.py", "P.technical_trend * trend", "2.0 * P.technical_trend * trend"),
        ("signals.py", "0.5 * momentum", "P.technical_trend * momentum"),
        ("signals.py", "FEWEST_TRADES: Final = 5.0", "FEWEST_TRADES: Final = 1.0"),
        ("tests/conftest.py", '"technical_trend": 0.5', '"technical_trend": 0.6'),
        ("tests/conftest.py", '"stop_loss": 0.02', '"stop_loss": 0.03'),
        ("rules.py", "f.profit >= P.take_profit", "f.profit > P.take_profit"),
    ],
)
def test_anything_beside_it_is_not(file: str, old: str, new: str) -> None:
    assert refusals(altered(after(TREND), file, old, new), TREND)


@pytest.mark.parametrize(
    "said",
    [
        Extract("flow", 0.5, "technical_trend", 0.25, 1.0, "score"),
        Extract("technical", 0.5, "technical_trend", 0.0, 1.0, "score"),
        Extract("technical", 0.5, "another_name", 0.25, 1.0, "score"),
    ],
)
def test_a_plan_that_says_otherwise_is_out_of_scope(said: Extract) -> None:
    assert refusals(after(TREND), said)


def test_a_function_that_stays_or_takes_more_with_it_is_out_of_scope() -> None:
    written = after(AddFunction("half", HALF))
    assert refusals(written, RemoveFunction("half"), parent=written)
    gone = after(RemoveFunction("half"), base=written)
    assert refusals(altered(gone, "signals.py", "5.0", "6.0"), RemoveFunction("half"), parent=written)


def test_it_declares_that_nothing_is_decided_otherwise() -> None:
    assert declares_nothing(EditPlan((TREND,)))
    assert declares_nothing(EditPlan((Inline("technical_trend"),)))


def test_its_tests_stay_true_when_the_owner_tunes_it(boxes: Boxes) -> None:
    taken = after(TREND)
    tuned = Source.of(edit(taken.files, EditPlan((SetParameter("technical_trend", 0.75, 0.5),)), "8").files)
    for gate in ("policy", "lint", "tests"):
        case = case_of(tuned, EditPlan((SetParameter("technical_trend", 0.75, 0.5),)), parent=taken, boxes=boxes)
        report = report_on(GATES[gate].gate, case)
        assert report.outcome is Outcome.PASSED, (gate, report.findings)
