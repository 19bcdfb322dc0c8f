"""`sorte explain` where nothing was made yet: it speaks of the strategy that ships."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_parameter_of_the_shipped_strategy_is_explained() -> None:
    done = CliRunner().invoke(app, ["explain", "rsi_oversold", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["kind"], told["sort"], told["value"], told["low"], told["high"]) == (
        "explained",
        "parameter",
        30,
        1,
        50,
    )
    assert told["history"] == []


def test_a_name_that_nothing_bears_is_refused_with_those_that_there_are() -> None:
    done = CliRunner().invoke(app, ["explain", "rsi_overslod"])
    assert done.exit_code == 1
    assert "rsi_oversold" in done.stdout


def test_a_trade_needs_a_workspace() -> None:
    done = CliRunner().invoke(app, ["explain", "last trade"])
    assert done.exit_code == 2
    assert "sorte init" in done.output
