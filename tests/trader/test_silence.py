"""Who is silent, who is only quiet, and what is said of them; against an exchange in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.contracts.events import Event
from core.errors import ExchangeError
from services.trader.books import Holding
from services.trader.exchanges.protocol import UNKNOWN_SYMBOL, Quote
from services.trader.feed import Feed
from services.trader.pair_feed import PairFeed
from services.trader.silence import GONE, SilenceWatch, Watched, alarming
from services.trader.ticks import Tick
from services.trader.timing import SilenceTiming
from tests.lines import said
from tests.simulator.client import in_loop
from tests.trader.examples import BTC, ETH, SECOND_NS
from tests.trader.fakes import FakeExchange

STALE = 0.2
HERE = Quote(99.0, 1.0, 101.0, 1.0)
THERE = Quote(89.0, 1.0, 91.0, 1.0)


class Scene:
    """A feed of two pairs that a test lets speak, and the watch over it."""

    def __init__(self, **timing: Any) -> None:
        self.exchange = FakeExchange()
        self.exchange.books |= {"BTCUSDT": HERE, "ETHUSDT": HERE}
        self.ticks: list[Tick] = []
        self.told: list[tuple[str, str, str]] = []
        self.not_trading: dict[str, str] = {}
        self.holdings = [Holding(BTC), Holding(ETH)]
        self.feed = Feed(
            self.exchange,
            ["BTCUSDT", "ETHUSDT"],
            "1m",
            60 * SECOND_NS,
            on_tick=self._tick,
            on_fault=lambda *_: None,
            stale_seconds=STALE,
        )
        self.watch = SilenceWatch(
            self.exchange,
            self.feed,
            self.holdings,
            stale_seconds=STALE,
            tell=self._tell,
            on_fault=lambda *fault: self.told.append(fault),
            not_trading=self.not_trading,
            timing=SilenceTiming(**timing),
        )
        self.feed.on_market_connected()

    def _tick(self, tick: Tick, _received_ns: int, live: bool) -> None:
        assert live
        self.holdings[tick.pair].price = tick.price
        self.ticks.append(tick)

    def _tell(self, told: Event) -> None:
        kind, fields = said(told)
        self.told.append((kind, fields["pair"], fields["detail"]))

    @property
    def causes(self) -> list[tuple[str, str]]:
        return [(cause, subject) for cause, subject, _ in self.told]

    def quote(self, pair: int, quote: Quote = HERE) -> None:
        self.feed.on_quote(pair, time.monotonic_ns(), *quote)

    async def speak(self, *pairs: int, until: Callable[[], object] = lambda: False, seconds: float = 10.0) -> None:
        """Let these pairs speak until something happened, or for so long."""
        ends = time.monotonic() + seconds
        while not until() and time.monotonic() < ends:
            for pair in pairs:
                self.quote(pair)
            await asyncio.sleep(0.01)


@asynccontextmanager
async def scene(**timing: Any) -> AsyncIterator[Scene]:
    it = Scene(**timing)
    it.watch.start()
    try:
        yield it
    finally:
        await it.watch.close()
        await it.feed.close()


@in_loop
async def test_a_pair_that_never_said_anything_is_told_once_its_market_moves() -> None:
    async with scene() as it:
        await it.speak(1, seconds=4 * STALE)
        assert it.told == []
        it.exchange.books["BTCUSDT"] = THERE
        await it.speak(1, until=lambda: it.told)
        assert it.causes == [("pair_silent", "BTCUSDT")]
        assert it.ticks[-1].price == 90.0 or any(tick.price == 90.0 for tick in it.ticks)


@in_loop
async def test_one_answer_that_overtook_the_stream_is_no_silence() -> None:
    async with scene() as it:
        it.quote(0)
        await it.speak(1, until=lambda: it.watch.pairs[0].silent)
        it.exchange.books["BTCUSDT"] = THERE
        await it.speak(1, until=lambda: it.watch.pairs[0].hidden == 1)
        await it.speak(1, 0, seconds=2 * STALE)
        assert it.told == []


@in_loop
async def test_a_pair_that_was_taken_off_the_list_is_told_and_the_others_are_asked_about_all_the_same() -> None:
    async with scene() as it:
        gone = ExchangeError("GET exchangeInfo: HTTP 400, Invalid symbol. (-1121).", code=UNKNOWN_SYMBOL)
        statuses, quotes = it.exchange.symbol_statuses, it.exchange.quotes

        async def of_listed(symbols: Any) -> Any:
            if "BTCUSDT" in symbols:
                raise gone
            return await statuses(symbols)

        async def quotes_of_listed(symbols: Any) -> Any:
            if "BTCUSDT" in symbols:
                raise gone
            return await quotes(symbols)

        it.exchange.symbol_statuses, it.exchange.quotes = of_listed, quotes_of_listed  # type: ignore[method-assign]
        it.holdings[0].size = 1.5
        await it.speak(1, until=lambda: len(it.told) >= 2)
        assert it.causes == [("pair_halted", "BTCUSDT"), ("cannot_close", "BTCUSDT")]
        assert GONE in it.told[0][2]
        assert it.not_trading == {"BTCUSDT": GONE}
        it.exchange.books["ETHUSDT"] = THERE
        await it.speak(until=lambda: it.holdings[1].price == 90.0)
        assert it.holdings[1].price == 90.0


@in_loop
async def test_pairs_that_come_back_together_are_one_event() -> None:
    async with scene() as it:
        it.quote(0)
        it.quote(1)
        it.exchange.books |= {"BTCUSDT": THERE, "ETHUSDT": THERE}
        await it.speak(until=lambda: it.told)
        assert it.causes == [("pair_silent", "BTCUSDT, ETHUSDT")]
        await it.speak(0, 1, until=lambda: len(it.told) > 1)
        assert it.causes[1:] == [("back", "BTCUSDT, ETHUSDT")]


@in_loop
async def test_an_empty_book_is_priced_by_the_last_trade() -> None:
    async with scene() as it:
        it.quote(0)
        it.exchange.books["BTCUSDT"], it.exchange.lasts["BTCUSDT"] = Quote(0.0, 0.0, 0.0, 0.0), 77.0
        it.exchange.halted["BTCUSDT"] = "BREAK"
        await it.speak(1, until=lambda: it.holdings[0].price == 77.0)
        assert it.ticks[-1].bid == 0.0 or it.holdings[0].price == 77.0
        await it.speak(1, until=lambda: it.told)
        await it.speak(1, seconds=2 * STALE)
        assert it.causes == [("pair_halted", "BTCUSDT")]


@in_loop
async def test_the_time_of_a_silent_market_goes_on() -> None:
    async with scene() as it:
        it.feed.time.hear(5 * SECOND_NS)
        it.quote(0)
        it.holdings[0].size = 1.0
        await it.speak(until=lambda: len([tick for tick in it.ticks if tick.pair == 0]) >= 4)
        times = [tick.time_ns for tick in it.ticks if tick.pair == 0]
        assert times == sorted(times)
        assert times[-1] > times[0] + SECOND_NS * STALE


@in_loop
async def test_a_stream_that_stays_dead_is_opened_anew_ever_more_seldom() -> None:
    async with scene(quiet_periods=3) as it:
        it.quote(0)
        it.exchange.books["BTCUSDT"] = THERE
        await it.speak(1, until=lambda: it.exchange.renewals)
        assert it.causes == [("pair_silent", "BTCUSDT")]
        await it.speak(1, seconds=8 * STALE)
        assert len(it.exchange.renewals) == 2
        await it.speak(0, 1, until=lambda: len(it.told) > 1)
        await it.speak(0, 1, seconds=STALE)
        assert it.causes[1:] == [("back", "BTCUSDT")]


@in_loop
async def test_statuses_are_not_asked_for_more_often_than_hints_may() -> None:
    async with scene(hinted_status_seconds=0.1) as it:
        ends = time.monotonic() + 1.0
        while time.monotonic() < ends:
            it.watch.look_soon()
            it.quote(0)
            it.quote(1)
            await asyncio.sleep(0.005)
        asked = [question for question in it.exchange.asked if question[0] == "symbol_statuses"]
        assert 1 <= len(asked) <= 11


@given(
    hidden=st.integers(0, 5),
    unanswered=st.integers(0, 5),
    periods=st.floats(0, 100),
)
def test_who_is_told(hidden: int, unanswered: int, periods: float) -> None:
    pair = Watched(PairFeed(0, "BTCUSDT"), hidden=hidden, unanswered=unanswered)
    told = alarming(pair, silent_ns=int(periods * 1000), stale_ns=1000, quiet_ns=30_000)
    assert not told or periods > 1.0
    if periods > 1.001:
        assert told is (hidden >= 2 or unanswered >= 3 or int(periods * 1000) > 30_000)


def test_a_holding_of_dust_is_no_position_that_cannot_be_closed() -> None:
    assert Holding(BTC, quantity=Decimal("0.00000001")).size == 0.0
