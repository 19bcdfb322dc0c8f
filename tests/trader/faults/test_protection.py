"""A stop order rests at the exchange for each position: one, in the right place, whatever goes wrong around it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.owner import OwnersWord
from services.simulator.orders import Status as SimStatus
from services.simulator.sources import Move
from services.trader.orders import Status
from tests.trader.harness import PAIRS, PRICES, SELL, in_loop, is_protective_order, rig, strategy, trading, until

TRAILING = strategy("d.stop = e.price * 0.98 if e.price else math.nan")
"""Declares its stop at 2 % below the price, up and down."""
FIRST_STOP = Decimal("63381.50")  # 65,000 x 0.98 x 0.995
AT_LOSS_LIMIT = Decimal("0.75")  # of the entry: a tenth of 10,000 is held, 250 may be lost


def guarded(folder: Path, source: Any = TRAILING, **settings: Any) -> Any:
    """A trader that protects its positions on the simulated exchange."""
    return rig(folder, source, protect_paper=True, **settings)


@in_loop
async def test_a_position_is_protected_behind_the_strategys_stop_by_the_margin(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        await it.round_trip()
        order = await it.protected(stop=FIRST_STOP)
        assert order.price == Decimal("62747.68")  # a hundredth below, on the tick
        assert order.quantity == it.holding().sellable
        await it.check()


@in_loop
async def test_a_strategy_without_a_stop_is_protected_at_the_loss_limit(tmp_path: Path) -> None:
    async with guarded(tmp_path, strategy()) as it:
        await it.buys()
        order = await it.protected()
        holding = it.holding()
        expected = Decimal(repr(holding.entry_price - 250 / holding.size)) * Decimal("0.995")
        assert abs(order.stop_price - expected) <= PAIRS[0].price_tick
        await it.check()


@in_loop
async def test_it_moves_with_a_trailing_stop_and_there_is_never_a_second_one(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        await it.protected(stop=FIRST_STOP)
        for price in (66_000.0, 67_000.0, 68_000.0):
            await it.round_trip(price=price)
        order = await it.protected(stop=Decimal("66306.80"))  # 68,000 x 0.98 x 0.995
        assert [made.status for made in it.every_order if is_protective_order(made)][-1] is SimStatus.NEW
        assert len(it.resting()) == 1
        assert order.quantity == it.holding().sellable
        await it.check()


@in_loop
async def test_a_stop_that_hardly_moves_costs_no_order(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        await it.protected(stop=FIRST_STOP)
        before = len(it.every_order)
        for step in range(20):
            await it.round_trip(price=65_000.0 + step % 4 * 10)  # 0.05 %
        assert len(it.every_order) == before
        await it.check()


@in_loop
async def test_our_own_exit_takes_it_back_in_the_same_request(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        await it.sells()
        assert protection.status is SimStatus.CANCELED
        assert it.resting() == []
        assert it.every_order[-1].created_ms >= protection.updated_ms
        await it.check()
        await it.buys()  # and the next position is protected again
        await it.protected()
        await it.check()


@in_loop
async def test_while_nobody_acts_the_exchange_sells_and_it_is_booked(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        OwnersWord(tmp_path).kill()
        await it.hears("trading", state="halted")
        await fall(it, 63_300.0)
        await until(lambda: it.holding().size == 0.0, "the sale")
        await it.orders_settled()
        assert protection.status is SimStatus.FILLED
        assert it.trader.portfolio.protections == {}
        assert it.heard("protection", state="sold")
        await it.check()


@in_loop
async def test_a_stop_that_triggers_while_we_are_away_is_booked_at_the_start(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        await it.trader.close()
        assert protection.is_open  # an orderly end leaves it
        await fall(it, 63_300.0)
        assert not protection.is_open
        async with trading(it.sim, tmp_path, TRAILING, protect_paper=True) as again:
            assert again.holding().size == 0.0
            assert again.trader.portfolio.statuses[protection.client_order_id] is Status.FILLED
            assert again.faults == []
            await again.buys()
            await again.protected()
            await again.check()


@in_loop
async def test_a_restart_recognises_what_rests_and_leaves_it_where_it_is(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        await it.trader.close()
        async with trading(it.sim, tmp_path, strategy(), protect_paper=True) as again:  # has said nothing of a stop yet
            order = await again.protected()
            assert order.order_id == protection.order_id
            assert again.faults == []
            await again.sells()
            assert again.resting() == []
            await again.check()


@in_loop
async def test_a_part_that_was_sold_while_we_were_away_is_booked_and_the_rest_stays_protected(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        held = it.holding().quantity
        await it.trader.close()
        thin(it, 63_300.0, 300)
        assert protection.is_open
        assert protection.filled > 0
        async with trading(it.sim, tmp_path, TRAILING, protect_paper=True) as again:
            assert again.holding().quantity == held - protection.filled
            await again.sells()
            await again.check(*again.faults)


@in_loop
async def test_a_position_that_is_sold_in_part_keeps_the_rest_protected(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        await it.protected(stop=FIRST_STOP)
        held = it.holding().quantity
        thin(it, PRICES[0], 300, trade=SELL)
        await until(lambda: it.holding().quantity < held, "a sale of a part")
        await it.orders_settled()
        assert it.holding().size > 0
        order = await it.protected()
        assert order.quantity == it.holding().sellable
        await it.check()


@in_loop
async def test_turned_off_nothing_rests_and_what_rested_is_taken_back(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        await it.trader.close()
        async with trading(it.sim, tmp_path, TRAILING, protect_paper=True, protect=False) as again:
            await until(lambda: not protection.is_open, "it was taken back")
            await again.round_trip()
            await again.orders_settled()
            assert again.resting() == []
            await again.check()


# The owner's words ----------------------------------------------------------------------------------------------------


@in_loop
async def test_the_kill_switch_leaves_it_and_kill_all_takes_it_and_names_what_is_bare(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        OwnersWord(tmp_path).kill()
        await it.hears("trading", state="halted")
        await it.round_trip(price=70_000.0)
        await it.orders_settled()
        assert it.resting() == [protection]  # not moved either
        OwnersWord(tmp_path).kill(everything=True)
        fault = await it.hears("fault", cause="bare", subject="BTCUSDT")
        assert "kill --all" in fault["detail"]
        assert it.resting() == []
        assert it.trader.execution.protecting.bare() == {"BTCUSDT": it.trader.execution.protecting.bare()["BTCUSDT"]}
        OwnersWord(tmp_path).unkill()
        await it.protected()
        await it.check("bare")


@in_loop
async def test_pause_leaves_it_and_panic_takes_it_back_with_the_sale(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        it.trader.obeying.pause(on=True)
        await it.round_trip()
        assert protection.is_open
        it.trader.obeying.panic()
        await it.round_trip()
        await until(lambda: it.holding().size == 0.0, "everything closed")
        await it.orders_settled()
        assert protection.status is SimStatus.CANCELED
        assert it.resting() == []
        await it.check()


@in_loop
async def test_a_switch_of_strategies_keeps_it(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        await it.goes_live(strategy("d.stop = e.price * 0.98 if e.price else math.nan", top="CHANGED = 1"))
        await it.round_trip()
        assert it.resting() == [protection]
        await it.sells()
        await it.check()


# What the exchange refuses --------------------------------------------------------------------------------------------


@in_loop
async def test_too_many_stop_orders_are_told_once_and_it_is_tried_again_when_one_is_freed(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        others = [rest(it, f"by-hand-{number}") for number in range(5)]
        await it.buys()
        fault = await it.hears("fault", cause="bare", subject="BTCUSDT")
        assert "MAX_NUM_ALGO_ORDERS" in fault["detail"]
        assert await it.trader.exchange.resting()
        it.sim.exchange.cancel(others[0], "gone")
        await it.protected()
        assert it.faults == ["bare"]
        assert it.heard("protection", state="rests")


@in_loop
async def test_a_refusal_is_told_and_tried_again_later(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        await it.protected(stop=FIRST_STOP)
        await it.sells()
        await it.buys()
        await it.protected()
        await it.check()


# What goes wrong on the way -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "error_before", "error_after"])
@in_loop
async def test_a_placement_without_an_answer_is_asked_for_and_there_is_one(tmp_path: Path, fault: str) -> None:
    async with guarded(tmp_path) as it:
        protect = it.trader.exchange.protect

        def strike(*args: Any, **how: Any) -> bool:
            it.trader.exchange.protect = protect
            it.sim.faults.stall("userData")
            getattr(it.sim.faults, fault)(1)
            return protect(*args, **how)  # type: ignore[no-any-return]

        it.trader.exchange.protect = strike
        await it.buys()
        await it.protected()
        assert it.sim.faults.counts[fault] == 1
        it.sim.faults.release()
        await it.orders_settled()
        assert len(it.resting()) == 1
        assert set(it.faults) <= {"order_unknown"}
        await it.sells()
        await it.check(*it.faults)


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "error_before", "error_after"])
@in_loop
async def test_a_move_without_an_answer_leaves_one(tmp_path: Path, fault: str) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        await it.protected(stop=FIRST_STOP)
        await it.answered()
        it.sim.faults.stall("userData")
        getattr(it.sim.faults, fault)(1)
        await it.round_trip(price=68_000.0)
        await it.protected(stop=Decimal("66306.80"))
        assert it.sim.faults.counts[fault] == 1
        assert len(it.resting()) == 1
        it.sim.faults.release()
        await it.sells()
        await it.check(*it.faults)


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "error_before", "error_after"])
@in_loop
async def test_an_exit_without_an_answer_is_asked_for_and_what_is_left_is_protected(tmp_path: Path, fault: str) -> None:
    async with guarded(tmp_path, recv_window_ms=300) as it:
        await it.buys()
        await it.protected(stop=FIRST_STOP)
        await it.answered()
        it.sim.faults.stall("userData")
        getattr(it.sim.faults, fault)(1)
        it.trade(SELL)
        await until(lambda: it.sim.faults.counts[fault] == 1, "the fault")
        await it.orders_settled()
        it.sim.faults.release()
        arrived = fault.endswith("after")
        assert (it.holding().size == 0.0) is arrived
        if not arrived:
            await it.protected()
            await until(lambda: it.holding().size == 0.0 or it.trade(SELL), "a sale, after the pair's rest")
        await it.orders_settled()
        assert it.resting() == []
        await it.check(*it.faults, never_arrived=0 if arrived else 1)
        assert set(it.faults) == {"order_unknown"}


@in_loop
async def test_an_exit_that_is_refused_after_the_protection_is_gone_is_protected_again_at_once(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        first = await it.protected(stop=FIRST_STOP)
        await it.answered()
        it.sim.faults.reject_order()
        it.trade(SELL)
        await it.hears("rejected")
        assert first.status is SimStatus.CANCELED
        second = await it.protected(stop=FIRST_STOP)
        assert second.order_id != first.order_id
        await until(lambda: it.holding().size == 0.0 or it.trade(SELL), "a sale, after the pair's rest")
        await it.orders_settled()
        await it.check(never_arrived=1)


@in_loop
async def test_an_exit_that_meets_a_stop_which_has_just_triggered_sells_nothing_twice(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        held = it.holding().sellable
        it.sim.faults.stall("userData")  # nobody tells us that it triggered
        it.sim.faults.gap(10, "bookTicker")
        await fall(it, 63_300.0)
        assert protection.status is SimStatus.FILLED
        it.trade(SELL)
        await until(lambda: it.holding().size == 0.0, "its trades are known")
        it.sim.faults.release()
        await it.orders_settled()
        sold = sum(order.filled for order in it.every_order if not order.is_buy)
        assert sold == held
        await it.check(*it.faults, never_arrived=len(it.heard("rejected")))


@in_loop
async def test_a_lost_connection_leaves_it_and_what_it_sold_meanwhile_is_booked(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        protection = await it.protected(stop=FIRST_STOP)
        it.sim.faults.disconnect()
        await fall(it, 63_300.0)
        assert protection.status is SimStatus.FILLED
        await until(lambda: it.holding().size == 0.0, "its trades are known")
        await until(it.trader.execution.connected.is_set, "the order connection")
        await it.orders_settled()
        await it.check(*it.faults)


@in_loop
async def test_one_that_somebody_else_cancels_is_placed_again(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        first = await it.protected(stop=FIRST_STOP)
        it.sim.exchange.cancel(first, "by-hand")
        await it.hears("fault", cause="protection_ended")
        second = await it.protected(stop=FIRST_STOP)
        assert second.order_id != first.order_id
        await it.check("protection_ended")


@in_loop
async def test_one_that_the_ledger_does_not_know_is_cancelled_at_the_start(tmp_path: Path) -> None:
    async with guarded(tmp_path) as it:
        await it.buys()
        await it.protected(stop=FIRST_STOP)
        await it.trader.close()
        strange = rest(it, "p1700000000-3", quantity="0.00001")
        by_hand = rest(it, "web_1234", quantity="0.00001")
        async with trading(it.sim, tmp_path, TRAILING, protect_paper=True) as again:
            assert not strange.is_open
            assert by_hand.is_open
            assert again.faults == ["protection_not_in_ledger"]
            assert len(again.resting()) == 1


# A market that does what a test wants ---------------------------------------------------------------------------------


async def fall(it: Any, price: float) -> None:
    """One trade at this price, and the quotes around it, with depth."""
    it.trade(1, price=price)


def thin(it: Any, price: float, lots: int, *, trade: int = 1) -> None:
    """The price is where only so many lots are bid, and little below."""
    it.sim.market.pairs[0].book.bids.typical_lots = 1
    ticks = round(price / float(PAIRS[0].price_tick))
    it.play(Move(it.sim.market.clock.now_ms(), 0, ticks, ticks + 2, lots, lots, ticks, trade))


def rest(it: Any, client_id: str, *, quantity: str = "0.0002") -> Any:
    """A stop order that is not ours."""
    from services.simulator.orders import NewOrder, OrderType, Side, TimeInForce

    wish = NewOrder(
        PAIRS[0],
        Side.BUY,
        OrderType.STOP_LOSS_LIMIT,
        client_id,
        TimeInForce.GTC,
        Decimal(quantity) if Decimal(quantity) * 70_000 > 5 else Decimal("0.0001"),
        None,
        Decimal(70_000),
        Decimal(70_000),
    )
    return it.sim.exchange.place(wish)
