"""Plays one part of the twin test and prints what every event left behind, as one hash for each kind of thing.

Run as a script by `test_twin.py` under `NUMBA_DISABLE_JIT=1`, and called by it in its own, compiling process.
"""

from __future__ import annotations

import hashlib
import json
import sys

import numpy as np

from core.backtest import Costs, Market, allocate, compile_engine, merge
from core.kernel import BAR, DECISION, EVENT, NANOSECONDS, QUOTE, TRADE, Records
from core.strategy import Source, Strategy, load

PAIRS = 3
BUSY = {
    "trailing_stop": 0.015,
    "max_hold_seconds": 3600,
    "weight_advice": 0.2,
    "buy_threshold": 0.1,
    "min_confidence": 0.3,
}


def play(seed: int, events: int) -> dict[str, str | int]:
    """Four fifths of the events through the simulation, the rest with positions and advice drawn by chance."""
    strategy = load(Source.shipped(), BUSY if seed % 2 else {})
    traded = simulation(strategy, seed, events * 4 // 5)
    return traded | chance(strategy, seed, events - events * 4 // 5)


def market_events(rng: np.random.Generator, count: int) -> Records:
    """A minute bar now and then, books and trades in between; with holes, empty books and trades of unknown side."""
    events = np.zeros(count, EVENT)
    events["kind"] = rng.choice([QUOTE, TRADE, BAR], count, p=[0.5, 0.35, 0.15])
    events["time_ns"] = 1_700_000_000 * NANOSECONDS + np.cumsum(
        rng.exponential(6 * NANOSECONDS, count).astype(np.int64)
    )
    price = 100.0 * np.exp(np.cumsum(rng.normal(0, 0.0015, count)))
    events["price"], events["open"] = price, price
    events["bid"], events["ask"] = price * (1 - rng.uniform(0, 5e-4, count)), price * (1 + rng.uniform(0, 5e-4, count))
    events["high"], events["low"] = price * (1 + rng.uniform(0, 5e-3, count)), price * (1 - rng.uniform(0, 5e-3, count))
    for name in ("bid_size", "ask_size", "buy_volume", "sell_volume", "volume"):
        events[name] = rng.lognormal(0, 1.5, count) * (rng.random(count) > 0.1)
    return events


def simulation(strategy: Strategy, seed: int, count: int) -> dict[str, str | int]:
    rng = np.random.default_rng(seed)
    markets = [
        Market(f"P{pair}", market_events(rng, count // PAIRS), 0, 10.0**-pair, 10.0**-pair / 7) for pair in range(PAIRS)
    ]
    rows, _pairs = merge(markets)
    tables = [rng.normal(size=strategy.table_shape) for _ in markets]
    engine = compile_engine(strategy.decide)
    run = allocate(strategy, markets, 10_000.0, Costs(), tables, int(rows["time_ns"][0]), 60 * NANOSECONDS)
    decisions, states, accounts = hashlib.sha256(), hashlib.sha256(), hashlib.sha256()
    fills = hashlib.sha256()
    filled = 0
    for i, pair in enumerate(rows["pair"].tolist()):
        engine.play_events(run, rows, i, i + 1)
        decisions.update(run.decision.tobytes())
        states.update(run.states[pair : pair + 1].tobytes())
        accounts.update(run.account.tobytes() + run.positions[pair : pair + 1].tobytes())
        account = run.account[0]
        if account.fills or account.samples > 1000:
            fills.update(run.fills[: account.fills].tobytes() + run.samples[: account.samples].tobytes())
            filled += int(account.fills)
            account.fills = account.samples = 0
    return {
        "events": len(rows),
        "fills": filled,
        "decision_hash": decisions.hexdigest(),
        "state_hash": states.hexdigest(),
        "account_hash": accounts.hexdigest(),
        "fill_hash": fills.hexdigest(),
    }


def chance(strategy: Strategy, seed: int, count: int) -> dict[str, str | int]:
    rng = np.random.default_rng(1000 + seed)
    rows = market_events(rng, count)
    held = rng.random(count) < 0.5
    rows["position"] = np.where(held, rng.lognormal(0, 1, count), 0.0)
    rows["entry_price"] = np.where(held, rows["price"] * (1 + rng.normal(0, 0.03, count)), 0.0)
    rows["best_price"] = np.where(held, np.maximum(rows["entry_price"], rows["price"]), 0.0)
    rows["entry_ns"] = np.where(held, rows["time_ns"] - rng.integers(0, 7200 * NANOSECONDS, count), 0)
    rows["exit_ns"] = np.where(rng.random(count) < 0.3, 0, rows["time_ns"] - rng.integers(0, 120 * NANOSECONDS, count))
    rows["drawdown"] = rng.random(count) * 0.2
    rows["advice"] = np.where(rng.random(count) < 0.3, np.nan, rng.uniform(-1, 1, count))
    table = rng.normal(size=strategy.table_shape) * (rng.random(strategy.table_shape) > 0.5)
    state, decision = np.zeros(1, strategy.state_dtype), np.zeros(1, DECISION)
    digest = hashlib.sha256()
    actions = [0, 0, 0]
    for i in range(count):
        decision["stop"] = decision["target"] = np.nan
        strategy.decide(rows[i : i + 1], state, table, decision)
        digest.update(decision.tobytes() + state.tobytes())
        actions[decision[0].action] += 1
    return {
        "chance_events": count,
        "chance_hash": digest.hexdigest(),
        "chance_buys": actions[1],
        "chance_sells": actions[2],
    }


if __name__ == "__main__":
    print(json.dumps(play(int(sys.argv[1]), int(sys.argv[2]))))
