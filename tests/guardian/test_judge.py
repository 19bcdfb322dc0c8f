"""From candidate to verdict: the order, the first refusal, errors as outcomes, and what a verdict is bound to."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from core.contracts import Candidate, GateReport, Outcome, Verdict
from core.errors import SandboxError, SorteError
from core.settings import GuardianSettings, Settings
from core.strategy import Source
from services.guardian.case import Bench, Case, Evidence, Gate
from services.guardian.gates import GATES, Entry
from services.guardian.grade import CandidateFault, Grade
from services.guardian.judge import as_object, begin_beside, hold, hold_after, judge
from services.guardian.made import made_markets
from services.guardian.tools import OWN, hash_of

from .conftest import SHIPPED, WIDENED_PLAN, appended, case_of, changed, widened

EVIDENCE = Evidence(made_markets(), "made from a seed")
BUBBLEWRAP = Settings(guardian=GuardianSettings(sandbox="bubblewrap", gate_seconds=240))


ALL_PASS = {name: replace(entry, gate=lambda _case: Grade(), on_trial=False) for name, entry in GATES.items()}
"""Gates in the places of the real ones, which ask nothing and compile nothing."""


def verdict_of(gates: dict[str, Gate] | None = None, **more: Any) -> Verdict:
    """The verdict of gates that are given, over a good candidate."""
    held = ALL_PASS | {name: replace(ALL_PASS[name], gate=gate) for name, gate in (gates or {}).items()}
    given: dict[str, Any] = {"plan": WIDENED_PLAN, "evidence": EVIDENCE, "settings": BUBBLEWRAP} | more
    return judge(None, widened(), SHIPPED, gates=MappingProxyType(held), **given)


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {report.name: report.outcome.value for report in verdict.gates}


def test_a_good_candidate_is_accepted_by_every_gate_in_order() -> None:
    told: list[str] = []
    verdict = judge(
        None,
        widened(),
        SHIPPED,
        plan=WIDENED_PLAN,
        evidence=EVIDENCE,
        settings=BUBBLEWRAP,
        on_gate=lambda report: told.append(report.name),
    )
    assert verdict.accepted, verdict.refused_by
    assert tuple(told) == tuple(outcomes(verdict)) == tuple(GATES)
    assert (verdict.tree, verdict.parent) == (widened().tree_hash, SHIPPED.tree_hash)
    assert verdict.box.kind == "bubblewrap"
    assert {"guardian", "python", "pylint", "bandit", "pytest", "numba", "numpy"} <= set(verdict.versions)
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict).digest == verdict.digest


def test_the_first_refusal_ends_it_unless_every_gate_is_asked_for() -> None:
    refuses = {"lint": lambda _case: Grade(("no",))}
    ended = outcomes(verdict_of(refuses))
    before = tuple(GATES).index("lint")
    assert [ended[name] for name in GATES] == ["passed"] * before + ["failed"] + ["skipped"] * (len(GATES) - before - 1)
    whole = verdict_of(refuses, every=True)
    assert list(outcomes(whole).values()).count("passed") == len(GATES) - 1
    assert not whole.accepted


@pytest.mark.parametrize(("refuses", "every", "ended"), [(True, False, 1), (True, True, 0), (False, False, 0)])
def test_a_refusal_ends_the_candidates_boxes_unless_every_gate_is_asked_for(
    refuses: bool, every: bool, ended: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Bench] = []
    monkeypatch.setattr(Bench, "stop", lambda bench: told.append(bench))
    verdict_of({"lint": lambda _case: Grade(("no",) if refuses else ())}, every=every)
    assert len(told) == ended


def test_what_is_ended_are_the_boxes_of_the_candidate_and_not_those_of_its_parent() -> None:
    sides = {name: Mock(broken=False) for name in ("candidate", "plain", "parent")}
    bench = Bench()
    bench.stop()  # nothing was begun
    bench.trial = SimpleNamespace(**sides)
    bench.stop()
    assert {name: (side.broken, side.session.close.called) for name, side in sides.items()} == {
        "candidate": (True, True),
        "plain": (True, True),
        "parent": (False, False),
    }


@pytest.mark.parametrize(("refused", "every"), [(False, False), (True, False), (True, True)])
def test_a_gate_that_shares_the_boxes_waits_for_the_one_before_and_is_not_held_after_a_refusal(
    refused: bool, every: bool
) -> None:
    """It may be begun while a gate beside it is still held; what it found is then told in its place, or not at all."""
    before: Future[GateReport] = Future()
    entry, told = Entry(lambda _case: Grade(("asked",)), needs_history=False, on_trial=True), list[str]()
    with ThreadPoolExecutor(1) as turns:
        begun = turns.submit(hold_after, (before,), "twin", entry, case_of(SHIPPED), every=every)
        begun.add_done_callback(lambda _: told.append("held"))
        told.append("before")
        before.set_result(GateReport("compile", Outcome.FAILED if refused else Outcome.PASSED, 0.0))
    assert told == ["before", "held"]
    assert begun.result().outcome is (Outcome.SKIPPED if refused and not every else Outcome.FAILED)


def test_a_gate_that_has_asked_its_part_leaves_the_compiled_box_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it asks of the plain one takes longest; who needs that too waits for it."""
    monkeypatch.setattr("services.guardian.judge.trial_of", lambda _case: "a trial")
    order, reached = list[str](), threading.Event()

    def gate(name: str) -> Gate:
        def held(case: Case) -> Grade:
            if name == "twin":
                assert reached.wait(30), "the next gate waits for it"
                assert case.bench.asked[name].result() == "its answers"
            order.append(name)
            if name == "relations":
                reached.set()
            return Grade()

        return held

    def ask(_case: Case) -> str:
        order.append("asked")
        return "its answers"

    gates = {
        "compile": Entry(gate("compile"), on_trial=True),
        "twin": Entry(gate("twin"), on_trial=True, compiled=False, plain=True, first=ask),
        "relations": Entry(gate("relations"), on_trial=True),
        "latency": Entry(gate("latency"), on_trial=True, plain=True),
    }
    case = replace(case_of(SHIPPED), evidence=EVIDENCE)
    with ThreadPoolExecutor() as pool, ThreadPoolExecutor(1) as turns:
        begun = begin_beside(pool, turns, gates, case, every=False)
        assert [each.result().outcome for each in begun.values()] == [Outcome.PASSED] * 4
    assert order == ["compile", "asked", "relations", "twin", "latency"]


def raises(_case: Case) -> Grade:
    raise SandboxError("The box\x1b[31m is gone.")


BROKEN: dict[str, Callable[[Case], Any]] = {
    "raises": raises,
    "reports by itself": lambda _case: GateReport("latency", Outcome.PASSED, 0.0),
    "says that it was not held": lambda _case: Grade.not_held("no pylint"),
    "does not say why it was not held": lambda _case: Grade.not_held(""),
    "says nothing": lambda _case: None,
    "recurses": lambda case: BROKEN["recurses"](case),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_gate_that_cannot_be_held_is_an_error_and_never_a_pass(how: str) -> None:
    verdict = verdict_of({"latency": BROKEN[how]})
    assert outcomes(verdict)["latency"] == "error"
    assert not verdict.accepted
    assert verdict.gates[-1].findings[0].isprintable()
    assert verdict.gates[-1].name == "latency"


def test_a_figure_that_is_no_number_is_told_as_none() -> None:
    """JSON has no word for it, and who reads a NaN back compares it with nothing."""
    figures = {"ratio": float("nan"), "worst": float("inf"), "slices": 40, "word": "x", "share": 0.5}
    verdict = verdict_of({"latency": lambda _case: Grade(figures=figures)})
    assert verdict.gates[-1].figures == figures | {"ratio": None, "worst": None}
    assert "NaN" not in json.dumps(as_object(verdict), allow_nan=False)


@pytest.mark.parametrize("name", GATES)
def test_a_gate_that_is_missing_accepts_nothing(name: str) -> None:
    gates = {known: gate for known, gate in ALL_PASS.items() if known != name}
    verdict = judge(
        None, widened(), SHIPPED, plan=None, evidence=EVIDENCE, settings=BUBBLEWRAP, gates=MappingProxyType(gates)
    )
    assert not verdict.accepted
    assert outcomes(verdict)[name] == "error"


def test_no_history_accepts_nothing() -> None:
    verdict = verdict_of(evidence=Evidence((), "nothing"))
    assert not verdict.accepted
    assert verdict.refused_by is not None
    assert verdict.refused_by.findings == ("there is no history to judge on",)


def at_fault(_case: Case) -> Grade:
    raise CandidateFault("Its box answers nonsense.")


REFUSALS: dict[str, tuple[Gate, Outcome]] = {
    "a refusal": (lambda _case: Grade(("no",)), Outcome.FAILED),
    "a refusal without a word": (lambda _case: Grade(("",)), Outcome.FAILED),
    "a fault of the candidate": (at_fault, Outcome.FAILED),
    "a gate that was not held": (lambda _case: Grade.not_held("no pylint"), Outcome.ERROR),
}


@pytest.mark.parametrize("how", REFUSALS)
@pytest.mark.parametrize("name", ["scope", "latency"])
def test_only_a_pass_is_a_pass(name: str, how: str) -> None:
    gate, outcome = REFUSALS[how]
    verdict = verdict_of({name: gate})
    assert not verdict.accepted
    assert verdict.refused_by is not None
    assert (verdict.refused_by.name, verdict.refused_by.outcome) == (name, outcome)


def findings_of(grade: Grade) -> tuple[str, ...]:
    return hold("scope", Entry(lambda _case: grade, needs_history=False), case_of(SHIPPED)).findings


def test_a_report_tells_each_finding_once_and_how_many_there_are_beside_those_it_shows() -> None:
    twenty = tuple(f"finding {number}" for number in range(20))
    assert findings_of(Grade((*twenty, *twenty))) == twenty
    assert findings_of(Grade((*twenty, "one more"), ("a note",))) == (*twenty[:19], "and 3 more")
    assert findings_of(Grade(("no",), ("a note",))) == ("no", "a note")


def test_every_box_is_closed_whatever_happens() -> None:
    opened = []

    def opens(case: Case) -> Grade:
        opened.append(case.open_box(case.candidate))
        raise SorteError("and leaves it open")

    assert not verdict_of({"scope": opens}).accepted
    assert opened[0].ended  # type: ignore[attr-defined]  # of the session behind the protocol


def test_files_that_are_not_the_tree_that_they_are_called_are_not_judged() -> None:
    forged = Source(SHIPPED.files, widened().tree_hash)
    with pytest.raises(SorteError, match="not the tree"):
        judge(None, forged, SHIPPED, plan=None, evidence=EVIDENCE, settings=BUBBLEWRAP)
    candidate = Candidate("1", "0" * 40, "1" * 40, SHIPPED.tree_hash, SHIPPED.tree_hash, None, "")
    with pytest.raises(SorteError, match="not the tree that was handed in"):
        judge(candidate, widened(), SHIPPED, plan=None, evidence=EVIDENCE, settings=BUBBLEWRAP)


def test_with_no_box_there_is_no_verdict(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from services.guardian.boxes.bubblewrap import _version

    _version.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    settings = Settings(guardian=GuardianSettings(docker_url=f"unix://{tmp_path}/none"))
    with pytest.raises(SandboxError, match="no box to judge in"):
        verdict_of(settings=settings)


def test_the_judge_is_who_he_is_by_what_judges_and_not_by_a_help_text(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    for folder in (*OWN, "cli"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    before = hash_of(tmp_path)
    assert before == hash_of(root)
    command = tmp_path / "cli" / "judge.py"
    reworded = command.read_text(encoding="utf-8").replace("Judge a candidate by hand.", "Judge by hand.")
    assert reworded != command.read_text(encoding="utf-8")
    command.write_text(reworded, encoding="utf-8")
    assert hash_of(tmp_path) == before
    for file in ("services/guardian/judge.py", "sandbox/tasks/lint.toml", "core/kernel.py", "sandbox/Dockerfile"):
        with (tmp_path / file).open("a", encoding="utf-8") as judging:
            judging.write("\n")
        assert hash_of(tmp_path) != before, file
        before = hash_of(tmp_path)


# The command ----------------------------------------------------------------------------------------------------------


def run(cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        cwd=cwd,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin:/usr/sbin", "HOME": str(cwd)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def write(source: Source, folder: Path) -> Path:
    for name, data in source.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_folder_is_judged_by_hand_against_the_shipped_strategy(tmp_path: Path) -> None:
    bad = write(appended("rules.py", "import os\n"), tmp_path / "bad")
    told = run(tmp_path, "judge", "--tree", str(bad))
    assert told.returncode == 1, told.stderr
    assert "policy     failed" in told.stdout
    assert "import of os" in told.stdout
    assert "rejected" in told.stdout

    answer = run(tmp_path, "judge", "--tree", str(bad), "--json")
    assert answer.returncode == 1
    verdict = json.loads(answer.stdout)
    assert verdict["outcome"] == "rejected"
    assert [gate["outcome"] for gate in verdict["gates"]] == ["passed", "failed", *["skipped"] * (len(GATES) - 2)]


def test_a_commit_of_the_workspace_is_judged_against_what_trades(tmp_path: Path) -> None:
    from core.workspace import create

    with create(tmp_path / "workspace") as workspace:
        write(changed(rules=("f.profit >= P.take_profit", "f.profit > P.take_profit + P")), workspace.path / "strategy")
        (workspace.path / "more.txt").write_text("beside the strategy", encoding="utf-8")
        workspace.git("add", "strategy", "more.txt")
        commit = workspace.repo.index.commit("by hand", skip_hooks=True).hexsha
    told = run(tmp_path, "judge", commit[:10])
    assert told.returncode == 1, told.stderr
    assert "more.txt: outside of the strategy" in told.stdout
    assert run(tmp_path, "judge", "nothing").returncode == 2
    assert run(tmp_path, "judge").returncode == 2
    assert "no workspace here" in run(Path("/"), "judge", "HEAD").stderr
