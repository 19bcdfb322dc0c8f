"""The strategy of `backtesting_py` with a stop and a target: contingent orders, as its documentation has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import backtesting
import pandas as pd
import talib

from bench.peers.backtesting_py import round_trips
from bench.peers.serve import serve


def prepare(bars: Mapping[str, Any], numbers: Mapping[str, float]) -> Callable[[], Any]:
    """The strategy over these bars."""

    class EmaStops(backtesting.Strategy):
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
                close = self.data.Close[-1]
                self.buy(
                    size=numbers["order_fraction"],
                    sl=close * (1.0 - numbers["stop_loss"]),
                    tp=close * (1.0 + numbers["take_profit"]),
                )

    columns = {name.capitalize(): bars[name] for name in ("open", "high", "low", "close", "volume")}
    frame = pd.DataFrame(columns, pd.to_datetime(bars["time_ns"]))
    backtest = backtesting.Backtest(frame, EmaStops, cash=numbers["cash"], commission=numbers["fee"])

    def run() -> Any:
        return backtest.run()

    return run


if __name__ == "__main__":
    serve(f"backtesting.py {backtesting.__version__}", prepare, round_trips)
