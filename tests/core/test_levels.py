"""Which levels a strategy declares once its owner has changed its rules: each goes and comes with its rule."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.contracts import (
    AddRule,
    Condition,
    DisableRule,
    EditPlan,
    EnableRule,
    Operation,
    RemoveRule,
    Rename,
    SetParameter,
)
from core.levels import NO_EDGE, edges
from core.strategy import Source
from services.editor import edit

ROOT = Path(__file__).parents[2]
NONE = math.nan
HELD = {"price": 101.0}


def leaf(feature: str, op: str, value: float) -> Condition:
    return Condition(feature=feature, op=op, value=value)  # type: ignore[arg-type]


def exits(name: str, when: Condition, effect: str = "force") -> AddRule:
    return AddRule("exit", effect, when, name)  # type: ignore[arg-type]


TRAILING = SetParameter("trailing_stop", 0.01, 0.0)
CASES: dict[str, tuple[tuple[Operation, ...], dict[str, float], tuple[float, float]]] = {
    "as shipped": ((), HELD, (98.0, 104.0)),
    "another stop": ((SetParameter("stop_loss", 0.05, 0.02),), HELD, (95.0, 104.0)),
    "no stop rule": ((RemoveRule("stop_loss"),), HELD, (NONE, 104.0)),
    "the stop disabled": ((DisableRule("stop_loss"),), HELD, (NONE, 104.0)),
    "disabled and enabled again": ((DisableRule("stop_loss"), EnableRule("stop_loss")), HELD, (98.0, 104.0)),
    "no target rule": ((DisableRule("take_profit"),), HELD, (98.0, NONE)),
    "neither": ((DisableRule("take_profit"), RemoveRule("stop_loss")), HELD, (NONE, NONE)),
    "no rule at all": (
        tuple(RemoveRule(name) for name in ("stop_loss", "take_profit", "trailing_stop", "max_hold", "min_hold")),
        HELD,
        (NONE, NONE),
    ),
    "a trailing stop": ((TRAILING,), {"price": 101.0, "best_price": 103.0}, (103.0 * 0.99, 104.0)),
    "a trailing stop that is disabled": (
        (TRAILING, DisableRule("trailing_stop")),
        {"price": 102.5, "best_price": 103.0},
        (98.0, 104.0),
    ),
    "a trailing stop below the other": (
        (SetParameter("trailing_stop", 0.03, 0.0),),
        {"price": 100.0, "best_price": 100.0},
        (98.0, 104.0),
    ),
    "only the trailing stop": ((TRAILING, DisableRule("stop_loss")), {"price": 101.0}, (101.0 * 0.99, 104.0)),
    "another name": ((Rename("rule", "stop_loss", "emergency_exit"),), HELD, (98.0, 104.0)),
    "an owner's nearer target": ((exits("gain", leaf("profit", ">=", 0.02)),), HELD, (98.0, 102.0)),
    "an owner's further target": ((exits("gain", leaf("profit", ">", 0.06)),), HELD, (98.0, 104.0)),
    "an owner's nearer stop": ((exits("loss", leaf("profit", "<", -0.01)),), HELD, (99.0, 104.0)),
    "break-even": ((exits("even", leaf("profit", "<=", 0.0)),), HELD, (100.0, 104.0)),
    "an owner's trailing stop": ((exits("fall", leaf("retreat", ">=", 0.015)),), HELD, (101.0 * 0.985, 104.0)),
    "a price": ((exits("floor", leaf("price", "<", 99.5)),), HELD, (99.5, 104.0)),
    "a price above": ((exits("roof", leaf("price", ">", 103.0)),), HELD, (98.0, 103.0)),
    "an owner's rule that is disabled": (
        (exits("gain", leaf("profit", ">=", 0.02)), DisableRule("gain")),
        HELD,
        (98.0, 104.0),
    ),
    "a level that waits for something else": (
        (exits("gain", Condition(all=(leaf("profit", ">=", 0.02), leaf("rsi", ">", 99.0)))),),
        HELD,
        (98.0, 104.0),
    ),
    "a level whose other half holds": (
        (exits("gain", Condition(all=(leaf("profit", ">=", 0.02), leaf("drawdown", "<", 0.5)))),),
        HELD,
        (98.0, 102.0),
    ),
    "one of two": (
        (exits("gain", Condition(any=(leaf("profit", ">=", 0.03), leaf("price", ">", 102.0)))),),
        HELD,
        (98.0, 102.0),
    ),
    "a band below the price is entered from above": (
        (exits("band", Condition(all=(leaf("price", ">", 99.0), leaf("price", "<", 100.0)))),),
        HELD,
        (100.0, 104.0),
    ),
    "a rule that forbids an exit stops no stop": (
        (exits("patient", leaf("profit", "<", 0.0), "forbid"),),
        {"price": 99.0},
        (98.0, 104.0),
    ),
    "a rule about entries is no level": (
        (AddRule("entry", "force", leaf("price", "<", 99.0), "dip"),),
        HELD,
        (98.0, 104.0),
    ),
    "flat": ((), {"price": 101.0, "position": 0.0, "entry_price": 0.0, "best_price": 0.0}, (NONE, NONE)),
    "past the stop": ((), {"price": 90.0}, (98.0, 104.0)),
    "past the target": ((), {"price": 110.0}, (98.0, 104.0)),
    "at the stop": ((), {"price": 98.0}, (98.0, 104.0)),
}


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[float, float]]:
    shipped = Source.shipped().files
    asked = []
    for operations, fields, _ in CASES.values():
        files = shipped
        for change, operation in enumerate(operations):
            files = edit(files, EditPlan((operation,)), str(change)).files
        asked.append(({name: files[name].decode() for name in ("rules.py", "parameters.py")}, fields))
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "tests" / "core" / "levels.py")]
    done = subprocess.run(
        command, input=json.dumps(asked), env=environment, capture_output=True, text=True, timeout=250, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return dict(zip(CASES, map(tuple, json.loads(done.stdout)), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_the_levels_are_those_of_the_rules_in_force(answers, case):
    expected = CASES[case][2]
    assert answers[case] == pytest.approx(expected, rel=1e-12, nan_ok=True)


def test_edges_are_read_from_numbers_parameters_and_constants(monkeypatch):
    source = """
LIMIT = 250.0

def verdicts(f):
    return (one(f), two(f), three(f), four(f))

def one(f):
    return 4 if f.profit <= -P.stop_loss or 2 * P.stop_loss <= f.profit else 0

def two(world):
    return 4 if LIMIT < world.price < 3 * LIMIT and world.rsi > 70 else 0

def three(f):
    return 4 if f.retreat >= P.off else 0

def four(f):
    return 4 if f.price < f.ema_fast or f.profit >= P.unknown or f.profit > 1 / 0 else 0

def not_listed(f):
    return 4 if f.profit > 0.5 else 0
"""
    lines = source.splitlines(keepends=True)
    monkeypatch.setitem(__import__("linecache").cache, "<levels>", (len(source), None, lines, "<levels>"))
    scope: dict = {"P": type("P", (), {"stop_loss": 0.02, "off": 0.0})()}
    exec(compile(source, "<levels>", "exec"), scope)  # noqa: S102 - the text above
    assert set(edges(scope["verdicts"])) == {
        (0.98, 0.0, 0.0),
        (1.04, 0.0, 0.0),
        (0.0, 0.0, 250.0),
        (0.0, 0.0, 750.0),
        NO_EDGE,
    }
    assert edges(scope["verdicts"])[-1] == NO_EDGE
