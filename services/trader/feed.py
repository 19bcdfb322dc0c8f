"""From the exchange's market to events: in order, without a gap, each once.

Trades carry consecutive numbers and bars consecutive times. When one is missing, after a lost connection or inside a
stream, what arrives of that pair is held back until the missing part was asked for over REST; then both are told in
order of time, marked as past, so that a strategy learns from them and nobody acts on them. What cannot be had is
counted as lost and told.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from core.errors import ExchangeError
from core.kernel import BAR, NANOSECONDS, QUOTE, TRADE
from core.tasks import start_task
from services.trader.exchanges.protocol import Exchange, Quote, Trade

REFILL_TRIES: Final = 4
REFILL_PAUSE_SECONDS: Final = 0.25
LONGEST_REFILL_PAUSE_SECONDS: Final = 5.0
REFILLS_AT_ONCE: Final = 4  # requests to the exchange side by side; each costs request weight
STALL_NS: Final = NANOSECONDS // 10  # a timer that comes later than so: the process stood still
LONGEST_RENEWAL_PERIODS: Final = 16  # times `stale_seconds`, between two renewals that did not help
FAR_AHEAD: Final = 100  # trades that seem to be missed: from here on the id is asked about before it is believed
STRANGE_REST_NS: Final = 10 * NANOSECONDS  # so long after a question about an id none like it is asked about
MOST_REFILLED: Final = 20_000  # trades of one pair; a longer silence starts the pair's flow anew


class Tick(NamedTuple):
    """One thing that happened in the market of one pair; what is not known is 0."""

    pair: int
    kind: int  # QUOTE, TRADE or BAR
    time_ns: int
    price: float
    bid: float = 0.0
    ask: float = 0.0
    bid_size: float = 0.0
    ask_size: float = 0.0
    buy_volume: float = 0.0
    sell_volume: float = 0.0
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    volume: float = 0.0


@dataclass(slots=True)
class PairFeed:
    """Where one pair's feed is."""

    symbol: str
    last_trade: int = 0  # id; 0 before the first
    last_trade_ns: int = 0  # the exchange's time of it
    strange_id: int = 0  # the lowest trade id that proved to be garbage, since the streams run; 0 before any
    asked_id_ns: int = 0  # monotonic clock of the last question about an id that cannot well be
    last_bar_ns: int = 0  # open of the last closed bar; 0 before the first
    bid: float = 0.0
    ask: float = 0.0
    heard_ns: int = 0  # monotonic clock of the last message, or of the streams' renewal when that is later
    spoke_ns: int = 0  # monotonic clock of the last message; of the first connection before any
    asked_ns: int = 0  # monotonic clock of the last price that was asked for because the pair was silent
    quoted: tuple[float, float, float, float] | None = None  # the stream's last Quote, as it came
    lost: int = 0  # trades that were missed and could not be had
    held: list[Tick] | None = None  # while a gap is refilled: what arrived meanwhile
    held_trades: list[Trade] = field(default_factory=list)
    held_bars: list[tuple[int, Tick]] = field(default_factory=list)  # with the time of their opening


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
    ) -> None:
        self.pairs = [PairFeed(symbol) for symbol in symbols]
        self.lost = 0  # trades that were missed and could not be had
        self.refilled = 0
        self.repeated = 0  # dropped: heard before
        self.connected = asyncio.Event()
        self._exchange = exchange
        self._timeframe, self._timeframe_ns = timeframe, timeframe_ns
        self._on_tick, self._on_fault = on_tick, on_fault
        self._stale_ns = int(stale_seconds * NANOSECONDS)
        self._patience_ns = self._stale_ns  # with streams that are silent on every pair
        self._renewed_ns = 0  # monotonic: when they were last renewed for it
        self._time_ns = 0  # the exchange's time, as last heard: quotes carry none of their own
        self._time_heard_ns = 0  # monotonic: when that was
        self._connections = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._gate = asyncio.Semaphore(REFILLS_AT_ONCE)
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
                self._hold(feed)
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
        tick = Tick(pair, QUOTE, self._now_ns(), 0.5 * (bid + ask), bid, ask, bid_size, ask_size)
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
        if self._time_ns:  # a market that says nothing has no time of its own: ours goes on from its last word
            self._hear_time(self._time_ns + feed.asked_ns - self._time_heard_ns)
        tick = Tick(pair, QUOTE, self._now_ns(), price, quote.bid, quote.ask, quote.bid_size, quote.ask_size)
        self._tell(feed, tick, feed.asked_ns)

    def on_trade(self, pair: int, received_ns: int, trade: Trade) -> None:
        """A trade; a repeated one is dropped, a missing one asked for."""
        feed = self.pairs[pair]
        feed.heard_ns = feed.spoke_ns = received_ns
        if feed.held is not None:
            feed.held_trades.append(trade)
        elif trade.trade_id == feed.last_trade + 1:
            self._follow(feed, trade)
            self._tell(feed, self._trade_tick(pair, trade), received_ns)
        elif repeats(feed, trade):
            self.repeated += 1
        elif known_garbage(feed, trade):
            return
        elif feed.last_trade:
            self._hold(feed)
            feed.held_trades.append(trade)
        else:
            self._follow(feed, trade)
            self._tell(feed, self._trade_tick(pair, trade), received_ns)

    def on_bar(
        self,
        pair: int,
        received_ns: int,
        open_ns: int,
        close_ns: int,
        prices: tuple[float, float, float, float],
        volume: float,
    ) -> None:
        """A closed bar; a repeated one is dropped, missing ones are asked for first."""
        feed = self.pairs[pair]
        feed.heard_ns = feed.spoke_ns = received_ns
        self._hear_time(close_ns)
        tick = self._bar_tick(pair, close_ns, prices, volume)
        if feed.held is not None:
            feed.held_bars.append((open_ns, tick))
        elif open_ns <= feed.last_bar_ns:
            self.repeated += 1
        elif feed.last_bar_ns and open_ns > feed.last_bar_ns + self._timeframe_ns:
            self._hold(feed)
            feed.held_bars.append((open_ns, tick))
        else:
            feed.last_bar_ns = open_ns
            self._tell(feed, tick, received_ns)

    # The past at the start --------------------------------------------------------------------------------------------

    async def load_history(self, bars: int) -> list[Tick]:
        """The last closed bars of every pair, as ticks in order of time; the feed goes on from there."""
        histories = await asyncio.gather(*(self._bars(feed, limit=bars) for feed in self.pairs)) if bars else []
        past = sorted((tick for history in histories for tick in history), key=lambda tick: (tick.time_ns, tick.pair))
        if past:
            self._hear_time(past[-1].time_ns)  # a market's own time, not this machine's
        return past

    async def close(self) -> None:
        """Stop asking."""
        self._watch.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # Gaps -------------------------------------------------------------------------------------------------------------

    def _hold(self, feed: PairFeed) -> None:
        if feed.held is None:
            feed.held = []
            self._start(self._refill(feed))

    async def _refill(self, feed: PairFeed) -> None:
        pair = self.pairs.index(feed)
        past: list[Tick] = []
        lost = feed.lost
        for attempt in range(REFILL_TRIES):
            try:
                async with self._gate:
                    await self._missed_trades(feed, pair, past)
                    if feed.last_bar_ns:
                        past += await self._bars(feed, limit=1000, start_ns=feed.last_bar_ns + self._timeframe_ns)
                break
            except ExchangeError as error:
                if attempt == REFILL_TRIES - 1:
                    self._on_fault("gap_not_refilled", feed.symbol, str(error))
                    break
                # The exchange is away or wants fewer requests; while a pair is held back nobody watches its losses.
                wanted = min(error.retry_after_seconds + REFILL_PAUSE_SECONDS, LONGEST_REFILL_PAUSE_SECONDS)
                await asyncio.sleep(max(REFILL_PAUSE_SECONDS * 2**attempt, wanted))
        self.refilled += len(past)
        await self._drop_garbage(feed)
        past += self._take(feed, pair, feed.held_trades) + self._held_bars(feed) + (feed.held or [])
        feed.held_trades.clear()
        if feed.lost > lost:
            self._on_fault("trades_lost", feed.symbol, f"{feed.lost - lost} trades cannot be had")
        feed.held = None
        for tick in sorted(past, key=lambda tick: tick.time_ns):
            self._emit(tick, time.monotonic_ns(), live=False)

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
                self._time_ns = max(max(pair.last_trade_ns, pair.last_bar_ns) for pair in self.pairs)
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
        for attempt in range(REFILL_TRIES - 1):
            await asyncio.sleep(REFILL_PAUSE_SECONDS * attempt)
            try:
                async with self._gate:
                    trades = await self._exchange.trades(feed.symbol, trade_id)
            except ExchangeError as error:
                return None if error.temporary else False
            if any(trade.trade_id >= trade_id for trade in trades):
                return True
        return False

    async def _missed_trades(self, feed: PairFeed, pair: int, ticks: list[Tick]) -> None:
        """Append the trades since the last one, until the held ones follow on without a gap or there are no more.

        Page by page: what came before an error is not asked for again.
        """
        while feed.last_trade and len(ticks) < MOST_REFILLED:
            fresh = self._take(feed, pair, await self._exchange.trades(feed.symbol, feed.last_trade + 1))
            ticks += fresh
            if not fresh or (feed.held_trades and not self._gap(feed)):
                break

    def _gap(self, feed: PairFeed) -> bool:
        """Whether a trade is missing before or among the held ones; the connection may break during a refill too."""
        last = feed.last_trade
        for trade in feed.held_trades:
            if trade.trade_id > last + 1:
                return True
            last = max(last, trade.trade_id)
        return False

    def _take(self, feed: PairFeed, pair: int, trades: Sequence[Trade]) -> list[Tick]:
        """The trades that are new, each once; what is still missing before them is lost."""
        ticks = []
        for trade in trades:
            if trade.trade_id <= feed.last_trade:
                self.repeated += 1
                feed.last_trade_ns = max(feed.last_trade_ns, trade.time_ns)
                continue
            missing = trade.trade_id - feed.last_trade - 1 if feed.last_trade else 0
            feed.lost += missing
            self.lost += missing
            self._follow(feed, trade)
            ticks.append(self._trade_tick(pair, trade))
        return ticks

    def _follow(self, feed: PairFeed, trade: Trade) -> None:
        """It is the pair's last trade now."""
        feed.last_trade, feed.last_trade_ns = trade.trade_id, trade.time_ns
        self._hear_time(trade.time_ns)

    def _held_bars(self, feed: PairFeed) -> list[Tick]:
        """The bars that closed during the refill and after what it brought. One behind a gap waits for the next gap."""
        ticks = []
        for open_ns, tick in feed.held_bars:
            if open_ns <= feed.last_bar_ns:
                self.repeated += 1
            elif not feed.last_bar_ns or open_ns == feed.last_bar_ns + self._timeframe_ns:
                feed.last_bar_ns = open_ns
                ticks.append(tick)
        feed.held_bars.clear()
        return ticks

    async def _bars(self, feed: PairFeed, *, limit: int, start_ns: int | None = None) -> list[Tick]:
        pair = self.pairs.index(feed)
        ticks = []
        for bar in await self._exchange.bars(feed.symbol, self._timeframe, limit=limit, start_ns=start_ns):
            open_ns = int(bar.time_ns)
            if open_ns > feed.last_bar_ns:
                feed.last_bar_ns = open_ns
                prices = (float(bar.open), float(bar.high), float(bar.low), float(bar.close))
                ticks.append(self._bar_tick(pair, open_ns + self._timeframe_ns - 1_000_000, prices, float(bar.volume)))
        return ticks

    # Ticks ------------------------------------------------------------------------------------------------------------

    def _tell(self, feed: PairFeed, tick: Tick, received_ns: int) -> None:
        if feed.held is not None:
            feed.held.append(tick)
        else:
            self._emit(tick, received_ns, live=True)

    def _emit(self, tick: Tick, received_ns: int, *, live: bool) -> None:
        if not plausible(tick):
            self.lost += 1
            self._on_fault("bad_price", self.pairs[tick.pair].symbol, f"{tick}")
            return
        self._on_tick(tick, received_ns, live)

    def _trade_tick(self, pair: int, trade: Trade) -> Tick:
        feed = self.pairs[pair]
        return Tick(
            pair,
            TRADE,
            trade.time_ns,
            trade.price,
            feed.bid,
            feed.ask,
            0.0,
            0.0,
            trade.buy_volume,
            trade.sell_volume,
        )

    def _bar_tick(self, pair: int, close_ns: int, prices: tuple[float, float, float, float], volume: float) -> Tick:
        feed = self.pairs[pair]
        opened, high, low, close = prices
        return Tick(pair, BAR, close_ns, close, feed.bid, feed.ask, open=opened, high=high, low=low, volume=volume)

    def _hear_time(self, time_ns: int) -> None:
        """The market's time is this, or later."""
        if time_ns >= self._time_ns:
            self._time_ns, self._time_heard_ns = time_ns, time.monotonic_ns()

    def _now_ns(self) -> int:
        return self._time_ns or self._exchange.clock.now_ns()

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
            self._start(self._exchange.renew_market(f"silent for {silent_ns / NANOSECONDS:.0f} s"))

    def _look_in(self, seconds: float) -> asyncio.TimerHandle:
        self._look_due_ns = time.monotonic_ns() + int(seconds * NANOSECONDS)
        return asyncio.get_running_loop().call_later(seconds, self._watch_silence)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = start_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def repeats(feed: PairFeed, trade: Trade) -> bool:
    """Whether a trade was heard before. One that is later than the last, or far behind it, contradicts its number."""
    if trade.trade_id > feed.last_trade:
        return False
    contradicts = trade.time_ns > feed.last_trade_ns or trade.trade_id < feed.last_trade - FAR_AHEAD
    return not contradicts or time.monotonic_ns() - feed.asked_id_ns < STRANGE_REST_NS


def known_garbage(feed: PairFeed, trade: Trade) -> bool:
    """Whether its number is like one that was asked about a moment ago, and was none."""
    far = 0 < feed.strange_id <= trade.trade_id and trade.trade_id > feed.last_trade + FAR_AHEAD
    return far and time.monotonic_ns() - feed.asked_id_ns < STRANGE_REST_NS


def plausible(tick: Tick) -> bool:
    """Whether a strategy may see it; one NaN in a running average would stay there. Quotes were looked at before."""
    if tick.kind == TRADE:
        return 0.0 < tick.price < math.inf and 0.0 <= tick.buy_volume < math.inf and 0.0 <= tick.sell_volume < math.inf
    if tick.kind == BAR:
        inside = 0.0 < tick.low <= tick.open <= tick.high < math.inf and tick.low <= tick.price <= tick.high
        return inside and 0.0 <= tick.volume < math.inf
    return True
