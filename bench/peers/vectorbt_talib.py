"""EMA cross + RSI in vectorbt as fast as we could write it: indicators by TA-Lib (C), signals by NumPy.

Only the simulation of orders is vectorbt's own then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import talib
import vectorbt as vbt

from bench.peers.serve import serve


def prepare(bars: Mapping[str, Any], numbers: Mapping[str, float]) -> Callable[[], Any]:
    """The strategy over these bars."""
    index = pd.to_datetime(bars["time_ns"])
    close = pd.Series(bars["close"], index)
    opens = pd.Series(bars["open"], index)
    closes = bars["close"]

    def run() -> Any:
        fast = talib.EMA(closes, int(numbers["ema_fast"]))
        slow = talib.EMA(closes, int(numbers["ema_slow"]))
        rsi = talib.RSI(closes, int(numbers["rsi_period"]))[1:-1]
        above = (fast[1:-1] > slow[1:-1]) & (fast[:-2] <= slow[:-2])
        below = (fast[1:-1] < slow[1:-1]) & (fast[:-2] >= slow[:-2])
        entries, exits = np.zeros(len(closes), bool), np.zeros(len(closes), bool)
        entries[2:] = above & (rsi < numbers["rsi_entry"])  # a signal at a close is filled at the next open
        exits[2:] = below | (rsi > numbers["rsi_exit"])
        return vbt.Portfolio.from_signals(
            close,
            pd.Series(entries, index),
            pd.Series(exits, index),
            price=opens,
            size=numbers["order_fraction"],
            size_type="percent",
            fees=numbers["fee"],
            init_cash=numbers["cash"],
            freq="min",
        )

    return run


def round_trips(portfolio: Any) -> Mapping[str, Any]:
    """Closed trades only."""
    trades = portfolio.trades.closed.records_arr
    return {
        "entry_bar": trades["entry_idx"],
        "exit_bar": trades["exit_idx"],
        "entry_price": trades["entry_price"],
        "exit_price": trades["exit_price"],
    }


if __name__ == "__main__":
    serve(f"vectorbt {vbt.__version__}", prepare, round_trips)
