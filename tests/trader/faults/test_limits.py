"""The kill switch and the limits: what the strategy wants counts for nothing against them."""

from __future__ import annotations

import asyncio
import math
import time
from decimal import Decimal
from pathlib import Path

import pytest

from core.owner import KILL_FILE, OwnersWord
from core.releases import Release
from services.trader.control import RefusedError, keep_word
from services.trader.exchanges.protocol import Trade
from services.trader.host import Decision
from tests.trader.harness import BAD, BUY, PAIRS, PRICES, SELL, in_loop, limits_with, rig, strategy, trading, until


@in_loop
async def test_the_kill_file_stops_the_very_next_order_halts_and_is_latched_over_a_restart(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys()
        (tmp_path / KILL_FILE).touch()
        thrown = time.monotonic()
        it.trade(SELL)
        it.trade(BUY, pair=1)
        await it.hears("trading", state="halted")
        assert time.monotonic() - thrown < 20.0
        await it.events_settled()
        assert {denied["code"] for denied in it.heard("denied")} == {"halted"}
        assert len(it.orders) == 1
        await it.check()
        await it.trader.close()
        async with trading(it.sim, tmp_path) as again:
            assert again.heard("trading", state="halted")
            await again.round_trip(SELL)
            assert len(again.orders) == 1
            (tmp_path / KILL_FILE).unlink()
            await again.hears("trading", state="active")
            await until(lambda: again.holding().size == 0.0 or again.trade(SELL), "a sale, after the pair's rest")
            await again.orders_settled()
            assert len(again.orders) == 2
            assert again.faults == []


@in_loop
async def test_the_kill_switch_cancels_each_time_it_is_thrown(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        cancelled = []
        cancel_all = it.trader.execution.settling.cancel_all

        async def count() -> None:
            cancelled.append(1)
            await cancel_all()

        it.trader.execution.settling.cancel_all = count  # type: ignore[method-assign] # counts what it passes on
        for number in range(1, 3):
            (tmp_path / KILL_FILE).touch()
            await it.hears("trading", state="halted", times=number)
            (tmp_path / KILL_FILE).unlink()
            await it.hears("trading", state="active", times=number)
        await until(lambda: len(cancelled) == 2, "two cancellations")
        await it.check()


@in_loop
async def test_the_kill_switch_works_while_the_host_hangs(tmp_path: Path) -> None:
    hangs = strategy("while lots == BAD: pass")
    async with rig(tmp_path, hangs, host_deadline_ms=5000, host_late_turns=1) as it:
        it.trade(BAD)
        (tmp_path / KILL_FILE).touch()
        await it.hears("trading", state="halted")
        assert it.trader.slots.turns
        assert it.orders == []


@in_loop
async def test_orders_per_minute(tmp_path: Path) -> None:
    eager = strategy("d.action, d.score, d.confidence = (2 if e.position > 0.0 else 1), 1.0, 1.0")
    async with rig(tmp_path, eager, limits=limits_with(orders_per_minute=2)) as it:
        for _ in range(60):
            await it.round_trip()
            await it.orders_settled()
        bought = [order for order in it.orders if order.is_buy]
        assert len(bought) == 2
        assert {"orders_per_minute"} == {denied["code"] for denied in it.heard("denied")}
        await it.check()


@in_loop
async def test_exposure_and_position_limits(tmp_path: Path) -> None:
    async with rig(tmp_path, limits=limits_with(total_exposure=1500)) as it:  # each buy is a tenth of 10,000
        await it.buys()
        await it.round_trip(BUY, pair=1)
        assert [denied["code"] for denied in it.heard("denied")] == ["total_exposure"]
        assert [order.symbol for order in it.orders] == [PAIRS[0].symbol]
        await it.check()


@in_loop
async def test_an_order_that_is_too_large_is_refused_and_not_made_smaller(tmp_path: Path) -> None:
    async with rig(tmp_path, strategy("d.size = 1.0")) as it:
        await it.round_trip(BUY)
        assert [denied["code"] for denied in it.heard("denied")] == ["order_value"]
        assert it.orders == []
        await it.check()


@in_loop
async def test_a_price_that_jumped_is_behind_the_collar(tmp_path: Path) -> None:
    """The book says one price and the last trade another: no order between them."""
    async with rig(tmp_path) as it:
        collar = float(limits_with().price_collar)
        feed = it.trader.feed.pairs[0]
        feed.ask = PRICES[0] * (1 + 3 * collar)
        last = it.trader.feed.pairs[0].last_trade
        trade = Trade(last + 1, time.time_ns(), PRICES[0], BUY / 100_000, 0.0)
        it.trader.feed.on_trade(0, time.monotonic_ns(), trade)
        await until(lambda: it.heard("denied"), "a refusal")
        assert it.heard("denied")[0]["code"] == "price_collar"
        assert it.orders == []
        await it.check()


@in_loop
async def test_a_pair_that_was_not_heard_of_is_not_traded(tmp_path: Path) -> None:
    async with rig(tmp_path, stale_seconds=0.5) as it:
        heard = it.trader.feed.pairs[1].heard_ns
        while time.monotonic_ns() - heard < 0.6e9:
            await it.round_trip(pair=0)  # the connection lives, only this pair is silent
        assert it.holding(1).size == 0.0
        stale = it.trader.feed.pairs[1]
        buy = Decision(10**6, 1, 1, -1, 1.0, 1.0, 0.1, 5.0, *[math.nan] * 7)
        it.trader.execution.act(1, buy, Release("r" * 40, Path(), ()), "test", time.time_ns())
        assert "stale" in {denied["code"] for denied in it.heard("denied")}
        assert stale.heard_ns == heard
        assert it.orders == []
        await it.check()


@in_loop
async def test_a_position_that_lost_too_much_is_closed_whatever_the_strategy_says(tmp_path: Path) -> None:
    async with rig(tmp_path, limits=limits_with(loss_per_trade=30)) as it:
        await it.buys()  # about 990 USDT
        await it.round_trip(price=PRICES[0] * 0.98)
        assert it.holding().size > 0.0
        it.trade(price=PRICES[0] * 0.96)
        await until(lambda: it.holding().size == 0.0, "the forced exit")
        await it.orders_settled()
        assert it.orders[-1].client_order_id.endswith("x")
        assert len(it.orders) == 2
        await it.check()


@in_loop
async def test_panic_closes_what_is_open_and_opens_nothing_until_it_is_taken_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys()
        it.trader.obeying.panic()
        await it.hears("trading", state="reducing")
        await it.round_trip()
        await until(lambda: it.holding().size == 0.0, "the forced exit")
        await it.orders_settled()
        await it.round_trip(BUY)
        assert len(it.orders) == 2
        it.trader.obeying.pause(on=False)
        await it.hears("trading", state="active")
        assert not it.trader.closing.everything
        await it.check()


@in_loop
async def test_the_day_s_loss_leaves_only_exits_over_a_restart_too(tmp_path: Path) -> None:
    limits = limits_with(loss_per_day=40)
    async with rig(tmp_path, limits=limits) as it:
        await it.buys(0)
        await it.buys(1)
        await it.round_trip(price=PRICES[0] * 0.95)
        await it.hears("fault", cause="loss_per_day")
        await it.hears("trading", state="reducing")
        await it.sells(0)
        await it.round_trip(BUY)
        assert [denied["code"] for denied in it.heard("denied")] == ["reducing"]
        await it.check("loss_per_day")
        await it.trader.close()
        for warm_bars in (10, 0):
            async with trading(it.sim, tmp_path, limits=limits, warm_bars=warm_bars) as again:
                again.prices = it.prices
                await again.hears("trading", state="reducing")
                await again.round_trip(BUY)
                assert [denied["code"] for denied in again.heard("denied")] == ["reducing"]
        async with trading(it.sim, tmp_path, limits=limits) as again:
            await again.sells(1)
        assert sum(order.is_buy for order in it.orders) == 2


@in_loop
async def test_a_start_without_any_price_yet_is_no_loss(tmp_path: Path) -> None:
    """With a position and no history the account is not worth its cash alone."""
    limits = limits_with(loss_per_day=100)
    async with rig(tmp_path, limits=limits) as it:
        await it.buys()
        await it.check()
        await it.trader.close()
        async with trading(it.sim, tmp_path, limits=limits, starts=False, warm_bars=0) as again:
            await again.trader.start()
            assert again.heard("trading") == []
            again.trade()
            again.trade(pair=1)
            await again.events_settled()
            await until(lambda: again.trader.valuation.equity > 9900, "the account's value")
            assert again.faults == []
            assert again.trader.portfolio.day_equity > Decimal(9900)


@in_loop
async def test_a_word_that_comes_as_a_file_is_heard_within_a_second(tmp_path: Path) -> None:
    """So it comes when no commander listens."""
    async with rig(tmp_path) as it:
        await it.buys()
        OwnersWord(it.trader.settings.data_dir).panic()
        await it.hears("trading", state="reducing")
        await it.round_trip()
        await until(lambda: it.holding().size == 0.0, "the forced exit")
        OwnersWord(it.trader.settings.data_dir).resume()
        await it.hears("trading", state="active")
        assert not it.trader.closing.everything
        await it.check()


@in_loop
async def test_a_panic_that_no_disk_takes_is_obeyed_all_the_same_and_said_so(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys()
        it.trader.obeying.owner = OwnersWord(tmp_path / "file")  # stands where the folder would
        (tmp_path / "file").touch()
        with pytest.raises(RefusedError, match="a restart will forget it"):
            keep_word(it.trader.obeying.panic)
        await it.hears("trading", state="reducing")
        await it.round_trip()
        await until(lambda: it.holding().size == 0.0, "the forced exit")
        await asyncio.sleep(1.2)  # the trader has looked at the folder again
        assert (it.trader.closing.everything, it.trader.execution.paused) == (True, True)
        assert not it.trader.failed.done()
        await it.check()
