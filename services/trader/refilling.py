"""Gaps in a pair's feed: what is missing is asked for over REST, and told in order with what arrived meanwhile.

All of it is told as past: a strategy learns from it, and nobody acts on it. What cannot be had is counted as lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.errors import ExchangeError
from core.indicator_kinds import TIMEFRAMES
from core.kernel import NANOSECONDS, Records
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS
from core.tasks import start_task
from services.trader.exchanges.protocol import Bar, Exchange, Trade
from services.trader.market_time import MarketTime
from services.trader.pair_feed import FAR_AHEAD, PairFeed
from services.trader.ticks import Tick, bar_tick, trade_tick

BARS_A_PAGE: Final = 999  # closed ones; exchanges give a thousand, and the last may still be open
REFILLS_AT_ONCE: Final = 4  # requests to the exchange side by side; each costs request weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What is done to get what was missed."""

    tries: int = 4  # questions that fail before what is missing is given up
    pause_seconds: float = 0.25  # after the first of them; each is twice the one before it
    longest_pause_seconds: float = 5.0  # that an exchange which wants fewer requests is granted
    most: int = 20_000  # trades of one pair; a longer silence starts the pair's flow anew


USUAL_EFFORT: Final = Effort()


@dataclass(slots=True)
class Counts:
    """What became of the market's events."""

    lost: int = 0  # trades that were missed and could not be had, and events that no strategy may see
    refilled: int = 0
    repeated: int = 0  # dropped: heard before


class Refilling:
    """Refills each pair by itself. `emit(tick, received_ns, live=False)` hears what is told at the end of a gap."""

    def __init__(
        self,
        exchange: Exchange,
        pairs: Sequence[PairFeed],
        timeframe: str,
        timeframe_ns: int,
        counts: Counts,
        market_time: MarketTime,
        effort: Effort,
        *,
        emit: Callable[[Tick, int, bool], None],
        on_fault: Callable[[str, str, str], None],
    ) -> None:
        self._exchange, self._pairs = exchange, pairs
        self._timeframe, self._timeframe_ns = timeframe, timeframe_ns
        self._counts, self._time, self._effort = counts, market_time, effort
        self._emit, self._on_fault = emit, on_fault
        self._gate = asyncio.Semaphore(REFILLS_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, feed: PairFeed) -> None:
        """Hold back what arrives of a pair from now on, and ask for what is missing."""
        if feed.held is None:
            feed.held = []
            task = start_task(self.refill(feed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def follow(self, feed: PairFeed, trade: Trade) -> None:
        """It is the pair's last trade now."""
        feed.last_trade, feed.last_trade_ns = trade.trade_id, trade.time_ns
        self._time.hear(trade.time_ns)

    async def bars(self, feed: PairFeed, *, limit: int, start_ns: int | None = None) -> list[Tick]:
        """The closed bars that are new, oldest first; the feed goes on from the last."""
        rows = await self._exchange.bars(feed.symbol, self._timeframe, limit=min(limit, BARS_A_PAGE), start_ns=start_ns)
        older: list[Records] = []
        if start_ns is None and len(rows) == BARS_A_PAGE < limit:
            older = await self._pages_before(feed, int(rows[0].time_ns), limit - BARS_A_PAGE)
        ticks = []
        for row in (row for page in (*older, rows) for row in page):
            if int(row.time_ns) > feed.last_bar_ns:
                feed.last_bar_ns = int(row.time_ns)
                ticks.append(self._bar_tick(feed, row))
        return ticks

    async def bars_before(self, feed: PairFeed, close_ns: int, count: int) -> list[Tick]:
        """So many bars before the one that closed then, or all that the exchange has; oldest first."""
        open_ns = close_ns + CLOSE_BEFORE_NEXT_OPEN_NS - self._timeframe_ns
        ticks: list[Tick] = []
        for page in await self._pages_before(feed, open_ns, count):
            ticks += [self._bar_tick(feed, row) for row in page]
            await asyncio.sleep(0)  # the loop trades meanwhile
        return ticks

    async def longer_bars(self, feed: PairFeed, timeframe: str, count: int, before_ns: int = 0) -> list[Tick]:
        """So many closed bars of a longer timeframe, the last ones or those before one that closed then."""
        seconds = TIMEFRAMES[timeframe]
        length_ns = seconds * NANOSECONDS
        if before_ns:
            pages = await self._pages_before(
                feed, before_ns + CLOSE_BEFORE_NEXT_OPEN_NS - length_ns, count, timeframe, length_ns
            )
        else:
            async with self._gate:
                pages = [await self._exchange.bars(feed.symbol, timeframe, limit=min(count, BARS_A_PAGE))]
            if len(pages[0]) == BARS_A_PAGE < count:
                first_ns, left = int(pages[0][0].time_ns), count - BARS_A_PAGE
                pages = [*await self._pages_before(feed, first_ns, left, timeframe, length_ns), *pages]
        ticks = []
        for page in pages:
            ticks += [self._bar_tick(feed, row, length_ns)._replace(kind=seconds) for row in page]
            await asyncio.sleep(0)  # the loop trades meanwhile
        return ticks

    async def _pages_before(
        self, feed: PairFeed, open_ns: int, count: int, timeframe: str = "", length_ns: int = 0
    ) -> list[Records]:
        """Page after page into the past, until there are so many, or a page without any; own bars if none are said."""
        timeframe, length_ns = timeframe or self._timeframe, length_ns or self._timeframe_ns
        pages: list[Records] = []
        while count > 0:
            asked = min(count, BARS_A_PAGE)
            async with self._gate:
                start_ns = open_ns - asked * length_ns
                page = await self._exchange.bars(feed.symbol, timeframe, limit=asked, start_ns=start_ns)
            page = page[page["time_ns"] < open_ns]
            if not len(page):
                break
            pages.insert(0, page)
            open_ns, count = int(page[0].time_ns), count - len(page)
        return pages

    def _bar_tick(self, feed: PairFeed, row: Any, length_ns: int = 0) -> Tick:
        """A closed bar of the past; one of the own if no length is said."""
        close_ns = int(row.time_ns) + (length_ns or self._timeframe_ns) - CLOSE_BEFORE_NEXT_OPEN_NS
        prices = (float(row.open), float(row.high), float(row.low), float(row.close))
        bar = Bar(int(row.time_ns), close_ns, *prices, float(row.volume))
        return bar_tick(feed.number, feed.bid, feed.ask, bar)

    async def refill(self, feed: PairFeed) -> None:
        """Ask for what is missing, and tell it with what was held back."""
        past: list[Tick] = []
        lost, effort = feed.lost, self._effort
        for attempt in range(effort.tries):
            try:
                async with self._gate:
                    await self._missed_trades(feed, past)
                    if feed.last_bar_ns:
                        past += await self.bars(feed, limit=1000, start_ns=feed.last_bar_ns + self._timeframe_ns)
                break
            except ExchangeError as error:
                if attempt == effort.tries - 1:
                    self._on_fault("gap_not_refilled", feed.symbol, str(error))
                    break
                # The exchange is away or wants fewer requests; while a pair is held back nobody watches its losses.
                wanted = min(error.retry_after_seconds + effort.pause_seconds, effort.longest_pause_seconds)
                await asyncio.sleep(max(effort.pause_seconds * 2**attempt, wanted))
        self._counts.refilled += len(past)
        await self._drop_garbage(feed)
        past += self._take(feed, feed.held_trades) + self._held_bars(feed) + (feed.held or [])
        feed.held_trades.clear()
        if feed.lost > lost:
            self._on_fault("trades_lost", feed.symbol, f"{feed.lost - lost} trades cannot be had")
        feed.held = None
        for tick in sorted(past, key=lambda tick: tick.time_ns):
            self._emit(tick, time.monotonic_ns(), False)

    async def _missed_trades(self, feed: PairFeed, ticks: list[Tick]) -> None:
        """Append the trades since the last one, until the held ones follow on without a gap or there are no more.

        Page by page: what came before an error is not asked for again.
        """
        while feed.last_trade and len(ticks) < self._effort.most:
            fresh = self._take(feed, await self._exchange.trades(feed.symbol, feed.last_trade + 1))
            ticks += fresh
            if not fresh or (feed.held_trades and not feed.has_gap):
                break

    def _take(self, feed: PairFeed, trades: Sequence[Trade]) -> list[Tick]:
        """The trades that are new, each once; what is still missing before them is lost."""
        ticks = []
        for trade in trades:
            if trade.trade_id <= feed.last_trade:
                self._counts.repeated += 1
                feed.last_trade_ns = max(feed.last_trade_ns, trade.time_ns)
                continue
            missing = trade.trade_id - feed.last_trade - 1 if feed.last_trade else 0
            feed.lost += missing
            self._counts.lost += missing
            self.follow(feed, trade)
            ticks.append(trade_tick(feed.number, feed.bid, feed.ask, trade))
        return ticks

    def _held_bars(self, feed: PairFeed) -> list[Tick]:
        """The bars that closed during the refill and after what it brought. One behind a gap waits for the next gap."""
        ticks = []
        for open_ns, tick in feed.held_bars:
            if open_ns <= feed.last_bar_ns:
                self._counts.repeated += 1
            elif not feed.last_bar_ns or open_ns == feed.last_bar_ns + self._timeframe_ns:
                feed.last_bar_ns = open_ns
                ticks.append(tick)
        feed.held_bars.clear()
        return ticks

    # Numbers that cannot well be --------------------------------------------------------------------------------------

    async def _drop_garbage(self, feed: PairFeed) -> None:
        """Ask about ids that cannot well be: one that is far ahead would make all that come after it look like repeats.

        An id that the exchange has not reached is garbage, and so is what was taken for the last one when it has not
        reached that. Without an answer a far one is left out: the next trade raises the question again.
        """
        found = await self._first_garbage(feed)
        if found:
            feed.held_trades = [trade for trade in feed.held_trades if trade.trade_id < found]
        newest = max((trade.trade_id for trade in feed.held_trades), default=feed.last_trade)
        if newest < feed.last_trade:
            feed.asked_id_ns = time.monotonic_ns()
            if await self._reached(feed, feed.last_trade) is False:
                found = feed.last_trade
                feed.last_trade = feed.last_trade_ns = 0
                self._time.correct(max(max(pair.last_trade_ns, pair.last_bar_ns) for pair in self._pairs))
        if not found:
            return
        feed.asked_id_ns = time.monotonic_ns()
        if not feed.strange_id:
            told = f"trade {found}: the exchange has not traded so often; this number and others like it are left out"
            self._on_fault("strange_trade", feed.symbol, told)
        feed.strange_id = min(found, feed.strange_id or found)

    async def _first_garbage(self, feed: PairFeed) -> int:
        """The lowest held id that is far ahead of what is before it, and that the exchange has not reached; 0: none."""
        last = feed.last_trade
        for trade_id in sorted(trade.trade_id for trade in feed.held_trades):
            if last and trade_id > last + FAR_AHEAD and not await self._reached(feed, trade_id):
                return trade_id
            last = max(last, trade_id)
        return 0

    async def _reached(self, feed: PairFeed, trade_id: int) -> bool | None:
        """Whether the exchange has traded as often; None when it does not say. Answers may lag behind streams."""
        for attempt in range(self._effort.tries - 1):
            await asyncio.sleep(self._effort.pause_seconds * attempt)
            try:
                async with self._gate:
                    trades = await self._exchange.trades(feed.symbol, trade_id)
            except ExchangeError as error:
                return None if error.temporary else False
            if any(trade.trade_id >= trade_id for trade in trades):
                return True
        return False
