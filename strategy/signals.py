"""What the strategy believes: each signal is a score in [-1, 1], positive for up, NaN when it has nothing to say."""

from __future__ import annotations

import math
from typing import Final

from core.indicators import clip, imbalance
from core.kernel import BUY, HOLD, SELL, Records, Table, kernel

from .indicators import WARM_BARS
from .parameters import P
from .state import Features

ABSTAIN: Final = math.nan
STALE_SECONDS: Final = 60.0  # a book or flow not heard of for so long says nothing about now
FEWEST_TRADES: Final = 5.0  # one trade alone is all bought or all sold
TABLE_SHAPE: Final = (144, 3)  # two rows a chart_cell; columns are HOLD, BUY, SELL


@kernel
def technical(state: Records, f: Features) -> float:
    """The chart: trend and momentum say where it goes, RSI and bands when it has gone too far.

    Trend and momentum are measured in average true ranges, so that a quiet pair and a wild one speak alike. Each
    extreme that is reached moves the score by half against the move; a bar of less than average volume halves it.
    """
    if state[0].bars < WARM_BARS or f.atr <= 0.0:
        return ABSTAIN
    trend = clip(f.macd / f.atr, -1.0, 1.0)
    momentum = clip(4.0 * (f.macd - f.macd_signal) / f.atr, -1.0, 1.0)
    score = 0.5 * trend + 0.5 * momentum + 0.5 * stretched_rsi(f) + 0.5 * stretched_band(f)
    if f.volume < f.volume_average:
        score = 0.5 * score
    return clip(score, -1.0, 1.0)


@kernel
def stretched_rsi(f: Features) -> float:
    """1 when oversold, -1 when overbought, else 0."""
    if f.rsi <= P.rsi_oversold:
        return 1.0
    if f.rsi >= P.rsi_overbought:
        return -1.0
    return 0.0


@kernel
def stretched_band(f: Features) -> float:
    """1 when the last close lies below the lower Bollinger band, -1 above the upper one, else 0."""
    if f.price < f.bollinger_lower:
        return 1.0
    if f.price > f.bollinger_upper:
        return -1.0
    return 0.0


@kernel
def orderbook(state: Records, event: Records) -> float:
    """What waits to buy against what waits to sell at the best prices."""
    s = state[0]
    if s.book_ns == 0 or event[0].time_ns - s.book_ns > STALE_SECONDS * 1e9:
        return ABSTAIN
    return float(s.book_imbalance)


@kernel
def flow(state: Records, event: Records) -> float:
    """What was bought against what was sold by those who took the price offered; a handful of trades says nothing."""
    s = state[0]
    if s.flow_trades < FEWEST_TRADES or event[0].time_ns - s.flow_ns > STALE_SECONDS * 1e9:
        return ABSTAIN
    return imbalance(s.buy_flow, s.sell_flow)


@kernel
def qlearning(state: Records, event: Records, table: Table) -> float:
    """What was learned: how much better buying was than selling in markets like this (Watkins and Dayan, 1992).

    `table` is float64[144, 3], the value of HOLD, BUY and SELL in each cell; a cell of zeros was never visited.
    """
    if state[0].bars < WARM_BARS:
        return ABSTAIN
    cell = state[0].chart_cell * 2 + (1 if event[0].position > 0.0 else 0)
    size = abs(table[cell, HOLD]) + abs(table[cell, BUY]) + abs(table[cell, SELL])
    if size <= 0.0:
        return ABSTAIN
    return clip((table[cell, BUY] - table[cell, SELL]) / size, -1.0, 1.0)


@kernel
def chart_cell(f: Features) -> int:
    """Which kind of chart this is, in [0, 72): RSI 3 x bands 3 x trend 2 x momentum 2 x volume 2.

    The row of the Q-table is twice this, plus one when a position is open.
    """
    cell = int(stretched_rsi(f)) + 1
    cell = cell * 3 + int(stretched_band(f)) + 1
    cell = cell * 2 + (1 if f.macd > 0.0 else 0)
    cell = cell * 2 + (1 if f.macd > f.macd_signal else 0)
    return cell * 2 + (1 if f.volume > f.volume_average else 0)
