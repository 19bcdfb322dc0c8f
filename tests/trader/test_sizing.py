"""What an intent becomes: how much, at which worst price, under which id."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from core.releases import Release
from services.trader.books import Holding
from services.trader.orders import Side
from services.trader.portfolio import Portfolio
from services.trader.sizing import Collar, Intent, Purse, sized
from tests.trader.examples import BTC, NOON_NS, RELEASE, fill

D = Decimal

STRATEGY = Release(RELEASE, Path(), ("dip",), commit="c" * 40, change="7", message="telegram:12")
COLLAR = Collar(D("0.01"))


def holding(bought: str = "0") -> Holding:
    """BTC, of which so much was bought."""
    fills = [fill(quantity=D(bought))] if D(bought) else []
    return Portfolio.of([BTC], fills).holdings["BTCUSDT"]


def intent(side: Side, *, mark: str = "") -> Intent:
    return Intent(side, 0.1, 42, STRATEGY, "dip", NOON_NS, mark)


def test_an_entry_buys_what_it_wants_in_whole_lots_and_pays_a_collar_more_than_the_ask_at_most() -> None:
    """50,000 and 1 % are 50,500 at the worst; for 1,000 that is 0.01980198, or 0.0198 in lots of 0.00001."""
    order = sized(intent(Side.BUY), holding(), 3, 50_000.0, Purse(D(1000), D(10_000)), COLLAR)
    assert (order.quantity, order.price) == (D("0.01980"), D("50500.00"))


def test_an_entry_spends_no_more_than_what_is_free_less_a_part_for_fees() -> None:
    """Of 500 free 499 may be spent (99.8 %): 0.00988118, in lots 0.00988."""
    order = sized(intent(Side.BUY), holding(), 3, 50_000.0, Purse(D(1000), D(500)), COLLAR)
    assert order.quantity == D("0.00988")


@pytest.mark.parametrize("free", ["0", "-20"])
def test_without_cash_it_is_an_order_for_nothing_which_the_risk_check_refuses(free: str) -> None:
    assert sized(intent(Side.BUY), holding(), 3, 50_000.0, Purse(D(1000), D(free)), COLLAR).quantity == 0


def test_without_a_price_it_is_an_order_for_nothing_at_nothing() -> None:
    order = sized(intent(Side.BUY), holding(), 3, 0.0, Purse(D(1000), D(10_000)), COLLAR)
    assert (order.quantity, order.price) == (0, 0)


def test_an_exit_sells_the_whole_position_whatever_the_size_and_takes_a_collar_less_than_the_bid_at_least() -> None:
    order = sized(intent(Side.SELL), holding("0.0123"), 3, 50_000.0, Purse(D(1000), D(0)), COLLAR)
    assert (order.quantity, order.price) == (D("0.01230"), D("49500.00"))


def test_an_order_says_what_caused_it() -> None:
    order = sized(intent(Side.BUY), holding(), 3, 50_000.0, Purse(D(1000), D(10_000)), COLLAR)
    assert (order.epoch, order.sequence, order.reason, order.time_ns) == (3, 42, "dip", NOON_NS)
    assert (order.release, order.commit, order.change, order.message) == (RELEASE, "c" * 40, "7", "telegram:12")


def test_the_same_intent_has_the_same_id_and_one_of_the_traders_own_another() -> None:
    assert intent(Side.SELL).client_id(3) == "s3-01234567-42"
    assert intent(Side.SELL, mark="x").client_id(3) == "s3-01234567-42x"
    assert intent(Side.SELL, mark="xr").client_id(4) == "s4-01234567-42xr"
