"""The strategy of the road's tests: plain Python that starts in a moment, and files that the real editor can edit.

It obeys trades as the one of `tests.trader.harness` does. Its parameter `trouble` says what it does at which trade: a
change that sets it goes wrong at an event which the test chooses, and at no earlier one.
"""

from __future__ import annotations

from core.strategy import Source

SOUND, RAISES, EXITS, HANGS, SEGFAULTS, SLOWS, LIES, STALLS = range(8)
"""Hundreds of `trouble`; the rest of it is added to 5000 and gives the lots of the trade."""


def trouble(kind: int, number: int = 0) -> tuple[str, int]:
    """The sentence that brings a release with this trouble, and the lots that bring the trouble about."""
    return f"trouble {kind * 100 + number}", 5000 + number


PARAMETERS = '''"""The numbers that a test may change."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from core.strategy import Range


class Parameters(NamedTuple):
    """The numbers in force."""

    # How much of the equity one order may spend.
    size: Annotated[float, Range(0.01, 0.25, "of equity")] = 0.1
    # What happens, and at which trade.
    trouble: Annotated[int, Range(0, 999, "code")] = 0


P = Parameters()
'''
RULES = '''"""No rule."""

from __future__ import annotations

from .state import Features

ALLOW = 0


def verdicts(f: Features) -> tuple[int, ...]:
    """Every rule in force."""
    return (nothing(f),)


def nothing(f: Features) -> int:
    """Say nothing."""
    return ALLOW
'''
STATE = '''"""What is remembered."""

from __future__ import annotations

from typing import NamedTuple

from core.kernel import record_dtype

STATE = record_dtype([("seen", "i8"), ("slow", "i8")])


class Features(NamedTuple):
    """The world at one event."""

    price: float
'''
DECIDE = '''"""Obeys trades."""

from __future__ import annotations

import math
import os
import time

from core.kernel import TRADE

from .parameters import P

BUY, SELL = 1001, 1002
KIND, BAD = P.trouble // 100, 5000 + P.trouble % 100
LOTS = (100_000, 10_000)


def decide(event, state, table, decision):
    """Answer one event."""
    e, s, d = event[0], state[0], decision[0]
    s.seen = s.seen + 1
    d.sequence, d.pair, d.action, d.rule = e.sequence, e.pair, 0, -1
    d.score, d.confidence, d.size, d.min_hold_seconds = 0.0, 0.0, P.size, 5.0
    d.technical = d.orderbook = d.flow = d.qlearning = d.advice = math.nan
    lots = round((e.buy_volume + e.sell_volume) * LOTS[0 if e.price > 10_000.0 else 1]) if e.kind == TRADE else 0
    if lots == BUY:
        d.action, d.score, d.confidence = 1, 1.0, 1.0
    elif lots == SELL:
        d.action, d.score, d.confidence = 2, -1.0, 1.0
    elif lots == BAD:
        misbehave(s, d)
    if s.slow:
        spend(0.03)


def misbehave(s, d):
    """What `trouble` says."""
    if KIND == 1:
        raise ValueError("a release that raises")
    if KIND == 2:
        os._exit(7)
    while KIND == 3:
        pass
    if KIND == 4:
        import ctypes

        ctypes.string_at(0)
    if KIND == 5:
        s.slow = 1
    if KIND == 6:
        d.score = 1e9
    if KIND == 7:
        spend(0.7)


def spend(seconds):
    """Time that nobody gets back."""
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass
'''

STRATEGY = Source.of(
    {
        "__init__.py": b"",
        "parameters.py": PARAMETERS.encode(),
        "rules.py": RULES.encode(),
        "state.py": STATE.encode(),
        "signals.py": b"TABLE_SHAPE = (1, 1)\n",
        "decide.py": DECIDE.encode(),
    }
)
