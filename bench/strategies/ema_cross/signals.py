"""What the strategy believes."""

from __future__ import annotations

from typing import Final

from core.kernel import kernel

from .state import Features

TABLE_SHAPE: Final = (1, 3)  # there is no Q-table; the kernel's signature has one


@kernel
def crossing(f: Features) -> float:
    """1 when the fast average has just crossed above the slow one, -1 when below, else 0."""
    if f.ema_fast > f.ema_slow and f.ema_fast_before <= f.ema_slow_before:
        return 1.0
    if f.ema_fast < f.ema_slow and f.ema_fast_before >= f.ema_slow_before:
        return -1.0
    return 0.0
