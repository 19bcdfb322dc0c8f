"""The market's streams break, stop, stutter or talk nonsense: every event once, in order, and none lost in silence."""

from __future__ import annotations

import itertools
from pathlib import Path

from core.kernel import BAR, EVENT_WIRE, TRADE
from services.simulator import Kind
from services.simulator.streams import frame
from services.trader.refilling import USUAL_EFFORT
from tests.trader.harness import BUY, PRICES, Rig, in_loop, rig, until

MINUTE_MS = 60_000


def events(it: Rig, kind: int, pair: int = 0) -> list[tuple[float, ...]]:
    """What the hosts were fed of one pair and kind, in order."""
    unpacked = [EVENT_WIRE.unpack(event) for _, event in it.trader.tape.warm_up()]
    return [event for event in unpacked if event[2] == pair and event[3] == kind]


def lots(it: Rig, pair: int = 0) -> list[int]:
    """The volume of each trade that the hosts were fed, in lots."""
    return [round((event[9] + event[10]) * (100_000, 10_000)[pair]) for event in events(it, TRADE, pair)]


async def lose_the_streams(it: Rig, trades: int, *, first_lots: int = 2) -> None:
    """Cut every connection, and let trades of 2, 3, 4... lots happen before anybody can be back."""
    it.sim.faults.disconnect()
    for number in range(trades):
        it.trade(first_lots + number)
    await it.hears("fault", cause="feed_lost")
    await until(it.trader.feed.connected.is_set, "streams")
    await it.events_settled()


def check_bars(it: Rig) -> None:
    """The bars follow each other without a gap."""
    closes = [int(event[1]) for event in events(it, BAR)]
    assert all(later - earlier == MINUTE_MS * 10**6 for earlier, later in itertools.pairwise(closes))


@in_loop
async def test_a_thousand_and_more_missed_events_are_asked_for_and_told_once_each(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await lose_the_streams(it, 2500)
        await it.round_trip(5000)
        assert lots(it) == [1, *range(2, 2502), 5000]
        assert it.trader.feed.counts.lost == 0
        assert it.trader.feed.counts.refilled == 2500
        check_bars(it)
        await it.buys()
        assert sorted(it.faults) == ["feed_lost", "orders_lost"]
        await it.check(*it.faults)


@in_loop
async def test_what_is_refilled_teaches_and_orders_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.disconnect()
        it.trade(BUY)
        await it.hears("fault", cause="feed_lost")
        await until(it.trader.feed.connected.is_set, "streams")
        await it.events_settled()
        assert BUY in lots(it)
        assert it.orders == []
        await until(it.trader.execution.connected.is_set, "the order connection")
        await it.buys()
        assert len(it.orders) == 1
        await it.check(*it.faults)
        assert sorted(it.faults) == ["feed_lost", "orders_lost"]


@in_loop
async def test_a_gap_inside_a_stream_is_filled(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.gap(3, "btcusdt@aggTrade")
        for number in range(2, 10):
            it.trade(number)
        await it.events_settled()
        assert lots(it) == list(range(1, 10))
        assert it.sim.faults.counts["gap"] == 3
        await it.check()


async def bars_close(it: Rig, count: int) -> None:
    """Let the market's clock bring so many bars; a minute is over with its first trade after it."""
    until_ms = it.sim.market.last_ms + count * MINUTE_MS

    def minute_is_over() -> bool:
        if it.sim.market.clock.now_ms() - it.sim.market.last_ms > MINUTE_MS:
            it.trade()
        return it.sim.market.last_ms >= until_ms

    await until(minute_is_over, f"{count} bars")


@in_loop
async def test_a_missed_bar_is_filled(tmp_path: Path) -> None:
    async with rig(tmp_path, market={"speed": 300}) as it:
        await bars_close(it, 2)
        it.sim.faults.gap(4, "btcusdt@kline_1m")
        await until(lambda: it.sim.faults.counts["gap"] or it.trade(), "bars that are not sent")
        await bars_close(it, 8)
        closed = it.trader.feed.pairs[0].last_bar_ns
        await until(lambda: events(it, BAR)[-1][1] >= closed, "the last bar")
        assert it.sim.faults.counts["gap"] == 4
        assert it.trader.feed.counts.refilled > 0
        check_bars(it)
        await it.check()


@in_loop
async def test_repeated_events_are_dropped(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.duplicate(5, "btcusdt")
        for number in range(2, 10):
            it.trade(number)
        await it.events_settled()
        assert lots(it) == list(range(1, 10))
        assert it.trader.feed.counts.repeated > 0
        await it.check()


@in_loop
async def test_streams_that_are_open_and_silent_are_renewed(tmp_path: Path) -> None:
    async with rig(tmp_path, stale_seconds=1.0) as it:
        it.sim.faults.stall("@")
        it.trade(2)
        assert "silent" in (await it.hears("fault", cause="feed_lost"))["detail"]
        it.sim.faults.release()
        await until(it.trader.feed.connected.is_set, "streams")
        await it.round_trip(3)
        assert lots(it) == [1, 2, 3]
        await it.check("feed_lost")


@in_loop
async def test_a_garbage_frame_renews_the_streams(tmp_path: Path) -> None:
    garbage = (
        b"no JSON",
        b'{"stream": "btcusdt@aggTrade", "data": {"a": "x"}}',
        b'{"stream": "nobody@asked", "data": {}}',
        b'{"stream": "btcusdt@aggTrade", "data": {"a": 9, "p": "1", "q": "1", "T": 99999999999999999, "m": true}}',
    )
    async with rig(tmp_path) as it:
        for number, payload in enumerate(garbage, start=2):
            for connection in it.sim.hub._connections:
                connection.write(frame(payload))
            await it.hears("fault", cause="feed_lost", times=number - 1)
            await until(it.trader.feed.connected.is_set, "streams")
            await it.round_trip(number, price=PRICES[0] + number)
        assert lots(it) == [1, 2, 3, 4, 5]
        await it.check(*["feed_lost"] * len(garbage))


@in_loop
async def test_a_frame_that_breaks_the_websocket_itself_renews_the_streams(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        for connection in it.sim.hub._connections:
            connection.write(b"\xff\xff\xff")  # reserved bits, unknown opcode
        await it.hears("fault", cause="feed_lost")
        await until(it.trader.feed.connected.is_set, "streams")
        await it.round_trip(2)
        assert lots(it) == [1, 2]
        await it.check("feed_lost")


@in_loop
async def test_a_refill_that_is_refused_for_a_while_loses_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.rate_limit(2, on=Kind.OTHER)
        it.sim.faults.gap(2, "btcusdt@aggTrade")
        for number in range(2, 6):
            it.trade(number)
        await it.events_settled()
        assert lots(it) == [1, 2, 3, 4, 5]
        assert it.trader.feed.counts.lost == 0
        await it.check()


@in_loop
async def test_a_page_that_came_before_the_refusal_is_kept(tmp_path: Path) -> None:
    """1,500 missed trades are two pages; the second one's first answer is an error."""
    async with rig(tmp_path) as it:
        ask = it.trader.exchange.trades
        pages = itertools.count()

        async def trades(symbol: str, from_id: int) -> object:
            if next(pages) == 1:
                it.sim.faults.error_before(1, on=Kind.OTHER)
            return await ask(symbol, from_id)

        it.trader.exchange.trades = trades  # type: ignore[method-assign,assignment] # arms a fault between two requests
        it.sim.faults.gap(1500, "btcusdt@aggTrade")
        for number in range(2, 1503):
            it.trade(number)
        await it.events_settled()
        assert it.sim.faults.counts["error_before"] == 1
        assert lots(it) == list(range(1, 1503))
        assert it.trader.feed.counts.lost == 0
        await it.check()


@in_loop
async def test_what_cannot_be_had_is_counted_and_told_and_the_trader_goes_on(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.error_before(USUAL_EFFORT.tries, on=Kind.OTHER)
        it.sim.faults.gap(2, "btcusdt@aggTrade")
        for number in range(2, 6):
            it.trade(number)
        await it.events_settled()
        assert lots(it) == [1, 4, 5]
        assert it.trader.feed.counts.lost == 2
        assert it.trader.window.figures().events_lost == 2
        assert it.heard("fault", cause="trades_lost")[0]["detail"].startswith("2 trades")
        await it.buys()
        await it.check("gap_not_refilled", "trades_lost")


@in_loop
async def test_a_second_loss_during_a_refill_is_refilled_too(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.error_before(2, on=Kind.OTHER)
        it.sim.faults.gap(1, "btcusdt@aggTrade")
        it.trade(2)
        it.trade(3)
        await until(lambda: it.trader.feed.pairs[0].held_trades, "a refill under way")
        it.sim.faults.gap(1, "btcusdt@aggTrade")
        it.trade(4)
        it.trade(5)
        await until(lambda: it.sim.faults.counts["gap"] == 2, "the second gap")
        await it.events_settled()
        assert lots(it) == [1, 2, 3, 4, 5]
        assert it.trader.feed.counts.lost == 0
        await it.check()
