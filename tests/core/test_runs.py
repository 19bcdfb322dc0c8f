"""Which strategy a backtest tests, its round trips in a file, and two runs side by side."""

from __future__ import annotations

import asyncio
import csv
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from core.backtest import kept
from core.errors import ConfigurationError, SorteError
from core.strategy import Source
from core.workspace import Workspace
from services.commander.road import commits
from tests.commander.rig import rig
from tests.core.test_backtest_command import write_bars

STOP = "stop_loss 0.03"


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bars(tmp_path_factory.mktemp("runs") / "BTCUSDT-1h.csv", seed=0)


def invoke(*words: object) -> str:
    done = CliRunner().invoke(app, list(map(str, words)))
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def backtested(bars: Path, *words: object) -> dict[str, Any]:
    run: dict[str, Any] = json.loads(invoke("backtest", "--data", bars, "--json", *words))
    return run


# Which strategy -------------------------------------------------------------------------------------------------------


async def changed(folder: Path) -> str:
    """A workspace in which a sentence was accepted; its commit."""
    with rig(folder) as it:
        change = await it.say(STOP)
        return change.commit


def test_in_a_workspace_what_trades_there_is_tested_and_said(
    bars: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = asyncio.run(changed(tmp_path))
    monkeypatch.setenv("SORTE_WORKSPACE", str(tmp_path / "w"))
    (tmp_path / "w/strategy/parameters.py").write_text("the owner's own edit is not tested")
    own, shipped = backtested(bars), backtested(bars, "--shipped")
    assert (own["tested"]["what"], own["tested"]["commit"], own["tested"]["sentence"]) == ("workspace", commit, STOP)
    assert (own["parameters"]["stop_loss"], shipped["parameters"]["stop_loss"]) == (0.03, 0.02)
    assert (shipped["tested"]["what"], shipped["strategy"]) == ("shipped", Source.shipped().tree_hash)
    page = " ".join(invoke("backtest", "--data", bars, "--set", "take_profit=0.5").split())
    assert f"Tested: what trades here, commit {commit[:12]}, from the sentence “{STOP}”." in page
    assert "With take_profit=0.5 in this test only." in page
    assert "Tested: the strategy that comes with Sorte." in invoke("backtest", "--data", bars, "--shipped")
    compared = json.loads(invoke("compare", own["run"], shipped["run"], "--json"))
    assert compared["parameters"] == {"stop_loss": [0.03, 0.02]}


def test_two_strategies_are_one_too_many(bars: Path) -> None:
    done = CliRunner().invoke(app, ["backtest", "--data", str(bars), "--shipped", "--strategy", "strategy"])
    assert done.exit_code == 2


def test_a_commit_that_no_sentence_brought_is_told_by_what_it_did(tmp_path: Path) -> None:
    with rig(tmp_path) as it:
        workspace: Workspace = it.workspace
        assert commits.asked(workspace, workspace.main) == ""


# Round trips ----------------------------------------------------------------------------------------------------------


def test_every_round_trip_is_written_with_its_reasons(bars: Path, tmp_path: Path) -> None:
    run = backtested(bars, "--trades", tmp_path / "t.csv")
    backtested(bars, "--trades", tmp_path / "t.json")
    rows = list(csv.DictReader((tmp_path / "t.csv").open()))
    told = json.loads((tmp_path / "t.json").read_text())
    closed = [row for row in rows if row["exit_time"]]
    assert len(closed) == run["metrics"]["trades"]
    assert sum(float(row["profit"]) for row in closed) == pytest.approx(
        sum(each["profit"] for each in run["exits"].values())
    )
    by_reason = {name: sum(row["exit_reason"] == name for row in closed) for name in run["exits"]}
    assert by_reason == {name: each["trades"] for name, each in run["exits"].items()}
    assert [row["number"] for row in rows] == [str(place + 1) for place in range(len(rows))]
    assert {row["entry_reason"] for row in rows} == {"score"}
    assert rows[0]["entry_time"].endswith("Z")
    assert [str(each["profit"]) for each in told if each["profit"] is not None] == [row["profit"] for row in closed]


def test_an_open_round_trip_has_no_end(bars: Path, tmp_path: Path) -> None:
    whole = backtested(bars)["traded"]
    entered = next(time for time, side in zip(whole["time_ns"], whole["side"], strict=True) if side == "buy")
    until = (datetime.fromtimestamp(entered / 1e9, UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    backtested(bars, "--to", until, "--trades", tmp_path / "t.json")
    last = json.loads((tmp_path / "t.json").read_text())[-1]
    assert (last["exit_time"], last["profit"], last["exit_reason"], last["seconds"]) == (None, None, "", None)
    assert last["fees"] > 0


# Few returns ----------------------------------------------------------------------------------------------------------


def test_few_returns_are_said_to_be_few(bars: Path) -> None:
    short = ("--to", "2024-01-03")
    assert any(note.startswith("few returns: ") for note in backtested(bars, *short)["notes"])
    assert "(few returns)" in invoke("backtest", "--data", bars, *short)
    assert not any("few returns" in note for note in backtested(bars)["notes"])


# Side by side ---------------------------------------------------------------------------------------------------------


def test_two_runs_are_compared_by_id_and_by_file(bars: Path, tmp_path: Path) -> None:
    first, second = backtested(bars), backtested(bars, "--set", "stop_loss=0.05")
    (tmp_path / "second.json").write_text(json.dumps(second) + "\n")
    told = json.loads(invoke("compare", first["run"], tmp_path / "second.json", "--json"))
    assert (told["kind"], told["parameters"]) == ("backtests_compared", {"stop_loss": [0.02, 0.05]})
    assert told["figures"]["trades"] == [first["metrics"]["trades"], second["metrics"]["trades"]]
    fills = told["fills"]
    assert fills["same"] + fills["resized"] + fills["only_first"] == first["fills"]
    assert fills["same"] + fills["resized"] + fills["only_second"] == second["fills"]
    before = next(made for made in fills["first_difference"] if made is not None)["time_ns"]
    same = [
        list(zip(*(run["traded"][name] for name in ("time_ns", "side", "price")), strict=True))
        for run in (first, second)
    ]
    earlier = [[made for made in run if made[0] < before] for run in same]
    assert earlier[0] == earlier[1]
    page = invoke("compare", first["run"], second["run"])
    assert "stop_loss: 0.02 | 0.05" in page
    assert "First difference:" in page
    alike = invoke("compare", first["run"], first["run"])
    assert f"The {first['fills']:,} fills are the same." in alike


def test_a_run_of_an_earlier_version_is_compared_without_its_fills(bars: Path, tmp_path: Path) -> None:
    run = backtested(bars)
    for name in ("traded", "run", "tested"):
        del run[name]
    (tmp_path / "old.json").write_text(json.dumps(run))
    page = invoke("compare", tmp_path / "old.json", tmp_path / "old.json")
    assert "an earlier version wrote it" in page


def test_the_newest_runs_are_kept_and_no_disk_is_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_CACHE", str(tmp_path))
    monkeypatch.setattr(kept, "MOST", 3)
    for place in range(5):
        assert kept.keep(f"{place:08x}", {"kind": "backtest", "metrics": {}})
        os.utime(tmp_path / f"backtests/{place:08x}.json.gz", ns=(place, place))
    assert kept.find("00000004")["kind"] == "backtest"
    assert len(list((tmp_path / "backtests").iterdir())) == 3
    with pytest.raises(ConfigurationError, match="There is no backtest 00000000"):
        kept.find("00000000")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SORTE_CACHE", str(tmp_path / "file"))
    assert not kept.keep("0" * 8, {})


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"kind": "backtest"}', "\x00", '{"kind": "error"}'])
def test_a_file_that_is_no_run_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(SorteError, match="holds no backtest"):
        kept.find(str(tmp_path / "run.json"))


def test_one_run_cannot_be_compared() -> None:
    assert CliRunner().invoke(app, ["compare", "1a2b3c4d"]).exit_code == 2
