"""`sorte lookahead` and `sorte recursive`: a sound strategy passes, one that knows too much is found and named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.guardian.test_trading_gates import REMEMBERS_IN_DECISION


def asked(*words: str) -> tuple[int, dict[str, object]]:
    done = CliRunner().invoke(app, [*words, "--json"])
    return done.exit_code, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(autouse=True)
def no_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("SORTE_GUARDIAN__GATE_SECONDS", "250")  # compiling is slow beside other tests


def outcomes(told: dict[str, object]) -> dict[str, str]:
    gates = told["gates"]
    assert isinstance(gates, list)
    return {gate["name"]: gate["outcome"] for gate in gates}


def test_the_shipped_strategy_knows_no_future_and_warms_up_as_it_says() -> None:
    code, told = asked("lookahead", "--shipped")
    assert (code, told["clean"]) == (0, True), told
    assert outcomes(told) == {"policy": "passed", "compile": "passed", "causality": "passed"}
    code, told = asked("recursive", "--shipped")
    assert (code, list(outcomes(told))) == (0, ["policy", "compile", "twin", "warm-up"])
    warmed = told["gates"][-1]  # type: ignore[index] # a list, as above
    assert warmed["figures"]["bars_wanted"] > 10
    assert all(value == 0 for name, value in warmed["figures"].items() if name.startswith("differ"))


def test_a_strategy_that_remembers_what_it_should_not_is_found(tmp_path: Path) -> None:
    for name, content in REMEMBERS_IN_DECISION.files.items():
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_bytes(content)
    code, told = asked("lookahead", "--strategy", str(tmp_path / "mine"))
    assert (code, told["clean"]) == (1, False)
    assert list(outcomes(told).values())[-1] == "failed"


def test_what_is_no_strategy_is_no_answer(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["recursive", "--strategy", str(tmp_path / "nothing")])
    assert (done.exit_code, "There is no strategy folder" in done.output) == (2, True)
