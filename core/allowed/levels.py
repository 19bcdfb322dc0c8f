"""Declared stops and targets held against the rules in force: where these would close the position, it must say so."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from core.allowed.contract import Contract
from core.allowed.rules import FEATURES, FORCE_EXIT, Rule

PROFIT, RETREAT, PRICE = (FEATURES.index(name) for name in ("profit", "retreat", "price"))
CLOSE_TO: Final = 1e-9
"""Of a price: nearer to a level than this nobody here says on which side it is."""

LevelCheck = Callable[[Sequence[float], float, float, float], str]
"""A decision, then price, entry price and best price of its event; what is wrong."""


class Edge(NamedTuple):
    """A price at which a rule closes the position, as `core.levels` writes it."""

    of_entry: float
    of_best: float
    amount: float


def levels_of(contract: Contract) -> LevelCheck:
    """The check of stop and target while a position is open."""
    if not contract.levels:
        return lambda *_: ""
    closing = [rule for rule in contract.rules if FORCE_EXIT in rule.answers and not rule.never]
    stops = tuple(edge for rule in closing for edge in _edges(rule, falling=True))
    targets = tuple(edge for rule in closing for edge in _edges(rule, falling=False))
    exact = all(rule.tests is not None and len(rule.tests) == 1 for rule in closing)

    def levels(d: Sequence[float], price: float, entry: float, best: float) -> str:
        floor, ceiling = -math.inf, math.inf
        for of_entry, of_best, amount in stops:
            floor = max(floor, of_entry * entry + of_best * best + amount)
        for of_entry, of_best, amount in targets:
            ceiling = min(ceiling, of_entry * entry + of_best * best + amount)
        if d[8] == floor and d[9] == ceiling:
            return ""
        if not _fits(d[8], floor, price, exact=exact, sign=1.0):
            return f"a stop of {d[8]:.10g}, where its rules close the position at {floor:.10g}"
        if not _fits(d[9], ceiling, price, exact=exact, sign=-1.0):
            return f"a target of {d[9]:.10g}, where its rules close the position at {ceiling:.10g}"
        return ""

    return levels


def _fits(told: float, level: float, price: float, *, exact: bool, sign: float) -> bool:
    """Whether what was told is the level, or nearer than it where other rules may have one, too."""
    if math.isinf(level) or level <= 0.0:
        return not exact or math.isnan(told)
    slack = CLOSE_TO * level
    nearer = sign * (told - level)
    return abs(price - level) <= slack or (nearer >= -slack and (not exact or nearer <= slack))


def _edges(rule: Rule, *, falling: bool) -> list[Edge]:
    if rule.tests is None or len(rule.tests) != 1:
        return []
    test = rule.tests[0]
    if test.feature == PROFIT and test.above is not falling:
        return [Edge(1.0 + test.limit, 0.0, 0.0)]
    if test.feature == PRICE and test.above is not falling:
        return [Edge(0.0, 0.0, test.limit)]
    if test.feature == RETREAT and falling and test.above and test.limit > 0.0:
        return [Edge(0.0, 1.0 - test.limit, 0.0)]
    return []
