"""The numbers of the comparison; the peers' scripts are given the same ones."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from core.strategy import Range


class Parameters(NamedTuple):
    """The numbers in force."""

    # How many bars the fast exponential average of the close looks back.
    ema_fast: Annotated[int, Range(2, 200, "bars")] = 12
    # How many bars the slow exponential average of the close looks back; above ema_fast.
    ema_slow: Annotated[int, Range(3, 400, "bars")] = 26
    # How many bars the relative strength index looks back; below ema_slow.
    rsi_period: Annotated[int, Range(2, 100, "bars")] = 14
    # Nothing is bought at or above this.
    rsi_entry: Annotated[float, Range(50, 99, "RSI points")] = 70
    # A position is sold above this.
    rsi_exit: Annotated[float, Range(50, 99, "RSI points")] = 80
    # How much of the equity one order spends; small, so that fees over thousands of trades do not eat the account.
    order_fraction: Annotated[float, Range(0.001, 0.25, "of equity")] = 0.01
    # Where a position is closed at a loss: this far below the close that made its signal.
    stop_loss: Annotated[float, Range(0.001, 0.5, "of the price")] = 0.02
    # Where it is closed at a gain: this far above it.
    take_profit: Annotated[float, Range(0.001, 1.0, "of the price")] = 0.04


P = Parameters()
