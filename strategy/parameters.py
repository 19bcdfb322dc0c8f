"""Every number that the owner may tune: its range and unit in the type, its meaning in the line above it."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from core.strategy import Range


class Parameters(NamedTuple):
    """The numbers in force. They are constants of the compiled strategy: a change is a new strategy."""

    # How many bars the fast exponential average of the close looks back; below ema_slow it shows the trend.
    ema_fast: Annotated[int, Range(2, 200, "bars")] = 12
    # How many bars the slow exponential average of the close looks back.
    ema_slow: Annotated[int, Range(3, 400, "bars")] = 26
    # How many bars the average of the MACD line (fast less slow average) looks back.
    macd_signal: Annotated[int, Range(2, 100, "bars")] = 9
    # How many bars the relative strength index looks back.
    rsi_period: Annotated[int, Range(2, 100, "bars")] = 14
    # Below this the market counts as oversold, which speaks for buying.
    rsi_oversold: Annotated[float, Range(1, 50, "RSI points")] = 30
    # Above this the market counts as overbought, which speaks for selling.
    rsi_overbought: Annotated[float, Range(50, 99, "RSI points")] = 70
    # How many bars the Bollinger bands look back.
    bollinger_period: Annotated[int, Range(5, 200, "bars")] = 20
    # How far the Bollinger bands lie from their middle.
    bollinger_width: Annotated[float, Range(0.5, 5, "standard deviations")] = 2.0
    # How many bars the average volume looks back.
    volume_period: Annotated[int, Range(2, 200, "bars")] = 20
    # How many bars the average true range, the yardstick for price moves, looks back.
    atr_period: Annotated[int, Range(2, 100, "bars")] = 14
    # Say of the chart: trend, momentum, RSI and bands.
    weight_technical: Annotated[float, Range(0, 1, "weight")] = 0.35
    # Say of the order book: what waits to buy against what waits to sell.
    weight_orderbook: Annotated[float, Range(0, 1, "weight")] = 0.30
    # Say of the flow: what was bought against what was sold by those in a hurry.
    weight_flow: Annotated[float, Range(0, 1, "weight")] = 0.25
    # Say of the Q-table, which learned from past windows of the market.
    weight_qlearning: Annotated[float, Range(0, 1, "weight")] = 0.10
    # Say of the advisor's opinion; 0 ignores it.
    weight_advice: Annotated[float, Range(0, 1, "weight")] = 0.0
    # A score at or above this opens a position.
    buy_threshold: Annotated[float, Range(0.01, 1, "score")] = 0.30
    # A score at or below this closes one.
    sell_threshold: Annotated[float, Range(-1, -0.01, "score")] = -0.30
    # How much of the weight must point the way of the score before it counts.
    min_confidence: Annotated[float, Range(0, 1, "ratio")] = 0.60
    # How much of the equity one order may spend.
    order_fraction: Annotated[float, Range(0.01, 0.25, "of equity")] = 0.10
    # A loss of this much closes the position.
    stop_loss: Annotated[float, Range(0.001, 0.5, "of entry price")] = 0.02
    # A profit of this much closes the position.
    take_profit: Annotated[float, Range(0.001, 1, "of entry price")] = 0.04
    # A fall of this much from the best price since entry closes the position; 0 turns it off.
    trailing_stop: Annotated[float, Range(0, 0.5, "of best price")] = 0.0
    # Until then a signal does not close a position; stops always do.
    min_hold_seconds: Annotated[float, Range(5, 90, "seconds")] = 30
    # After this a position is closed whatever the score; 0 turns it off.
    max_hold_seconds: Annotated[float, Range(0, 604800, "seconds")] = 0
    # How long a pair rests after a position was closed.
    cooldown_seconds: Annotated[float, Range(0, 86400, "seconds")] = 60


P = Parameters()
