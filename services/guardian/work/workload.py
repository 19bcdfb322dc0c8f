"""The events on which work is counted: the same for every strategy, so that what is counted can be kept.

One pair has seen 100,000 bars before, one a few thousand, one none. Then come a stretch of live events, with positions
and advice drawn anew for each so that all that a strategy has to say about them is said, and events that only chance
comes to: giants in the book, jumps, gaps, several at one instant.
"""

from __future__ import annotations

import functools
import hashlib
from typing import Final, NamedTuple

import numpy as np

from core.kernel import BAR, NANOSECONDS, Records
from services.guardian.fuzz import draw_positions, fuzz, generator
from services.guardian.made import QUARTER_NS, rehearsal

SEED: Final = "sorte work 1"
"""Another text is another workload: what was counted before cannot be compared."""
PAIRS: Final = 3
BLOCK_BARS: Final = 500
AGES: Final = (200, 6, 0)
"""By pair, how many times this block of bars has passed before."""
LIVE: Final = 720
"""Of the newest live events: sixteen bars of each pair."""
CHANCE: Final = 480
TABLE_CELLS: Final = 1_000_000


class Ageing(NamedTuple):
    """Bars of one pair, that come `rounds` times, each time by `span_ns` later."""

    events: bytes
    rounds: int
    span_ns: int


class Workload(NamedTuple):
    """What was before, and what is counted: EVENT[n]."""

    before: tuple[Ageing, ...]
    events: Records

    @property
    def digest(self) -> str:
        """SHA-256 of all that it is."""
        found = hashlib.sha256(self.events.tobytes())
        for ageing in self.before:
            found.update(repr((ageing.rounds, ageing.span_ns)).encode() + ageing.events)
        return found.hexdigest()


@functools.cache
def workload() -> Workload:
    """The one that there is."""
    live: Records = rehearsal().events[-LIVE:].copy()
    draw_positions(live, generator(SEED, "positions"))
    chance: Records = fuzz(SEED, CHANCE, PAIRS).events.copy()
    later = int(live["time_ns"][-1]) - int(chance["time_ns"][0]) + 60 * NANOSECONDS
    for name in ("time_ns", "entry_ns", "exit_ns"):
        chance[name] += np.where(chance[name] > 0, later, 0)
    events: Records = np.concatenate([live, chance])
    events["sequence"] = np.arange(1, len(events) + 1)
    until_ns = int(live["time_ns"][0])
    return Workload(tuple(_ageing(pair, rounds, until_ns) for pair, rounds in enumerate(AGES) if rounds), events)


def _ageing(pair: int, rounds: int, until_ns: int) -> Ageing:
    made = rehearsal().events
    bars: Records = made[(made["pair"] == pair) & (made["kind"] == BAR)][:BLOCK_BARS].copy()
    span_ns = len(bars) * QUARTER_NS
    bars["time_ns"] += until_ns - rounds * span_ns - int(bars["time_ns"][0])
    return Ageing(bars.tobytes(), rounds, span_ns)


def table_of(rows: int, columns: int) -> bytes:
    """A Q-table of that shape in which most cells have something to say; empty when there is none of such a shape."""
    if not 0 < rows * columns <= TABLE_CELLS:
        return b""
    chance = generator(SEED, "table")
    return (chance.normal(size=(rows, columns)) * (chance.random((rows, 1)) > 0.2)).tobytes()
