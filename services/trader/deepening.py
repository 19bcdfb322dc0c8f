"""More of the past for a release that wants more than was fetched at the start: older bars, put before the tape.

An exchange gives a page at a time. What is put before the tape never was an event of this run, so it has numbers below
the first one, which is 1; only a host that starts later sees it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from core.indicator_kinds import TIMEFRAMES
from core.kernel import EVENT_WIRE
from core.zone import Clock
from services.trader.cycle import NO_ADVICE
from services.trader.feed import Feed
from services.trader.tape import Tape
from services.trader.ticks import Tick, plausible

AT_ONCE: Final = 200  # events are made without a look at what else there is to do
FLAT: Final = (0.0, 0.0, 0.0, 0, 0)  # size, entry price, best price, and when it was opened and closed
NO_DRAWDOWN: Final = 0.0
NO_LONGER: Final[Mapping[str, int]] = MappingProxyType({})


class Deepening:
    """Knows how far back the tape of one trader goes."""

    def __init__(self, feed: Feed, tape: Tape, zone: Clock) -> None:
        self._feed, self._tape, self._zone = feed, tape, zone
        self._bars = 0  # of each pair that were asked for

    async def begin(self, bars: int, longer: Mapping[str, int] = NO_LONGER) -> list[Tick]:
        """The bars that a run begins with, in order of time, for the tape to keep. Raises ExchangeError.

        `longer`: how many of each longer timeframe, which are put before all others.
        """
        self._bars = self._tape.bars_per_pair = bars
        ticks = await self._feed.load_history(bars)
        for timeframe, count in longer.items():
            self._tape.longer.begin(TIMEFRAMES[timeframe], await self._longer(timeframe, count), ())
        return ticks

    async def deepen(self, bars: int, longer: Mapping[str, int] = NO_LONGER) -> None:
        """Have that many bars of each pair, or all that the exchange has. Raises ExchangeError when it does not say."""
        await self._deepen(bars)
        for timeframe, count in longer.items():
            seconds, tape = TIMEFRAMES[timeframe], self._tape
            known = tape.longer.known(seconds)
            if not known:
                fetched = await self._longer(timeframe, count)
                tape.longer.begin(seconds, fetched, tape.bars)
            elif any(there < count for there, _ in known):
                counts, oldest = [count - there for there, _ in known], [closed_ns for _, closed_ns in known]
                older = await self._feed.older_longer_bars(timeframe, counts, oldest)
                tape.longer.put_before(seconds, self._packed(older))

    async def _longer(self, timeframe: str, count: int) -> list[bytes]:
        return self._packed(await self._feed.load_longer_bars(timeframe, count))

    def _packed(self, ticks: Iterable[Tick]) -> list[bytes]:
        ordered = sorted(filter(plausible, ticks), key=lambda tick: (tick.time_ns, tick.pair))
        return [self._entry(0, tick)[2] for tick in ordered]

    async def _deepen(self, bars: int) -> None:
        if bars <= self._bars:
            return
        self._tape.bars_per_pair = bars  # before it is asked: none that is there may go meanwhile
        older = await self._feed.older_bars(
            [bars - count for count in self._tape.bars_of_pairs], self._tape.oldest_bars
        )
        ticks = sorted(filter(plausible, older), key=lambda tick: (tick.time_ns, tick.pair))
        entries = []
        for number, tick in enumerate(ticks):
            entries.append(self._entry(self._tape.first_sequence - len(ticks) + number, tick))
            if not number % AT_ONCE:
                await asyncio.sleep(0)  # the loop trades meanwhile
        self._tape.put_before(entries)
        self._bars = bars

    def _entry(self, sequence: int, tick: Tick) -> tuple[int, int, bytes]:
        about = (sequence, tick.time_ns, tick.pair, tick.kind, *tick[3:])
        event = EVENT_WIRE.pack(*about, *FLAT, NO_DRAWDOWN, NO_ADVICE, self._zone.offset_s(tick.time_ns))
        return tick.pair, sequence, event
