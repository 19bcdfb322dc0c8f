"""The exchange's clock and ours go apart while there are positions: they are closed all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.simulator import Sim
from services.trader.orders import Status
from tests.trader.harness import BUY, PRICES, SELL, in_loop, limits_with, rig, trading, until


@pytest.mark.parametrize(
    ("ms", "size"),
    [
        (1_500, "1.5 s"),
        (6_000, "6.0 s"),
        (-4_000, "4.0 s"),
        (-6_000, "6.0 s"),
        (3_600_000, "60.0 min"),
        (-864_000_000, "10.0 days"),
    ],
)
@in_loop
async def test_a_start_with_the_clocks_apart_trades_and_tells_it_once(ms: int, size: str, tmp_path: Path) -> None:
    """`ms` is how far the exchange is ahead of us."""

    def apart(sim: Sim) -> None:
        sim.faults.clock(ms)

    async with rig(tmp_path, before=apart) as it:
        await it.buys()
        await it.sells()
        assert not it.heard("rejected")
        off = it.heard("fault", cause="clock_off")[0]
        assert f"your clock is {size} {'ahead of' if ms < 0 else 'behind'} the exchange's" in off["detail"]
        await it.check("clock_off")


@in_loop
async def test_a_refused_closing_order_is_sent_anew_under_its_own_id_and_an_entry_is_not(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys(0)
        it.sim.faults.clock(-5_000)
        it.trade(BUY, pair=1)
        await it.hears("rejected", pair="ETHUSDT", side="BUY")
        await until(lambda: it.trader.exchange.clock.ahead_ns() > 4e9, "a measurement")
        it.sim.faults.clock(20_000)
        it.trade(SELL, pair=0)
        await until(lambda: it.holding(0).size == 0.0, "the position closed")
        await it.orders_settled()
        assert len(it.heard("rejected")) == 2
        assert it.holding(1).size == 0.0
        assert [order.client_order_id.endswith("r") for order in it.orders] == [False, True]
        refused = it.orders[-1].client_order_id.removesuffix("r")
        assert it.trader.portfolio.statuses[refused] is Status.REJECTED
        assert it.faults.count("clock_off") == 2
        await it.check("clock_off", "clock_off", never_arrived=2)


@in_loop
async def test_a_forced_exit_that_was_refused_for_its_time_is_sent_anew(tmp_path: Path) -> None:
    async with rig(tmp_path, limits=limits_with(loss_per_trade=30)) as it:
        await it.buys()
        it.sim.faults.clock(9_000)
        it.trade(price=PRICES[0] * 0.96)
        await until(lambda: it.holding().size == 0.0, "the forced exit")
        await it.orders_settled()
        assert it.orders[-1].client_order_id.endswith("xr")
        await it.check("clock_off", never_arrived=1)


@in_loop
async def test_a_question_that_is_refused_for_its_time_is_asked_anew(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys()
        it.sim.faults.clock(-60_000)
        assert (await it.trader.exchange.account())["BTC"].total > 0
        await it.check("clock_off")


@in_loop
async def test_an_order_connection_that_is_refused_for_its_time_comes_back(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys()
        it.sim.faults.clock(30_000)
        it.sim.faults.disconnect()
        await it.hears("fault", cause="orders_lost")
        await until(it.trader.execution.connected.is_set, "the order connection")
        await it.sells()
        assert it.faults.count("clock_off") == 1


@in_loop
async def test_a_clock_of_ours_that_steps_costs_no_order(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        clock = it.trader.exchange.clock
        wall, shift = clock.wall, [3_000_000_000]
        clock.wall = lambda: wall() + shift[0]
        await it.hears("fault", cause="clock_off")
        await it.buys()
        await it.sells()
        shift[0] = 0
        await it.hears("clock")
        assert not it.heard("rejected")
        await it.check("clock_off")


@in_loop
async def test_a_clock_that_went_back_gives_no_epoch_that_a_lost_journal_may_have_used(tmp_path: Path) -> None:
    async with rig(tmp_path / "one") as it:
        await it.buys()
        first = it.trader.portfolio.epoch
        with pytest.MonkeyPatch.context() as monkeypatch:
            monkeypatch.setattr("time.time", lambda: 1.0e9)  # ours alone: the exchange reads time_ns
            async with trading(it.sim, tmp_path / "two", starts=False) as again:
                again.trader.exchange.clock.wall = lambda: 10**18
                await again.trader.exchange.measure_clock()
                again.trader.epochs.begin(again.trader.release)
                assert again.trader.portfolio.epoch >= first
        await it.check()
