"""Every trade and bar of the market is told once and in order, or counted as lost."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ExchangeError
from core.kernel import BAR, QUOTE, TRADE
from services.trader.exchanges.protocol import Bar, Trade
from services.trader.feed import Feed
from services.trader.refilling import USUAL_EFFORT, Effort
from services.trader.ticks import Tick
from tests.simulator.client import in_loop
from tests.trader.examples import NOON_NS, SECOND_NS
from tests.trader.fakes import FakeExchange, settled

MINUTE_NS = 60 * SECOND_NS
AWAY = ExchangeError("GET aggTrades: no answer (TimeoutError).")
BTC, ETH = 0, 1


class Heard:
    """What a feed told, and helpers that speak to it like an exchange."""

    def __init__(self, exchange: FakeExchange, *, stale_seconds: float = 60.0, **effort: Any) -> None:
        self.exchange = exchange
        self.ticks: list[tuple[Tick, bool]] = []
        self.faults: list[tuple[str, str, str]] = []
        self.feed = Feed(
            exchange,
            ["BTCUSDT", "ETHUSDT"],
            "1m",
            MINUTE_NS,
            on_tick=lambda tick, _, live: self.ticks.append((tick, live)),
            on_fault=lambda *fault: self.faults.append(fault),
            stale_seconds=stale_seconds,
            effort=Effort(pause_seconds=0.0, **effort),
        )

    def trade(self, number: int, *, pair: int = BTC, price: float | None = None, sold: float = 0.0) -> None:
        given = trade(number)
        if price is not None or sold:
            given = Trade(number, given.time_ns, given.price if price is None else price, 1.0, sold)
        self.feed.on_trade(pair, 1, given)

    def bar(self, number: int, *, prices: tuple[float, float, float, float] = (2, 3, 1, 2), volume: float = 1) -> None:
        open_ns = NOON_NS + number * MINUTE_NS
        self.feed.on_bar(BTC, 1, Bar(open_ns, open_ns + MINUTE_NS - 1_000_000, *prices, volume))

    @property
    def trades(self) -> list[int]:
        """The ids of the trades told; their price tells them."""
        return [int(tick.price) for tick, _ in self.ticks if tick.kind == TRADE]

    @property
    def bars(self) -> list[int]:
        return [(tick.time_ns - NOON_NS) // MINUTE_NS for tick, _ in self.ticks if tick.kind == BAR]

    @property
    def live(self) -> list[bool]:
        return [live for _, live in self.ticks]

    @property
    def causes(self) -> list[str]:
        return [cause for cause, _, _ in self.faults]


def trade(number: int) -> Trade:
    """The trade of that number, a second after the one before it."""
    return Trade(number, NOON_NS + number * SECOND_NS, float(number), 1.0, 0.0)


def bar_row(number: int) -> tuple[float, ...]:
    return (NOON_NS + number * MINUTE_NS, 2.0, 3.0, 1.0, 2.0, 1.0)


@asynccontextmanager
async def hearing(*trades: int, bars: int = 0, **options: Any) -> AsyncIterator[Heard]:
    """A connected feed whose exchange knows these trades and so many bars of BTCUSDT."""
    exchange = FakeExchange()
    exchange.history["BTCUSDT"] = [trade(number) for number in trades]
    exchange.closed_bars["BTCUSDT"] = [bar_row(number) for number in range(bars)]
    heard = Heard(exchange, **options)
    heard.feed.on_market_connected()
    try:
        yield heard
    finally:
        await heard.feed.close()


# Trades ---------------------------------------------------------------------------------------------------------------


@in_loop
async def test_what_comes_in_order_is_told_as_it_comes() -> None:
    async with hearing() as heard:
        for number in (7, 8, 9):
            heard.trade(number)
        assert heard.trades == [7, 8, 9]
        assert heard.live == [True] * 3
        assert not heard.exchange.asked


@in_loop
async def test_a_repeated_trade_is_dropped() -> None:
    async with hearing() as heard:
        for number in (7, 8, 8, 7, 9, 9):
            heard.trade(number)
        assert heard.trades == [7, 8, 9]
        assert heard.feed.counts.repeated == 3


@in_loop
async def test_a_gap_is_refilled_before_what_came_after_it_is_told() -> None:
    async with hearing(7, 8, 9, 10, 11) as heard:
        heard.trade(7)
        heard.trade(10)
        heard.trade(11)
        assert heard.trades == [7]
        await settled()
        assert heard.trades == [7, 8, 9, 10, 11]
        assert heard.live == [True, False, False, False, False]  # told late: nobody acts on it
        heard.trade(12)
        assert heard.live[-1]
        assert (heard.feed.counts.lost, heard.faults) == (0, [])


@in_loop
async def test_a_gap_of_one_pair_does_not_hold_another() -> None:
    async with hearing(7, 8, 9) as heard:
        heard.trade(7)
        heard.trade(9)
        heard.trade(5, pair=ETH)
        assert heard.ticks[-1] == (Tick(ETH, TRADE, trade(5).time_ns, 5.0, buy_volume=1.0), True)


@in_loop
async def test_a_gap_longer_than_a_page_is_refilled_page_by_page() -> None:
    async with hearing(*range(1, 51)) as heard:
        heard.exchange.page = 10
        heard.trade(1)
        heard.trade(50)
        await settled()
        assert heard.trades == list(range(1, 51))
        assert [arguments[1] for method, *arguments in heard.exchange.asked if method == "trades"] == [
            2,
            12,
            22,
            32,
            42,
        ]


@in_loop
async def test_a_gap_inside_a_refill_is_refilled_too() -> None:
    async with hearing(*range(1, 31)) as heard:
        heard.trade(1)
        heard.exchange.answering.clear()
        heard.exchange.history["BTCUSDT"] = [trade(number) for number in range(1, 11)]
        heard.trade(10)
        await settled()
        heard.trade(11)
        heard.feed.on_market_lost("again")
        heard.feed.on_market_connected()
        heard.trade(20)  # 12 to 19 went by while the first refill was under way
        heard.exchange.history["BTCUSDT"] = [trade(number) for number in range(1, 21)]
        heard.exchange.answering.set()
        await settled()
        assert heard.trades == list(range(1, 21))
        assert heard.feed.counts.lost == 0


@in_loop
async def test_what_the_exchange_does_not_have_is_lost_and_told() -> None:
    async with hearing(7, 8, 12) as heard:
        heard.trade(7)
        heard.trade(12)
        await settled()
        assert heard.trades == [7, 8, 12]
        assert heard.feed.counts.lost == 3
        assert heard.faults == [("trades_lost", "BTCUSDT", "3 trades cannot be had")]


@in_loop
async def test_an_exchange_that_answers_with_old_trades_is_not_asked_for_ever() -> None:
    async with hearing(*range(1, 6)) as heard:
        heard.exchange.trades = old_trades  # type: ignore[method-assign, assignment]
        heard.trade(5)
        heard.trade(9)
        await settled()
        assert heard.trades == [5, 9]
        assert heard.feed.counts.lost == 3


async def old_trades(_symbol: str, _from_id: int) -> list[Trade]:
    return [trade(1), trade(2)]


@in_loop
async def test_a_refill_is_tried_again_and_doubles_nothing() -> None:
    async with hearing(7, 8, 9, 10) as heard:
        heard.exchange.failures["trades"] = [AWAY]
        heard.exchange.failures["bars"] = [AWAY]
        heard.bar(0)
        heard.trade(7)
        heard.trade(10)
        await settled()
        assert heard.trades == [7, 8, 9, 10]
        assert not heard.faults


@in_loop
async def test_what_came_before_an_error_in_the_middle_of_a_refill_is_told_too() -> None:
    async with hearing(*range(1, 10)) as heard:
        heard.exchange.page = 3
        ask = heard.exchange.trades

        async def fail_at_the_second_page(symbol: str, from_id: int) -> list[Trade]:
            if from_id == 5 and not heard.exchange.failures["once"]:
                heard.exchange.failures["once"] = [AWAY]
                raise AWAY
            return await ask(symbol, from_id)

        heard.exchange.trades = fail_at_the_second_page  # type: ignore[method-assign, assignment]
        heard.trade(1)
        heard.trade(9)
        await settled()
        assert heard.trades == list(range(1, 10))


@in_loop
async def test_an_exchange_that_stays_away_costs_the_gap_and_not_what_came_after() -> None:
    async with hearing(7, 8, 9, 10) as heard:
        heard.exchange.failures["trades"] = [AWAY] * USUAL_EFFORT.tries
        heard.trade(7)
        heard.trade(10)
        await settled()
        heard.trade(11)
        assert heard.trades == [7, 10, 11]
        assert heard.feed.counts.lost == 2
        assert heard.causes == ["gap_not_refilled", "trades_lost"]
        assert heard.live == [True, False, True]


@in_loop
async def test_after_a_lost_connection_every_pair_is_asked_for_what_it_missed() -> None:
    async with hearing(*range(1, 6)) as heard:
        heard.exchange.history["ETHUSDT"] = [trade(number) for number in range(1, 4)]
        heard.trade(2)
        heard.trade(2, pair=ETH)
        heard.feed.on_market_lost("closed by the exchange")
        heard.feed.on_market_connected()
        await settled()
        assert [(tick.pair, int(tick.price)) for tick, _ in heard.ticks[2:]] == [(BTC, 3), (BTC, 4), (BTC, 5), (ETH, 3)]
        assert heard.faults == [("feed_lost", "market", "closed by the exchange")]


@in_loop
async def test_a_loss_before_anything_was_heard_asks_for_no_past() -> None:
    async with hearing(1, 2, 3, bars=3) as heard:
        heard.feed.on_market_lost("early")
        heard.feed.on_market_connected()
        await settled()
        assert heard.ticks == []
        assert heard.exchange.asked == []


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_whatever_goes_missing_trade_ids_rise_and_are_complete_unless_counted_as_lost(data: st.DataObject) -> None:
    asyncio.run(play(data))


async def play(data: st.DataObject) -> None:
    """A market of 40 trades, some not sent, some sent twice, some that the exchange forgot, with losses between."""
    count = 40
    numbers = range(1, count + 1)
    unsent = data.draw(st.sets(st.sampled_from(numbers[1:-1]), max_size=20), label="not sent")
    forgotten = data.draw(st.sets(st.sampled_from(sorted(unsent)), max_size=5) if unsent else st.just(set()))
    async with hearing() as heard:
        heard.exchange.page = data.draw(st.integers(1, 8), label="page")
        for number in numbers:
            if number not in forgotten:
                heard.exchange.history["BTCUSDT"].append(trade(number))
            if number not in unsent:
                heard.trade(number)
            match data.draw(st.sampled_from(["", "", "again", "lost", "pause", "stall", "answer", "away"])):
                case "again":
                    heard.trade(data.draw(st.integers(1, number)))
                case "lost":
                    heard.feed.on_market_lost("cut")
                    heard.feed.on_market_connected()
                case "pause":
                    await settled()
                case "stall":
                    heard.exchange.answering.clear()
                case "answer":
                    heard.exchange.answering.set()
                case "away":
                    heard.exchange.failures["trades"].append(AWAY)
        heard.exchange.answering.set()
        await settled()
        heard.trade(count + 1)  # shows a gap that nothing has shown yet
        await settled()

        told = heard.trades
        first = told[0]
        assert told == sorted(set(told))
        assert len(told) + heard.feed.counts.lost == count + 1 - first + 1
        if not any(cause == "gap_not_refilled" for cause in heard.causes):
            assert set(range(first, count + 2)) - set(told) <= forgotten


# Bars -----------------------------------------------------------------------------------------------------------------


@in_loop
async def test_bars_are_told_once_each() -> None:
    async with hearing() as heard:
        for number in (0, 1, 1, 0, 2):
            heard.bar(number)
        assert heard.bars == [0, 1, 2]
        assert heard.feed.counts.repeated == 2


@in_loop
async def test_a_missing_bar_is_asked_for_before_the_next_is_told() -> None:
    async with hearing(bars=4) as heard:
        heard.bar(0)
        heard.bar(3)
        assert heard.bars == [0]
        await settled()
        assert heard.bars == [0, 1, 2, 3]
        assert heard.live == [True, False, False, False]


@in_loop
async def test_a_bar_that_closes_during_a_refill_waits_for_it_and_is_told() -> None:
    async with hearing(7, 8, 9, bars=1) as heard:
        heard.bar(0)
        heard.trade(7)
        heard.trade(9)
        heard.bar(1)  # the exchange's own answer does not have it yet
        await settled()
        assert heard.trades == [7, 8, 9]
        assert heard.bars == [0, 1]


@in_loop
async def test_bars_that_could_not_be_had_are_asked_for_again_with_the_next() -> None:
    async with hearing(bars=5) as heard:
        heard.exchange.failures["bars"] = [AWAY] * USUAL_EFFORT.tries
        heard.bar(0)
        heard.bar(3)
        await settled()
        assert heard.bars == [0]
        heard.bar(4)
        await settled()
        assert heard.bars == [0, 1, 2, 3, 4]


@in_loop
async def test_trades_and_bars_of_a_refill_are_told_in_order_of_time() -> None:
    async with hearing(*range(55, 126), bars=2) as heard:
        heard.trade(55)
        heard.feed.pairs[BTC].last_bar_ns = NOON_NS - MINUTE_NS
        heard.trade(125)
        await settled()
        times = [tick.time_ns for tick, _ in heard.ticks]
        assert times == sorted(times)
        assert heard.bars == [0, 1]  # they close after 59 and after 119 seconds


@in_loop
async def test_the_past_is_told_by_time_over_all_pairs_and_the_feed_goes_on_from_it() -> None:
    async with hearing(bars=3) as heard:
        heard.exchange.closed_bars["ETHUSDT"] = [bar_row(number) for number in range(1, 3)]
        past = await heard.feed.load_history(10)
        assert [(tick.time_ns // MINUTE_NS - NOON_NS // MINUTE_NS, tick.pair) for tick in past] == [
            (0, BTC),
            (1, BTC),
            (1, ETH),
            (2, BTC),
            (2, ETH),
        ]
        heard.bar(2)
        heard.bar(3)
        assert heard.bars == [3]


@in_loop
async def test_no_past_is_asked_for_when_none_is_wanted() -> None:
    async with hearing(bars=3) as heard:
        assert await heard.feed.load_history(0) == []
        assert not heard.exchange.asked


# Prices that are none -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "quote",
    [
        pytest.param((math.nan, 1, 2, 1), id="the bid is no number"),
        pytest.param((1, 1, math.nan, 1), id="the ask is no number"),
        pytest.param((0, 1, 2, 1), id="no bid"),
        pytest.param((-1, 1, 2, 1), id="a negative bid"),
        pytest.param((2, 1, 1, 1), id="crossed"),
        pytest.param((1, 1, math.inf, 1), id="an infinite ask"),
        pytest.param((1, math.nan, 2, 1), id="a size that is no number"),
        pytest.param((1, 1, 2, -1), id="a negative size"),
        pytest.param((1, 1, 2, math.inf), id="an infinite size"),
    ],
)
def test_a_quote_that_is_no_market_is_left_out(quote: tuple[float, float, float, float]) -> None:
    @in_loop
    async def test() -> None:
        async with hearing() as heard:
            heard.feed.on_quote(BTC, 5, *quote)
            assert heard.ticks == []
            assert (heard.feed.pairs[BTC].bid, heard.feed.pairs[BTC].ask) == (0.0, 0.0)
            assert heard.feed.pairs[BTC].heard_ns == 5  # the pair is not silent

    test()


@in_loop
async def test_a_quote_is_told_with_its_middle_and_follows_the_trades_after_it() -> None:
    async with hearing() as heard:
        heard.feed.on_quote(BTC, 1, 99.0, 5.0, 101.0, 7.0)
        heard.trade(100)
        quote, after = (tick for tick, _ in heard.ticks)
        assert (quote.kind, quote.price, quote.bid_size, quote.ask_size) == (QUOTE, 100.0, 5.0, 7.0)
        assert (after.bid, after.ask) == (99.0, 101.0)


WRONG_TRADES: list[tuple[str, Callable[[Heard], None]]] = [
    ("no price", lambda heard: heard.trade(8, price=0.0)),
    ("a negative price", lambda heard: heard.trade(8, price=-1.0)),
    ("a price that is no number", lambda heard: heard.trade(8, price=math.nan)),
    ("an infinite price", lambda heard: heard.trade(8, price=math.inf)),
    ("a volume that is no number", lambda heard: heard.trade(8, sold=math.nan)),
    ("a negative volume", lambda heard: heard.trade(8, sold=-1.0)),
    ("an infinite volume", lambda heard: heard.trade(8, sold=math.inf)),
]
WRONG_BARS: list[tuple[str, Callable[[Heard], None]]] = [
    ("a low of nothing", lambda heard: heard.bar(1, prices=(2, 3, 0, 2))),
    ("a high below the low", lambda heard: heard.bar(1, prices=(2, 1, 3, 2))),
    ("a close above the high", lambda heard: heard.bar(1, prices=(2, 3, 1, 4))),
    ("an open that is no number", lambda heard: heard.bar(1, prices=(math.nan, 3, 1, 2))),
    ("an infinite high", lambda heard: heard.bar(1, prices=(2, math.inf, 1, 2))),
    ("a volume of a bar that is no number", lambda heard: heard.bar(1, volume=math.nan)),
    ("a negative volume of a bar", lambda heard: heard.bar(1, volume=-1)),
]


@pytest.mark.parametrize("told", [pytest.param(told, id=name) for name, told in WRONG_TRADES + WRONG_BARS])
def test_what_cannot_be_is_counted_and_told_and_no_strategy_sees_it(told: Callable[[Heard], None]) -> None:
    @in_loop
    async def test() -> None:
        async with hearing() as heard:
            heard.trade(7)
            heard.bar(0)
            told(heard)
            assert len(heard.ticks) == 2
            assert heard.feed.counts.lost == 1
            assert heard.causes == ["bad_price"]
            heard.trade(8 if heard.feed.pairs[BTC].last_trade == 7 else 9)  # the feed goes on
            assert len(heard.ticks) == 3

    test()


# Silence --------------------------------------------------------------------------------------------------------------


@in_loop
async def test_streams_that_are_open_and_silent_are_renewed() -> None:
    async with hearing(stale_seconds=0.05) as heard:
        await asyncio.sleep(0.2)
        assert heard.exchange.renewals
        assert heard.exchange.renewals[0] == "silent for 0 s"


@in_loop
async def test_one_pair_that_speaks_keeps_the_streams() -> None:
    async with hearing(stale_seconds=0.2) as heard:
        for number in range(10):
            heard.feed.on_trade(ETH, time.monotonic_ns(), trade(number + 1))
            await asyncio.sleep(0.05)
        assert not heard.exchange.renewals


@in_loop
async def test_a_process_that_stood_still_reads_what_came_before_it_calls_the_streams_silent() -> None:
    async with hearing(stale_seconds=0.2) as heard:
        asyncio.get_running_loop().call_soon(time.sleep, 0.5)  # as a machine that is stopped, or a long collection
        for number in range(20):
            await asyncio.sleep(0.02)
            heard.feed.on_trade(ETH, time.monotonic_ns(), trade(number + 1))
        assert not heard.exchange.renewals


@in_loop
async def test_streams_that_are_down_already_are_not_renewed() -> None:
    async with hearing(stale_seconds=0.05) as heard:
        heard.feed.on_market_lost("away")
        await asyncio.sleep(0.2)
        assert not heard.exchange.renewals


@in_loop
async def test_a_closed_feed_asks_nothing_more() -> None:
    before = asyncio.all_tasks()
    async with hearing(1, 2, 3, stale_seconds=0.05) as heard:
        heard.exchange.answering.clear()
        heard.trade(1)
        heard.trade(3)
        await settled()
    await asyncio.sleep(0.15)
    assert not heard.exchange.renewals
    assert asyncio.all_tasks() == before


# Numbers that cannot be -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strange", [10_000, 10**9, 2**63, 10**30])
@in_loop
async def test_a_number_far_ahead_drops_no_later_trade_and_is_told_once(strange: int) -> None:
    async with hearing(7, 8) as heard:
        heard.trade(7)
        for number in (8, strange, 9, strange + 1, 10, strange + 2, 11):
            if number < strange:
                heard.exchange.history["BTCUSDT"] = [trade(known) for known in range(7, number + 1)]
            heard.feed.on_trade(BTC, 1, Trade(number, trade(min(number, 99)).time_ns, float(min(number, 99)), 1.0, 0.0))
            await settled()
        assert heard.trades == [7, 8, 9, 10, 11]
        assert heard.causes == ["strange_trade"]
        assert str(strange) in heard.faults[0][2]
        assert heard.feed.counts.lost == 0
        assert len(heard.exchange.asked) < 12


@pytest.mark.parametrize("ahead", [3, 99, 5_000, 10**12])
@in_loop
async def test_a_first_number_that_is_garbage_does_not_make_true_ones_look_like_repeats(ahead: int) -> None:
    async with hearing(7) as heard:
        heard.feed.on_trade(BTC, 1, Trade(7 + ahead, trade(7).time_ns, 55.0, 1.0, 0.0))
        for number in (8, 9, 10):
            heard.exchange.history["BTCUSDT"] = [trade(known) for known in range(7, number + 1)]
            heard.trade(number)
            await settled()
        assert heard.trades == [55, 8, 9, 10]
        assert heard.causes == ["strange_trade"]


@in_loop
async def test_a_gap_longer_than_what_is_refilled_is_believed_when_the_exchange_is_so_far() -> None:
    async with hearing(*range(7, 5000), most=200) as heard:
        heard.exchange.page = 100
        heard.trade(7)
        heard.trade(4999)
        await settled()
        assert heard.trades[-1] == 4999
        assert heard.causes == ["trades_lost"]
        heard.exchange.history["BTCUSDT"].append(trade(5000))
        heard.trade(5000)
        assert heard.trades[-1] == 5000


@in_loop
async def test_a_far_number_is_not_believed_while_the_exchange_does_not_answer_and_a_near_one_is() -> None:
    away = ExchangeError("GET aggTrades: no answer (TimeoutError).", temporary=True)
    async with hearing(7) as heard:
        heard.trade(7)
        heard.exchange.failures["trades"] = [away] * 5
        heard.trade(9)
        await until_settled(heard)
        heard.exchange.failures["trades"] = [away] * 5
        heard.feed.on_trade(BTC, 1, Trade(10**9, trade(50).time_ns, 50.0, 1.0, 0.0))
        await until_settled(heard)
        heard.exchange.history["BTCUSDT"] = [trade(known) for known in range(7, 12)]
        heard.trade(10)
        heard.trade(11)
        await until_settled(heard)
        assert heard.trades == [7, 9, 10, 11]


@in_loop
async def test_answers_that_are_behind_the_stream_are_waited_for() -> None:
    async with hearing(7) as heard:
        heard.trade(7)

        async def later(symbol: str, from_id: int) -> list[Trade]:
            heard.exchange.asked.append(("trades", symbol, from_id))
            known = range(7, 501) if len(heard.exchange.asked) > 2 else [7]
            return [trade(number) for number in known if number >= from_id]

        heard.exchange.trades = later  # type: ignore[method-assign] # the exchange's REST lags behind its stream
        heard.trade(500)
        await until_settled(heard)
        assert heard.trades[-1] == 500
        assert "strange_trade" not in heard.causes


async def until_settled(heard: Heard) -> None:
    """Until no pair is held back."""
    async with asyncio.timeout(10):
        while any(feed.held is not None for feed in heard.feed.pairs):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.001)
