"""An order's answer is lost, late, doubled or wrong: one order, one position, and never a second try."""

from __future__ import annotations

import asyncio
import functools
import itertools
from decimal import Decimal
from pathlib import Path

import pytest

from services.simulator import Kind
from services.simulator.sources import Move
from services.trader.exchanges.binance import Binance
from services.trader.orders import Status
from tests.trader import harness
from tests.trader.harness import BUY, PAIRS, SELL, in_loop, rig, until

SHORT = 300  # milliseconds of receive window


@pytest.fixture(autouse=True, params=[False, True], ids=["bare", "protected"])
def _protects(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is tried with a stop order beside every position, too."""
    monkeypatch.setitem(harness.USUAL, "protect_paper", request.param)


@in_loop
async def test_an_answer_lost_after_acceptance_is_asked_for_and_there_is_one_order(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.timeout_after(1)
        it.sim.faults.stall("userData")
        it.trade(BUY)
        await it.hears("fault", cause="order_unknown")
        await it.orders_settled()
        assert it.trader.portfolio.statuses[it.orders[0].client_order_id] is Status.FILLED
        assert len(it.orders) == 1
        it.sim.faults.release()
        await it.sells()
        await it.check("order_unknown")


@in_loop
async def test_an_unanswered_order_whose_fill_the_account_tells_needs_no_question(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.timeout_after(1)
        await it.buys()
        assert len(it.orders) == 1
        await it.check()


@pytest.mark.parametrize("fault", ["timeout_before", "error_before"])
@in_loop
async def test_an_order_that_never_arrived_is_given_up_after_its_window_and_never_sent_again(
    tmp_path: Path, fault: str
) -> None:
    async with rig(tmp_path, recv_window_ms=SHORT) as it:
        getattr(it.sim.faults, fault)(1)
        it.trade(BUY)
        await it.hears("fault", cause="order_unknown")
        it.trade(BUY)  # another wish meanwhile: the pair waits
        await it.events_settled()
        assert it.trader.portfolio.orders == 1
        assert (await it.hears("rejected"))["detail"] == "it never arrived"
        assert it.orders == []
        assert it.holding().size == 0.0
        await it.check("order_unknown", never_arrived=1)


@in_loop
async def test_a_server_error_after_acceptance_is_asked_about(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.error_after(1)
        it.trade(BUY)
        await until(lambda: it.holding().size > 0.0, "the position")
        await it.orders_settled()
        assert len(it.orders) == 1
        await it.check(*it.faults)
        assert it.faults in ([], ["order_unknown"])  # the account's stream may tell the end before the error comes


@in_loop
async def test_a_connection_lost_between_order_and_answer_leaves_one_order(tmp_path: Path) -> None:
    async with rig(tmp_path, market={"latency_ms": 80}) as it:
        it.trade(BUY)
        await until(lambda: it.orders, "the order at the exchange")
        it.sim.faults.disconnect()
        await it.hears("fault", cause="order_unknown")
        await it.orders_settled()
        await until(it.trader.execution.connected.is_set, "the order connection")
        await until(it.trader.feed.connected.is_set, "the streams")
        await it.events_settled()
        assert len(it.orders) == 1
        assert it.holding().size > 0.0
        await it.sells()
        await it.check(*it.faults)
        assert sorted(it.faults) == ["feed_lost", "order_unknown", "orders_lost"]


@in_loop
async def test_without_an_order_connection_nothing_is_written_and_the_wish_is_not_kept(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.timeout_before(1, on=Kind.OTHER)  # the subscription: the connection is open and not ready
        for connection in list(it.sim.users._subscriptions):
            connection.transport.abort()
        await it.hears("fault", cause="orders_lost")
        await until(lambda: it.sim.faults.counts["timeout_before"], "a subscription without an answer")
        await it.round_trip(BUY)
        assert it.orders == []
        assert it.trader.portfolio.orders == 1
        await it.check("orders_lost", never_arrived=1)


@in_loop
async def test_a_subscription_that_is_not_answered_is_asked_for_again(tmp_path: Path) -> None:
    impatient = functools.partial(Binance, subscribed_within_seconds=0.2)
    async with rig(tmp_path, opening=impatient) as it:
        it.sim.faults.timeout_before(1, on=Kind.OTHER)
        for connection in list(it.sim.users._subscriptions):
            connection.transport.abort()
        await it.hears("fault", cause="orders_lost", times=2)
        await until(it.trader.execution.connected.is_set, "the order connection")
        await it.buys()
        await it.check("orders_lost", "orders_lost")


@in_loop
async def test_an_exchange_that_drops_us_at_once_each_time_is_not_stormed(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.rate_limit(10**6, on=Kind.OTHER)  # refuses the subscription
        it.sim.faults.disconnect()
        await asyncio.sleep(1.0)  # what is counted is what happens within a second
        assert it.sim.faults.counts["rate_limit"] < 12
        it.sim.faults.clear()
        await until(it.trader.execution.connected.is_set, "the order connection")
        await until(lambda: it.trader.feed.pairs[0].held is None, "the refill")
        await it.buys()
        await it.check(*it.faults)
        assert set(it.faults) <= {"feed_lost", "orders_lost", "gap_not_refilled"}


@in_loop
async def test_a_ban_during_a_question_is_waited_for(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.timeout_after(1)
        it.sim.faults.stall("userData")
        it.sim.faults.rate_limit(1, retry_after=1, on=Kind.OTHER)
        it.trade(BUY)
        await it.hears("fault", cause="order_unknown")
        await it.orders_settled()
        assert it.sim.faults.counts["rate_limit"] == 1
        assert len(it.orders) == 1
        await it.check("order_unknown")


@in_loop
async def test_a_refused_order_is_told_and_not_repeated_at_the_next_event(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.reject_order()
        it.trade(BUY)
        assert "Market is closed" in (await it.hears("rejected"))["detail"]
        await it.round_trip(BUY)  # within the second that the pair rests
        assert it.orders == []
        await it.check(never_arrived=1)


@in_loop
async def test_partial_fills_are_counted_once_each_and_the_rest_expires(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        ticks = 6_500_000
        thin = Move(it.sim.market.clock.now_ms(), 0, ticks - 1, ticks + 1, 300, 300, ticks, BUY)
        it.play(thin)
        await until(lambda: it.orders and not it.orders[0].is_open, "the order's end")
        await it.orders_settled()
        order = it.orders[0]
        assert len(order.fills) > 1
        assert Decimal(0) < order.filled
        told = it.heard("fill")
        assert len(told) == len(order.fills)
        assert sum(fill["quantity"] for fill in told) == order.filled
        await it.check()


@in_loop
async def test_a_fill_told_by_the_answer_the_account_and_a_question_counts_once(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        it.sim.faults.duplicate(10, "userData")
        await it.buys()
        order = it.orders[0]
        for fill in await it.trader.exchange.order_fills(order.symbol, order.client_order_id):
            it.trader.execution.on_fill(fill)
        assert len(it.heard("fill")) == len(order.fills) == 1
        await it.check()


@in_loop
async def test_while_an_order_is_under_way_the_pair_gets_no_other(tmp_path: Path) -> None:
    async with rig(tmp_path, market={"latency_ms": 60}) as it:
        for _ in range(20):
            it.trade(BUY)
            it.trade(BUY, pair=1)
        await until(lambda: it.holding(0).size > 0.0 and it.holding(1).size > 0.0, "both positions")
        for _ in range(20):
            it.trade(SELL)
        await until(lambda: it.holding(0).size == 0.0, "no position")
        await it.orders_settled()
        assert sorted(order.symbol for order in it.orders) == [PAIRS[0].symbol] * 2 + [PAIRS[1].symbol]
        await it.check()


@in_loop
async def test_an_order_that_is_answered_in_time_is_never_asked_about(tmp_path: Path) -> None:
    async with rig(tmp_path, order_timeout_ms=100) as it:
        for _, lots in zip(range(6), itertools.cycle((BUY, SELL))):
            await (it.buys() if lots == BUY else it.sells())
        asked = asyncio.get_running_loop().time() + 0.2
        await until(lambda: asyncio.get_running_loop().time() > asked, "the time after which it would be asked")
        await it.check()


@in_loop
async def test_after_too_many_orders_none_is_sent_until_the_exchange_wants_one_and_that_is_told_once(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as it:
        await it.buys()
        it.sim.faults.rate_limit(1, retry_after=2, on=Kind.PLACE)
        it.trade(SELL)
        await it.hears("rejected", side="SELL")
        placed = it.sim.faults.counts["rate_limit"]
        while not it.sim.exchange.orders or it.holding().size > 0.0:
            it.trade(SELL)
            await asyncio.sleep(0.05)
        assert [denied["code"] for denied in it.heard("denied")] == ["banned"]
        assert len(it.heard("rejected")) == 1
        assert it.sim.faults.counts["rate_limit"] == placed == 1
        await it.orders_settled()
        assert it.holding().size == 0.0
        await it.check(never_arrived=1)
