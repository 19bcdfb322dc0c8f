"""The tests that an edit writes, run as the guardian runs them: they pass, and fail when the edit is taken out."""

from __future__ import annotations

import re
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
from tests.nested import run_pytest

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


def run(folder: Path, *tests: str) -> tuple[str, dict[str, list[str]]]:
    """What pytest printed, and the tests of each outcome: `{"PASSED": [...], "FAILED": [...]}`."""
    done = run_pytest(folder, "-rA", "--import-mode=importlib", *tests, scratch=folder.parent)
    outcomes: dict[str, list[str]] = {}
    for outcome, test in re.findall(r"^([A-Z]+) (\S+::\S+)", done.stdout, re.MULTILINE):
        outcomes.setdefault(outcome, []).append(test)
    return done.stdout[-5000:], outcomes


def names_of_tests(data: bytes) -> list[str]:
    return re.findall(r"^def (test_\w+)", data.decode(), re.MULTILINE)


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
    told, outcomes = run(lay_out(history["12"], tmp_path / "candidate"), "tests")
    assert set(outcomes) == {"PASSED"}, told
    assert len(outcomes["PASSED"]) > 90


def test_a_changes_own_tests_pass_and_fail_without_its_edit(history, tmp_path):
    with_edit, without = [], []
    before = history[""]
    for change in CHANGES:
        own = f"tests/test_change_{change}.py"
        lay_out(history[change], tmp_path / f"with_{change}")
        lay_out({**before, own: history[change][own]}, tmp_path / f"without_{change}")
        names = names_of_tests(history[change][own])
        with_edit += [f"with_{change}/{own}::{name}" for name in names]
        without += [f"without_{change}/{own}::{name}" for name in names]
        before = history[change]
    told, outcomes = run(tmp_path, *(test.partition("::")[0] for test in dict.fromkeys(with_edit + without)))
    assert set(with_edit) <= set(outcomes["PASSED"]), told
    kept = set(without) & set(outcomes["PASSED"])  # what a model's function computes is nobody's promise
    assert kept <= {test for test in without if "test_function_" in test}, told
    assert {test.partition("/")[0] for test in outcomes["FAILED"]} == {f"without_{change}" for change in CHANGES}, told


SLIPS = [
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
]


def test_any_slip_in_a_rule_fails_its_test(tmp_path):
    edited = edit(Source.shipped().files, EditPlan((ADDED[0],)), "7")
    head, _, tail = edited.files["rules.py"].decode().rpartition("def calm(")
    for number, (good, bad) in enumerate(SLIPS):
        assert good in tail
        wrong = {**edited.files, "rules.py": (head + "def calm(" + tail.replace(good, bad)).encode()}
        lay_out(wrong, tmp_path / f"slip_{number}")
    tests = [f"slip_{number}/tests/test_change_7.py" for number in range(len(SLIPS))]
    told, outcomes = run(tmp_path, *tests)
    assert sorted(outcomes["FAILED"]) == sorted(f"{test}::test_rule_calm_answers" for test in tests), told


def test_the_edited_strategy_compiles_and_decides_as_plain_python_does(history):
    strategy = load(Source.of(history["12"]))
    assert {"calmer", "patient", "wide_spread"} <= set(strategy.rule_names)
    event, decision = np.zeros(1, EVENT), np.zeros(1, DECISION)
    event["sequence"], event["kind"], event["price"] = 5, 3, 100.0
    strategy.decide(event, np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape), decision)
    assert decision["sequence"] == 5
