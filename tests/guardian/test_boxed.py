"""A backtest of a stranger's folder: its code runs in a box or not at all, and what the box tells is looked at."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from cli.main import app
from core.backtest import Costs, simulate
from core.backtest.trust import is_trusted
from core.errors import SandboxError, SorteError
from core.kernel import BUY, SELL
from core.strategy import Source, load
from core.workspace import create
from services.guardian.boxed import find_unlikely
from services.guardian.made import made_markets

STRANGE: dict[str, bytes] = {
    "__init__.py": b"",
    "parameters.py": b"""
from typing import Annotated, NamedTuple
from core.strategy import Range
class Parameters(NamedTuple):
    # How much an order spends.
    part: Annotated[float, Range(0.01, 1, "of equity")] = 0.2
P = Parameters()
""",
    "state.py": b"""
from typing import NamedTuple
from core.kernel import record_dtype
STATE = record_dtype([("events", "i8")])
class Features(NamedTuple):
    profit: float
""",
    "signals.py": b"TABLE_SHAPE = (1, 3)\n",
    "rules.py": b"def verdicts(f):\n    return ()\n",
    "decide.py": b"""
from core.kernel import kernel
from .parameters import P
@kernel
def decide(event, state, table, decision):
    s, e, d = state[0], event[0], decision[0]
    s.events += 1
    d.action, d.rule, d.score, d.size = 0, -1, 0.0, P.part
    if e.position > 0.0:
        d.stop, d.target = e.entry_price * 0.99, e.entry_price * 1.02
    elif s.events % 40 == 1:
        d.action = 1
""",
}


def write(folder: Path, **files: bytes) -> Path:
    folder.mkdir()
    for name, data in {**STRANGE, **files}.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def history(tmp_path: Path) -> Path:
    rows = made_markets()[0].rows[:400]
    columns = {name: rows[name] for name in ("open", "high", "low", "close", "volume")}
    file = tmp_path / "MADE.csv"
    pl.DataFrame({"time": rows["time_ns"] // 10**6, **columns}).write_csv(file)
    return file


def backtest(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["backtest", *map(str, arguments), "--json"])


def test_it_trades_in_the_box_as_it_would_here_and_the_report_says_where_it_ran(tmp_path, history, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = write(tmp_path / "strange")
    boxed = backtest("--data", history, "--strategy", folder, "--set", "part=0.3")
    trusted = backtest("--data", history, "--strategy", folder, "--set", "part=0.3", "--trusted")
    assert boxed.exit_code == trusted.exit_code == 0, boxed.exception
    inside, here = json.loads(boxed.stdout), json.loads(trusted.stdout)
    assert inside["box"].startswith("in a box by ")
    assert here["box"] is None
    assert inside["fills"] > 10
    assert inside["inside_bars"]["exits"] > 5
    times = ("run", "engine_seconds", "compile_seconds", "events_per_second", "box")
    assert [v for k, v in inside.items() if k not in times] == [v for k, v in here.items() if k not in times]


def test_code_that_does_something_at_import_does_it_in_the_box_and_is_told(tmp_path, history, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trace = tmp_path / "trace"
    evil = STRANGE["decide.py"] + f"open({str(trace)!r}, 'w')\n".encode()
    done = backtest("--data", history, "--strategy", write(tmp_path / "evil", **{"decide.py": evil}))
    assert isinstance(done.exception, SorteError)
    assert "does not import" in str(done.exception)
    assert not trace.exists()


def test_without_a_box_it_is_refused_with_what_to_do(tmp_path, history, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SORTE_GUARDIAN__SANDBOX", "docker")
    monkeypatch.setenv("SORTE_GUARDIAN__DOCKER_URL", f"unix://{tmp_path}/none.sock")
    done = backtest("--data", history, "--strategy", write(tmp_path / "strange"))
    assert isinstance(done.exception, SandboxError)
    assert "neither the shipped one nor signed by this workspace" in str(done.exception)
    assert "bubblewrap" in done.exception.hint
    assert "--trusted" in done.exception.hint


# Whose code may run here ----------------------------------------------------------------------------------------------


def test_the_shipped_strategy_is_trusted_in_any_folder_and_a_changed_one_in_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_trusted(Source.shipped())
    assert not is_trusted(Source.of(STRANGE))


def test_what_this_workspace_signed_is_trusted_and_what_another_signed_is_not(tmp_path, monkeypatch):
    strange = Source.of(STRANGE)
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
    with create(tmp_path / "ours" / "workspace", strange):
        monkeypatch.chdir(tmp_path / "ours")
        assert is_trusted(strange)
    monkeypatch.chdir(tmp_path / "theirs")
    assert not is_trusted(strange)


def test_a_commit_that_somebody_else_made_in_the_workspace_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with create(tmp_path / "workspace") as workspace:
        other = write(tmp_path / "strange")
        shutil.rmtree(tmp_path / "workspace" / "strategy")
        shutil.copytree(other, tmp_path / "workspace" / "strategy")
        workspace.git("add", "--all")
        workspace.git("-c", "user.name=x", "-c", "user.email=x@y", "commit", "--no-gpg-sign", "-m", "mine")
        assert workspace.tree(workspace.main) == Source.read(other).tree_hash
        assert not is_trusted(Source.read(other))


# What a box tells -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def played():
    markets = [replace(market, rows=market.rows[:400]) for market in made_markets()[:2]]
    return markets, simulate(load(Source.of(STRANGE)), markets, costs=Costs())


def test_honest_figures_are_believed(played):
    markets, result = played
    assert len(result.fills) > 20
    assert find_unlikely(result, markets, 10_000.0, Costs()) == ""


@pytest.mark.parametrize(
    ("field", "at", "value", "said"),
    [
        pytest.param("price", SELL, 1e9, "did not offer", id="sold above the high"),
        pytest.param("price", BUY, 0.01, "did not offer", id="bought below the low"),
        pytest.param("price", SELL, np.nan, "did not offer", id="no price"),
        pytest.param("pair", BUY, 7, "not traded", id="another pair"),
        pytest.param("fee", BUY, 0.0, "without its fee", id="no fee"),
        pytest.param("quantity", BUY, np.inf, "without its fee", id="everything"),
        pytest.param("side", BUY, SELL, "", id="sold what was not there"),
        pytest.param("time_ns", BUY, 5, "did not offer", id="before the history"),
    ],
)
def test_fills_that_no_market_made_are_not(played, field, at, value, said):
    markets, result = played
    fills = result.fills.copy()
    fills[field][np.flatnonzero(fills["side"] == at)[0]] = value
    told = find_unlikely(replace(result, fills=fills), markets, 10_000.0, Costs())
    assert told
    assert said in told


def test_an_equity_that_the_fills_do_not_come_to_is_not(played):
    markets, result = played
    rich = result.equity.copy()
    rich[-1] *= 1.01
    assert "another equity" in find_unlikely(replace(result, equity=rich), markets, 10_000.0, Costs())
