"""When the strategy may act and when it must, whatever its signals say.

A rule answers ALLOW when it has nothing against anything. `verdicts` lists the rules in force: one that is not listed
is disabled. To forbid beats to force for opening a position, to force beats to forbid for closing one: in doubt, out.
"""

from __future__ import annotations

from typing import Final

from core.kernel import kernel

from .parameters import P
from .state import Features

ALLOW: Final = 0
FORBID_ENTRY: Final = 1
FORCE_ENTRY: Final = 2
FORBID_EXIT: Final = 3
FORCE_EXIT: Final = 4


@kernel
def verdicts(f: Features) -> tuple[int, ...]:
    """Every rule in force. Of two that answer alike, the earlier one is named as the reason."""
    return (
        stop_loss(f),
        take_profit(f),
        trailing_stop(f),
        max_hold(f),
        min_hold(f),
        cooldown(f),
    )


@kernel
def stop_loss(f: Features) -> int:
    """Close a position that has lost too much."""
    return FORCE_EXIT if f.profit <= -P.stop_loss else ALLOW


@kernel
def take_profit(f: Features) -> int:
    """Close a position that has earned what was hoped for."""
    return FORCE_EXIT if f.profit >= P.take_profit else ALLOW


@kernel
def trailing_stop(f: Features) -> int:
    """Close a position that has fallen too far from its best price."""
    return FORCE_EXIT if P.trailing_stop > 0.0 and f.retreat >= P.trailing_stop else ALLOW


@kernel
def max_hold(f: Features) -> int:
    """Close a position that has been open too long."""
    return FORCE_EXIT if P.max_hold_seconds > 0.0 and f.held_seconds >= P.max_hold_seconds else ALLOW


@kernel
def min_hold(f: Features) -> int:
    """Give a position time before a signal closes it."""
    return FORBID_EXIT if f.held_seconds < P.min_hold_seconds else ALLOW


@kernel
def cooldown(f: Features) -> int:
    """Let a pair rest after a position was closed."""
    return FORBID_ENTRY if f.rested_seconds < P.cooldown_seconds else ALLOW
