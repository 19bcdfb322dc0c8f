"""EMA cross + RSI in backtesting.py, with TA-Lib's indicators, which its documentation recommends for speed.

Where the numbers name a stop and a target, they are contingent orders, as its documentation has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import backtesting
import pandas as pd
import talib

from bench.peers.serve import serve


def prepare(bars: Mapping[str, Any], numbers: Mapping[str, float]) -> Callable[[], Any]:
    """The strategy over these bars."""
    stops = "stop_loss" in numbers

    class EmaCross(backtesting.Strategy):
        def init(self) -> None:
            close = self.data.Close
            self.fast = self.I(talib.EMA, close, int(numbers["ema_fast"]))
            self.slow = self.I(talib.EMA, close, int(numbers["ema_slow"]))
            self.rsi = self.I(talib.RSI, close, int(numbers["rsi_period"]))

        def next(self) -> None:
            fast, slow, rsi = self.fast[-1], self.slow[-1], self.rsi[-1]
            if self.position:
                if rsi > numbers["rsi_exit"] or (fast < slow and self.fast[-2] >= self.slow[-2]):
                    self.position.close()
            elif fast > slow and self.fast[-2] <= self.slow[-2] and rsi < numbers["rsi_entry"]:
                self.buy(size=numbers["order_fraction"], **(levels(self.data.Close[-1], numbers) if stops else {}))

    columns = {name.capitalize(): bars[name] for name in ("open", "high", "low", "close", "volume")}
    frame = pd.DataFrame(columns, pd.to_datetime(bars["time_ns"]))
    backtest = backtesting.Backtest(frame, EmaCross, cash=numbers["cash"], commission=numbers["fee"])

    def run() -> Any:
        return backtest.run()

    return run


def levels(close: float, numbers: Mapping[str, float]) -> dict[str, float]:
    """Stop and target of a position, counted from the close that made the signal."""
    return {"sl": close * (1.0 - numbers["stop_loss"]), "tp": close * (1.0 + numbers["take_profit"])}


def round_trips(stats: Any) -> Mapping[str, Any]:
    """Closed trades only; one that is open at the end is not among them."""
    trades = stats["_trades"]
    return {
        "entry_bar": trades["EntryBar"].to_numpy(),
        "exit_bar": trades["ExitBar"].to_numpy(),
        "entry_price": trades["EntryPrice"].to_numpy(),
        "exit_price": trades["ExitPrice"].to_numpy(),
    }


if __name__ == "__main__":
    serve(f"backtesting.py {backtesting.__version__}", prepare, round_trips)
