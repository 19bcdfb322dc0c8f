"""EMA cross + RSI in vectorbt, with the indicators and signal tools that its documentation shows.

Its RSI counts an exponential average by span; a span of 2 * 14 - 1 has Wilder's weight of 1 / 14. Its averages are
seeded with the first value instead of a mean, so the first hundreds of bars differ, and nothing after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import vectorbt as vbt

from bench.peers.serve import serve
from bench.peers.vectorbt_talib import round_trips


def prepare(bars: Mapping[str, Any], numbers: Mapping[str, float]) -> Callable[[], Any]:
    """The strategy over these bars."""
    index = pd.to_datetime(bars["time_ns"])
    close = pd.Series(bars["close"], index)
    opens = pd.Series(bars["open"], index)

    def run() -> Any:
        fast = vbt.MA.run(close, int(numbers["ema_fast"]), ewm=True)
        slow = vbt.MA.run(close, int(numbers["ema_slow"]), ewm=True)
        rsi = vbt.RSI.run(close, 2 * int(numbers["rsi_period"]) - 1, ewm=True).rsi
        entries = fast.ma_crossed_above(slow) & (rsi < numbers["rsi_entry"])
        exits = fast.ma_crossed_below(slow) | (rsi > numbers["rsi_exit"])
        return vbt.Portfolio.from_signals(
            close,
            entries.shift(1, fill_value=False),  # a signal at a close is filled at the next open
            exits.shift(1, fill_value=False),
            price=opens,
            size=numbers["order_fraction"],
            size_type="percent",
            fees=numbers["fee"],
            init_cash=numbers["cash"],
            freq="min",
        )

    return run


if __name__ == "__main__":
    serve(f"vectorbt {vbt.__version__}", prepare, round_trips)
