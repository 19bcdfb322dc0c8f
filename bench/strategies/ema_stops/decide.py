"""As `ema_cross`, with a stop and a target for each position, counted from the close that made the signal."""

from __future__ import annotations

import math

from core.kernel import BAR, BUY, HOLD, SELL, Records, Table, kernel

from .indicators import features, update
from .parameters import P
from .rules import FORBID_ENTRY, FORCE_EXIT, verdicts
from .signals import crossing
from .state import Features


@kernel
def decide(event: Records, state: Records, table: Table, decision: Records) -> None:  # noqa: ARG001 - the one signature
    """Answer one event: EVENT[1], STATE[1] of its pair (changed), an unused Q-table, DECISION[1] (filled)."""
    e = event[0]
    d = decision[0]
    d.sequence = e.sequence
    d.pair = e.pair
    d.action = HOLD
    d.rule = -1
    d.score = 0.0
    d.confidence = 1.0
    d.size = P.order_fraction
    d.min_hold_seconds = 0.0
    d.technical = math.nan
    d.orderbook = math.nan
    d.flow = math.nan
    d.qlearning = math.nan
    d.advice = math.nan
    s = state[0]
    if e.position > 0.0:
        d.stop = s.bought_at * (1.0 - P.stop_loss)
        d.target = s.bought_at * (1.0 + P.take_profit)
    if e.kind != BAR:
        return
    update(state, event)
    if state[0].bars <= P.ema_slow:  # a cross compares two bars, and the slow average is full at the first of them
        return
    f = features(state)
    d.score = crossing(f)
    d.technical = d.score
    d.action, d.rule = choose(f, d.score, e.position > 0.0)
    if d.action == BUY:
        s.bought_at = e.price


@kernel
def choose(f: Features, score: float, invested: bool) -> tuple[int, int]:
    """The action, and the position in `verdicts` of the rule that decided it; -1 when the cross did."""
    for position, verdict in enumerate(verdicts(f)):
        if invested and verdict == FORCE_EXIT:
            return SELL, position
        if not invested and score > 0.0 and verdict == FORBID_ENTRY:
            return HOLD, position
    if invested:
        return (SELL if score < 0.0 else HOLD), -1
    return (BUY if score > 0.0 else HOLD), -1
