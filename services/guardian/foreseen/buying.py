"""Where a strategy that buys as the shipped one does could buy on bars alone, whatever position it had there."""

from __future__ import annotations

import numpy as np

from services.guardian.foreseen.chart import Chart, Column, lasting
from services.guardian.foreseen.truth import Flags

NEEDED = (
    *("buy_threshold", "min_confidence", "weight_technical", "rsi_oversold", "rsi_overbought"),
    *("ema_fast", "ema_slow", "macd_signal", "rsi_period", "atr_period", "volume_period"),
    *("bollinger_period", "bollinger_width"),
)
"""The parameters that it depends on."""


def could_buy(chart: Chart) -> Flags | None:
    """bool[n, 4]: the score and the confidence that bars alone come to are enough. None where that is not known."""
    values = chart.values
    if any(name not in values for name in NEEDED):
        return None
    score = technical(chart)
    if score is None or values["weight_technical"] <= 0.0:  # then nothing votes
        return None if score is None else np.zeros((len(chart), 4), bool)
    sure = np.where(score != 0.0, 1.0, 0.0) >= values["min_confidence"]  # one signal alone agrees with itself
    return np.asarray(lasting(np.where((score >= values["buy_threshold"]) & sure, 1.0, 0.0)) > 0.0)


def technical(chart: Chart) -> Column | None:
    """float64[n], at each close; NaN where prices do not move at all."""
    names = ("macd", "macd_signal", "atr", "rsi", "bollinger_upper", "bollinger_lower", "volume", "volume_average")
    closing = {name: chart.closing(name) for name in names}
    seen = {name: column for name, column in closing.items() if column is not None}
    if len(seen) < len(names):
        return None
    moves = seen["atr"] > 0.0
    unit = np.where(moves, seen["atr"], np.nan)
    trend = np.clip(seen["macd"] / unit, -1.0, 1.0)
    momentum = np.clip(4.0 * (seen["macd"] - seen["macd_signal"]) / unit, -1.0, 1.0)
    price, rsi = chart.market.rows["close"], seen["rsi"]
    far = _way(rsi <= chart.values["rsi_oversold"], rsi >= chart.values["rsi_overbought"])
    outside = _way(price < seen["bollinger_lower"], price > seen["bollinger_upper"])
    score = 0.5 * (trend + momentum + far + outside)
    return np.asarray(np.clip(np.where(seen["volume"] < seen["volume_average"], 0.5 * score, score), -1.0, 1.0))


def _way(up: Flags, down: Flags) -> Column:
    return np.where(up, 1.0, np.where(down, -1.0, 0.0))
