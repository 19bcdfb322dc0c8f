"""`sorte run` as its user starts it: a real process, a real simulated exchange, real boxes."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.kernel import DECISION, EVENT
from core.recording import read_recording

pytestmark = pytest.mark.usefixtures("shipped_is_compiled")
SORTE = Path(sys.executable).with_name("sorte")


def sorte(folder: Path, *words: str, seconds: float = 120) -> list[dict[str, Any]]:
    """Run a command in `folder` and read its JSON lines."""
    done = subprocess.run(
        [str(SORTE), *words], cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def recordings(folder: Path, kind: str) -> list[Path]:
    return sorted((folder / "data" / "paper" / kind).glob("*.json"))


@pytest.fixture(scope="module")
def paper_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """One run in paper mode, for the tests that look at what it left."""
    folder = tmp_path_factory.mktemp("paper")
    return folder, sorte(folder, "run", "--for", "8", "--json")


def test_a_run_ends_by_itself_with_a_summary(paper_run: tuple[Path, list[dict[str, Any]]]) -> None:
    _, lines = paper_run
    summary = lines[-1]
    assert (summary["kind"], summary["mode"], summary["trading"]) == ("summary", "paper", "active")
    assert summary["events"] > 500
    assert summary["events_lost"] == summary["events_doubled"] == summary["faults"] == 0
    assert summary["fills"] > 0
    assert summary["decisions"] >= summary["events"] - 50  # the last events may still be under way
    assert 0 < summary["latency_us"]["p50"] <= summary["latency_us"]["p99"]
    assert summary["rss_mb"] > 0
    assert len([line for line in lines if line["kind"] == "fill"]) == summary["fills"]


def test_the_database_holds_the_orders_and_fills_of_the_run(paper_run: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, lines = paper_run
    database = folder / "data" / "paper" / "trades.sqlite"
    with sqlite3.connect(database) as connection:
        (orders,) = connection.execute("select count(*) from orders").fetchone()
        (fills,) = connection.execute("select count(*) from fills").fetchone()
        releases = connection.execute("select distinct release from orders").fetchall()
    assert (orders, fills) == (lines[-1]["orders"], lines[-1]["fills"])
    assert releases == [(lines[0]["release"],)]


def test_every_event_and_every_hosts_decisions_are_recorded(paper_run: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, lines = paper_run
    (tape,) = recordings(folder, "events")
    about, events = read_recording(tape.with_suffix(""), EVENT)
    assert about["symbols"] == lines[0]["pairs"]
    assert np.array_equal(events["sequence"], np.arange(1, len(events) + 1))
    for path in recordings(folder, "decisions"):
        release, decisions = read_recording(path.with_suffix(""), DECISION)
        assert release["release"] == lines[0]["release"]
        assert len(decisions) >= lines[-1]["events"] - 50
        assert np.all(np.diff(decisions["sequence"]) == 1)


def test_two_hosts_decide_alike(paper_run: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = paper_run
    one, other = (read_recording(path.with_suffix(""), DECISION)[1] for path in recordings(folder, "decisions"))
    common = np.intersect1d(one["sequence"], other["sequence"])
    mine, theirs = (rows[np.isin(rows["sequence"], common)] for rows in (one, other))
    assert len(common) > 500
    assert mine.tobytes() == theirs.tobytes()


def test_shadow_mode_decides_and_orders_nothing(tmp_path: Path) -> None:
    lines = sorte(tmp_path, "run", "--for", "5", "--mode", "shadow", "--json")
    assert lines[-1]["mode"] == "shadow"
    assert lines[-1]["orders"] == lines[-1]["fills"] == 0
    assert lines[-1]["decisions"] > 100
    assert any(line["kind"] == "decision" for line in lines)


def test_recorded_bars_are_traded_and_the_run_ends_with_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.004, 700)))
    opens = np.concatenate(([100.0], closes[:-1]))
    lines = ["time,open,high,low,close,volume"]
    for i, (opened, close) in enumerate(zip(opens, closes, strict=True)):
        high, low = max(opened, close) * 1.001, min(opened, close) * 0.999
        lines.append(f"{1_700_000_000 // 3600 * 3600 + i * 3600},{opened:.2f},{high:.2f},{low:.2f},{close:.2f},50")
    (tmp_path / "hourly.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = sorte(tmp_path, "run", "--feed", "replay:hourly.csv", "--speed", "250000", "--json")
    assert told[0]["pairs"] == ["HOURLY"]
    assert told[-1]["kind"] == "summary"
    assert told[-1]["events_lost"] == told[-1]["faults"] == 0
    assert told[-1]["events"] > 1_000  # 400 bars are played, four prices and a close each
    assert told[-1]["fills"] > 0


def test_when_the_trader_is_killed_everything_it_started_ends(tmp_path: Path) -> None:
    process = subprocess.Popen([str(SORTE), "run", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["kind"] == "ready":
            break
    family = descendants(process.pid)
    assert len(family) >= 4  # the exchange, the mirror, two boxes
    watched = [os.pidfd_open(pid) for pid in family]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for descriptor in watched:
        assert wait_readable(descriptor, seconds=10), "something is left behind"
        os.close(descriptor)


def descendants(pid: int) -> list[int]:
    """Every process below `pid`."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]
    return children + [below for child in children for below in descendants(child)]


def wait_readable(descriptor: int, seconds: float) -> bool:
    """Whether the process that a pidfd names has ended in time."""
    import select

    return bool(select.select([descriptor], [], [], seconds)[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_can_be_stopped_before_it_is_over(number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen([str(SORTE), "run", "--json"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["kind"] == "starting"  # the hosts will need seconds
    process.send_signal(number)
    lines = [json.loads(line) for line in process.stdout]
    assert process.wait(timeout=90) == 0
    assert "ready" not in [line["kind"] for line in lines]
    assert (lines[-1]["kind"], lines[-1]["orders"], lines[-1]["faults"]) == ("summary", 0, 0)


def test_when_nobody_reads_any_more_the_run_ends_quietly(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    process = subprocess.Popen([str(SORTE), "run", "--json"], cwd=tmp_path, stdout=pipe, stderr=pipe, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["kind"] == "starting"
    process.stdout.close()
    assert process.wait(timeout=60) == 0
    assert process.stderr.read() == ""
    process.stderr.close()


def test_ctrl_c_of_the_whole_terminal_is_the_traders_alone(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [str(SORTE), "run", "--json"], cwd=tmp_path, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["kind"] == "ready":
            break
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=90)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out.splitlines()[-1])["faults"] == 0
