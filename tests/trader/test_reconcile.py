"""Before anything trades, the ledger and the exchange agree, or the start is refused with both figures."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from core.contracts import Pair
from core.errors import ConfigurationError
from services.trader.orders import Status
from services.trader.portfolio import Portfolio
from services.trader.reconcile import is_ours, quote_asset, reconcile
from tests.exchanges.sim.client import in_loop
from tests.trader.examples import BTC, fill, order
from tests.trader.test_execution import Desk, desk

D = Decimal


async def reconciled(d: Desk, *, may_cancel: bool = True) -> None:
    await reconcile(d.exchange, d.portfolio, d.execution, d.fault, may_cancel=may_cancel)


@in_loop
async def test_the_cash_is_what_the_exchange_says(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.exchange.funds = {"USDT": D("123.45"), "DOGE": D(9)}
        await reconciled(d)
        assert d.portfolio.cash == D("123.45")
        d.exchange.funds = {}
        await reconciled(d)
        assert d.portfolio.cash == 0


@in_loop
async def test_an_order_that_was_open_at_the_end_is_settled_first(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.ledger.record(order())
        d.exchange.traded(order(), fills=[fill()])
        d.exchange.funds = {"USDT": D(9_500), "BTC": D("0.01")}
        await reconciled(d)
        assert d.portfolio.statuses == {order().client_id: Status.FILLED}
        assert d.portfolio.holdings["BTCUSDT"].quantity == D("0.01")
        assert d.portfolio.cash == 9_500  # said by the exchange after the fill, not moved by it again
        assert d.causes == ["order_open_at_start"]


@in_loop
async def test_an_open_order_of_ours_that_the_ledger_lost_is_cancelled_and_the_owners_own_are_not(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as d:
        d.exchange.open = [("BTCUSDT", "s3-89abcdef-12"), ("BTCUSDT", "web_1"), ("DOGEUSDT", "s3-89abcdef-13")]
        await reconciled(d)
        assert d.exchange.cancelled == [("BTCUSDT", "s3-89abcdef-12")]
        assert d.causes == ["order_not_in_ledger"]


@in_loop
async def test_who_only_watches_cancels_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, mode="shadow") as d:
        d.exchange.open = [("BTCUSDT", "s3-89abcdef-12")]
        await reconciled(d, may_cancel=False)
        assert d.exchange.cancelled == []


@pytest.mark.parametrize(
    ("found", "agrees"),
    [
        pytest.param("0.5", True, id="all of it"),
        pytest.param("7", True, id="more: the owner's own"),
        pytest.param("0.49999001", True, id="less than a lot is missing"),
        pytest.param("0.49999", False, id="a lot is missing"),
        pytest.param(None, False, id="nothing is there"),
    ],
)
def test_a_position_of_which_a_lot_is_missing_refuses_to_start(found: str | None, agrees: bool, tmp_path: Path) -> None:
    @in_loop
    async def test() -> None:
        async with desk(tmp_path) as d:
            d.hold("0.5")
            d.exchange.funds = {} if found is None else {"BTC": D(found)}
            if agrees:
                await reconciled(d)
                return
            with pytest.raises(ConfigurationError, match=rf"BTC: 0\.5 in the ledger, {found or 0} at the exchange"):
                await reconciled(d)

    test()


@pytest.mark.parametrize(
    ("client_id", "ours"),
    [
        ("s1-01234567-1", True),
        ("s12-01234567-7x", True),
        ("s1", False),
        ("s-1", False),
        ("sx-1", False),
        ("web_s1-1", False),
        ("", False),
    ],
)
def test_an_order_of_ours_is_known_by_its_name(client_id: str, ours: bool) -> None:
    assert is_ours(client_id) is ours


def test_everything_is_counted_in_one_currency() -> None:
    assert quote_asset(Portfolio.of([BTC], [])) == "USDT"
    other = Pair("BTCBRL", "BTC", "BRL", BTC.price_tick, BTC.lot, BTC.min_notional)
    with pytest.raises(ConfigurationError, match="quoted in BRL, USDT"):
        quote_asset(Portfolio.of([BTC, other], []))
