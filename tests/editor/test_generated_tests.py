"""The tests that an edit writes, run as the guardian runs them: they pass, and fail when the edit is taken out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from core.contracts import (
    AddFunction,
    AddRule,
    Condition,
    DisableRule,
    EditPlan,
    EnableRule,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetParameter,
)
from core.kernel import DECISION, EVENT
from core.strategy import Source, load
from services.editor import edit

ROOT = Path(__file__).parents[2]

CALM = Condition(
    any=(
        Condition(all=(Condition(feature="rsi", op=">", value=70), Condition(feature="hour", op=">=", value=20))),
        Condition(feature="volume", op="<", other="volume_average", factor=0.3),
        Condition(feature="profit", op="<=", value=-0.015),
    )
)
WEEKDAY = Condition(feature="weekday", op="<", value=4.5)
ADDED = [
    AddRule(side="entry", effect="require", when=CALM, name="calm"),
    AddRule(side="exit", effect="forbid", when=CALM, name="patient"),
    AddRule(side="exit", effect="force", when=WEEKDAY, name="out_on_weekdays"),
]
SPREAD = '''@kernel
def wide_spread(f: Features) -> int:
    """Buy nothing while the spread is wide."""
    return FORBID_ENTRY if f.spread > P.stop_loss else ALLOW
'''
BAND = '''@kernel
def stretched_band(f: Features) -> float:
    """1 at or below the lower band, -1 at or above the upper one, else 0."""
    if f.price < f.bollinger_lower:
        return 1.0
    return -1.0 if f.price > f.bollinger_upper else 0.0
'''
CHANGES = {
    "7": [SetParameter("stop_loss", value=0.03, was=0.02), SetParameter("ema_fast", value=10, was=12)],
    "8": ADDED,
    "9": [DisableRule("cooldown"), DisableRule("patient"), RemoveRule("out_on_weekdays")],
    "10": [Rename("rule", old="calm", new="calmer"), Rename("parameter", old="take_profit", new="target")],
    "11": [EnableRule("patient"), RemoveRule("max_hold"), SetParameter("stop_loss", value=0.05, was=0.03)],
    "12": [AddFunction("wide_spread", SPREAD), ReplaceFunction("stretched_band", BAND)],
}
"""One after the other."""


def lay_out(files: Mapping[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def run(folder: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--import-mode=importlib", *tests]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def history() -> dict[str, dict[str, bytes]]:
    """The strategy after each change; before the first one under the empty id."""
    files = dict(Source.shipped().files)
    states = {"": files}
    for change, operations in CHANGES.items():
        files = dict(edit(files, EditPlan(tuple(operations)), change).files)
        states[change] = files
    return states


def test_after_a_row_of_changes_the_whole_suite_is_green(history, tmp_path):
    done = run(lay_out(history["12"], tmp_path / "candidate"), "tests")
    assert done.returncode == 0, done.stdout[-5000:]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changes_own_tests_pass_and_fail_without_its_edit(history, change, tmp_path):
    states = list(history)
    before, after = history[states[states.index(change) - 1]], history[change]
    own = f"tests/test_change_{change}.py"
    done = run(lay_out(after, tmp_path / "candidate"), own)
    assert done.returncode == 0, done.stdout[-5000:]
    assert "skipped" not in done.stdout
    reverted = {**before, own: after[own]}
    undone = run(lay_out(reverted, tmp_path / "reverted"), own)
    assert undone.returncode == 1, undone.stdout[-5000:]
    proven = [line for line in undone.stdout.splitlines() if line.startswith(("FAILED", "SKIPPED"))]
    named = [line for line in after[own].decode().splitlines() if line.startswith("def test_")]
    rewritten = [line for line in named if "test_function_" in line]  # what it computes is nobody's promise
    assert len(proven) >= 1
    assert len([line for line in undone.stdout.splitlines() if line.startswith("PASSED")]) <= len(rewritten)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("f.rsi > 70 ", "f.rsi >= 70 "),
        ("f.rsi > 70 ", "f.rsi > 70.0001 "),
        ("f.hour >= 20", "f.hour > 20"),
        ("f.hour >= 20", "f.hour >= 19"),
        (") or f.volume", ") and f.volume"),
        ("f.volume < 0.3", "f.volume <= 0.3"),
        ("f.volume < 0.3 * f.volume_average", "f.volume < 0.3 * f.volume"),
        ("f.profit <= -0.015", "f.profit < -0.015"),
        ("f.profit <= -0.015", "f.profit <= 0.015"),
        ("return ALLOW if", "return FORBID_EXIT if"),
        ("else FORBID_ENTRY", "else FORBID_EXIT"),
    ],
)
def test_a_slip_in_the_rule_fails_its_test(good, bad, tmp_path):
    edited = edit(Source.shipped().files, EditPlan((ADDED[0],)), "7")
    text = edited.files["rules.py"].decode()
    head, _, tail = text.rpartition("def calm(")
    assert good in tail
    wrong = {**edited.files, "rules.py": (head + "def calm(" + tail.replace(good, bad)).encode()}
    done = run(lay_out(wrong, tmp_path / "candidate"), "tests/test_change_7.py")
    assert done.returncode == 1, done.stdout[-3000:]


def test_the_edited_strategy_compiles_and_decides_as_plain_python_does(history):
    strategy = load(Source.of(history["12"]))
    assert {"calmer", "patient", "wide_spread"} <= set(strategy.rule_names)
    event, decision = np.zeros(1, EVENT), np.zeros(1, DECISION)
    event["sequence"], event["kind"], event["price"] = 5, 3, 100.0
    strategy.decide(event, np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape), decision)
    assert decision["sequence"] == 5
