"""Compiled and plain Python are twins: the same bits in every decision, state, account and fill, event by event.

`make test-long` plays a quarter of a million events four times: plain Python takes about 60 us for each.

What a numpy scalar does without a word in one mode and with a warning in the other would end the run.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
from numba.core import event as numba_event

from core.backtest import Market, compile_engine, simulate
from core.kernel import BAR_ROW, EVENT, NANOSECONDS
from tests.sampling import few

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "core" / "twin.py"
pytestmark = pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="compares with compiled code")


def play_compiled(seed: int, events: int) -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))["play"](seed, events)


def play_plain(seed: int, events: int) -> dict[str, Any]:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", str(SCRIPT), str(seed), str(events)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("seed", few([1, 2], 1))
def test_twenty_thousand_events_leave_the_same_bits(seed):
    compiled = play_compiled(seed, 20_000)
    assert compiled == play_plain(seed, 20_000)
    assert compiled["fills"] > 20
    assert min(compiled["chance_buys"], compiled["chance_sells"]) > 30


@pytest.mark.parametrize("seed", few([11, 12, 13, 14]))
def test_a_quarter_of_a_million_events_leave_the_same_bits(seed):
    compiled = play_compiled(seed, 250_003)
    assert compiled == play_plain(seed, 250_003)
    assert compiled["events"] + compiled["chance_events"] >= 250_000
    assert compiled["fills"] > 200


def bars(seed: int, count: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rows = np.zeros(count, BAR_ROW)
    rows["time_ns"] = np.arange(count) * 60 * NANOSECONDS
    rows["close"] = rows["open"] = rows["high"] = rows["low"] = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    return rows


def events(seed: int, count: int) -> np.ndarray:
    return runpy.run_path(str(SCRIPT))["market_events"](np.random.default_rng(seed), count)


def test_after_the_first_run_nothing_is_compiled_again(shipped):
    minute = 60 * NANOSECONDS
    simulate(shipped, [Market("A", bars(1, 50), minute)])
    simulate(shipped, [Market("A", events(1, 50), 0)])
    engine = compile_engine(shipped.decide)
    with numba_event.install_recorder("numba:compile") as compilations:
        simulate(shipped, [Market("A", bars(2, 500), minute, price_tick=1, lot=1, min_notional=0)], cash=5)
        simulate(shipped, [Market(name, bars(3, 500)[::-1][::-1], minute) for name in "ABC"])
        simulate(shipped, [Market("A", bars(4, 10), minute)], tables=[np.ones(shipped.table_shape, np.float32)])
        simulate(shipped, [Market("A", bars(5, 500).astype(np.dtype(BAR_ROW.descr)), minute)])
        read_only = events(6, 500)
        read_only.flags.writeable = False
        simulate(shipped, [Market("A", read_only, 0), Market("B", events(7, 10), 0)], tables=[None])
    assert compilations.buffer == []
    assert len(engine.play_bars.signatures) == len(engine.play_events.signatures) == 1


def test_the_recorder_above_would_see_a_compilation():
    with numba_event.install_recorder("numba:compile") as compilations:
        numba.njit(lambda: EVENT)
        numba.njit(lambda x: x + 1)(1)
    assert compilations.buffer
