"""What the strategy sees: indicators counted in bars move when a bar closes, book and flow with every event."""

from __future__ import annotations

import math
from typing import Final

from core.indicators import decay, deviation, ema, imbalance, rsi, slide, true_range, wilder
from core.kernel import BAR, NANOSECONDS, QUOTE, TRADE, Records, kernel

from .parameters import P
from .state import Features

BOOK_MEMORY_SECONDS: Final = 5.0  # one quote says little: queues are cancelled and refilled within a second or two
FLOW_MEMORY_SECONDS: Final = 30.0  # long enough to hold several trades of a quiet pair, short against a bar
WARM_BARS: Final = max(
    P.ema_fast, P.ema_slow + P.macd_signal, P.rsi_period + 1, P.atr_period + 1, P.bollinger_period, P.volume_period
)
YEAR_SECONDS: Final = 31_557_600.0


@kernel
def update(state: Records, event: Records) -> None:
    """Take one event into the memory of its pair; constant time."""
    e = event[0]
    if e.kind == BAR:
        update_bar(state, event)
    elif e.kind == QUOTE:
        update_book(state, event)
    elif e.kind == TRADE:
        update_flow(state, event)


@kernel
def update_bar(state: Records, event: Records) -> None:
    """Move every indicator that is counted in bars."""
    s = state[0]
    e = event[0]
    s.bars += 1
    previous = s.close if s.bars > 1 else e.price
    change = e.price - previous
    s.ema_fast = ema(s.ema_fast, e.price, s.bars, P.ema_fast)
    s.ema_slow = ema(s.ema_slow, e.price, s.bars, P.ema_slow)
    if s.bars >= P.ema_slow:
        s.macd_signal = ema(s.macd_signal, s.ema_fast - s.ema_slow, s.bars - P.ema_slow + 1, P.macd_signal)
    if s.bars > 1:
        s.average_gain = wilder(s.average_gain, max(change, 0.0), s.bars - 1, P.rsi_period)
        s.average_loss = wilder(s.average_loss, max(-change, 0.0), s.bars - 1, P.rsi_period)
        s.atr = wilder(s.atr, true_range(e.high, e.low, previous), s.bars - 1, P.atr_period)
    slide(s.closes, s.close_moments, s.bars, e.price)
    slide(s.volumes, s.volume_moments, s.bars, e.volume)
    s.close = e.price
    s.volume = e.volume


@kernel
def update_book(state: Records, event: Records) -> None:
    """Fade the remembered imbalance towards the one at the best prices."""
    s = state[0]
    e = event[0]
    if not (e.bid_size + e.ask_size > 0.0 and 0.0 < e.bid <= e.ask):  # as said, a NaN is no book either
        return
    keep = decay(seconds_between(s.book_ns, e.time_ns), BOOK_MEMORY_SECONDS) if s.book_ns > 0 else 0.0
    s.book_imbalance = keep * s.book_imbalance + (1.0 - keep) * imbalance(e.bid_size, e.ask_size)
    s.spread = 2.0 * (e.ask - e.bid) / (e.ask + e.bid)
    s.book_ns = e.time_ns


@kernel
def update_flow(state: Records, event: Records) -> None:
    """Fade what was bought and sold before, and add this batch."""
    s = state[0]
    e = event[0]
    if not e.buy_volume + e.sell_volume > 0.0:
        return
    keep = decay(seconds_between(s.flow_ns, e.time_ns), FLOW_MEMORY_SECONDS) if s.flow_ns > 0 else 0.0
    s.buy_flow = keep * s.buy_flow + e.buy_volume
    s.sell_flow = keep * s.sell_flow + e.sell_volume
    s.flow_trades = keep * s.flow_trades + 1.0
    s.flow_ns = e.time_ns


@kernel
def features(state: Records, event: Records, score: float) -> Features:
    """The world as signals and rules may speak of it."""
    e = event[0]
    profit = 0.0
    retreat = 0.0
    if e.position > 0.0:
        profit = e.price / e.entry_price - 1.0
        retreat = 1.0 - e.price / e.best_price
    return features_at(state, event, score, e.price, profit, retreat)


@kernel
def features_at(state: Records, event: Records, score: float, price: float, profit: float, retreat: float) -> Features:
    """The world at another price than the event's, with the profit and retreat that go with it."""
    s = state[0]
    e = event[0]
    middle = float(s.close_moments[0])
    reach = P.bollinger_width * deviation(s.close_moments[1], s.bars, P.bollinger_period)
    held_seconds = 0.0
    rested_seconds = YEAR_SECONDS
    if e.position > 0.0:
        held_seconds = seconds_between(e.entry_ns, e.time_ns)
    elif e.exit_ns > 0:
        rested_seconds = seconds_between(e.exit_ns, e.time_ns)
    advice = 0.0 if math.isnan(e.advice) else e.advice
    local_ns = e.time_ns + e.utc_offset_s * NANOSECONDS
    return Features(
        price=price,
        rsi=rsi(s.average_gain, s.average_loss),
        ema_fast=s.ema_fast,
        ema_slow=s.ema_slow,
        macd=s.ema_fast - s.ema_slow,
        macd_signal=s.macd_signal,
        bollinger_upper=middle + reach,
        bollinger_middle=middle,
        bollinger_lower=middle - reach,
        volume=s.volume,
        volume_average=float(s.volume_moments[0]),
        atr=s.atr,
        spread=s.spread,
        book_imbalance=s.book_imbalance,
        flow=imbalance(s.buy_flow, s.sell_flow),
        advice=advice,
        score=score,
        profit=profit,
        retreat=retreat,
        held_seconds=held_seconds,
        rested_seconds=rested_seconds,
        drawdown=e.drawdown,
        hour=local_ns // (3600 * NANOSECONDS) % 24,
        weekday=(local_ns // (86400 * NANOSECONDS) + 3) % 7,  # 1970-01-01 was a Thursday
    )


@kernel
def seconds_between(earlier_ns: int, later_ns: int) -> float:
    """Seconds from one UTC nanosecond stamp to another; negative when they run backwards."""
    return (later_ns - earlier_ns) / NANOSECONDS
