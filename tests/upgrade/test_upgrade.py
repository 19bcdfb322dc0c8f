"""No owner is left behind: what 3e8a2a4 made starts, trades on, and comes to today's strategy with his yes alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.contracts import EditPlan, Language, Outcome, Pair, SetParameter, Upgrade
from core.kernel import BAR, DECISION, EVENT
from core.recording import read_recording
from core.strategy import Source
from core.workspace import FOLDER, Workspace
from services.commander.road import commits
from services.commander.road.upgrading import hour_rules, offer
from services.editor import EditRefused, edit, propose
from services.guardian.evidence import read_recorded
from services.guardian.gates import scope
from services.trader.ledger import Ledger
from tests.guardian.conftest import case_of, report_on

ROOT = Path(__file__).parents[2]
FRAME = "8ce2a787b0969be49db473b4f637c3c2afeab50f"
RULE = "no_buy_if_hour_2_to_5"
Line = dict[str, Any]


def sorte(folder: Path, *words: str, code: int = 0, seconds: float = 280, **variables: str) -> list[Line]:
    """A command of the owner's; what it told."""
    patient = {"SORTE_GUARDIAN__GATE_SECONDS": "250", "SORTE_COMMANDER__WATCH_LATENCY": "1000"}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words, "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SORTE_TIME_ZONE": "America/Sao_Paulo", **patient, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == code, (done.stdout[-2000:], done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


def upgrade(workspace: Workspace) -> Upgrade:
    found = offer(workspace, workspace.main)
    assert found is not None
    return found.operation


def edited(workspace: Workspace, file: str, old: bytes, new: bytes) -> str:
    """A signed commit on main in which the owner's tree has other bytes."""
    files = workspace.path / FOLDER / file
    data = files.read_bytes()
    assert old in data
    files.write_bytes(data.replace(old, new, 1))
    workspace.git("add", "--", FOLDER)
    main = workspace.main
    commit = workspace.commit(workspace.git("write-tree").strip(), main, "by hand")
    workspace.update_refs({"refs/heads/main": (main, commit)})
    return commit


# What he has ---------------------------------------------------------------------------------------------------------


def test_an_older_tree_is_offered_what_ships_now_and_told_which_files(owner):
    with Workspace(owner / "workspace") as workspace:
        found = offer(workspace, workspace.main)
        assert found is not None
        assert found.operation == Upgrade(base=FRAME, frame=Source.shipped().tree_hash)
        assert found.conflicts == ()
        assert {"decide.py", "levels.py"} <= set(found.changed)
        assert "rules.py" not in found.changed


def test_a_tree_of_today_is_offered_nothing(tmp_path):
    from core.workspace import create

    with create(tmp_path / "workspace") as workspace:
        assert offer(workspace, workspace.main) is None


def test_his_recordings_are_still_read(owner):
    passed_over: list[str] = []
    markets = list(read_recorded(owner / "data", 5000, passed_over, time.time_ns()))
    assert not passed_over
    assert {market.symbol for market in markets} == {"BTCUSDT", "ETHUSDT", "SOLUSDT"}
    assert all(len(market.rows) > 100 for market in markets)
    (events,) = (owner / "data").rglob("events/*.json")
    _, rows = read_recording(events.with_suffix(""), EVENT)
    assert len(rows) > 1000
    assert (rows["kind"] == BAR).any()
    assert not rows["utc_offset_s"].any()
    for file in (owner / "data").rglob("decisions/*.json"):
        decisions = read_recording(file.with_suffix(""), DECISION)[1]
        assert np.isnan(decisions["stop"]).all()
        assert np.isnan(decisions["target"]).all()


def test_his_journal_still_holds_his_positions(owner):
    (journal,) = (owner / "data").rglob("journal")
    symbols = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
    step = Decimal("0.00001")
    pairs = [Pair(name, name.removesuffix("USDT"), "USDT", step, step, Decimal(5)) for name in symbols]
    ledger = Ledger(journal, pairs, sync_orders=False)
    try:
        held = [holding for holding in ledger.portfolio.holdings.values() if holding.size > 0.0]
        assert len(held) >= 1
        assert all(np.isnan(holding.stop) and np.isnan(holding.target) for holding in held)
    finally:
        ledger.close()


# The edit ------------------------------------------------------------------------------------------------------------


def test_the_merge_keeps_his_rule_its_test_and_brings_the_new_frame(owner):
    with Workspace(owner / "workspace") as workspace:
        plan = EditPlan((upgrade(workspace),))
        made = propose(workspace, plan, change="7", base=workspace.main, language=Language.PT)
        before, after = workspace.source(made.base), workspace.source(made.commit)
        assert after.files["rules.py"] == before.files["rules.py"]
        assert RULE.encode() in after.files["rules.py"]
        own = {name for name in before.files if name.startswith("tests/test_change_")}
        assert own
        assert all(after.files[name] == before.files[name] for name in own)
        for name, data in Source.shipped().files.items():
            assert name == "rules.py" or after.files[name] == data
        report = report_on(scope.gate, case_of(after, plan, parent=before))
        assert report.outcome is Outcome.PASSED, report.findings


@pytest.mark.parametrize(
    "tampered",
    [
        {"decide.py": lambda data: data.replace(b"P.order_fraction", b"0.9")},
        {"rules.py": lambda data: data.replace(b"f.hour < 5", b"f.hour < 6")},
        {"parameters.py": lambda data: data.replace(b"] = 0.02", b"] = 0.5")},
        {"more.py": lambda _: b"x = 1\n"},
        {"levels.py": lambda _: None},
        {"tests/test_levels.py": lambda _: None},
    ],
    ids=["another size", "his rule", "a parameter", "a file more", "a file less", "a test less"],
)
def test_the_judge_merges_again_and_refuses_a_byte_more_or_less(owner, tampered):
    with Workspace(owner / "workspace") as workspace:
        plan, parent = EditPlan((upgrade(workspace),)), workspace.source(workspace.main)
    files: dict[str, Any] = dict(edit(parent.files, plan, "7").files)
    ((name, change),) = tampered.items()
    files[name] = change(files.get(name, b""))
    candidate = Source.of({file: data for file, data in files.items() if data is not None})
    report = report_on(scope.gate, case_of(candidate, plan, parent=parent))
    assert report.outcome is Outcome.FAILED
    assert report.findings == (f"{name}: not what the merge of the three trees gives",)


def test_an_upgrade_is_no_cover_for_other_operations_or_trees(owner):
    with Workspace(owner / "workspace") as workspace:
        operation, parent = upgrade(workspace), workspace.source(workspace.main)
    merged = Source.of(edit(parent.files, EditPlan((operation,)), "7").files)
    for plan in (
        EditPlan((operation, SetParameter("stop_loss", 0.03, 0.02))),
        EditPlan((Upgrade(base="0" * 40, frame=operation.frame),)),
        EditPlan((Upgrade(base=operation.base, frame=operation.base),)),
    ):
        assert report_on(scope.gate, case_of(merged, plan, parent=parent)).outcome is Outcome.FAILED


def test_where_both_changed_a_line_he_is_told_the_place_in_his_language_and_nothing_moves(owner):
    with Workspace(owner / "workspace") as workspace:
        line = b"    d.min_hold_seconds = P.min_hold_seconds\n"
        commit = edited(workspace, "decide.py", line, b"    d.min_hold_seconds = 60.0\n")
        found = offer(workspace, commit)
        assert found is not None
        ((file, number),) = found.conflicts
        assert workspace.source(commit).files[file].splitlines()[number - 1] == b"    d.min_hold_seconds = 60.0"
        for language, said in ((Language.EN, "both changed"), (Language.PT, "mudaram o mesmo lugar")):
            with pytest.raises(EditRefused, match=said) as refused:
                propose(workspace, EditPlan((found.operation,)), change="7", base=commit, language=language)
            assert f"decide.py:{number}" in str(refused.value)
        assert workspace.main == commit


def test_rules_that_speak_of_hours_are_found(owner):
    with Workspace(owner / "workspace") as workspace:
        assert list(hour_rules(workspace.source(workspace.main).files)) == [RULE]


# The road ------------------------------------------------------------------------------------------------------------


def test_he_trades_on_as_before_and_the_upgrade_is_offered_once_at_each_start(owner):
    told = sorte(owner, "run", "--for", "4", "--pairs", "BTCUSDT,ETHUSDT")
    assert told[-1]["kind"] == "summary"
    assert told[-1]["events"] > 0
    assert told[-1]["events_unanswered"] == 0
    (started,) = [line for line in told if line["kind"] == "starting"]
    with Workspace(owner / "workspace") as workspace:
        assert started["release"] == workspace.tree(workspace.main)
        assert RULE.encode() in workspace.source(workspace.main).files["rules.py"]
    (offered,) = [line for line in told if line["kind"] == "upgrade"]
    assert "sorte upgrade" in offered["text"]
    assert "segue negociando como antes" in offered["text"], "in the language of his last sentence"


def test_declined_it_changes_nothing_and_with_his_yes_it_keeps_his_rule_and_can_be_taken_back(owner):
    with Workspace(owner / "workspace") as workspace:
        before = workspace.main
        declined = sorte(owner, "upgrade", code=1)
        assert declined[-1]["state"] == "rejected"
        assert workspace.main == before
        assert offer(workspace, before) is not None

        told = sorte(owner, "upgrade", "--yes")
        final = told[-1]
        assert (final["kind"], final["state"]) == ("change", "accepted"), final
        assert [gate["outcome"] for gate in final["verdict"]["gates"]] == ["passed"] * len(final["verdict"]["gates"])
        (planned,) = [line for line in told if line["kind"] == "plan"]
        assert any(RULE in line and "UTC" in line and "America/Sao_Paulo" in line for line in planned["lines"])
        source = workspace.source(workspace.main)
        assert RULE.encode() in source.files["rules.py"]
        assert "levels.py" in source.files
        assert commits.trailer(workspace, workspace.main, commits.FRAME) == Source.shipped().tree_hash
        assert offer(workspace, workspace.main) is None

        again = sorte(owner, "upgrade", "--yes")
        assert again[-1]["state"] == "none"
        back = sorte(owner, "rollback")
        assert back[-1]["state"] == "rolled_back"
        assert workspace.tree(workspace.main) == workspace.tree(before)
        assert offer(workspace, workspace.main) is not None
