"""Values of one pair's own before the judge: what the plan says and nothing else, read by nobody, tried on a market."""

from __future__ import annotations

import pytest

from core.contracts import EditPlan, Operation, Outcome, RemoveOverride, SetOverride
from core.settings import GuardianSettings
from core.strategy import Source
from services.editor.editing import edit
from services.guardian.boxes import open_boxes
from services.guardian.case import Bench, Case, Evidence
from services.guardian.gates import GATES, scope
from services.guardian.lending import lent
from services.guardian.made import made_markets

from .conftest import SHIPPED, appended, case_of, report_on

BTC = SetOverride("stop_loss", "BTCUSDT", 0.035, 0.02)
ETH = SetOverride("take_profit", "ETHUSDT", 0.06, 0.04)


def after(*operations: Operation, base: Source = SHIPPED) -> Source:
    return Source.of(edit(base.files, EditPlan(operations), "7").files)


def altered(source: Source, old: str, new: str, file: str = "parameters.py") -> Source:
    text = source.files[file].decode()
    assert old in text
    return Source.of({**source.files, file: text.replace(old, new).encode()})


def test_what_the_plan_does_not_say_is_out_of_scope():
    def findings(candidate: Source, *operations: Operation, parent: Source = SHIPPED) -> str:
        report = report_on(scope.gate, case_of(candidate, EditPlan(operations), parent=parent))
        assert (report.outcome is Outcome.PASSED) == (not report.findings)
        return "; ".join(report.findings)

    one = after(BTC)
    assert findings(one, BTC) == findings(after(BTC, ETH), BTC, ETH) == ""
    gone = RemoveOverride("stop_loss", "BTCUSDT", 0.035)
    assert findings(SHIPPED, gone, parent=one) == ""
    cases = [
        (altered(one, "0.035", "0.36"), "BTCUSDT has"),
        (altered(one, '"BTCUSDT"', '"ETHUSDT"'), "ETHUSDT has"),
        (altered(one, "stop_loss=0.035", "stop_loss=0.035, take_profit=0.5"), "BTCUSDT has"),
        (altered(one, "\n}", '\n    "XUSDT": Parameters(stop_loss=0.5),\n}'), "XUSDT has"),
        (altered(one, "# What a pair", "# All that a pair"), "more differs"),
        (altered(one, "= 0.04", "= 0.05"), "more differs"),
        (altered(one, "f.profit >=", "f.profit >", "rules.py"), "rules.py"),
        (SHIPPED, "nothing was changed"),
        (after(ETH), "has"),
    ]
    for candidate, why in cases:
        assert why in findings(candidate, BTC), why
    assert "BTCUSDT has" in findings(one, gone, ETH, parent=after(ETH, base=one))
    assert "BTCUSDT has" in findings(after(BTC, ETH), ETH), "a value beside the plan"


def test_only_plain_values_beside_their_class_that_no_code_reads_are_within_the_policy():
    def findings(candidate: Source) -> str:
        return "; ".join(report_on(GATES["policy"].gate, case_of(candidate)).findings)

    one = after(BTC)
    assert findings(one) == ""
    own = 'OVERRIDES = {"BTCUSDT": Parameters(stop_loss=0.03)}\n'
    cases = [
        (altered(one, '"BTCUSDT": Parameters', '"BTCUSDT": max'), "something else"),
        (altered(one, "stop_loss=0.035", "stop_loss=P.stop_loss"), "no plain number"),
        (appended("rules.py", own), "an assignment at the top"),
        (appended("parameters.py", "OVERRIDES: dict = {}\n"), "means something else"),
        (appended("parameters.py", 'KNOWN = OVERRIDES["BTCUSDT"]\n', one), "the name OVERRIDES"),
        (altered(one, "import P\n", "import OVERRIDES, P\n", "rules.py"), "import of OVERRIDES"),
        (appended("signals.py", "OVERRIDES = 1.0\n"), "an assignment at the top"),
        (
            appended("signals.py", "@kernel\ndef f(x: float) -> float:\n    OVERRIDES = x\n    return x\n"),
            "means something",
        ),
    ]
    for candidate, why in cases:
        assert why in findings(candidate), (why, findings(candidate))


def test_values_of_pairs_that_no_tape_has_are_worn_by_some_that_it_has_the_changed_ones_first():
    a, b = {"stop_loss": 0.03}, {"stop_loss": 0.05}
    tape = ("X", "Y", "Z")
    assert lent(tape, {}, {}) == tape
    assert lent(tape, {"A": a}, {}) == lent(tape, {}, {"A": a}) == ("X", "Y", "A")
    assert lent(tape, {"A": a, "B": b, "C": a}, {"A": a, "B": b}) == ("X", "A", "C"), "X keeps the common values"
    assert lent(tape, {"Z": a, "A": b}, {}) == ("X", "A", "Z"), "each has its own first"
    assert lent(("X",), {"A": a}, {}) == ("A",)
    assert lent(("X",), {"A": a}, {"A": a}) == ("X",), "nothing of A is new"
    assert lent(("A",), {"A": a, "B": b}, {}) == ("A",)


@pytest.mark.timeout(400)
def test_a_pair_s_value_is_tried_by_every_trading_gate_though_no_history_has_that_pair():
    plan = EditPlan((BTC,))
    with open_boxes(GuardianSettings(sandbox="bubblewrap")) as boxes:
        case = Case(
            candidate=after(BTC),
            parent=SHIPPED,
            plan=plan,
            evidence=Evidence(made_markets(), "made"),
            open_box=boxes.open,
            gate_seconds=240,
            held_out=0.3,
            bench=Bench(),
        )
        try:
            names = ("compile", "twin", "causality", "behaviour", "backtest", "latency")
            reports = {name: report_on(GATES[name].gate, case) for name in names}
        finally:
            case.bench.close()
    assert {name: report.findings for name, report in reports.items() if report.outcome is not Outcome.PASSED} == {}
    assert reports["behaviour"].figures["decisions_changed"] > 0
    changed = reports["behaviour"].figures
    assert changed["fingerprint_before"] != changed["fingerprint_after"]
