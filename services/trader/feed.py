"""From the exchange's market to events: in order, without a gap, each once.

Trades carry consecutive numbers and bars consecutive times. When one is missing, after a lost connection or inside a
stream, what arrives of that pair is held back until the missing part was asked for over REST (`refilling.py`); then
both are told in order of time, marked as past. What cannot be had is counted as lost and told.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from core.kernel import NANOSECONDS, QUOTE
from core.tasks import start_task
from services.trader.exchanges.protocol import Bar, Exchange, Quote, Trade
from services.trader.market_time import MarketTime
from services.trader.pair_feed import PairFeed
from services.trader.refilling import USUAL_EFFORT, Counts, Effort, Refilling
from services.trader.ticks import Tick, bar_tick, plausible, trade_tick

STALL_NS: Final = NANOSECONDS // 10  # a timer that comes later than so: the process stood still
LONGEST_RENEWAL_PERIODS: Final = 16  # times `stale_seconds`, between two renewals that did not help


class Feed:
    """Listens to the market and calls `on_tick(tick, received_ns, live)` in order; see MarketListener for its ears."""

    def __init__(
        self,
        exchange: Exchange,
        symbols: Sequence[str],
        timeframe: str,
        timeframe_ns: int,
        *,
        on_tick: Callable[[Tick, int, bool], None],
        on_fault: Callable[[str, str, str], None],
        stale_seconds: float,
        effort: Effort = USUAL_EFFORT,
    ) -> None:
        self.pairs = [PairFeed(number, symbol) for number, symbol in enumerate(symbols)]
        self.counts = Counts()
        self.time = MarketTime(exchange.clock)
        self.connected = asyncio.Event()
        self.refilling = Refilling(
            *(exchange, self.pairs, timeframe, timeframe_ns, self.counts, self.time, effort),
            emit=self._emit,
            on_fault=on_fault,
        )
        self._exchange, self._timeframe_ns = exchange, timeframe_ns
        self._on_tick, self._on_fault = on_tick, on_fault
        self._stale_ns = int(stale_seconds * NANOSECONDS)
        self._patience_ns = self._stale_ns  # with streams that are silent on every pair
        self._renewed_ns = 0  # monotonic: when they were last renewed for it
        self._connections = 0
        self._renewals: set[asyncio.Task[None]] = set()
        self._look_due_ns = 0  # monotonic: when the next look for silence is due
        self._watch = self._look_in(stale_seconds)

    # What the exchange tells ------------------------------------------------------------------------------------------

    def on_market_connected(self) -> None:
        """The streams run. After a loss everything that was missed is asked for."""
        self._connections += 1
        now = time.monotonic_ns()
        for feed in self.pairs:
            feed.heard_ns = now
            feed.strange_id = 0
            feed.spoke_ns = feed.spoke_ns or now
            if self._connections > 1:
                self.refilling.begin(feed)
        self.connected.set()

    def on_market_lost(self, reason: str) -> None:
        """The streams broke."""
        self.connected.clear()
        self._on_fault("feed_lost", "market", reason)

    def on_quote(self, pair: int, received_ns: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        """Best bid and ask; one that is crossed, empty or not a number is no price and is left out."""
        feed = self.pairs[pair]
        feed.heard_ns = feed.spoke_ns = received_ns
        feed.quoted = (bid, bid_size, ask, ask_size)
        if not (0.0 < bid <= ask < math.inf and 0.0 <= bid_size < math.inf and 0.0 <= ask_size < math.inf):
            return
        feed.bid, feed.ask = bid, ask
        tick = Tick(pair, QUOTE, self.time.now_ns(), 0.5 * (bid + ask), bid, ask, bid_size, ask_size)
        self._tell(feed, tick, received_ns)

    def on_asked(self, pair: int, quote: Quote, price: float) -> None:
        """The price of a silent pair, as the exchange answered; an event like a quote, which all that hear it act on.

        It does not count as heard: an entry needs a price that the stream told.
        """
        feed = self.pairs[pair]
        feed.asked_ns = time.monotonic_ns()
        if not quote.is_market:
            quote = Quote(0.0, 0.0, 0.0, 0.0)
        feed.bid, feed.ask = quote.bid, quote.ask
        self.time.go_on(feed.asked_ns)
        tick = Tick(pair, QUOTE, self.time.now_ns(), price, quote.bid, quote.ask, quote.bid_size, quote.ask_size)
        self._tell(feed, tick, feed.asked_ns)

    def on_trade(self, pair: int, received_ns: int, trade: Trade) -> None:
        """A trade; a repeated one is dropped, a missing one asked for."""
        feed = self.pairs[pair]
        feed.heard_ns = feed.spoke_ns = received_ns
        if feed.held is not None:
            feed.held_trades.append(trade)
        elif trade.trade_id == feed.last_trade + 1:
            self._follow(feed, trade, received_ns)
        elif feed.repeats(trade):
            self.counts.repeated += 1
        elif feed.knows_as_garbage(trade):
            return
        elif feed.last_trade:
            self.refilling.begin(feed)
            feed.held_trades.append(trade)
        else:
            self._follow(feed, trade, received_ns)

    def on_bar(self, pair: int, received_ns: int, bar: Bar) -> None:
        """A closed bar; a repeated one is dropped, missing ones are asked for first."""
        feed = self.pairs[pair]
        feed.heard_ns = feed.spoke_ns = received_ns
        self.time.hear(bar.close_ns)
        tick = bar_tick(pair, feed.bid, feed.ask, bar)
        if feed.held is not None:
            feed.held_bars.append((bar.open_ns, tick))
        elif bar.open_ns <= feed.last_bar_ns:
            self.counts.repeated += 1
        elif feed.last_bar_ns and bar.open_ns > feed.last_bar_ns + self._timeframe_ns:
            self.refilling.begin(feed)
            feed.held_bars.append((bar.open_ns, tick))
        else:
            feed.last_bar_ns = bar.open_ns
            self._tell(feed, tick, received_ns)

    # The past at the start, and the end -------------------------------------------------------------------------------

    async def load_history(self, bars: int) -> list[Tick]:
        """The last closed bars of every pair, as ticks in order of time; the feed goes on from there."""
        if not bars:
            return []
        histories = await asyncio.gather(*(self.refilling.bars(feed, limit=bars) for feed in self.pairs))
        past = sorted((tick for history in histories for tick in history), key=lambda tick: (tick.time_ns, tick.pair))
        if past:
            self.time.hear(past[-1].time_ns)  # a market's own time, not this machine's
        return past

    async def older_bars(self, counts: Sequence[int], before_ns: Sequence[int]) -> list[Tick]:
        """Of each pair so many bars before the one that closed at that time; nothing of a pair that has none (0)."""
        wanted = zip(self.pairs, before_ns, counts, strict=True)
        asked = (self.refilling.bars_before(feed, closed_ns, count) for feed, closed_ns, count in wanted if closed_ns)
        return [tick for older in await asyncio.gather(*asked) for tick in older]

    async def load_longer_bars(self, timeframe: str, count: int) -> list[Tick]:
        """The last closed bars of a longer timeframe of every pair; its length in seconds is their kind."""
        asked = (self.refilling.longer_bars(feed, timeframe, count) for feed in self.pairs)
        return [tick for bars in await asyncio.gather(*asked) for tick in bars]

    async def older_longer_bars(self, timeframe: str, counts: Sequence[int], before_ns: Sequence[int]) -> list[Tick]:
        """Of each pair so many of these before the one that closed at that time, as `older_bars` has them."""
        wanted = zip(self.pairs, before_ns, counts, strict=True)
        asked = (
            self.refilling.longer_bars(feed, timeframe, count, closed_ns)
            for feed, closed_ns, count in wanted
            if closed_ns and count > 0
        )
        return [tick for bars in await asyncio.gather(*asked) for tick in bars]

    async def close(self) -> None:
        """Stop asking."""
        self._watch.cancel()
        await self.refilling.close()
        for task in self._renewals:
            task.cancel()
        await asyncio.gather(*self._renewals, return_exceptions=True)

    # Ticks ------------------------------------------------------------------------------------------------------------

    def _follow(self, feed: PairFeed, trade: Trade, received_ns: int) -> None:
        self.refilling.follow(feed, trade)
        self._tell(feed, trade_tick(feed.number, feed.bid, feed.ask, trade), received_ns)

    def _tell(self, feed: PairFeed, tick: Tick, received_ns: int) -> None:
        if feed.held is not None:
            feed.held.append(tick)
        else:
            self._emit(tick, received_ns, True)

    def _emit(self, tick: Tick, received_ns: int, live: bool) -> None:
        if not plausible(tick):
            self.counts.lost += 1
            self._on_fault("bad_price", self.pairs[tick.pair].symbol, f"{tick}")
            return
        self._on_tick(tick, received_ns, live)

    # Silence ----------------------------------------------------------------------------------------------------------

    def _watch_silence(self) -> None:
        """Renew streams that are open and silent on every pair; told by a timer, because silence is no event."""
        now = time.monotonic_ns()
        late = now - self._look_due_ns > max(self._stale_ns // 4, STALL_NS)
        self._watch = self._look_in(self._stale_ns / NANOSECONDS / 2)
        if late:
            return  # this process stood still: what came meanwhile lies in the sockets, and is read before we look
        if max(feed.spoke_ns for feed in self.pairs) > self._renewed_ns:
            self._patience_ns = self._stale_ns
        silent_ns = now - max(feed.heard_ns for feed in self.pairs)
        if self.connected.is_set() and silent_ns > self._patience_ns:
            # What a renewal did not mend, the next one will hardly mend: a market may be halted or closed.
            self._patience_ns = min(self._patience_ns * 2, LONGEST_RENEWAL_PERIODS * self._stale_ns)
            self._renewed_ns = now
            renewal = start_task(self._exchange.renew_market(f"silent for {silent_ns / NANOSECONDS:.0f} s"))
            self._renewals.add(renewal)
            renewal.add_done_callback(self._renewals.discard)

    def _look_in(self, seconds: float) -> asyncio.TimerHandle:
        self._look_due_ns = time.monotonic_ns() + int(seconds * NANOSECONDS)
        return asyncio.get_running_loop().call_later(seconds, self._watch_silence)
