"""The prices at which the rules in force will close the position: declared now, kept by whoever watches the price."""

from __future__ import annotations

import math
from typing import Final

from core.kernel import Records, kernel
from core.levels import edges

from .indicators import features_at
from .rules import ALLOW, FORCE_EXIT, verdicts

NO_LEVEL: Final = math.nan
EDGES: Final = edges(verdicts)
FALLING: Final = -1.0
RISING: Final = 1.0
HAIR: Final = 1e-9  # of the price: far enough to be on one side of an edge for sure, and nearer than any price step


@kernel
def levels(state: Records, event: Records, score: float, closing: bool) -> tuple[float, float]:
    """Stop and target of the open position; NaN where no rule in force has one.

    An edge that the price would fall to is a stop when the rules close the position behind it, one that it would rise
    to a target; of several the one that comes first counts. When the position is `closing`, the price may be past its
    level already: then an edge is where the rules close it on one side, and not on the other.
    """
    stop = NO_LEVEL
    target = NO_LEVEL
    e = event[0]
    if e.position <= 0.0:
        return stop, target
    per_entry = 1.0 / e.entry_price
    per_best = 1.0 / e.best_price
    for of_entry, of_best, amount in EDGES:
        price = of_entry * e.entry_price + of_best * e.best_price + amount
        if price <= 0.0:
            continue
        for way in (FALLING, RISING):
            if not closing and (price - e.price) * way < 0.0:
                continue
            if not forced(state, event, score, price * (1.0 + way * HAIR), per_entry, per_best):
                continue
            if closing and forced(state, event, score, price * (1.0 - way * HAIR), per_entry, per_best):
                continue
            if way < 0.0 and not stop >= price:
                stop = price
            if way > 0.0 and not target <= price:
                target = price
    return stop, target


@kernel
def forced(state: Records, event: Records, score: float, price: float, per_entry: float, per_best: float) -> bool:
    """Whether a rule in force would close the position at this price."""
    profit = price * per_entry - 1.0
    retreat = max(1.0 - price * per_best, 0.0)
    for verdict in (*verdicts(features_at(state, event, score, price, profit, retreat)), int(ALLOW)):
        if verdict == FORCE_EXIT:  # int(ALLOW): a bare () does not compile
            return True
    return False
