"""What the strategy remembers of a pair (STATE), and what its signals and rules may speak of (Features)."""

from __future__ import annotations

from typing import Final, NamedTuple

from core.kernel import record_dtype

STATE: Final = record_dtype(
    [
        ("bars", "i8"),  # closed bars seen, from 0
        ("close", "f8"),  # of the last bar
        ("ema_fast", "f8"),
        ("ema_slow", "f8"),
        ("ema_fast_before", "f8"),  # one bar earlier
        ("ema_slow_before", "f8"),
        ("average_gain", "f8"),  # Wilder averages of the close's rises and falls
        ("average_loss", "f8"),
        ("bought_at", "f8"),  # the close that made the last buying signal
    ]
)
"""One pair's memory; all zero at the start."""


class Features(NamedTuple):
    """The world at the close of a bar."""

    rsi: float
    ema_fast: float
    ema_slow: float
    ema_fast_before: float  # one bar earlier
    ema_slow_before: float
