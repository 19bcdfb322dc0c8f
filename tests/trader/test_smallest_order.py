"""The smallest order is a limit of our own, told once, never sent; to have no cash left is no fault of a decision."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts import Pair
from core.kernel import BUY, SELL
from services.trader.orders import Side
from services.trader.risk import KEPT_FOR_FEES
from services.trader.sizing import Collar, closing_price, smallest_order
from tests.simulator.client import in_loop
from tests.trader.examples import BTC
from tests.trader.harness import BUY as SAY_BUY
from tests.trader.harness import rig
from tests.trader.test_execution import RESTLESS, Desk, desk

D = Decimal


def denials(d: Desk) -> list[tuple[str, str]]:
    return [(fields["code"], fields["detail"]) for kind, fields in d.told if kind == "denied"]


@pytest.mark.parametrize(
    ("cash", "elsewhere", "size", "denied"),
    [
        pytest.param("40", "0", 0.1, ("smallest_order", "4.00 is below the smallest order, 5"), id="a tenth of 40"),
        pytest.param("10", "0", 0.1, ("smallest_order", "1.00 is below the smallest order, 5"), id="a tenth of 10"),
        pytest.param(
            "100", "0", 0.0, ("smallest_order", "0.00 is below the smallest order, 5"), id="a size of nothing"
        ),
        # 0.00009 x 50,500, as the market stands at that moment: of 5.00 so many whole lots can be had
        pytest.param(
            "50", "0", 0.1, ("smallest_order", "4.5. is below the smallest order, 5"), id="whole lots of 5.00"
        ),
        pytest.param("60", "0", 0.1, None, id="a tenth of 60 is enough"),
        pytest.param("0", "1", 0.1, ("no_cash", "0.00 is free, the smallest order is 5"), id="all is invested"),
        pytest.param("0.53", "1", 0.1, ("no_cash", "0.53 is free, the smallest order is 5"), id="53 cents are left"),
        pytest.param(
            "5.009", "1", 0.1, ("no_cash", "5.01 is free, the smallest order is 5"), id="the fees' part counts"
        ),
        pytest.param("-3", "1", 0.1, ("no_cash", "-3.00 is free, the smallest order is 5"), id="less than nothing"),
    ],
)
def test_a_buy_that_is_too_small_or_cannot_be_afforded_is_denied_by_its_own_name_and_never_written(
    cash: str, elsewhere: str, size: float, denied: tuple[str, str] | None, tmp_path: Path
) -> None:
    """`elsewhere` is ETH, of 3,000 each: what is held counts in the equity that a size is a part of."""

    @in_loop
    async def test() -> None:
        async with desk(tmp_path) as d:
            d.portfolio.cash = D(cash)
            d.portfolio.holdings["ETHUSDT"].amount = float(elsewhere)
            d.valuation.revalue()
            written = len(d.written)
            assert d.act(BUY, size=size) is (denied is None)
            assert [code for code, _ in denials(d)] == ([denied[0]] if denied else [])
            assert denied is None or re.fullmatch(denied[1], denials(d)[0][1])
            assert len(d.written) == written + (denied is None)
            assert len(d.exchange.placed) == (denied is None)

    test()


@in_loop
async def test_it_is_told_once_as_long_as_the_signal_lasts(tmp_path: Path) -> None:
    async with desk(tmp_path, timing=RESTLESS) as d:
        d.portfolio.cash = D(40)
        d.valuation.revalue()
        for sequence in range(1, 30):
            d.act(BUY, sequence, size=0.1)
        assert d.kinds == ["denied"]


@in_loop
async def test_a_pair_whose_price_was_never_heard_is_stale_and_its_decision_not_malformed(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.feed.pairs[0].ask = 0.0
        d.portfolio.holdings["BTCUSDT"].price = 0.0
        d.act(BUY)
        assert [code for code, _ in denials(d)] == ["stale"]


@in_loop
async def test_what_is_worth_less_than_the_smallest_order_is_named_as_dust_and_not_sent(tmp_path: Path) -> None:
    async with desk(tmp_path, timing=RESTLESS) as d:
        d.hold("0.00011")  # 5.50 USDT
        d.quote("BTCUSDT", 39_990.0, 40_000.0)  # 4.40 USDT
        for sequence in (1, 2, 3):
            assert not d.execution.force_exit(0, sequence, "panic", 1)
        assert not d.act(SELL, 4)
        assert denials(d) == [
            (
                "smallest_order",
                "0.00011 of BTCUSDT, worth 4.35, is below the smallest order, 5; it stays as dust",  # at 39,590.10
            )
        ]
        assert d.exchange.placed == []


@in_loop
async def test_a_sale_that_is_big_enough_at_the_bid_is_not_priced_below_the_smallest_order(tmp_path: Path) -> None:
    async with desk(tmp_path) as d:
        d.hold("0.00011")
        d.quote("BTCUSDT", 45_700.0, 45_710.0)  # 5.027 at the bid, 4.977 at the bid less the half collar
        assert d.act(SELL)
        (sent,) = d.exchange.placed
        assert sent.price == D("45454.55")  # the least with which 0.00011 makes 5.00; below the bid, so that it trades


prices = st.decimals("0.0001", "99999", places=4)


@given(touch=prices, lots=st.integers(1, 10**9), collar=st.decimals("0.001", "0.25", places=3))
def test_a_closing_price_is_never_above_the_bid_and_below_the_smallest_order_only_when_the_bid_is(
    touch: Decimal, lots: int, collar: Decimal
) -> None:
    pair = Pair("XUSDT", "X", "USDT", D("0.0001"), D("0.01"), D(5))
    quantity = lots * pair.lot
    price = closing_price(pair, float(touch), Collar(collar), quantity)
    assert price <= touch
    assert price % pair.price_tick == 0
    assert quantity * price >= 5 or quantity * touch < 5 or quantity * (price + pair.price_tick) > quantity * touch


def test_the_smallest_order_is_the_largest_of_what_the_filters_ask() -> None:
    assert smallest_order(BTC, D(50_000)) == 5
    assert smallest_order(BTC, D(1_000_000)) == 10  # one lot
    least = Pair("XUSDT", "X", "USDT", D("0.01"), D("0.01"), D(5), min_quantity=D(1))
    assert smallest_order(least, D(30)) == 30


@in_loop
async def test_an_account_of_40_usdt_writes_no_order_and_tells_it_once(tmp_path: Path) -> None:
    async with rig(tmp_path, market={"balances": {"USDT": D(40)}}) as it:
        for _ in range(5):
            await it.round_trip(SAY_BUY)
        assert it.heard("denied") == [
            {
                "pair": "BTCUSDT",
                "side": Side.BUY,
                "code": "smallest_order",
                "detail": "4.00 is below the smallest order, 5",
            }
        ]
        assert it.orders == []
        await it.check()


@given(cash=st.decimals(0, 200, places=2), size=st.floats(0, 1))
def test_no_order_is_ever_below_what_the_exchange_takes(
    cash: Decimal, size: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @in_loop
    async def test() -> None:
        async with desk(tmp_path_factory.mktemp("desk")) as d:
            d.portfolio.cash = cash
            d.valuation.revalue()
            d.act(BUY, size=size)
            for sent in d.exchange.placed:
                assert 5 <= sent.quantity * sent.price <= cash * KEPT_FOR_FEES
            assert bool(d.exchange.placed) or denials(d)[0][0] in ("smallest_order", "no_cash")

    test()
