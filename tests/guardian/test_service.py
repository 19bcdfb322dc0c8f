"""What a judge is to its owner: load refuses nothing, what did not change is not judged again, a refusal helps on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.compiled.store import Store
from core.contracts import Box, EditPlan, GateReport, Outcome, SetParameter, Verdict
from core.errors import SandboxError
from core.language import Language
from core.settings import GuardianSettings, Settings
from services.guardian import advice
from services.guardian.answers import Fed
from services.guardian.boxes import Boxes
from services.guardian.boxes.docker import Docker
from services.guardian.case import Evidence
from services.guardian.gates import GATES, Entry, Gates
from services.guardian.gates.beside import only_numbers_differ
from services.guardian.grade import CandidateFault, Grade, Starved
from services.guardian.judge import judge
from services.guardian.judged import Judged
from services.guardian.kept import KeptVerdicts, key_of
from services.guardian.machine import QUIET, busy_part, patience, wait_until_quiet
from services.guardian.made import made_markets
from services.guardian.side import Side
from services.guardian.work import timing
from tests.guardian.conftest import SHIPPED, WIDENED_PLAN, case_of, changed, widened

EVIDENCE = Evidence(made_markets(), "made")


def passing(**others: Callable[[Any], Grade]) -> Gates:
    """Every gate passes, but for those that are given."""
    return {name: Entry(others.get(name, lambda _case: Grade())) for name in GATES}


def verdict_of(gates: Gates, **more: Any) -> Verdict:
    settings = Settings(guardian=GuardianSettings(sandbox="bubblewrap"))
    how = {"plan": WIDENED_PLAN, "evidence": EVIDENCE, "settings": settings, "gates": gates}
    return judge(None, widened(), SHIPPED, **(how | more))


def test_a_gate_without_machine_is_held_once_more_when_it_is_quiet_and_refuses_nothing() -> None:
    held: list[str] = []

    def starved(times: int) -> Callable[[Any], Grade]:
        def gate(_case: Any) -> Grade:
            held.append("held")
            if len(held) <= times:
                raise Starved("no processor.")
            return Grade()

        return gate

    assert verdict_of(passing(latency=starved(1)), wait=lambda _seconds: True).accepted
    assert len(held) == 2
    for quiet, expected in ((True, 2), (False, 1)):
        held.clear()
        verdict = verdict_of(passing(latency=starved(9)), wait=lambda _seconds, quiet=quiet: quiet)
        assert len(held) == expected
        assert (verdict.outcome, verdict.refused_by.outcome) == ("rejected", Outcome.ERROR)  # type: ignore[union-attr]
        assert verdict.refused_by.findings == ("the machine was too busy: no processor.",)  # type: ignore[union-attr]
        assert not any(gate.outcome is Outcome.FAILED for gate in verdict.gates)


class Late:
    """A box that never answers, and had so much of a processor meanwhile."""

    def __init__(self, part: float) -> None:
        self.part, self.used = part, 0

    def ask(self, *_asked: Any, seconds: float, **_more: Any) -> Any:
        self.used += int(seconds * self.part * 1e9)
        late = SandboxError("no answer")
        late.__context__ = TimeoutError()
        raise late

    def cpu_ns(self) -> int | None:
        return self.used

    def close(self) -> None: ...


@pytest.mark.parametrize(("part", "end"), [(0.0, Starved), (1.0, CandidateFault)])
def test_who_is_late_without_a_processor_is_not_to_blame(part: float, end: type[Exception]) -> None:
    side = Side("candidate", "t", Late(part), 100.0, blamed=True)
    with pytest.raises(end):
        side.ask("trading.feed", Fed)


def test_how_busy_the_machine_is_and_how_long_is_waited(tmp_path: Path) -> None:
    told = tmp_path / "cpu"
    told.write_text("some avg10=69.06 avg60=79.99 avg300=49.20 total=48\nfull avg10=0.00 avg60=0 avg300=0 total=0\n")
    assert busy_part(told) == pytest.approx(0.6906)
    assert 0.0 <= busy_part(tmp_path / "none") <= 1.0
    assert patience(0.0) == 1.0 < patience(0.9)
    slept: list[float] = []
    waits = iter((0.9, 0.9, 0.0))
    assert wait_until_quiet(30.0, busy=lambda: next(waits), sleep=slept.append)
    assert slept == [1.0, 1.0]
    assert not wait_until_quiet(2.5, busy=lambda: 1.0, sleep=slept.append)


def test_a_slow_time_on_the_wall_says_nothing_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, quick = (timing.Timing(np.full(40, us), np.full(40, 1.0), exact=False) for us in (9.0, 1.0))
    answers = np.zeros(0, np.int64)
    monkeypatch.setattr(timing, "begin", lambda _side: None)
    monkeypatch.setattr(timing, "feed", lambda _side, _events: np.zeros(10**5, np.int64))
    monkeypatch.setattr(timing, "measure", lambda *_sides: (slow, quick, answers))
    nobody: Any = None
    assert timing.hold_timed(nobody, nobody, busy=lambda: 0.0).refusals
    with pytest.raises(Starved, match="wall"):
        timing.hold_timed(nobody, nobody, busy=lambda: QUIET + 0.1)
    exact = [replace(each, exact=True) for each in (slow, quick)]
    monkeypatch.setattr(timing, "measure", lambda *_sides: (*exact, answers))
    assert timing.hold_timed(nobody, nobody, busy=lambda: 1.0).refusals


def verdict(*ends: Outcome) -> Verdict:
    gates = tuple(GateReport(f"g{n}", end, 0.1) for n, end in enumerate(ends))
    good = set(ends) == {Outcome.PASSED}
    return Verdict("accepted" if good else "rejected", "t", "p", gates, Box("b", "", ""), "", {}, 5, "7" * 64)


def test_what_was_judged_is_told_again_and_what_the_machine_did_is_not(tmp_path: Path) -> None:
    kept = KeptVerdicts(Store("verdicts", tmp_path / "cache"))
    judged = Judged(("A",), 1, (1, 2), (1.0, 2.0), (1.0, 3.0))
    kept.keep("a", verdict(Outcome.PASSED), judged)
    found = kept.find("a")
    assert found is not None
    assert (found.verdict, found.judged) == (verdict(Outcome.PASSED), judged)
    assert found.verdict.digest == verdict(Outcome.PASSED).digest
    kept.keep("b", verdict(Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED), None)
    assert kept.find("b") is not None
    kept.keep("c", verdict(Outcome.PASSED, Outcome.ERROR), None)
    assert kept.find("c") is None
    (tmp_path / "cache" / "verdicts" / "a").write_bytes(b"sorte kept 1\n" + b"\0" * 32 + b"forged")
    assert kept.find("a") is None


def test_the_key_of_a_judgement_is_about_all_that_it_depends_on() -> None:
    settings, box = GuardianSettings(), Box("bubblewrap", "1", "p")
    first = made_markets()[0]
    rows = first.rows.copy()
    rows["close"][-1] += 0.01
    other = Evidence((replace(first, rows=rows), *made_markets()[1:]), "made")
    usual = (widened(), SHIPPED, WIDENED_PLAN, EVIDENCE, box, settings, {"a": "1"})
    changes: list[tuple[int, Any]] = [
        (0, SHIPPED),
        (1, widened()),
        (2, EditPlan((SetParameter("stop_loss", 0.04, 0.02),))),
        (2, None),
        (3, other),
        (3, replace(EVIDENCE, zone="America/Sao_Paulo")),
        (4, Box("bubblewrap", "2", "p")),
        (5, GuardianSettings(work_margin=0.05)),
        (6, {"a": "2"}),
    ]
    keys = {key_of(*usual), key_of(*usual, diff="x")}
    for place, value in changes:
        keys.add(key_of(*usual[:place], value, *usual[place + 1 :]))
    assert len(keys) == 2 + len(changes)
    assert key_of(*usual) == key_of(*usual)


def test_only_of_other_numbers_does_no_tool_that_reads_code_say_anything_new() -> None:
    stop = 'Range(0.001, 0.5, "of entry price")] = 0.02'
    alike = {"a number": widened(), "nothing": SHIPPED}
    unlike = {
        "a comment": changed(parameters=(stop, stop + "  # pylint: disable=all")),
        "a name": changed(parameters=(stop, stop.replace("0.02", "SIZE"))),
        "a sign": changed(parameters=(stop, stop.replace("0.02", "-0.02"))),
        "another file": changed(rules=("Close a position that has lost too much.", "Close 2.")),
        "no file": changed({"new.py": "X = 1\n"}),
        "nothing that can be read": changed(parameters=(stop, stop + ' """')),
    }
    assert [what for what, source in alike.items() if not only_numbers_differ(case_of(source))] == []
    assert [what for what, source in unlike.items() if only_numbers_differ(case_of(source))] == []


FINDINGS = {
    "import": "signals.py:104: import of os",
    "call": "signals.py:104: a call of open",
    "zero": "decide.py:42: ZeroDivisionError: division by zero",
    "types": "indicators.py:132: Cannot unify int64 and float64 for 'x'",
    "pylint": "signals.py:22: W0613 unused-argument: Unused argument 'state'",
    "work": "For a quote with a position it works 1,200 operations, its parent 1,000 (+20.0%); what the change explains"
    " is up to 1,040.",
    "busy": "the machine was too busy: trading.prepare: no answer within 60 s: killed by us.",
    "late": "trading.prepare: no answer within 60 s: killed by us.",
    "test": "tests/test_decide.py::test_a: passed, failed, passed: E   assert 1 == 2",
    "causality": "3 of 4,000 decisions change when all of it happens 3 weeks later: the date itself means something.",
}


def test_a_refusal_says_why_it_matters_and_what_to_write_instead_in_both_languages() -> None:
    for name, finding in FINDINGS.items():
        for language in Language:
            assert advice.advice(finding, language) == advice.WORDING.say(f"advice.{name}", language), finding
    told = {name for name in advice.WORDING.texts if name.startswith("advice.")}
    assert told == {f"advice.{name}" for name in (*(name for _, name in advice.ABOUT), *advice.BY_GATE.values())}
    assert tuple(advice.BY_GATE) == tuple(GATES)
    assert advice.advice("It is what it is.") == ""


def test_a_docker_daemon_is_looked_for_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusal(url: str) -> str:
        with pytest.raises(SandboxError) as raised:
            Docker(2048, url, "sorte-sandbox", None)
        return raised.value.message

    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/by-environment.sock")
    assert "by-environment.sock" in refusal("")
    assert "by-setting.sock" in refusal("unix:///nowhere/by-setting.sock")


def test_a_verdict_is_about_the_plan_that_was_judged(boxes: Boxes) -> None:
    assert boxes.box.kind == "bubblewrap"
    assert verdict_of(passing()).plan == WIDENED_PLAN.digest
    assert verdict_of(passing(), plan=None).plan == ""
