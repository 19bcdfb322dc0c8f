"""The market: takes the price source's moves when they are due, and tells the matching engine and the listeners.

The order within one move is fixed: bars that are over are closed, then the quote moves and may fill resting orders,
then the trade meets resting orders and what is left of it is printed, then the stops that were reached act. Time never
runs backwards, also when an order's own trade is later than a move that was due but not yet played.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from typing import Final, Protocol

from services.simulator.book import Book
from services.simulator.clock import MarketClock
from services.simulator.grid import Grid
from services.simulator.intervals import MINUTE_MS
from services.simulator.kept import KeptMarket
from services.simulator.settings import SimSettings
from services.simulator.sources import Move, PriceSource
from services.simulator.stops import Stops
from services.simulator.tape import Tape, Trade

PUMP_SECONDS: Final = 0.002
"""Moves that are due within this wall-clock time are played together; at 5,000 events/s that is ten for one wake-up."""
PUMP_MOVES: Final = 500
"""After so many moves in a row the loop gets a turn, so that catching up never starves the clients."""
BARS_SECONDS: Final = 1.0
"""Wall clock between two updates of the bars that are still open."""


class PairMarket:
    """The state of one pair."""

    def __init__(self, index: int, grid: Grid, typical_lots: int) -> None:
        self.index = index
        self.grid = grid
        self.symbol = grid.pair.symbol
        self.book = Book(typical_lots)
        self.stops = Stops()
        self.tape = Tape()
        self.halted = ""
        """The status in which nobody trades, HALT or BREAK; empty while it trades."""
        self.quote: tuple[int, int, int, int] = (0, 0, 0, 0)
        """The source's bid, ask and their sizes."""

    def last_ticks(self) -> int:
        """The last trade's price, or the bid before there was one."""
        return self.tape.last_ticks() or self.book.bids.best


def restore_tape(state: PairMarket, kept: KeptMarket) -> None:
    """The bars and the last trade of one pair, as they were kept."""
    state.tape.restore(kept.bars, kept.next_trade, kept.last_trade)
    state.book.update_id = kept.update_id


class Listener(Protocol):
    """Who publishes what happens. Called in the order of events, never for the past."""

    def on_quote(self, state: PairMarket, time_ms: int) -> None: ...

    def on_trade(self, state: PairMarket, trade: Trade) -> None: ...

    def on_bars(self, time_ms: int, closed_ms: int | None) -> None:
        """Open bars are due for an update; with `closed_ms`, every bar that ends at that minute is over."""
        ...


class Matcher(Protocol):
    """Who fills resting orders."""

    def cross(self, state: PairMarket) -> None:
        """The source's quote moved, perhaps through resting orders."""
        ...

    def absorb(self, state: PairMarket, ticks: int, lots: int, *, sold: bool) -> int:
        """Somebody trades `lots` at `ticks`; fill what rests at that price or better, answer what is left."""
        ...

    def trigger(self, state: PairMarket) -> None:
        """Trades reached the stop price of orders that waited."""
        ...


class Market:
    """All pairs, the clock and the pump. `finished` is set once a finite source has been played to its end."""

    def __init__(
        self, settings: SimSettings, source: PriceSource, clock: MarketClock, resumed: Sequence[KeptMarket] = ()
    ) -> None:
        self.clock = clock
        self.source = source
        self.pairs = [self._pair(index, settings) for index in range(len(settings.pairs))]
        self.by_symbol = {state.symbol: state for state in self.pairs}
        self.finished = asyncio.Event()
        self.begun = asyncio.Event()
        """Set when time may run: at once, or with the first subscriber."""
        self.moves_played = 0
        self.listeners: list[Listener] = []
        self.matcher: Matcher | None = None
        self.last_ms = source.start_ms
        for kept in resumed:
            if kept.pair.symbol in self.by_symbol:
                restore_tape(self.by_symbol[kept.pair.symbol], kept)
        for move in source.past():
            self._remember(move)
        self._next_minute = source.start_ms - source.start_ms % MINUTE_MS + MINUTE_MS

    @staticmethod
    def _pair(index: int, settings: SimSettings) -> PairMarket:
        pair = settings.pairs[index]
        typical_lots = settings.top_value / float(settings.start_price(pair.symbol) * pair.lot)
        return PairMarket(index, Grid(pair), max(2, int(typical_lots)))

    def now_ms(self) -> int:
        """Market time, not before the last event."""
        self.advance(self.clock.now_ms())
        return self.last_ms

    def advance(self, time_ms: int) -> int:
        """Let market time reach `time_ms`, closing bars on the way; answers the time, which never runs backwards."""
        if time_ms > self.last_ms:
            while self._next_minute <= time_ms:
                self.last_ms = closed_ms = self._next_minute
                self._next_minute += MINUTE_MS
                for listener in self.listeners:
                    listener.on_bars(closed_ms, closed_ms)
            self.last_ms = time_ms
        return self.last_ms

    def halt(self, symbol: str, status: str) -> None:
        """Stop a pair's market with this status, or let it go on with an empty one."""
        if symbol not in self.by_symbol:
            raise ValueError(f"there is no {symbol}; there are {', '.join(self.by_symbol)}")
        self.by_symbol[symbol].halted = status

    def print_trade(self, state: PairMarket, ticks: int, lots: int, *, buyer_is_maker: bool) -> Trade:
        """Put a trade on the public tape."""
        trade = state.tape.add(self.last_ms, ticks, lots, buyer_is_maker)
        if state.stops.waiting:
            state.stops.mark(ticks)
        for listener in self.listeners:
            listener.on_trade(state, trade)
        return trade

    def print_quote(self, state: PairMarket) -> None:
        """Tell that the top of the book may have changed."""
        state.book.update_id += 1
        for listener in self.listeners:
            listener.on_quote(state, self.last_ms)

    def play(self, move: Move) -> None:
        """One move of the source, at its time."""
        self.moves_played += 1
        self.advance(move.time_ms)
        state = self.pairs[move.pair]
        if state.halted:
            return  # the world goes on; this market meets it again where it then is
        quote = (move.bid, move.ask, move.bid_lots, move.ask_lots)
        if quote != state.quote:
            self._set_quote(state, quote)
            if self.matcher is not None and (state.book.buys or state.book.sells):
                self.matcher.cross(state)
            self.print_quote(state)
        lots = move.trade_lots
        if lots and self.matcher is not None and (state.book.buys or state.book.sells):
            lots = self.matcher.absorb(state, move.trade_ticks, lots, sold=move.buyer_is_maker)
        if lots:
            self.print_trade(state, move.trade_ticks, lots, buyer_is_maker=move.buyer_is_maker)
        if self.matcher is not None and state.stops.due:
            self.matcher.trigger(state)

    def _remember(self, move: Move) -> None:
        state = self.pairs[move.pair]
        self._set_quote(state, (move.bid, move.ask, move.bid_lots, move.ask_lots))
        if move.trade_lots:
            state.tape.add(move.time_ms, move.trade_ticks, move.trade_lots, move.buyer_is_maker)

    @staticmethod
    def _set_quote(state: PairMarket, quote: tuple[int, int, int, int]) -> None:
        state.quote = quote
        state.book.bids.quote(quote[0], quote[2])
        state.book.asks.quote(quote[1], quote[3])

    async def run(self) -> None:
        """Play every move when it is due. A market that was held up catches up, in the order of events."""
        self.clock.hold()
        await self.begun.wait()
        self.clock.start()
        for count, move in enumerate(self.source.live(), 1):
            wait = self.clock.seconds_until(move.time_ms)
            if wait > 0:
                await asyncio.sleep(max(wait, PUMP_SECONDS))
            elif count % PUMP_MOVES == 0:
                await asyncio.sleep(0)
            self.play(move)
        end_ms = self.source.end_ms()
        await asyncio.sleep(max(0.0, self.clock.seconds_until(end_ms)))
        self.advance(end_ms)
        self.finished.set()

    async def update_bars(self) -> None:
        """Tell the listeners once in a while how the open bars look."""
        for _ in itertools.count():
            await asyncio.sleep(BARS_SECONDS)
            for listener in self.listeners:
                listener.on_bars(self.last_ms, None)
