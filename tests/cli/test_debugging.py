"""`--debug` shows on standard error what is noted and writes it down; without it nothing is different from ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[2]


def sorte(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli.main", *words],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_judgement_is_one_json_object_and_its_gates_are_on_standard_error(tmp_path: Path) -> None:
    words = ("judge", "--tree", str(HOUSE / "strategy"), "--json")  # refused at once: it is its own parent
    quiet = sorte(tmp_path, *words)
    assert (quiet.returncode, quiet.stderr) == (1, "")
    assert not (tmp_path / "data").exists()
    loud = sorte(tmp_path, *words, "--debug")
    assert loud.returncode == 1
    assert json.loads(loud.stdout)["outcome"] == json.loads(quiet.stdout)["outcome"] == "rejected"
    assert "debug   guardian    gate.finished  gate=scope  outcome=failed" in loud.stderr
    [main] = (tmp_path / "data" / "logs").glob("main-*.jsonl")
    events = [json.loads(line)["event"] for line in main.read_text(encoding="utf-8").splitlines()]
    assert events[0] == "judgement.begun"
    assert events[-1] == "judgement.finished"


def test_a_backtest_says_when_it_began_to_trade_and_prints_what_it_always_does(tmp_path: Path) -> None:
    rows = "".join(
        f"{1_700_000_000 + 3600 * n},{100 + n % 7},{108 + n % 7},{92},{100 + n % 5},10\n" for n in range(300)
    )
    (tmp_path / "BTCUSDT.csv").write_text(f"time,open,high,low,close,volume\n{rows}", encoding="utf-8")
    done = sorte(tmp_path, "backtest", "--data", "BTCUSDT.csv", "--json", "--debug")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    told = [line.split()[3] for line in done.stderr.splitlines() if " backtest " in line]
    assert told[:3] == ["backtest.begun", "backtest.trading", "backtest.finished"]
