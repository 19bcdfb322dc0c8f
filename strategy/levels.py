"""The prices at which the rules in force will close the position: declared now, kept by whoever watches the price."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from core.kernel import Records, kernel
from core.levels import edges

from .indicators import features_at
from .rules import ALLOW, FORCE_EXIT, verdicts
from .state import Features

NO_LEVEL: Final = math.nan
EDGES: Final = edges(verdicts)
FALLING: Final = -1.0
RISING: Final = 1.0
HAIR: Final = 1e-9  # of the price: far enough to be on one side of an edge for sure, and nearer than any price step


class Scale(NamedTuple):
    """The reciprocals of two prices: one division of each for all edges."""

    per_entry: float
    per_best: float


@kernel
def levels(state: Records, event: Records, score: float, closing: bool) -> tuple[float, float]:
    """Stop and target of the open position; NaN where no rule in force has one.

    An edge that the price would fall to is a stop when the rules close the position behind it, one that it would rise
    to a target; of several the one that comes first counts. When the position is `closing`, the price may be past its
    level already, and the rules may close it everywhere: then an edge is where one of them changes its mind.
    """
    stop = NO_LEVEL
    target = NO_LEVEL
    e = event[0]
    if e.position <= 0.0:
        return stop, target
    scale = Scale(1.0 / e.entry_price, 1.0 / e.best_price)
    for of_entry, of_best, amount in EDGES:
        price = of_entry * e.entry_price + of_best * e.best_price + amount
        if price <= 0.0:
            continue
        for way in (FALLING, RISING):
            behind = price * (1.0 + way * HAIR)
            if closing:
                if not turns(state, event, score, price * (1.0 - way * HAIR), behind, scale):
                    continue
            elif (price - e.price) * way < 0.0 or not closes(state, event, score, behind, scale):
                continue
            if way < 0.0 and not stop >= price:
                stop = price
            if way > 0.0 and not target <= price:
                target = price
    return stop, target


@kernel
def world(state: Records, event: Records, score: float, price: float, scale: Scale) -> Features:
    """What the rules would see at this price."""
    profit = price * scale.per_entry - 1.0
    retreat = max(1.0 - price * scale.per_best, 0.0)
    return features_at(state, event, score, price, profit, retreat)


@kernel
def closes(state: Records, event: Records, score: float, price: float, scale: Scale) -> bool:
    """Whether a rule in force would close the position at this price."""
    found = False
    for verdict in (*verdicts(world(state, event, score, price, scale)), int(ALLOW)):  # a bare () does not compile
        if verdict == FORCE_EXIT:
            found = True
    return found


@kernel
def turns(state: Records, event: Records, score: float, before: float, behind: float, scale: Scale) -> bool:
    """Whether a rule in force would close the position behind an edge and would not before it."""
    there = (*verdicts(world(state, event, score, behind, scale)), int(ALLOW))
    here = (*verdicts(world(state, event, score, before, scale)), int(ALLOW))
    found = False
    for i in range(len(there)):
        if there[i] == FORCE_EXIT and here[i] != FORCE_EXIT:
            found = True
    return found
