"""The same market, begun with one event of each kind more: what repeats with the number of events shows.

Every pair's first bar, quote and trade come twice. From then on all counters are one further, rings stand one place
further round, and all that forgets has forgotten. What then differs in the second half and falls into a few remainders
of the number of bars, quotes or trades is no drift of an average.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from core.kernel import BAR, HOLD, QUOTE, TRADE, Records

KINDS: Final = (BAR, QUOTE, TRADE)
LONGEST: Final = 400
"""Events after which something may repeat."""
CHANCE: Final = 1e-6
"""How likely it may be that what differs falls into two remainders by chance."""
FEWEST: Final = 4
MOST_OF: Final = 1 / 3
"""Of what is bought and sold: what differs so often does not drift."""


class Repeat(NamedTuple):
    """So many of all decisions differ, first when a pair has seen so many events of a kind."""

    changed: int
    total: int
    first: int


def twice_begun(events: Records) -> tuple[Records, np.ndarray]:
    """The events with the first of each pair and kind twice, and where each of them is there."""
    seen, again = set(), []
    for at, key in enumerate(zip(events["pair"].tolist(), events["kind"].tolist(), strict=True)):
        if key not in seen:
            again.append(at)
            seen.add(key)
    repeats = np.ones(len(events), np.int64)
    repeats[again] = 2
    places = np.cumsum(repeats) - 1
    return np.repeat(events, repeats), places


def find_repeat(events: Records, one: Records, other: Records, since: int) -> Repeat | None:
    """What repeats, in decisions on the same events from place `since` on, with counters that are one apart."""
    differ = (one["action"] != other["action"]) | (one["rule"] != other["rule"])
    acts = (one["action"] != HOLD) | (other["action"] != HOLD)
    differ[:since] = acts[:since] = False
    if differ.sum() < FEWEST:
        return None
    told = Repeat(int(differ.sum()), len(events) - since, 0)
    for counts in counted(events):
        places = np.unique(np.stack([events["pair"][differ], counts[differ]]), axis=1)
        first = int(counts[differ].min())
        if differ.sum() > MOST_OF * acts.sum() or any(falls_together(places[1], turn) for turn in range(3, LONGEST)):
            return told._replace(first=first)
    return None


def counted(events: Records) -> Iterator[np.ndarray]:
    """For each event, how many of a kind its pair has seen with it; for each kind."""
    for kind in KINDS:
        counts = np.zeros(len(events), np.int64)
        for pair in np.unique(events["pair"]):
            own = events["pair"] == pair
            counts[own] = np.cumsum(events["kind"][own] == kind)
        yield counts


def falls_together(counts: np.ndarray, turn: int) -> bool:
    """Whether numbers of events have at most two remainders, and chance would not bring that."""
    if len(counts) < FEWEST or len(np.unique(counts % turn)) > 2:
        return False
    pairs = turn * (turn - 1) / 2
    return math.log(pairs) + len(counts) * math.log(2 / turn) < math.log(CHANCE)
