"""`sorte backtest`: one object or one readable page, and a sentence instead of a traceback for every mistake."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from cli.main import app
from cli.progress import progress_bar
from core import history
from core.backtest import page
from core.backtest.session import parse_settings
from core.errors import SorteError
from core.kernel import BUY

ROOT = Path(__file__).parents[2]
START = 1_704_067_200  # 2024-01-01T00:00:00Z
HOURS = 2400  # a hundred days


def write_bars(file: Path, seed: int, count: int = HOURS, scale: float = 1.0) -> Path:
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.004, count))), 2)
    before = np.r_[100.0, close[:-1]]
    table = {
        "time": (START + np.arange(count) * 3600) * 1000,
        "open": before * scale,
        "high": np.round(np.maximum(before, close) * 1.002, 2) * scale,
        "low": np.round(np.minimum(before, close) * 0.998, 2) * scale,
        "close": close * scale,
        "volume": np.round(rng.lognormal(0, 1, count), 3),
    }
    pl.DataFrame(table).write_csv(file)
    return file


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files of hourly bars, and a store that holds them as BTCUSDT and ETHUSDT."""
    folder = tmp_path_factory.mktemp("backtest")
    for seed, symbol in enumerate(("BTCUSDT", "ETHUSDT")):
        file = write_bars(folder / f"{symbol}-1h.csv", seed)
        history.import_file(file, symbol, root=folder / "store")
    return folder


def invoke(*arguments: Any) -> Any:
    return CliRunner().invoke(app, ["backtest", *map(str, arguments)])


def run_json(*arguments: Any) -> dict[str, Any]:
    done = invoke(*arguments, "--json")
    assert done.exit_code == 0, done.exception
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def refusal(*arguments: Any) -> SorteError:
    done = invoke(*arguments)
    assert done.exit_code == 1
    assert isinstance(done.exception, SorteError), done.exception
    assert done.stdout == ""
    return done.exception


@pytest.fixture(scope="module")
def plain(folder: Path) -> dict[str, Any]:
    return run_json("--data", folder / "BTCUSDT-1h.csv")


def test_one_object_says_what_was_run_and_what_came_of_it(plain):
    assert plain["kind"] == "backtest"
    assert (plain["symbols"], plain["timeframe"]) == (["BTCUSDT"], "1h")
    assert (plain["from"], plain["to"]) == ("2024-01-01T00:00:00Z", "2024-04-10T00:00:00Z")
    assert plain["events"] == 4 * HOURS
    assert plain["events_per_second"] == pytest.approx(plain["events"] / plain["engine_seconds"])
    assert plain["compile_seconds"] > 0
    assert plain["costs"] == {"fee": 0.001, "slippage": 0.0002}
    assert plain["grid"] == {"BTCUSDT": {"tick": 0.01, "lot": 1e-6, "min_notional": 5.0}}
    assert (plain["parameters"]["stop_loss"], plain["parameters"]["ema_fast"]) == (0.02, 12)
    assert len(plain["strategy"]) == 40
    assert len(plain["fingerprint"]) == 64
    assert plain["rejected"] == 0


def test_the_figures_agree_with_each_other(plain, folder):
    metrics = plain["metrics"]
    assert metrics["trades"] > 10
    assert plain["fills"] in (2 * metrics["trades"], 2 * metrics["trades"] + 1)
    assert sum(entry["trades"] for entry in plain["exits"].values()) == metrics["trades"]
    assert sum(entry["won"] for entry in plain["exits"].values()) == pytest.approx(
        metrics["win_rate"] * metrics["trades"]
    )
    profit = sum(entry["profit"] for entry in plain["exits"].values())
    assert profit == pytest.approx(metrics["expectancy"] * metrics["trades"])
    assert plain["equity"] / plain["cash"] - 1 == pytest.approx(metrics["total_return"])
    bars = history.load(folder / "BTCUSDT-1h.csv").bars
    assert plain["buy_and_hold"] == pytest.approx(bars["close"][-1] / bars["open"][0] - 1)


def test_a_stored_symbol_trades_like_its_file_however_it_is_spelled(plain, folder):
    stored = run_json("--data", "btc/usdt", "--timeframe", "1h", "--root", folder / "store")
    assert stored["fingerprint"] == plain["fingerprint"]


def test_several_pairs_share_one_account_in_any_spelling_of_the_list(folder):
    store = ("--root", folder / "store", "--timeframe", "1h")
    both = run_json("--data", "BTCUSDT, ETHUSDT", *store)
    assert both["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert both["events"] == 8 * HOURS
    assert run_json("-d", "BTCUSDT", "-d", folder / "ETHUSDT-1h.csv", *store)["fingerprint"] == both["fingerprint"]


def test_what_is_set_is_what_runs(plain, folder):
    data = ("--data", folder / "BTCUSDT-1h.csv")
    changed = run_json(
        *data, "--set", "stop_loss=0.05", "--set", "ema_fast = 5", "--cash", 500, "--fee", 0, "--lot", 0.5
    )
    assert (changed["parameters"]["stop_loss"], changed["parameters"]["ema_fast"]) == (0.05, 5)
    assert (changed["cash"], changed["costs"]["fee"], changed["metrics"]["fees"]) == (500.0, 0.0, 0.0)
    assert changed["grid"]["BTCUSDT"]["lot"] == 0.5
    assert changed["fingerprint"] != plain["fingerprint"]


def test_from_is_in_and_to_is_out(folder):
    part = run_json("--data", folder / "BTCUSDT-1h.csv", "--from", "2024-01-02", "--to", "2024-01-03T12:00")
    assert (part["from"], part["to"]) == ("2024-01-02T00:00:00Z", "2024-01-03T12:00:00Z")
    assert part["events"] == 36 * 4


def test_q_tables_have_a_say_where_there_are_any(plain, folder, tmp_path):
    table = np.zeros((144, 3))
    table[:, BUY] = 1.0
    np.savez(tmp_path / "BTCUSDT.npz", table)
    learned = run_json("--data", folder / "BTCUSDT-1h.csv", "--qtables", tmp_path)
    assert learned["fingerprint"] != plain["fingerprint"]


def test_the_page_for_a_person_and_the_chart(folder, tmp_path):
    chart = tmp_path / "run.png"
    done = invoke("--data", folder / "BTCUSDT-1h.csv", "--chart", chart)
    assert done.exit_code == 0, done.exception
    for words in (
        "BTCUSDT 1h, 2024-01-01T00:00:00Z to 2024-04-10T00:00:00Z",
        "Sharpe",
        "deepest drawdown",
        "buy and hold",
        "closed by",
        "stop_loss",
        "last fills",
        "annualised by",
        "A backtest cannot know",
        "Fingerprint of the fills",
        str(chart.name),
    ):
        assert words in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= page.REPORT_WIDTH
    assert chart.read_bytes().startswith(b"\x89PNG")


def test_a_run_without_a_trade_is_told_and_has_no_figures_of_trades(folder):
    arguments = ("--data", folder / "BTCUSDT-1h.csv", "--to", "2024-01-01T05:00")
    assert "It never traded." in invoke(*arguments).stdout
    metrics = run_json(*arguments)["metrics"]
    assert (metrics["trades"], metrics["win_rate"], metrics["total_return"]) == (0, None, 0.0)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["--set", "stop_los=0.1"], "There is no parameter stop_los.", "Did you mean stop_loss?"),
        (["--set", "stop_loss=9"], "stop_loss = 9.0 is outside 0.001 to 0.5", ""),
        (["--set", "stop_loss=nan"], "stop_loss = nan is outside", ""),
        (["--set", "ema_fast=2.5"], "must be a whole number of bars", ""),
        (["--set", "stop_loss=3x"], "--set stop_loss=3x gives no number.", "stop_loss=0.03, or 3%"),
        (["--set", "stop_loss"], "--set stop_loss has no =.", "--set stop_loss=0.03"),
        (["--set", "=1"], "There is no parameter", "Known: atr_period"),
        (["--from", "yesterday"], "--from yesterday is no date.", "2024-01-31"),
        (["--from", "2024-02-01", "--to", "2024-01-01"], "--to 2024-01-01 is not after", "before --to"),
        (["--from", "2030-01-01"], "BTCUSDT has no bars between", "It goes from 2024-01-01T00:00:00Z"),
        (["--timeframe", "7x"], "'7x' is no timeframe.", "1h"),
        (["--timeframe", "1m"], "1m cannot be made", "1h"),
        (["--cash", "0"], "The account starts with 0.0.", "above zero"),
        (["--cash", "nan"], "The account starts with nan.", "above zero"),
        (["--fee", "1.5"], "The fee is 1.5.", "0.1 %"),
        (["--slippage", "-0.1"], "The slippage is -0.1.", "fraction"),
        (["--lot", "0"], "lot is 0.0", "above zero"),
        (["--tick", "-1"], "price_tick is -1.0", "above zero"),
        (["--strategy", "/nowhere"], "There is no strategy folder /nowhere.", "strategy/"),
        (["--strategy", str(ROOT / "tests")], "The strategy has no __init__.py", "strategy/"),
        (["--qtables", "/nowhere"], "There is no folder /nowhere.", "SYMBOL.npz"),
        (["--qtables", str(ROOT / "tests")], "holds no Q-table of BTCUSDT.", "BTCUSDT.npz"),
        (["--chart", "/nowhere/run.png"], "There is no folder /nowhere for the chart.", ""),
        (["--chart", "run.jpg"], "run.jpg is no name for a chart.", "--chart run.png"),
        (["--trades", "/nowhere/t.csv"], "There is no folder /nowhere for the trades.", ""),
        (["--trades", "t.xml"], "t.xml is no name for a file of trades.", "--trades trades.csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_mistake_is_told_with_what_to_do(folder, arguments, message, hint):
    error = refusal("--data", folder / "BTCUSDT-1h.csv", *arguments)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("data", "message", "hint"),
    [
        ("BTCUSD", "There is no price history of 'BTCUSD'.", "Did you mean BTCUSDT"),
        ("nowhere.csv", "nowhere.csv", ""),
        (" , ", "--data names nothing.", "--data BTCUSDT"),
        ("BTCUSDT,btc-usdt", "BTCUSDT is named twice.", "once"),
    ],
)
def test_data_that_is_not_there_is_told(folder, data, message, hint):
    error = refusal("--root", folder / "store", "--data", data)
    assert message in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no archive", id="no archive"),
        pytest.param(np.zeros((2, 3)), id="another shape"),
        pytest.param(np.full((144, 3), np.nan), id="not finite"),
        pytest.param(np.zeros((144, 3), np.float32), id="another type"),
        pytest.param(np.array([None], object), id="pickled objects"),
    ],
)
def test_a_q_table_that_is_none_is_refused(folder, tmp_path, content):
    file = tmp_path / "BTCUSDT.npz"
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        np.savez(file, content)
    error = refusal("--data", folder / "BTCUSDT-1h.csv", "--qtables", tmp_path)
    assert "BTCUSDT.npz is no Q-table" in error.message
    assert "144 x 3" in error.hint


def test_a_strategy_that_does_not_compile_is_told_in_one_place(folder, tmp_path):
    for file in (ROOT / "strategy").glob("*.py"):
        text = file.read_text(encoding="utf-8").replace(
            "return FORCE_EXIT if f.profit <= -P.stop_loss else ALLOW", "return f.nonsense"
        )
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    error = refusal("--data", folder / "BTCUSDT-1h.csv", "--strategy", tmp_path)
    assert "does not compile" in error.message
    assert "return f.nonsense" in error.message


def process(*arguments: Any) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cli.main", "backtest", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_real_process_prints_one_object_and_nothing_else(plain, folder):
    done = process("--data", folder / "BTCUSDT-1h.csv", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["fingerprint"] == plain["fingerprint"]


def test_a_real_process_reports_a_mistake_on_standard_error(folder):
    done = process("--data", folder / "BTCUSDT-1h.csv", "--set", "stop_los=1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("sorte: There is no parameter stop_los.\n       Did you mean stop_loss?")


def test_a_real_process_reports_a_mistake_as_an_object_when_asked_for_one(folder):
    done = process("--data", folder / "BTCUSDT-1h.csv", "--lot", "0", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert (told["kind"], told["message"]) == ("error", "BTCUSDT: lot is 0.0.")


def test_no_data_option_is_wrong_usage():
    assert invoke().exit_code == 2


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_a_bar_after_a_while(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_bar(patience_seconds=0.0) as show:
        show(1, 2)
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.join()
    assert "trading" in terminal.getvalue()


def test_nobody_sees_a_bar_of_a_short_run_or_without_a_terminal(monkeypatch):
    for stderr in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stderr)
        with progress_bar() as show:
            show(1, 2)
        assert "trading" not in stderr.getvalue()


def test_a_percentage_is_taken_as_people_write_it() -> None:
    told = ["stop_loss=3%", "take_profit=3,5%", "trailing_stop=0.03", "buy_threshold = .3"]
    assert parse_settings(told) == {
        "stop_loss": 0.03,
        "take_profit": 0.035,
        "trailing_stop": 0.03,
        "buy_threshold": 0.3,
    }
