"""More of the past for a release that wants more than was fetched at the start: older bars, put before the tape.

An exchange gives a page at a time. What is put before the tape never was an event of this run, so it has numbers below
the first one, which is 1; only a host that starts later sees it.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.kernel import EVENT_WIRE
from core.zone import Clock
from services.trader.cycle import NO_ADVICE
from services.trader.feed import Feed
from services.trader.tape import Tape
from services.trader.ticks import Tick, plausible

FLAT = (0.0, 0.0, 0.0, 0, 0)  # size, entry price, best price, and when it was opened and closed
NO_DRAWDOWN = 0.0


class Deepening:
    """Knows how far back the tape of one trader goes."""

    def __init__(self, feed: Feed, tape: Tape, zone: Clock) -> None:
        self._feed, self._tape, self._zone = feed, tape, zone

    async def deepen(self, bars: int) -> None:
        """Have that many bars of each pair, or all that the exchange has. Raises ExchangeError when it does not say."""
        if bars <= self._tape.bars_per_pair:
            return
        older = await self._feed.older_bars(
            [bars - count for count in self._tape.bars_of_pairs], self._tape.oldest_bars
        )
        self._tape.bars_per_pair = bars
        self._put_before(sorted(filter(plausible, older), key=lambda tick: (tick.time_ns, tick.pair)))

    def _put_before(self, ticks: Sequence[Tick]) -> None:
        first = self._tape.first_sequence - len(ticks)
        entries = []
        for sequence, tick in enumerate(ticks, first):
            clock = self._zone.offset_s(tick.time_ns)
            about = (sequence, tick.time_ns, tick.pair, tick.kind, *tick[3:])
            event = EVENT_WIRE.pack(*about, *FLAT, NO_DRAWDOWN, NO_ADVICE, clock)
            entries.append((tick.pair, sequence, event))
        self._tape.put_before(entries)
