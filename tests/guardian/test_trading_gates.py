"""The six gates that watch a candidate trade, in real boxes: what each refuses, and that good edits pass them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from core.backtest import Market
from core.contracts import EditPlan, GateReport, Outcome, Rename
from core.curves import drawdowns
from core.errors import DataError, SandboxError
from core.settings import GuardianSettings
from core.strategy import Source
from services.guardian.boxes import Boxes, open_boxes
from services.guardian.case import Bench, Case, Evidence, trial_of
from services.guardian.gates import backtest, behaviour, causality, latency, twin
from services.guardian.gates import compile as compiling
from services.guardian.made import made_markets
from services.guardian.parents import Parents
from services.guardian.tape import Tape
from tests.guardian.conftest import report_on
from tests.guardian.edits import (
    ANSWERS_NAN,
    CHANGES_ITS_EVENT,
    DIVIDES_BY_NOTHING,
    GOOD,
    HOLDS_TWO_SECONDS,
    MAKES_A_LIST,
    NAN_BY_CHANCE,
    NO_KERNEL,
    REMEMBERS_IN_DECISION,
    SHIPPED,
    WRITES_BESIDE_WHAT_IT_KNOWS,
    WRITES_TO_AN_EMPTY_TABLE,
)
from tests.sampling import few

GATES = {
    "compile": compiling.gate,
    "twin": twin.gate,
    "causality": causality.gate,
    "behaviour": behaviour.gate,
    "backtest": backtest.gate,
    "latency": latency.gate,
}
RENAMED = EditPlan((Rename("parameter", "stop_loss", "stop"),))


@pytest.fixture(scope="module")
def boxes() -> Iterator[Boxes]:
    with open_boxes(GuardianSettings(sandbox="bubblewrap")) as made:
        yield made


@pytest.fixture(scope="module")
def parents() -> Iterator[Parents]:
    kept = Parents()
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def plain_parents() -> Iterator[Parents]:
    kept = Parents()
    yield kept
    kept.close()


def case_of(candidate: Source, boxes: Boxes, parents: Parents) -> Case:
    return Case(
        candidate=candidate,
        parent=SHIPPED,
        plan=None,
        evidence=Evidence(made_markets(), "made"),
        open_box=boxes.open,
        gate_seconds=240,
        held_out=0.3,
        bench=Bench(parents),
    )


def fall_of(curve: tuple[float, ...]) -> float:
    return max(drawdowns(curve))


def hold_all(case: Case) -> dict[str, GateReport]:
    try:
        return {name: report_on(gate, case) for name, gate in GATES.items()}
    finally:
        case.bench.close()


@pytest.mark.parametrize("name", few(GOOD, "nothing", "stop 3 %, take profit 5 %, cooldown disabled"))
def test_what_an_owner_asks_for_passes_every_gate(name, boxes, parents):
    case = case_of(GOOD[name], boxes, parents)
    reports = hold_all(case)
    assert {name: report.findings for name, report in reports.items() if report.outcome is not Outcome.PASSED} == {}
    assert (reports["behaviour"].figures["decisions_changed"] == 0) == (name == "nothing")
    assert ("No trade changed on this history." in reports["behaviour"].findings) == (name == "nothing")
    assert reports["backtest"].figures["usual_trades_before"] > 50
    assert ("usual_difference_low" in reports["backtest"].figures) is (name != "nothing")
    judged, figures = case.bench.judged, reports["backtest"].figures
    assert judged is not None
    for curve, when in ((judged.before, "before"), (judged.after, "after")):
        assert curve[-1] / curve[0] - 1 == pytest.approx(figures[f"usual_total_return_{when}"], abs=1e-5)
        assert fall_of(curve) == pytest.approx(figures[f"usual_max_drawdown_{when}"], abs=1e-4)


def test_what_does_not_compile_is_refused_with_its_line_and_passes_no_later_gate(boxes, parents):
    reports = hold_all(case_of(MAKES_A_LIST, boxes, parents))
    assert {report.outcome for report in reports.values()} == {Outcome.FAILED}
    line = MAKES_A_LIST.files["decide.py"].decode().splitlines().index("    seen = []") + 1
    assert reports["compile"].findings[0].startswith(f"decide.py:{line}: It makes a list or an array")


def test_a_candidate_that_is_no_kernel_is_refused(boxes, parents):
    case = case_of(NO_KERNEL, boxes, parents)
    try:
        report = report_on(compiling.gate, case)
    finally:
        case.bench.close()
    assert report.findings == ("decide is not compiled in nopython mode: it must be a @kernel.",)


# In plain Python, where nothing has to be compiled: the gates ask the same questions ----------------------------------


def small_case(candidate: Source, boxes: Boxes, parents: Parents) -> Case:
    """A case whose boxes are all plain Python, and whose tapes are short."""
    markets = [replace(market, rows=market.rows[:200]) for market in made_markets()[:2]]
    case = replace(
        case_of(candidate, boxes, parents),
        evidence=Evidence(markets, "made"),
        open_box=lambda source, **_: boxes.open(source, jit=False),
    )
    trial = trial_of(case)
    trial.rehearsal = short(trial.rehearsal)
    return case


def short(tape: Tape) -> Tape:
    return replace(tape, events=tape.events[:1500])


def report_of(gate, candidate, boxes, parents) -> GateReport:
    case = small_case(candidate, boxes, parents)
    try:
        return report_on(gate, case)
    finally:
        case.bench.close()


OTHER_WAYS = {
    "memory in the decision": (causality.gate, REMEMBERS_IN_DECISION, "remembers outside of its state"),
    "a changed event": (causality.gate, CHANGES_ITS_EVENT, "changes the event"),
    "memory in an empty table": (causality.gate, WRITES_TO_AN_EMPTY_TABLE, "writes to its Q-table"),
    "memory in a table": (causality.gate, WRITES_BESIDE_WHAT_IT_KNOWS, "writes to its Q-table"),
    "NaN": (behaviour.gate, ANSWERS_NAN, "size nan"),
    "NaN where no history came": (behaviour.gate, NAN_BY_CHANCE, "of the events made by chance"),
    "a hold of 2 s": (behaviour.gate, HOLDS_TWO_SECONDS, "min_hold_seconds 2.0"),
    "an exception": (behaviour.gate, DIVIDES_BY_NOTHING, "ZeroDivisionError"),
    "an exception in both": (twin.gate, DIVIDES_BY_NOTHING, "ZeroDivisionError"),
}


@pytest.mark.parametrize(
    "way",
    few(
        OTHER_WAYS,
        *("memory in an empty table", "NaN", "a hold of 2 s", "an exception in both"),
    ),
)
def test_other_ways_to_be_refused(way, boxes, plain_parents):
    gate, candidate, said = OTHER_WAYS[way]
    report = report_of(gate, candidate, boxes, plain_parents)
    assert report.outcome is Outcome.FAILED
    assert any(said in finding for finding in report.findings), report.findings


@pytest.mark.parametrize("gate", [twin.gate, causality.gate, behaviour.gate, backtest.gate])
def test_the_shipped_strategy_passes_in_plain_python_too(gate, boxes, plain_parents):
    report = report_of(gate, SHIPPED, boxes, plain_parents)
    assert report.outcome is Outcome.PASSED, report.findings


def test_a_rename_that_changes_a_decision_is_refused_and_an_honest_one_is_not(boxes, plain_parents):
    liar = replace(small_case(GOOD["oversold to 35"], boxes, plain_parents), plan=RENAMED)
    honest = replace(small_case(SHIPPED, boxes, plain_parents), plan=RENAMED)
    try:
        assert "The plan changes no behaviour" in report_on(behaviour.gate, liar).findings[0]
        assert report_on(behaviour.gate, honest).outcome is Outcome.PASSED
    finally:
        liar.bench.close()
        honest.bench.close()


def test_a_parent_that_does_not_answer_is_an_error_of_the_gate_and_no_pass(boxes):
    case = small_case(SHIPPED, boxes, Parents())
    try:
        trial_of(case).wait_for(trial_of(case).parent).session.close()
        with pytest.raises(SandboxError, match="ended"):
            behaviour.gate(case)
    finally:
        case.bench.close()


def test_a_candidate_whose_box_is_gone_is_refused(boxes, plain_parents):
    case = small_case(SHIPPED, boxes, plain_parents)
    try:
        trial_of(case).wait_for(trial_of(case).candidate).session.close()
        assert report_on(causality.gate, case).outcome is Outcome.FAILED
    finally:
        case.bench.close()


def test_without_history_nothing_is_judged(boxes, plain_parents):
    case = replace(case_of(SHIPPED, boxes, plain_parents), evidence=Evidence((), "none"))
    with pytest.raises(DataError):
        compiling.gate(case)


def test_a_box_that_tells_of_other_fills_than_its_decisions_make_is_refused(boxes, plain_parents):
    case = small_case(SHIPPED, boxes, plain_parents)
    trial = trial_of(case)
    honest = trial.candidate.session

    class Liar:
        def ask(self, task, answer, *, seconds, **arguments):
            told = honest.ask(task, answer, seconds=seconds, **arguments)
            return (
                type(told)(told.decisions, told.fault, told.equity + 1.0, told.fills)
                if task == "trading.trade"
                else told
            )

        def close(self):
            honest.close()

        def cpu_ns(self):
            return honest.cpu_ns()

    trial.wait_for(trial.candidate).session = Liar()
    try:
        report = report_on(backtest.gate, case)
    finally:
        trial.close()
    assert report.outcome is Outcome.FAILED
    assert "its own decisions come to" in report.findings[0]


def test_too_short_a_held_out_window_is_no_pass(boxes, plain_parents):
    case = small_case(SHIPPED, boxes, plain_parents)
    few = [Market(m.symbol, np.array(m.rows[:60]), m.timeframe_ns) for m in case.evidence.markets]
    case = replace(case, evidence=Evidence(few, "few"))
    try:
        with pytest.raises(DataError, match="held-out window"):
            backtest.gate(case)
    finally:
        case.bench.close()
