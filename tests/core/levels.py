"""Levels of edited strategies, in plain Python; `test_levels.py` runs it so, since compiling each takes seconds.

Reads `[[source, fields], ...]` as JSON (rules.py, parameters.py and what the last event says), prints stop and target
of each.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from core.kernel import BAR, DECISION, EVENT, NANOSECONDS, TRADE
from core.strategy import Source, load

START_NS = 1_715_000_000 * NANOSECONDS


def declared(edited: dict[str, str], fields: dict[str, float], bars: int = 40) -> list[float]:
    """After bars at 100, one trade with a position bought at 100."""
    files = {**Source.shipped().files, **{name: text.encode() for name, text in edited.items()}}
    strategy = load(Source.of(files))
    event, decision = np.zeros(1, EVENT), np.zeros(1, DECISION)
    state, table = np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape)
    for i in range(bars):
        event["kind"], event["time_ns"], event["advice"] = BAR, START_NS + i * 3600 * NANOSECONDS, np.nan
        for name in ("price", "open", "high", "low"):
            event[name] = 100.0
        strategy.decide(event, state, table, decision)
    held = {"position": 1.0, "entry_price": 100.0, "best_price": max(100.0, fields["price"])}
    event["kind"] = TRADE
    event["entry_ns"] = event["time_ns"]
    event["time_ns"] += NANOSECONDS
    for name, value in {**held, **fields}.items():
        event[name] = value
    decision["stop"] = decision["target"] = np.nan
    strategy.decide(event, state, table, decision)
    return [float(decision["stop"][0]), float(decision["target"][0])]


if __name__ == "__main__":
    asked: list[tuple[dict[str, str], dict[str, Any]]] = json.load(sys.stdin)
    print(json.dumps([declared(*case) for case in asked]))
