"""`sorte interpret`: one JSON object for each sentence, read against the strategy that the workspace has accepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from core.settings import load_settings
from core.strategy import Source
from core.workspace import create, find


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder without a workspace and without settings."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, said: str | bytes = "") -> Any:
    return CliRunner().invoke(app, ["interpret", *arguments], input=said)


def tightened() -> Source:
    """A strategy whose stop is 1 %."""
    files = dict(Source.shipped().files)
    files["parameters.py"] = files["parameters.py"].replace(b'"of entry price")] = 0.02', b'"of entry price")] = 0.01')
    return Source.of(files)


def test_one_sentence_is_one_object() -> None:
    result = run("raise the stop to 3%", "--json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["status"] == "plan"
    assert found["plan"]["operations"][0]["was"] == 0.02
    assert found["ms"] < 20


@pytest.mark.parametrize(
    ("text", "code"), [("status", 0), ("stop em 3%", 0), ("raise the stop", 1), ("bom dia", 1), ("", 1)]
)
def test_the_exit_code_says_whether_it_was_understood(text: str, code: int) -> None:
    assert run(text, "--json").exit_code == code
    assert run(text).exit_code == code


def test_each_line_of_standard_input_is_a_sentence() -> None:
    result = run("-", "--json", said=b"stop em 3%\n\nhelp\nbom dia\n\xff\xfe stop em 3%\n")
    assert result.exit_code == 0
    assert [json.loads(line)["status"] for line in result.stdout.splitlines()][:4] == ["plan", "none", "action", "none"]
    assert len(result.stdout.splitlines()) == 5


def test_without_json_a_person_reads_what_would_change() -> None:
    assert run("stop em 2,5%").stdout == "stop_loss: 2% -> 2,5%\n"
    assert run("rollback 2").stdout == "/rollback 2\n"
    assert "só comprar se volume > volume_average" in run("só compre se o volume estiver acima da média").stdout
    assert "de 0,1% a 50%" in run("stop em 900%").stdout


def test_the_strategy_is_that_of_the_workspace(elsewhere: Path) -> None:
    create(elsewhere / "workspace", tightened()).close()
    assert json.loads(run("stop em 3%", "--json").stdout)["plan"]["operations"][0]["was"] == 0.01


def test_the_workspace_is_named_or_here_or_below(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find(load_settings()) is None
    create(elsewhere / "workspace").close()
    assert find(load_settings()) == Path("workspace")
    monkeypatch.chdir(elsewhere / "workspace")
    assert find(load_settings()) == Path()
    assert find(load_settings(workspace=elsewhere / "named")) == elsewhere / "named"


def test_a_workspace_that_is_none_is_an_error_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SORTE_WORKSPACE", "nowhere")
    result = run("stop em 3%", "--json")
    assert result.exit_code == 2
    assert "Traceback" not in result.output
