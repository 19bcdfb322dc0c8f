"""What is known of the shipped strategy: trees that agree with it, and each kind of fault, told where it is made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import talib

from core.contracts import DisableRule, EditPlan, ReplaceFunction, SetParameter
from core.kernel import BAR, EVENT
from core.strategy import Source
from core.symbols import Symbols
from services.guardian.gates.formulas import names_it
from services.guardian.known import acting, kinds, memory, sights
from services.guardian.known.functions import reads_more, rules_here
from services.guardian.known.values import Values, own_values

from .conftest import SHIPPED
from .edits import edited

ROOT = Path(__file__).parents[2]
WRONG = {
    "w013": "features_at",
    "w023": "technical",
    "w033": "features",
    "w041": "stop_loss",
    "w045": "stop_loss",
    "w053": "trailing_stop",
    "w057": "min_hold",
    "w063": "choose",
    "w073": "decide",
    "w089": "ensemble",
    "w111": "update_bar",
    "w115": "qlearning",
    "w135": "orderbook",
    "w151": "update_book",
    "w153": "update_flow",
    "z001": "stop_loss",
    "z003": "stop_loss",
    "z005": "max_hold",
    "z007": "take_profit",
    "z009": "stop_loss",
    "w007": "raises",
    "w021": "decide",
    "w101": "decide",
}
"""Of the corpus: the function in which each fault is, or that it raises."""
WAITS = {
    "i003": "technical",
    "i013": "stretched_rsi",
    "i030": "features",
    "i031": "features_at",
    "k003": "stop_loss",
    "k004": "features_at",
}
"""Hostile ones that answer otherwise at a number of their own, and nowhere else."""
GOOD = ("g038", "g046", "g048", "g050", "g058", "g060", "g066")


def told_of(kind: str, *names: str) -> dict[str, list[str]]:
    """The known functions that differ, program by program, in plain Python."""
    words = [sys.executable, "-m", "bench.gates.unboxed", kind, *names]
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, "NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=True
    )
    return dict(json.loads(line) for line in done.stdout.splitlines())


def test_each_fault_is_told_in_the_function_where_it_is() -> None:
    told = told_of("wrong", *WRONG)
    missed = {
        name: (function, told.get(name)) for name, function in WRONG.items() if function not in told.get(name, [])
    }
    assert not missed


def test_who_waits_for_a_number_of_his_own_is_asked_at_it() -> None:
    told = told_of("hostile", *WAITS)
    assert {name: functions[:1] for name, functions in told.items()} == {name: [one] for name, one in WAITS.items()}


def test_what_adds_or_says_the_same_otherwise_agrees() -> None:
    told = told_of("good", *GOOD)
    assert told == {name: [] for name in GOOD}


# The judge's own formulas ---------------------------------------------------------------------------------------------


def bars_of(seed: int, count: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    events = np.zeros(count, EVENT)
    events["kind"] = BAR
    events["price"] = 100.0 * np.exp(np.cumsum(chance.normal(0, 0.01, count)))
    opened = np.concatenate([events["price"][:1], events["price"][:-1]])
    events["high"] = np.maximum(events["price"], opened) * (1.0 + chance.uniform(0, 0.01, count))
    events["low"] = np.minimum(events["price"], opened) * (1.0 - chance.uniform(0, 0.01, count))
    events["volume"] = chance.lognormal(0, 1, count)
    return events


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_judges_formulas_are_those_of_ta_lib_and_pandas(seed: int) -> None:
    chance = np.random.default_rng(seed)
    own = own_values(Symbols.of(SHIPPED.files), Symbols.of(SHIPPED.files)).numbers
    periods = ("ema_fast", "ema_slow", "macd_signal", "rsi_period", "atr_period", "bollinger_period", "volume_period")
    values = Values({**own, **{name: float(chance.integers(3, 40)) for name in periods}}, {})
    bars = bars_of(seed, 300)
    kept = memory.remembered(bars, values)
    seen = sights.seen(bars, kept, np.zeros(len(bars)), values)
    close, high, low = (bars[name].copy() for name in ("price", "high", "low"))
    n = {name: int(values[name]) for name in periods}
    middle = pd.Series(close).rolling(n["bollinger_period"])
    reach = values["bollinger_width"] * middle.std(ddof=0)
    macd = talib.EMA(close, n["ema_fast"]) - talib.EMA(close, n["ema_slow"])
    begun = macd[n["ema_slow"] - 1 :] if n["ema_slow"] >= n["ema_fast"] else None
    known = {
        "ema_fast": talib.EMA(close, n["ema_fast"]),
        "ema_slow": talib.EMA(close, n["ema_slow"]),
        "rsi": talib.RSI(close, n["rsi_period"]),
        "atr": talib.ATR(high, low, close, n["atr_period"]),
        "bollinger_middle": middle.mean().to_numpy(),
        "bollinger_upper": (middle.mean() + reach).to_numpy(),
        "bollinger_lower": (middle.mean() - reach).to_numpy(),
        "volume_average": talib.SMA(bars["volume"].copy(), n["volume_period"]),
    }
    if begun is not None:
        known["macd_signal"] = np.concatenate([np.full(n["ema_slow"] - 1, np.nan), talib.EMA(begun, n["macd_signal"])])
    for name, right in known.items():
        there = ~np.isnan(right)
        assert there.sum() > 200, name
        np.testing.assert_allclose(seen[name][there], right[there], rtol=1e-9, atol=1e-9, err_msg=name)


def test_hours_and_days_are_those_of_pandas_daylight_time_included() -> None:
    chance = np.random.default_rng(4)
    zone = "America/New_York"
    times = pd.to_datetime(chance.integers(1_690_000_000, 1_720_000_000, 500), unit="s", utc=True).tz_convert(zone)
    events = np.zeros(len(times), EVENT)
    events["time_ns"] = times.as_unit("ns").asi8
    events["utc_offset_s"] = [int(moment.utcoffset().total_seconds()) for moment in times]
    values = Values({}, {})
    seen = sights.seen(events, {}, np.zeros(len(events)), values)
    assert seen["hour"].tolist() == times.hour.tolist()
    assert seen["weekday"].tolist() == times.day_of_week.tolist()


def test_added_indicators_are_those_of_ta_lib() -> None:
    bars = bars_of(5, 300)
    close, high, low, volume = (bars[name].copy() for name in ("price", "high", "low", "volume"))
    own = kinds.Bars(close, high, low, volume)
    fast, line, slow = talib.STOCH(high, low, close, 14, 1, 0, 3, 0)[0], 5, 35
    right = {
        ("ema", ""): (talib.EMA(close, 9), {"period": 9}),
        ("sma", ""): (talib.SMA(close, 9), {"period": 9}),
        ("volume_average", ""): (talib.SMA(volume, 9), {"period": 9}),
        ("rsi", ""): (talib.RSI(close, 9), {"period": 9}),
        ("atr", ""): (talib.ATR(high, low, close, 9), {"period": 9}),
        ("bollinger", "_upper"): (talib.BBANDS(close, 9, 2.5, 2.5)[0], {"period": 9, "width": 2.5}),
        ("bollinger", "_lower"): (talib.BBANDS(close, 9, 2.5, 2.5)[2], {"period": 9, "width": 2.5}),
        ("stochastic", ""): (fast, {"period": 14, "smooth": 3}),
        ("stochastic", "_signal"): (talib.SMA(fast, 3), {"period": 14, "smooth": 3}),
        ("macd", ""): (talib.EMA(close, line) - talib.EMA(close, slow), {"fast": line, "slow": slow, "signal": 4}),
    }
    for (kind, suffix), (value, numbers) in right.items():
        there = ~np.isnan(value)
        assert there.sum() > 200, kind
        found = kinds.KINDS[kind](own, numbers)[suffix]
        np.testing.assert_allclose(found[there], value[there], rtol=1e-8, atol=1e-8, err_msg=kind + suffix)
    settled = slice(200, None)  # TA-Lib begins its directional index otherwise, which by then is forgotten
    adx = kinds.KINDS["adx"](own, {"period": 9})[""]
    np.testing.assert_allclose(adx[settled], talib.ADX(high, low, close, 9)[settled], rtol=1e-4)
    typical = pd.Series((high + low + close) / 3.0 * volume).rolling(9).sum() / pd.Series(volume).rolling(9).sum()
    np.testing.assert_allclose(kinds.KINDS["vwap"](own, {"period": 9})[""][8:], typical[8:], rtol=1e-9)


# What a change may mean -----------------------------------------------------------------------------------------------


def test_a_plan_names_what_it_writes_anew_and_takes_out_and_nothing_else() -> None:
    rules = rules_here(Symbols.of(SHIPPED.files))
    assert names_it(EditPlan((ReplaceFunction("technical", "..."),)), rules, "technical")
    assert not names_it(EditPlan((ReplaceFunction("technical", "..."),)), rules, "flow")
    assert names_it(EditPlan((DisableRule("stop_loss"),)), rules, "stop_loss")
    assert not names_it(EditPlan((SetParameter("stop_loss", 0.04, 0.02),)), rules, "stop_loss")


def test_a_signal_that_reads_a_new_number_means_more_and_one_that_reads_what_ships_does_not() -> None:
    above = "    # A score at or above"
    pace = f'    # Of momentum.\n    pace: Annotated[float, Range(1, 9, "x")] = 3\n{above}'
    more = edited(("parameters.py", above, pace), ("signals.py", "clip(4.0 * (f.macd", "clip(P.pace * (f.macd"))
    assert reads_more(more, "technical")
    assert not reads_more(more, "chart_cell")
    assert not reads_more(edited(("signals.py", "clip(4.0 *", "clip(3.0 *")), "technical")


def test_a_parameter_and_a_rule_with_another_name_are_known_by_what_is_written_over_them() -> None:
    files = {name: data.replace(b"stop_loss", b"most_lost") for name, data in SHIPPED.files.items()}
    symbols = Symbols.of(Source.of(files).files)
    assert own_values(symbols, symbols)["stop_loss"] == 0.02
    assert rules_here(symbols)["stop_loss"] == "most_lost"


def test_a_rule_that_is_turned_off_has_no_edge() -> None:
    """At the best price another rule may change its mind by a band or an average, which no edge stands for."""
    numbers = {"stop_loss": 0.02, "take_profit": 0.04, "trailing_stop": 0.0}
    assert acting.edges(list(numbers), [], Values(numbers, {})) == {(0.98, 0.0, 0.0), (1.04, 0.0, 0.0)}
    assert (0.0, 0.97, 0.0) in acting.edges(list(numbers), [], Values({**numbers, "trailing_stop": 0.03}, {}))
