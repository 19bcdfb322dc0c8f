"""What each rule answers, what is done by it, and at which prices a position will be closed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from core.kernel import BUY, HOLD, SELL
from services.guardian.known.values import Values

ALLOW, FORBID_ENTRY, FORCE_ENTRY, FORBID_EXIT, FORCE_EXIT = range(5)
Seen = Mapping[str, float]

RULES: Final[Mapping[str, tuple[tuple[str, str], Callable[[float, float], bool], int]]] = {
    "stop_loss": (("profit", "stop_loss"), lambda profit, limit: profit <= -limit, FORCE_EXIT),
    "take_profit": (("profit", "take_profit"), lambda profit, limit: profit >= limit, FORCE_EXIT),
    "trailing_stop": (("retreat", "trailing_stop"), lambda fall, limit: 0.0 < limit <= fall, FORCE_EXIT),
    "max_hold": (("held_seconds", "max_hold_seconds"), lambda held, limit: 0.0 < limit <= held, FORCE_EXIT),
    "min_hold": (("held_seconds", "min_hold_seconds"), lambda held, limit: held < limit, FORBID_EXIT),
    "cooldown": (("rested_seconds", "cooldown_seconds"), lambda rested, limit: rested < limit, FORBID_ENTRY),
}
"""Rule -> the feature and the parameter that it compares, whether it speaks then, and what it says."""


def answered(rule: str, f: Seen, values: Values) -> int:
    """What a known rule says."""
    (feature, parameter), speaks, answer = RULES[rule]
    return answer if speaks(f[feature], values[parameter]) else ALLOW


def chosen(
    verdicts: Sequence[int], score: float, confidence: float, *, invested: bool, warm: bool, values: Values
) -> tuple[int, int]:
    """Action and rule: to forbid beats to force for opening, to force beats to forbid for closing."""
    first = {verdict: place for place, verdict in reversed(list(enumerate(verdicts)))}
    sure = confidence >= values["min_confidence"]
    if invested:
        if FORCE_EXIT in first:
            return SELL, first[FORCE_EXIT]
        if not (sure and score <= values["sell_threshold"]):
            return HOLD, -1
        return (HOLD, first[FORBID_EXIT]) if FORBID_EXIT in first else (SELL, -1)
    if not warm or not (FORCE_ENTRY in first or (sure and score >= values["buy_threshold"])):
        return HOLD, -1
    return (HOLD, first[FORBID_ENTRY]) if FORBID_ENTRY in first else (BUY, first.get(FORCE_ENTRY, -1))


def edges(rules: Sequence[str], told: Sequence[tuple[float, float, float]], values: Values) -> set[tuple[float, ...]]:
    """Parts of the entry price, of the best price and of no price, at which a rule may change its mind.

    A rule that is turned off has none: where the best price is, another rule may say something by its own lights.
    """
    found = {tuple(edge) for edge in told if any(edge)}
    known: dict[str, Callable[[float], tuple[float, ...]]] = {
        "stop_loss": lambda limit: (1.0 - limit, 0.0, 0.0),
        "take_profit": lambda limit: (1.0 + limit, 0.0, 0.0),
        "trailing_stop": lambda limit: (0.0, 1.0 - limit, 0.0),
    }
    on = [name for name in known if name in rules and values.has(name) and values[name] > 0.0]
    return found | {known[name](values[name]) for name in on}


def levels(
    price: float, asked: Sequence[tuple[float, float, Sequence[int], Sequence[int]]], *, closing: bool
) -> tuple[float, float]:
    """Stop and target. `asked` are price, way, and what the rules say before it and behind it."""
    stops: list[float] = []
    targets: list[float] = []
    for edge, way, before, behind in asked:
        forced = [i for i, verdict in enumerate(behind) if verdict == FORCE_EXIT]
        if closing:
            counts = any(before[i] != FORCE_EXIT for i in forced)
        else:
            counts = bool(forced) and (edge - price) * way >= 0.0
        if counts:
            (stops if way < 0.0 else targets).append(edge)
    return max(stops, default=math.nan), min(targets, default=math.nan)
