"""What the strategy sees; everything is counted in bars, so nothing moves between their closes."""

from __future__ import annotations

from core.indicators import ema, rsi, wilder
from core.kernel import Records, kernel

from .parameters import P
from .state import Features


@kernel
def update(state: Records, event: Records) -> None:
    """Take one closed bar into the memory of its pair."""
    s = state[0]
    price = event[0].price
    s.bars += 1
    change = price - s.close
    s.ema_fast_before = s.ema_fast
    s.ema_slow_before = s.ema_slow
    s.ema_fast = ema(s.ema_fast, price, s.bars, P.ema_fast)
    s.ema_slow = ema(s.ema_slow, price, s.bars, P.ema_slow)
    if s.bars > 1:
        s.average_gain = wilder(s.average_gain, max(change, 0.0), s.bars - 1, P.rsi_period)
        s.average_loss = wilder(s.average_loss, max(-change, 0.0), s.bars - 1, P.rsi_period)
    s.close = price


@kernel
def features(state: Records) -> Features:
    """The world as signals and rules may speak of it."""
    s = state[0]
    return Features(
        rsi=rsi(s.average_gain, s.average_loss),
        ema_fast=s.ema_fast,
        ema_slow=s.ema_slow,
        ema_fast_before=s.ema_fast_before,
        ema_slow_before=s.ema_slow_before,
    )
