"""A pair's stream dies, a pair is halted, a pair is only quiet: the owner hears what is so, and losses stay limited."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest

from core.errors import ExchangeError
from services.simulator import Kind, Sim
from services.trader.timing import SilenceTiming, Timing
from tests.trader.harness import PRICES, Rig, in_loop, limits_with, rig, strategy, until

STALE = 0.6


async def hears_the_other(it: Rig, seconds: float) -> None:
    """The other pair goes on speaking for so long."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        it.trade(1, pair=1)
        await asyncio.sleep(0.05)


async def falls_silent(it: Rig, price: float) -> None:
    """BTC's stream dies and its market goes on at `price`; until it was told."""
    it.sim.faults.stall("btcusdt")
    it.trade(1, price=price)
    while not it.heard("fault"):
        await hears_the_other(it, 0.1)


@in_loop
async def test_a_pair_whose_stream_dies_is_told_once_with_since_when_and_once_when_it_is_back(tmp_path: Path) -> None:
    async with rig(tmp_path, stale_seconds=STALE) as it:
        await falls_silent(it, PRICES[0] * 0.999)
        await hears_the_other(it, 3 * STALE)
        fault = it.heard("fault")[0]
        assert (fault["cause"], fault["subject"]) == ("pair_silent", "BTCUSDT")
        assert re.match(r"nothing heard since \d\d:\d\d:\d\d UTC \(\d+ s\); ", fault["detail"])
        assert "position" not in fault["detail"]
        assert not it.heard("back")
        it.sim.faults.release()
        it.trade(2)
        back = await it.hears("back")
        assert back["pair"] == "BTCUSDT"
        await it.events_settled()
        await it.buys()
        assert len(it.heard("back")) == 1
        await it.check("pair_silent")


@in_loop
async def test_value_follows_a_silent_pair_and_its_loss_limit_closes_it(tmp_path: Path) -> None:
    async with rig(tmp_path, stale_seconds=STALE, limits=limits_with(loss_per_trade=50)) as it:
        await it.buys(0)
        before = it.trader.valuation.equity
        await falls_silent(it, 62_500.0)
        await until(lambda: it.holding().price == 62_500.0, "the price asked for")
        assert it.trader.valuation.equity < before - 30
        assert "a position is open: BTCUSDT" in it.heard("fault")[0]["detail"]
        assert it.holding().size > 0.0
        it.trade(1, price=40_000.0)
        await until(lambda: it.holding().size == 0.0, "the forced exit")
        await it.orders_settled()
        assert it.orders[-1].client_order_id.endswith("x")
        await it.check("pair_silent")


@in_loop
async def test_a_strategys_own_exit_acts_on_a_price_that_was_asked_for(tmp_path: Path) -> None:
    sells_low = strategy("if 10_000.0 < e.price < 64000.0: d.action, d.score, d.confidence = 2, -1.0, 1.0")
    async with rig(tmp_path, sells_low, stale_seconds=STALE) as it:
        await it.buys(0)
        await falls_silent(it, 63_000.0)
        await until(lambda: it.holding().size == 0.0, "the strategy's exit")
        await it.check("pair_silent")


@in_loop
async def test_nothing_is_bought_at_a_price_that_was_asked_for(tmp_path: Path) -> None:
    buys_low = strategy("if 10_000.0 < e.price < 64000.0: d.action, d.score, d.confidence = 1, 1.0, 1.0")
    async with rig(tmp_path, buys_low, stale_seconds=STALE) as it:
        await falls_silent(it, 63_000.0)
        await until(lambda: it.heard("denied", pair="BTCUSDT"), "a refusal")
        await hears_the_other(it, STALE)
        assert it.heard("denied", pair="BTCUSDT")[0]["code"] == "stale"
        assert it.orders == []
        it.sim.faults.release()
        while it.holding().size == 0.0:
            it.trade(2, price=63_001.0)
            await hears_the_other(it, 0.1)
        await it.check("pair_silent")


@in_loop
async def test_panic_closes_a_silent_pair_without_waiting_for_its_stream(tmp_path: Path) -> None:
    async with rig(tmp_path, stale_seconds=STALE) as it:
        await it.buys(0)
        await falls_silent(it, PRICES[0] * 0.999)
        it.trader.obeying.panic()
        await until(lambda: it.holding().size == 0.0, "the position closed")
        await it.check("pair_silent")


@in_loop
async def test_a_quiet_pair_cries_no_wolf(tmp_path: Path) -> None:
    async with rig(tmp_path, stale_seconds=STALE) as it:
        await it.buys(0)
        await hears_the_other(it, 8 * STALE)
        assert it.trader.feed.pairs[0].asked_ns  # it was asked about
        assert it.holding().size > 0.0
        await it.check()


@in_loop
async def test_a_pair_that_says_nothing_at_all_for_very_long_is_told_once_even_so(tmp_path: Path) -> None:
    timing = Timing(silence=SilenceTiming(quiet_periods=3))
    async with rig(tmp_path, timing=timing, stale_seconds=STALE) as it:
        await hears_the_other(it, 8 * STALE)
        await it.check("pair_silent")


@in_loop
async def test_a_silent_pair_whose_price_cannot_be_asked_for_is_told_as_watched_by_nobody(tmp_path: Path) -> None:
    async with rig(tmp_path, stale_seconds=STALE) as it:
        await it.buys(0)
        it.sim.faults.error_before(10_000, on=Kind.OTHER)
        while not it.heard("fault"):
            await hears_the_other(it, 0.1)
        assert "nobody watches it" in it.heard("fault")[0]["detail"]
        it.sim.faults.clear()
        await it.check("pair_silent")


@in_loop
async def test_when_the_whole_market_is_silent_and_a_renewal_did_not_help_that_is_one_fault(tmp_path: Path) -> None:
    async with rig(tmp_path, stale_seconds=STALE) as it:
        it.sim.faults.stall("@")
        it.trade(1, price=PRICES[0] * 0.999)
        it.trade(1, pair=1, price=PRICES[1] * 0.999)
        await it.hears("fault", cause="pair_silent")
        await asyncio.sleep(3 * STALE)
        assert it.heard("fault", cause="pair_silent")[0]["subject"] == "BTCUSDT, ETHUSDT"
        assert it.faults.count("pair_silent") == 1
        assert it.holding().price == PRICES[0] * 0.999
        it.sim.faults.release()
        it.trade(2)
        it.trade(2, pair=1)
        await it.hears("back")
        lost = it.faults.count("feed_lost")
        assert 1 <= lost <= 3  # renewals that do not help come further and further apart
        await it.check(*it.faults)


# Halted pairs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["BREAK", "HALT"])
@in_loop
async def test_a_pair_that_is_halted_at_the_start_is_refused_by_its_name_and_status(
    status: str, tmp_path: Path
) -> None:
    def halted(sim: Sim) -> None:
        sim.faults.halt("ETHUSDT", status)

    with pytest.raises(ExchangeError, match=rf"does not trade ETHUSDT \(status {status}\)") as raised:
        async with rig(tmp_path, before=halted):
            pass
    assert "--pairs" in raised.value.hint


@in_loop
async def test_a_pair_that_is_halted_later_is_told_with_its_position_that_cannot_be_closed_and_when_it_is_back(
    tmp_path: Path,
) -> None:
    timing = Timing(silence=SilenceTiming(silent_status_seconds=0.5))
    async with rig(tmp_path, timing=timing, stale_seconds=STALE) as it:
        await it.buys(0)
        it.sim.faults.halt("BTCUSDT", "BREAK")
        while len(it.heard("fault")) < 2:
            await hears_the_other(it, 0.1)
        assert [(fault["cause"], fault["subject"]) for fault in it.heard("fault")] == [
            ("pair_halted", "BTCUSDT"),
            ("cannot_close", "BTCUSDT"),
        ]
        assert all("BREAK" in fault["detail"] for fault in it.heard("fault"))
        sent = it.trader.portfolio.orders
        it.trader.obeying.panic()
        await hears_the_other(it, 3 * STALE)
        assert it.trader.portfolio.orders == sent  # what the exchange would refuse is not sent
        assert [denied["code"] for denied in it.heard("denied")] == ["not_trading"]
        it.sim.faults.halt("BTCUSDT", "")
        while it.holding().size > 0.0:
            it.trade(1)
            await hears_the_other(it, 0.1)
        await it.hears("back", pair="BTCUSDT")
        assert len(it.heard("back")) == 1
        await it.check("pair_halted", "cannot_close")


@in_loop
async def test_an_order_that_is_refused_makes_the_status_be_asked_for(tmp_path: Path) -> None:
    timing = Timing(silence=SilenceTiming(hinted_status_seconds=0.1))
    async with rig(tmp_path, timing=timing, stale_seconds=60) as it:
        await it.buys(0)
        it.sim.faults.halt("BTCUSDT", "BREAK")
        assert it.trader.execution.force_exit(0, 10**6, "test", time.time_ns())
        await it.hears("rejected", pair="BTCUSDT")
        await it.hears("fault", cause="pair_halted")  # long before anybody could call it silent
        await it.hears("fault", cause="cannot_close")
        await it.check("pair_halted", "cannot_close", never_arrived=1)
