"""The trader's own watch: a declared level is kept whether or not a strategy does, and only one declared before."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from pathlib import Path

import pytest

from core.kernel import EVENT, EVENT_WIRE
from services.trader.orders import Status
from tests.trader.harness import PAIRS, PRICES, SELL, Rig, in_loop, limits_with, money, rig, strategy, until

PRICE = PRICES[0]
DECLARES = "if e.position > 0.0: d.stop, d.target = e.entry_price * 0.98, e.entry_price * 1.04"
"""The levels of the shipped strategy, by a strategy that never sells at them."""
BELOW, ABOVE = PRICE * 0.979, PRICE * 1.05
DRAWDOWN = (EVENT.names or ()).index("drawdown")


async def declared(it: Rig, pair: int = 0) -> None:
    """Hold a position of which a decision has declared the levels."""
    await it.buys(pair)
    await it.round_trip(pair=pair)
    holding = it.holding(pair)
    assert holding.stop == pytest.approx(holding.entry_price * 0.98)
    assert holding.target == pytest.approx(holding.entry_price * 1.04)


def reasons(it: Rig) -> list[str]:
    """Why each position was closed, as the trader remembers it."""
    return [word.removeprefix("sell: ") for word in it.trader.tally.last_decisions.values() if word.startswith("sell")]


async def closed(it: Rig) -> None:
    await until(lambda: it.holding().size == 0.0, f"a closed position; told {it.told[-5:]}")
    await it.orders_settled()


@pytest.mark.parametrize(("price", "level"), [(BELOW, "stop"), (ABOVE, "target")])
@in_loop
async def test_a_level_closes_the_position_although_the_strategy_holds_and_only_once(
    tmp_path: Path, price: float, level: str
) -> None:
    async with rig(tmp_path, strategy(DECLARES)) as it:
        await declared(it)
        for _ in range(3):
            it.trade(price=price)
        await closed(it)
        await it.round_trip(price=price)
        assert reasons(it) == [level]
        assert len(it.orders) == 2
        assert math.isnan(it.holding().stop)
        assert math.isnan(it.holding().target)
        await it.check()


@pytest.mark.parametrize("protect", [False, True])
@in_loop
async def test_every_reason_to_close_at_once_is_one_sale(tmp_path: Path, protect: bool) -> None:
    """Panic, the owner's word about the pair, the loss of a trade, a level and the strategy, all with one event."""
    async with rig(tmp_path, strategy(DECLARES), limits=limits_with(loss_per_trade=10), protect_paper=protect) as it:
        await declared(it)
        it.trader.obeying.close_pair(PAIRS[0].symbol)
        it.trader.obeying.panic()
        for _ in range(3):
            it.trade(SELL, price=BELOW)
        await closed(it)
        for _ in range(3):
            await it.round_trip(SELL, price=BELOW)
        await it.orders_settled()
        sold = [order for order in it.every_order if not order.is_buy and order.filled]
        assert len(sold) == 1
        assert it.sim.exchange.balances["BTC"].locked == 0
        assert not it.resting()
        too_late = [status for status in it.trader.portfolio.statuses.values() if status is Status.REJECTED]
        assert len(too_late) <= protect  # the order that rests may have been faster than ours, which is refused then
        await it.check(*it.faults, never_arrived=len(too_late))


@in_loop
async def test_a_price_between_the_levels_closes_nothing(tmp_path: Path) -> None:
    async with rig(tmp_path, strategy(DECLARES)) as it:
        await declared(it)
        for part in (0.985, 1.0, 1.035):
            await it.round_trip(price=PRICE * part)
        assert it.holding().size > 0.0
        assert len(it.orders) == 1
        await it.check()


@in_loop
async def test_a_strategy_that_sells_at_its_level_by_itself_gives_the_reason(tmp_path: Path) -> None:
    sells = f"{DECLARES}\nif 0 < e.price <= e.entry_price * 0.98 and e.position > 0.0: d.action, d.rule = 2, 0"
    async with rig(tmp_path, strategy(sells)) as it:
        await declared(it)
        it.trade(price=BELOW)
        await closed(it)
        assert reasons(it) == ["first_rule"]
        assert len(it.orders) == 2
        await it.check()


@in_loop
async def test_a_host_that_is_stopped_does_not_keep_a_level_from_being_kept(tmp_path: Path) -> None:
    async with rig(tmp_path, strategy(DECLARES), host_deadline_ms=300) as it:
        await declared(it)
        hosts = [host.pid for host in it.trader.slots.hosts]
        for pid in hosts:
            os.kill(pid, signal.SIGSTOP)
        it.trade(price=BELOW)
        await closed(it)
        assert reasons(it) == ["stop"]
        assert any("late" in fault for fault in it.faults)


@in_loop
async def test_with_no_host_left_the_levels_that_were_declared_still_hold(tmp_path: Path) -> None:
    async with rig(tmp_path, strategy(DECLARES), host_restarts=0) as it:
        await declared(it)
        for host in it.trader.slots.hosts:
            host.end("host_died", "by the test")
        assert it.trader.slots.blue is None
        it.trade(price=ABOVE)
        await closed(it)
        assert reasons(it) == ["target"]
        assert len(it.orders) == 2


@in_loop
async def test_a_level_that_is_declared_at_a_price_past_it_counts_from_the_next_event_on(tmp_path: Path) -> None:
    late = "if e.position > 0.0 and lots == BAD: d.stop = e.price * 1.001"
    async with rig(tmp_path, strategy(late)) as it:
        await it.buys()
        await it.round_trip(1003)
        assert it.holding().size > 0.0, "the event whose decision declares a level is not closed at it"
        it.trade()
        await closed(it)
        assert reasons(it) == ["stop"]


@in_loop
async def test_levels_go_with_the_decision_that_declares_them_no_more_and_with_the_position(tmp_path: Path) -> None:
    once = "if e.position > 0.0 and lots == BAD: d.stop, d.target = e.price * 0.5, e.price * 2"
    async with rig(tmp_path, strategy(once)) as it:
        await it.buys()
        await it.round_trip(1003)
        assert it.holding().stop == pytest.approx(PRICE * 0.5)
        assert it.holding().target == pytest.approx(PRICE * 2)
        await it.round_trip()
        assert math.isnan(it.holding().stop)
        await it.round_trip(1003)
        await it.sells()
        assert math.isnan(it.holding().stop)
        assert math.isnan(it.holding().target)
        await asyncio.sleep(0)
        await it.check()


@in_loop
async def test_an_event_brings_the_owners_clock_along(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SORTE_TIME_ZONE", "Asia/Tokyo")
        async with rig(tmp_path) as it:
            events = [EVENT_WIRE.unpack(event) for _, event in it.trader.tape.warm_up()]
            assert events
            assert {event[-1] for event in events} == {9 * 3600}


@in_loop
async def test_while_the_cash_is_not_known_no_rule_sees_a_fall_of_the_account(tmp_path: Path) -> None:
    async with rig(tmp_path) as it:
        await it.buys()
        it.trader.execution.unreconciled = True
        it.trader.portfolio.cash = -money(it.holding().size * PRICE)  # what the journal alone says: nothing was paid in
        it.trader.valuation.begin()
        await it.round_trip(price=PRICE * 0.999)
        drawdowns = [EVENT_WIRE.unpack(event)[DRAWDOWN] for _, event in it.trader.tape.warm_up()]
        assert drawdowns[-1] == 0.0
        assert max(drawdowns) < 0.001
