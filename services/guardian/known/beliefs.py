"""What each signal says, and what they come to together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from services.guardian.known.values import Values

STALE_SECONDS: Final = 60
FEWEST_TRADES: Final = 5.0
CELLS: Final = 72
SIGNALS: Final = ("technical", "orderbook", "flow", "qlearning", "advice")
BELIEVED: Final[Mapping[str, tuple[str, ...]]] = {
    "stretched_rsi": ("rsi_oversold", "rsi_overbought"),
    "stretched_band": (),
    "technical": ("rsi_oversold", "rsi_overbought"),
    "chart_cell": ("rsi_oversold", "rsi_overbought"),
    "orderbook": (),
    "flow": (),
    "qlearning": (),
    "ensemble": tuple(f"weight_{signal}" for signal in SIGNALS),
}
"""Function -> the parameters that it depends on."""
Seen = Mapping[str, float]


def held(value: float, low: float, high: float) -> float:
    """Inside of two bounds."""
    return max(low, min(high, value))


def stretched_rsi(f: Seen, values: Values) -> float:
    """1 oversold, -1 overbought."""
    if f["rsi"] <= values["rsi_oversold"]:
        return 1.0
    return -1.0 if f["rsi"] >= values["rsi_overbought"] else 0.0


def stretched_band(f: Seen) -> float:
    """1 below the lower band, -1 above the upper one."""
    if f["price"] < f["bollinger_lower"]:
        return 1.0
    return -1.0 if f["price"] > f["bollinger_upper"] else 0.0


def technical(f: Seen, warm: bool, values: Values) -> float:
    """Trend, four times momentum, and half for each extreme, in true ranges; half on thin volume."""
    if not warm or f["atr"] <= 0.0:
        return math.nan
    trend = held(f["macd"] / f["atr"], -1.0, 1.0)
    momentum = held((f["macd"] - f["macd_signal"]) / f["atr"] * 4.0, -1.0, 1.0)
    score = (trend + momentum + stretched_rsi(f, values) + stretched_band(f)) / 2.0
    return held(score / 2.0 if f["volume"] < f["volume_average"] else score, -1.0, 1.0)


def chart_cell(f: Seen, values: Values) -> int:
    """Counted as a number with digits of 3, 3, 2, 2 and 2."""
    higher = [f["macd"] > 0.0, f["macd"] > f["macd_signal"], f["volume"] > f["volume_average"]]
    thirds = (1 + stretched_rsi(f, values), 1 + stretched_band(f))
    return int(
        24 * thirds[0] + 8 * thirds[1] + sum(2**place for place, up in zip((2, 1, 0), higher, strict=True) if up)
    )


def orderbook(imbalance: float, book_ns: int, now_ns: int) -> float:
    """What is remembered of the book, if it was heard of lately."""
    return math.nan if book_ns == 0 or now_ns > book_ns + STALE_SECONDS * 10**9 else imbalance


def flow(bought: float, sold: float, trades: float, flow_ns: int, now_ns: int) -> float:
    """What is remembered of the flow, if it is of enough trades and of late."""
    if trades < FEWEST_TRADES or now_ns > flow_ns + STALE_SECONDS * 10**9:
        return math.nan
    return (bought - sold) / (bought + sold) if bought + sold > 0.0 else 0.0


def qlearning(warm: bool, cell: int, invested: bool, table: Sequence[Sequence[float]]) -> float:
    """How much better buying is than selling."""
    if not 0 <= cell < CELLS:
        return math.nan
    hold, buy, sell = table[2 * cell + int(invested)]
    size = abs(hold) + abs(buy) + abs(sell)
    return math.nan if not warm or size <= 0.0 else held((buy - sell) / size, -1.0, 1.0)


def ensemble(votes: Sequence[float], values: Values) -> tuple[float, tuple[float, ...]]:
    """The score, and what the confidence may be: two values where rounding decides which way the score points."""
    weights = [values[f"weight_{signal}"] for signal in SIGNALS]
    heard = [(vote, weight) for vote, weight in zip(votes, weights, strict=True) if not math.isnan(vote)]
    total = sum(weight for _, weight in heard)
    if total <= 0.0:
        return 0.0, (0.0,)
    score = sum(weight * vote for vote, weight in heard) / total
    up = sum(weight for vote, weight in heard if vote > 0.0) / total
    down = sum(weight for vote, weight in heard if vote < 0.0) / total
    if 0.0 < abs(score) < 1e-12:
        return score, (up, down)
    return score, (up if score > 0.0 else down,)
