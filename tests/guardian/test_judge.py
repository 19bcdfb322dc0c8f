"""From candidate to verdict: the order, the first refusal, errors as outcomes, and what a verdict is bound to."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from core.contracts import Candidate, GateReport, Outcome, Verdict
from core.errors import SandboxError, SorteError
from core.settings import GuardianSettings, Settings
from core.strategy import Source
from services.guardian.case import Case, Evidence, Gate
from services.guardian.gates import GATES, ORDER
from services.guardian.judge import as_object, judge
from services.guardian.made import made_markets

from .conftest import SHIPPED, WIDENED_PLAN, appended, changed, widened

EVIDENCE = Evidence(made_markets(), "made from a seed")
BUBBLEWRAP = Settings(guardian=GuardianSettings(sandbox="bubblewrap"))


def passes(name: str) -> Gate:
    return lambda _case: GateReport(name, Outcome.PASSED, 0.0)


ALL_PASS = {name: passes(name) for name in ORDER}


def verdict_of(gates: dict[str, Gate] | None = None, **more: Any) -> Verdict:
    """The verdict of gates that are given, over a good candidate."""
    given: dict[str, Any] = {"plan": WIDENED_PLAN, "evidence": EVIDENCE, "settings": BUBBLEWRAP} | more
    return judge(None, widened(), SHIPPED, gates=MappingProxyType(ALL_PASS | (gates or {})), **given)


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
    assert tuple(told) == tuple(outcomes(verdict)) == ORDER == tuple(GATES)
    assert (verdict.tree, verdict.parent) == (widened().tree_hash, SHIPPED.tree_hash)
    assert verdict.box.kind == "bubblewrap"
    assert {"guardian", "python", "pylint", "bandit", "pytest", "numba", "numpy"} <= set(verdict.versions)
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict).digest == verdict.digest


def test_the_first_refusal_ends_it_unless_every_gate_is_asked_for() -> None:
    refuses = {"lint": lambda _case: GateReport("lint", Outcome.FAILED, 0.0, ("no",))}
    ended = outcomes(verdict_of(refuses))
    assert [ended[name] for name in ORDER] == ["passed"] * 2 + ["failed"] + ["skipped"] * 8
    whole = verdict_of(refuses, every=True)
    assert list(outcomes(whole).values()).count("passed") == 10
    assert not whole.accepted


def raises(_case: Case) -> GateReport:
    raise SandboxError("The box\x1b[31m is gone.")


BROKEN: dict[str, Callable[[Case], Any]] = {
    "raises": raises,
    "answers as another": passes("scope"),
    "says nothing": lambda _case: None,
    "recurses": lambda case: BROKEN["recurses"](case),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_gate_that_cannot_be_held_is_an_error_and_never_a_pass(how: str) -> None:
    verdict = verdict_of({"latency": BROKEN[how]})
    assert outcomes(verdict)["latency"] == "error"
    assert not verdict.accepted
    assert verdict.gates[-1].findings[0].isprintable()


def test_a_figure_that_is_no_number_is_told_as_none() -> None:
    """JSON has no word for it, and who reads a NaN back compares it with nothing."""
    figures = {"ratio": float("nan"), "worst": float("inf"), "slices": 40, "word": "x", "share": 0.5}
    verdict = verdict_of({"latency": lambda _case: GateReport("latency", Outcome.PASSED, 0.0, (), figures)})
    assert verdict.gates[-1].figures == figures | {"ratio": None, "worst": None}
    assert "NaN" not in json.dumps(as_object(verdict), allow_nan=False)


@pytest.mark.parametrize("name", ORDER)
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


@pytest.mark.parametrize("outcome", [Outcome.SKIPPED, Outcome.ERROR, Outcome.FAILED])
def test_only_a_pass_is_a_pass(outcome: Outcome) -> None:
    for name in ("scope", "latency"):
        assert not verdict_of({name: lambda _case, name=name: GateReport(name, outcome, 0.0)}).accepted  # type: ignore[misc]  # binds the loop's name


def test_every_box_is_closed_whatever_happens() -> None:
    opened = []

    def opens(case: Case) -> GateReport:
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
    assert [gate["outcome"] for gate in verdict["gates"]] == ["passed", "failed", *["skipped"] * 9]


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
