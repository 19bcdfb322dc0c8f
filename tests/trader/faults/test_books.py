"""Books and exchange, with everything real between them: an account that pays fees in BNB, an owner with hands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.simulator import DEFAULT_PAIRS, Sim, serve
from services.simulator.orders import NewOrder, OrderType, Side
from tests.trader import harness
from tests.trader.harness import SELL, Rig, in_loop, limits_with, quiet_market, strategy, trading

D = Decimal
BNB, ETH = DEFAULT_PAIRS[2], DEFAULT_PAIRS[1]


@asynccontextmanager
async def market(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> AsyncIterator[Sim]:
    """BNBUSDT at 600 and ETHUSDT at 3,300, on an account that pays fees in BNB."""
    monkeypatch.setattr(harness, "PAIRS", (BNB, ETH))
    monkeypatch.setattr(harness, "PRICES", (600.0, 3_300.0))
    of_bnb = harness.DECIDE.replace("LOTS = (100_000, 10_000)", "LOTS = (1_000, 10_000)")
    monkeypatch.setattr(harness, "DECIDE", of_bnb.replace("e.price > 10_000.0", "e.price < 1_000.0"))
    async with serve(quiet_market(pairs=(BNB, ETH), bnb_fees=True, **changes)) as sim:
        yield sim


def agrees(it: Rig) -> None:
    """The books are what the exchange says, to the last digit."""
    for pair in (BNB, ETH):
        assert it.trader.portfolio.holdings[pair.symbol].quantity == it.sim.exchange.balances[pair.base].total
    assert it.trader.portfolio.cash == it.sim.exchange.balances["USDT"].total


def by_hand(sim: Sim, pair: Any, side: Side, quantity: str) -> None:
    """The owner trades at the exchange's own page."""
    order = NewOrder(pair, side, OrderType.MARKET, f"web-{side}-{quantity}", quantity=D(quantity))
    sim.exchange.place(order)


@in_loop
async def test_fees_in_bnb_keep_no_position_from_being_closed_and_no_start_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with market(monkeypatch) as sim:
        async with trading(sim, tmp_path, strategy()) as it:
            await it.buys(0)
            await it.buys(1)  # its fee comes out of the BNB that was just bought
            agrees(it)
            assert it.trader.portfolio.fees > 0
            assert it.trader.window.figures().fees_unpriced == {}
            held = it.holding(0).quantity
        async with trading(sim, tmp_path, strategy()) as it:
            assert it.holding(0).quantity == held
            assert it.faults == []
            await it.sells(1)
            await it.sells(0)
            agrees(it)
            assert it.holding(0).quantity < BNB.lot
            assert not it.heard("rejected")


@in_loop
async def test_what_rests_to_protect_bnb_is_ours_and_no_order_of_the_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with market(monkeypatch) as sim:
        async with trading(sim, tmp_path, strategy(), protect_paper=True) as it:
            await it.buys(0)
            await it.protected(0)
            await it.buys(1)
            await it.protected(1)
            agrees(it)
        assert sim.exchange.balances["BNB"].locked > 0
        async with trading(sim, tmp_path, strategy(), protect_paper=True) as it:
            agrees(it)
            assert it.holding(0).locked == it.holding(0).missing == 0
            assert not it.heard("books")
            await it.sells(0)
            await it.sells(1)
            assert it.faults == []


@in_loop
async def test_the_owners_bnb_pays_and_is_never_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rich = {"USDT": D(10_000), "BNB": D(2)}
    async with market(monkeypatch, balances=rich) as sim, trading(sim, tmp_path, strategy()) as it:
        (line,) = it.heard("books")
        assert (line["asset"], line["ours"], line["theirs"]) == ("BNB", 0, 2)
        await it.buys(1)
        assert it.holding(0).quantity == 0
        assert it.trader.portfolio.fees > 0
        it.trader.obeying.panic()
        it.trade(1, pair=0)
        it.trade(1, pair=1)
        await it.hears("fill", side="SELL")
        await it.orders_settled()
        assert D("1.99") < sim.exchange.balances["BNB"].total < 2
        assert {order.symbol for order in it.orders if not order.is_buy} == {"ETHUSDT"}


@in_loop
async def test_what_he_sold_by_hand_while_we_were_away_is_booked_with_its_fee(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with market(monkeypatch) as sim:
        async with trading(sim, tmp_path, strategy()) as it:
            await it.buys(0)
            await it.buys(1)
        by_hand(sim, ETH, Side.SELL, "0.1")
        async with trading(sim, tmp_path, strategy()) as it:
            agrees(it)
            causes = {line["asset"]: line["cause"] for line in it.heard("books")}
            assert causes["ETH"].startswith("0.1 sold by hand at 3")
            assert it.faults == []
            it.trade(SELL, pair=1)
            await it.hears("fill", side="SELL")
            await it.orders_settled()
            agrees(it)


@in_loop
async def test_what_he_sold_by_hand_while_we_run_is_found_when_our_sale_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with market(monkeypatch) as sim, trading(sim, tmp_path, strategy()) as it:
        await it.buys(1)
        by_hand(sim, ETH, Side.SELL, "0.1")
        it.trade(SELL, pair=1)
        await it.hears("rejected")
        await it.hears("books", asset="ETH")
        await harness.until(lambda: it.trade(SELL, pair=1) or it.holding(1).size == 0.0, "closed after the pair's rest")
        await it.orders_settled()
        agrees(it)


@in_loop
async def test_what_he_sold_or_moved_by_hand_is_no_loss_that_ends_the_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        market(monkeypatch) as sim,
        trading(sim, tmp_path, strategy(), limits=limits_with(loss_per_day=50)) as it,
    ):
        await it.buys(1)
        began = it.trader.portfolio.day_equity
        sim.exchange.balances.change("ETH", free=D("-0.1"))  # to another wallet, worth 330
        it.trade(SELL, pair=1)
        await it.hears("fault", cause="position_missing")
        it.trader.losses.look()
        assert not it.trader.valuation.lost_today
        assert began - 331 < it.trader.portfolio.day_equity < began - 329
