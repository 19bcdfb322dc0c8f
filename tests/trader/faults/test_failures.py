"""What nobody planned: it stops trading at once, is told once, and leaves nothing running. A start with surprises."""

from __future__ import annotations

import asyncio
import os
from decimal import Decimal
from pathlib import Path

import pytest

from core.errors import SorteError
from services.simulator import Sim
from services.simulator.orders import NewOrder, OrderType, Side
from services.simulator.settings import DEFAULT_PAIRS
from services.trader.exchanges.protocol import Trade
from services.trader.journal import Journal
from services.trader.orders import Fault
from services.trader.risk import Trading
from tests.trader.harness import BUY, PRICES, Rig, check_orders, check_position, in_loop, rig, trading, until


def fill_the_disk(it: Rig) -> None:
    """From now on the journal's disk is full, as the kernel says it: ENOSPC."""
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, it.trader.ledger.journal._file)
    os.close(full)


async def stopped(it: Rig, why: str) -> None:
    """The trader has stopped for this reason, told once, and orders nothing."""
    await until(it.trader.failed.done, "the stop")
    assert why in str(it.trader.failed.exception())
    assert isinstance(it.trader.failed.exception(), SorteError)
    assert it.trader.execution.trading is Trading.HALTED
    orders = len(it.orders)
    it.trade(BUY)
    it.trade(BUY, pair=1)
    await it.events_settled()
    assert len(it.orders) == orders
    assert it.faults == ["unexpected"]
    check_orders(it.sim, it.trader.limits)


@in_loop
async def test_an_order_that_the_journal_does_not_take_is_not_sent_and_trading_stops(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        fill_the_disk(it)
        it.trade(BUY)
        await stopped(it, "No space left on device")
        assert it.orders == []


@in_loop
async def test_a_fill_that_the_journal_does_not_take_stops_trading_and_is_found_at_the_next_start(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path, market={"latency_ms": 80}) as it:
        it.trade(BUY)
        await until(lambda: it.orders, "the order at the exchange")
        fill_the_disk(it)
        await stopped(it, "No space left on device")
        await until(lambda: not it.orders[0].is_open, "the order's end")
        assert it.holding().quantity == 0
        await it.trader.close()
        async with trading(it.sim, tmp_path) as again:
            assert again.faults == ["order_open_at_start"]
            assert again.holding().size > 0.0
            check_position(it.sim, again.trader)
            assert len(again.orders) == 1


@in_loop
async def test_a_journal_that_failed_once_takes_nothing_more(tmp_path: Path) -> None:
    """Later records would hide that one is missing."""
    journal = Journal(tmp_path / "journal")
    record = Fault("cause", "subject", "detail", 1)
    journal.append(record)
    kept = os.dup(journal._file)
    os.dup2(os.open("/dev/full", os.O_WRONLY), journal._file)
    with pytest.raises(OSError, match="No space left"):
        journal.append(record)
    os.dup2(kept, journal._file)  # the disk has room again
    with pytest.raises(OSError, match="failed before"):
        journal.append(record)
    assert journal.replay() == [record]
    journal.close()


@pytest.mark.parametrize("where", ["a message", "a host's answer", "a task", "a timer"])
@in_loop
async def test_an_exception_that_nobody_planned_stops_trading(tmp_path: Path, where: str) -> None:
    def breaks(*_: object) -> None:
        raise ZeroDivisionError(where)

    async def breaks_later(*_: object) -> None:
        breaks()

    async with rig(tmp_path) as it:
        match where:
            case "a message":
                it.trader.feed._on_tick = breaks
            case "a host's answer":
                it.trader.slots._on_turn = breaks
            case "a task":
                it.trader.feed.refilling.refill = breaks_later  # type: ignore[method-assign] # what a bug would do
                it.sim.faults.gap(1, "aggTrade")
            case "a timer":
                it.trader.obeying.follow_trading = breaks  # type: ignore[method-assign] # likewise
        it.trade()
        it.trade(2)
        await until(it.trader.failed.done, "the stop")
        assert it.faults == ["unexpected"]
        assert it.heard("fault")[0]["detail"] == f"ZeroDivisionError: {where}"
        assert it.trader.execution.trading is Trading.HALTED
        assert it.orders == []
        it.trader.failed.exception()


@in_loop
async def test_an_exception_while_connecting_again_stops_trading(tmp_path: Path) -> None:
    """The task that keeps a connection would otherwise end in silence, and with it the connection."""
    async with rig(tmp_path) as it:

        def breaks() -> None:
            raise ZeroDivisionError("connected")

        it.trader.feed.on_market_connected = breaks  # type: ignore[method-assign] # what a bug would do
        market = it.trader.exchange._market  # type: ignore[attr-defined] # of Binance
        market.connection._on_up = breaks
        market.connection.drop("test")
        await until(it.trader.failed.done, "the stop")
        assert it.faults == ["feed_lost", "unexpected"]
        it.trader.failed.exception()


@in_loop
async def test_after_the_close_no_timer_and_no_task_of_the_trader_does_anything(tmp_path: Path) -> None:
    async with rig(tmp_path, order_timeout_ms=200, recv_window_ms=300) as it:
        it.sim.faults.timeout_before(1)
        it.trade(BUY)
        await until(lambda: it.trader.portfolio.orders, "an order")
        await it.trader.close()
        told = len(it.told)
        await asyncio.sleep(1.2)  # longer than housekeeping, the order's timeout and its window
        assert len(it.told) == told
        assert not it.trader.failed.done()
        ours = {task for task in asyncio.all_tasks() if "services/trader/" in str(task) and "/sim/" not in str(task)}
        assert not ours


@in_loop
async def test_a_trader_that_stops_trades_nothing_on_its_way_out(tmp_path: Path) -> None:
    """Ending the hosts settles the turns that are left; what the previous host wished is not carried out any more."""
    async with rig(tmp_path, host_deadline_ms=5000) as it:
        it.trader.slots.decided = lambda *_: None  # type: ignore[method-assign] # nothing is answered from here on
        it.trader.feed.on_trade(0, 0, Trade(it.trader.feed.pairs[0].last_trade + 1, 1, PRICES[0], BUY / 100_000, 0.0))
        await it.trader.close()
        assert it.orders == []
        assert it.trader.portfolio.orders == 0


# A start with surprises -----------------------------------------------------------------------------------------------


@in_loop
async def test_an_order_of_ours_that_the_ledger_does_not_know_is_cancelled_and_told(tmp_path: Path) -> None:
    def leave_orders(sim: Sim) -> None:
        for client_id in ("s7-0123abcd-99", "by-hand"):
            wish = {"quantity": Decimal("0.01"), "price": Decimal(60_000)}
            sim.exchange.place(NewOrder(DEFAULT_PAIRS[0], Side.BUY, OrderType.LIMIT, client_id, **wish))

    async with rig(tmp_path, before=leave_orders) as it:
        states = {order.client_order_id: str(order.status) for order in it.orders}
        assert states == {"s7-0123abcd-99": "CANCELED", "by-hand": "NEW"}
        assert it.faults == ["order_not_in_ledger"]
        assert it.trader.portfolio.cash == it.sim.exchange.balances["USDT"].total


@in_loop
async def test_an_exchange_that_holds_less_than_the_ledger_starts_on_hold_and_closes_what_is_there(
    tmp_path: Path,
) -> None:
    async with rig(tmp_path) as it:
        await it.buys()
        await it.trader.close()
        bought = it.holding().quantity
        it.sim.exchange.balances.change("BTC", free=Decimal("-0.001"))  # withdrawn
        async with trading(it.sim, tmp_path) as again:
            assert again.faults == ["position_missing"]
            assert f"{bought.normalize():f} in our books" in again.heard("fault")[0]["detail"]
            await again.sells()
            assert it.sim.exchange.balances["BTC"].total < Decimal("0.00001")
            again.trade(BUY)
            assert (await again.hears("denied"))["code"] == "books_differ"
            await again.buys(1)
        assert len(it.orders) == 3


@in_loop
async def test_what_the_owner_holds_beside_us_is_his(tmp_path: Path) -> None:
    async with rig(tmp_path, market={"balances": {"USDT": Decimal(10_000), "BTC": Decimal(1)}}) as it:
        await it.buys()
        await it.sells()
        assert it.sim.exchange.balances["BTC"].total >= 1
        assert it.holding().quantity < Decimal("0.00001")
        assert it.faults == []
