"""When the strategy may not open a position and when it must close one, whatever the averages say."""

from __future__ import annotations

from typing import Final

from core.kernel import kernel

from .parameters import P
from .state import Features

ALLOW: Final = 0
FORBID_ENTRY: Final = 1
FORCE_EXIT: Final = 2


@kernel
def verdicts(f: Features) -> tuple[int, ...]:
    """Every rule in force."""
    return (high_rsi(f), very_high_rsi(f))


@kernel
def high_rsi(f: Features) -> int:
    """Do not buy what has already risen far."""
    return FORBID_ENTRY if f.rsi >= P.rsi_entry else ALLOW


@kernel
def very_high_rsi(f: Features) -> int:
    """Sell what has risen too far."""
    return FORCE_EXIT if f.rsi > P.rsi_exit else ALLOW
