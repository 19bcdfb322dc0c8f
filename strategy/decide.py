"""From what the strategy sees to what it does: signals vote, rules have the last word."""

from __future__ import annotations

import math

from core.kernel import BAR, BUY, HOLD, SELL, Records, Table, kernel

from .indicators import WARM_BARS, features, update
from .levels import levels
from .parameters import P
from .rules import ALLOW, FORBID_ENTRY, FORBID_EXIT, FORCE_ENTRY, FORCE_EXIT, verdicts
from .signals import ABSTAIN, chart_cell, flow, orderbook, qlearning, technical
from .state import Features


@kernel
def decide(event: Records, state: Records, table: Table, decision: Records) -> None:
    """Answer one event.

    `event` EVENT[1], `state` STATE[1] of the event's pair (changed), `table` float64[TABLE_SHAPE] its Q-table,
    `decision` DECISION[1] (filled). A pure function of these four: no clock, no randomness, no memory of its own.
    """
    update(state, event)
    s = state[0]
    e = event[0]
    d = decision[0]
    if e.kind == BAR:
        read_chart(state, features(state, event, 0.0))
    d.sequence = e.sequence
    d.pair = e.pair
    d.technical = s.technical if s.bars >= WARM_BARS else ABSTAIN
    d.orderbook = orderbook(state, event)
    d.flow = flow(state, event)
    d.qlearning = qlearning(state, event, table)
    d.advice = e.advice
    d.score, d.confidence = ensemble(d.technical, d.orderbook, d.flow, d.qlearning, d.advice)
    d.action, d.rule = choose(features(state, event, d.score), d.confidence, e.position > 0.0, s.bars >= WARM_BARS)
    d.size = P.order_fraction
    d.min_hold_seconds = P.min_hold_seconds
    d.stop, d.target = levels(state, event, d.score, d.action == SELL)


@kernel
def read_chart(state: Records, f: Features) -> None:
    """Remember what the chart says; it stands until the next bar closes."""
    s = state[0]
    s.technical = technical(state, f)
    s.chart_cell = chart_cell(f)


@kernel
def ensemble(technical: float, orderbook: float, flow: float, qlearning: float, advice: float) -> tuple[float, float]:
    """The weighted mean of the signals that have something to say, and how much of their weight agrees with it.

    Both are 0 when all abstain. Confidence is in [0, 1]: 1 when every signal points the way of the score.
    """
    votes = (technical, orderbook, flow, qlearning, advice)
    weights = (P.weight_technical, P.weight_orderbook, P.weight_flow, P.weight_qlearning, P.weight_advice)
    up = 0.0
    down = 0.0
    total = 0.0
    score = 0.0
    for i in range(5):
        if math.isnan(votes[i]):
            continue
        total += weights[i]
        score += weights[i] * votes[i]
        if votes[i] > 0.0:
            up += weights[i]
        elif votes[i] < 0.0:
            down += weights[i]
    if total <= 0.0:
        return 0.0, 0.0
    return score / total, (up if score > 0.0 else down) / total


@kernel
def choose(f: Features, confidence: float, invested: bool, warm: bool) -> tuple[int, int]:
    """The action, and the position in `verdicts` of the rule that decided it; -1 when the score did."""
    force = FORCE_EXIT if invested else FORCE_ENTRY
    forbid = FORBID_EXIT if invested else FORBID_ENTRY
    forced = -1
    forbidden = -1
    for position, verdict in enumerate((*verdicts(f), int(ALLOW))):  # a bare () does not compile
        if verdict == force and forced < 0:
            forced = position
        if verdict == forbid and forbidden < 0:
            forbidden = position
    if invested:
        if forced >= 0:
            return SELL, forced
        wanted = f.score <= P.sell_threshold and confidence >= P.min_confidence
        return (HOLD, forbidden) if wanted and forbidden >= 0 else (SELL if wanted else HOLD, -1)
    wanted = forced >= 0 or (f.score >= P.buy_threshold and confidence >= P.min_confidence)
    if not warm or not wanted:
        return HOLD, -1
    return (HOLD, forbidden) if forbidden >= 0 else (BUY, forced)
