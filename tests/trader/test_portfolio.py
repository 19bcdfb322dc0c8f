"""Positions and money are the sum of the fills: each once, in whatever order they were heard of."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trader.books import Holding, to_grid
from services.trader.orders import Answer, Day, Epoch, Fault, Fill, Order, Record, Side, Status
from services.trader.portfolio import DAY_LOST, Portfolio
from services.trader.sizing import Collar, limit_price
from tests.trader.examples import BTC, ETH, NOON_NS, SECOND_NS, fill, order

D = Decimal


def after(*records: Record) -> Portfolio:
    """A portfolio with 10,000 USDT in cash, after `records`."""
    portfolio = Portfolio.of([BTC, ETH], [])
    portfolio.cash = D(10_000)
    for record in records:
        portfolio.apply(record)
    return portfolio


def btc(portfolio: Portfolio) -> Holding:
    return portfolio.holdings["BTCUSDT"]


def buy(quantity: str, price: str, fee: str = "0", asset: str = "USDT", *, trade: int = 1, **more: Any) -> Fill:
    return fill(quantity=D(quantity), price=D(price), fee=D(fee), fee_asset=asset, trade_id=trade, **more)


def sell(quantity: str, price: str, fee: str = "0", asset: str = "USDT", *, trade: int = 2, **more: Any) -> Fill:
    return buy(quantity, price, fee, asset, trade=trade, side=Side.SELL, **more)


# Money, by hand ---------------------------------------------------------------------------------------------------


def test_a_fee_in_the_base_currency_is_taken_from_what_was_bought() -> None:
    portfolio = after(buy("0.01", "50000", "0.00001", "BTC"))
    assert btc(portfolio).quantity == D("0.00999")  # 0.01 - 0.00001
    assert btc(portfolio).cost == 500  # 0.01 x 50,000
    assert btc(portfolio).entry_price == pytest.approx(50_050.05005)  # 500 / 0.00999
    assert portfolio.cash == 9_500
    assert portfolio.fees == D("0.5")  # 0.00001 x 50,000


def test_a_fee_in_the_quote_currency_is_part_of_the_cost() -> None:
    portfolio = after(buy("0.01", "50000", "0.5"))
    assert btc(portfolio).quantity == D("0.01")
    assert btc(portfolio).cost == D("500.5")
    assert btc(portfolio).entry_price == 50_050.0  # 500.5 / 0.01
    assert portfolio.cash == D("9499.5")
    assert portfolio.fees == D("0.5")


def test_a_fee_in_a_third_asset_whose_price_nobody_knows_is_named_and_counts_in_no_figure() -> None:
    portfolio = after(buy("0.01", "50000", "0.0008", "BNB"))
    assert btc(portfolio).quantity == D("0.01")
    assert btc(portfolio).entry_price == 50_000.0
    assert portfolio.cash == 9_500
    assert portfolio.fees == 0
    assert portfolio.unpriced_fees() == {"BNB": D("0.0008")}


def test_a_sale_realises_its_profit_net_of_fees() -> None:
    portfolio = after(buy("0.01", "50000", "0.5"), sell("0.01", "51000", "0.51"))
    assert btc(portfolio).profit == D("8.99")  # 510 - 0.51 - 500.5
    assert btc(portfolio).quantity == btc(portfolio).cost == 0
    assert portfolio.cash == D("10008.99")  # 10,000 - 500.5 + 509.49
    assert portfolio.fees == D("1.01")


def test_two_buys_are_held_at_their_average_price() -> None:
    portfolio = after(buy("0.01", "50000"), buy("0.03", "52000", trade=2))
    assert btc(portfolio).quantity == D("0.04")
    assert btc(portfolio).entry_price == 51_500.0  # (500 + 1,560) / 0.04


def test_a_part_is_sold_at_its_part_of_the_cost() -> None:
    portfolio = after(buy("0.01", "50000"), buy("0.03", "52000", trade=2), sell("0.01", "53000", "0.53", trade=3))
    assert btc(portfolio).profit == D("14.47")  # 530 - 0.53 - 2,060 / 4
    assert btc(portfolio).cost == 1_545  # 2,060 x 3 / 4
    assert btc(portfolio).entry_price == 51_500.0
    assert btc(portfolio).size == 0.03


def test_partial_fills_add_up_to_their_order() -> None:
    portfolio = after(order(), buy("0.004", "50000"), buy("0.006", "50100", trade=2))
    assert portfolio.filled["s1-01234567-1"] == D("0.01")
    assert btc(portfolio).cost == D("500.6")  # 200 + 300.6
    assert portfolio.fills == 2


def test_a_fee_in_base_on_a_sale_is_sold_too() -> None:
    portfolio = after(buy("0.02", "50000"), sell("0.00999", "50000", "0.00001", "BTC"))
    assert btc(portfolio).quantity == D("0.01")  # 0.02 - 0.00999 - 0.00001
    assert btc(portfolio).profit == D("-0.5")  # 499.5 - 500


# What counts as a position --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "fee", "size"),
    [
        pytest.param("0.00010", "0", 0.0001, id="5.00 USDT is the least that can be sold again"),
        pytest.param("0.00009", "0", 0.0, id="4.50 USDT cannot be sold"),
        pytest.param("0.000100009", "0", 0.0001, id="less than a lot is not shown"),
        pytest.param("0.00010", "0.0000001", 0.0, id="the fee leaves 9 whole lots: 4.50 USDT"),
    ],
)
def test_dust_counts_as_flat(quantity: str, fee: str, size: float) -> None:
    held = btc(after(buy(quantity, "50000", fee, "BTC")))
    assert held.size == size
    assert held.quantity == held.sellable or held.quantity > held.sellable
    assert held.amount == float(D(quantity) - D(fee))
    assert bool(held.entry_ns) == bool(held.entry_price) == bool(held.best_price) == bool(size)


def test_an_exit_that_leaves_dust_is_an_exit() -> None:
    portfolio = after(
        buy("0.01", "50000", "0.000005", "BTC"), sell("0.00999", "51000", time_ns=NOON_NS + 60 * SECOND_NS)
    )
    held = btc(portfolio)
    assert held.quantity == D("0.000005")
    assert (held.size, held.entry_price, held.best_price, held.entry_ns) == (0.0, 0.0, 0.0, 0)
    assert held.exit_ns == NOON_NS + 60 * SECOND_NS


def test_the_entry_is_timed_by_its_first_fill() -> None:
    portfolio = after(buy("0.01", "50000"), buy("0.01", "49000", trade=2, time_ns=NOON_NS + SECOND_NS))
    assert btc(portfolio).entry_ns == NOON_NS
    assert btc(portfolio).best_price == 50_000.0


def test_flat_again_leaves_nothing_that_the_next_entry_would_inherit() -> None:
    portfolio = after(
        buy("0.01", "50000"),
        sell("0.01", "51000"),
        buy("0.02", "40000", trade=3, time_ns=NOON_NS + SECOND_NS),
    )
    held = btc(portfolio)
    assert (held.entry_price, held.best_price, held.entry_ns) == (40_000.0, 40_000.0, NOON_NS + SECOND_NS)
    assert held.profit == 10


# Which source tells first ---------------------------------------------------------------------------------------------


def test_the_same_trade_heard_twice_counts_once() -> None:
    once = after(order(), buy("0.01", "50000", "0.5"))
    assert after(order(), buy("0.01", "50000", "0.5"), buy("0.01", "50000", "0.5")) == once


def test_trade_ids_are_those_of_their_symbol() -> None:
    portfolio = after(buy("0.01", "50000"), buy("0.1", "3000", symbol="ETHUSDT"))
    assert portfolio.fills == 2


def test_a_purchase_heard_of_after_its_sale_leaves_the_same_position() -> None:
    straight = after(buy("0.01", "50000"), sell("0.01", "51000"), buy("0.01", "40000", trade=3))
    crossed = after(sell("0.01", "51000"), buy("0.01", "50000"), buy("0.01", "40000", trade=3))
    for portfolio in (straight, crossed):
        assert btc(portfolio).quantity == D("0.01")
        assert btc(portfolio).profit == 10  # 510 - 500
        assert btc(portfolio).entry_price == 40_000.0
        assert portfolio.cash == 9_610  # 10,000 - 500 + 510 - 400


@given(data=st.data())
def test_any_order_and_repetition_of_the_fills_gives_the_same_sums(data: st.DataObject) -> None:
    fills = data.draw(histories())
    heard = data.draw(st.permutations(fills + data.draw(st.lists(st.sampled_from(fills), max_size=5))))
    straight, shuffled = after(*fills), after(*heard)
    assert shuffled.cash == straight.cash
    assert shuffled.filled == straight.filled
    assert shuffled.fills == straight.fills == len(fills)
    assert shuffled.fees == straight.fees
    for symbol, holding in straight.holdings.items():
        other = shuffled.holdings[symbol]
        assert other.quantity == holding.quantity
        assert other.amount == holding.amount
        assert other.profit - other.cost == pytest.approx(holding.profit - holding.cost)


@st.composite
def histories(draw: st.DrawFn) -> list[Fill]:
    """Fills that never sell more than is held."""
    held = {"BTCUSDT": 0, "ETHUSDT": 0}  # thousandths
    fills: list[Fill] = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        symbol = draw(st.sampled_from(("BTCUSDT", "ETHUSDT")))
        side = draw(st.sampled_from(Side)) if held[symbol] else Side.BUY
        amount = draw(st.integers(1, held[symbol] if side is Side.SELL else 1000))
        held[symbol] += amount if side is Side.BUY else -amount
        quantity, price = D(amount) / 1000, D(draw(st.integers(1000, 60_000)))
        fills.append(
            fill(
                symbol=symbol,
                side=side,
                trade_id=number,
                client_id=f"s1-0-{number}",
                quantity=quantity,
                price=price,
                fee=quantity * price / 1000,
                fee_asset=draw(st.sampled_from(("USDT", "BNB"))),
            )
        )
    return fills


@given(fills=histories())
def test_a_whole_history_ends_with_what_was_bought_and_not_sold(fills: list[Fill]) -> None:
    portfolio = after(*fills)
    for symbol, holding in portfolio.holdings.items():
        signed = [f.quantity if f.side is Side.BUY else -f.quantity for f in fills if f.symbol == symbol]
        assert holding.quantity == sum(signed, D(0))
        assert holding.cost >= 0
        assert (symbol in portfolio.held) == (holding.size > 0)


# Orders on their way --------------------------------------------------------------------------------------------------


def answers(*statuses: Status) -> list[Record]:
    return [Answer("s1-01234567-1", status) for status in statuses]


OPEN = (Status.PENDING, Status.OPEN, Status.UNKNOWN)
CLOSED = (Status.FILLED, Status.CANCELED, Status.REJECTED)


@pytest.mark.parametrize("first", CLOSED)
@pytest.mark.parametrize("late", list(Status))
def test_nothing_happens_to_an_order_after_its_end(first: Status, late: Status) -> None:
    portfolio = after(order(), *answers(first))
    assert not portfolio.changes(Answer("s1-01234567-1", late))
    portfolio.apply(Answer("s1-01234567-1", late))
    assert portfolio.statuses["s1-01234567-1"] is first
    assert not portfolio.open_orders
    assert not portfolio.under_way


@pytest.mark.parametrize("before", OPEN)
@pytest.mark.parametrize("status", list(Status))
def test_an_open_order_takes_every_news_and_only_news(before: Status, status: Status) -> None:
    portfolio = after(order(), *(answers(before) if before is not Status.PENDING else ()))
    assert portfolio.changes(Answer("s1-01234567-1", status)) == (status is not before)
    portfolio.apply(Answer("s1-01234567-1", status))
    assert portfolio.statuses["s1-01234567-1"] is status
    assert (portfolio.under_way == {}) == status.closed
    assert (portfolio.open_orders == {}) == status.closed


def test_the_fold_does_not_depend_on_whether_the_fill_or_the_answer_came_first() -> None:
    filled, done = buy("0.01", "50000", "0.5"), Answer("s1-01234567-1", Status.FILLED)
    assert after(order(), filled, done) == after(order(), done, filled)


def test_an_order_of_which_we_know_nothing_is_not_answered() -> None:
    assert not after().changes(Answer("s9-0-9", Status.FILLED))


def test_an_older_order_that_closes_does_not_free_the_pair_of_a_newer_one() -> None:
    newer = order(client_id="s1-01234567-2")
    portfolio = after(order(), newer, *answers(Status.CANCELED))
    assert portfolio.under_way == {"BTCUSDT": "s1-01234567-2"}


def test_open_buys_keep_the_money_that_they_may_still_spend() -> None:
    eth = order(client_id="e", symbol="ETHUSDT", quantity=D("0.1"), price=D(3000))
    exit_of_btc = order(client_id="x", side=Side.SELL)
    partly = buy("0.004", "49990")
    assert after(order()).committed() == {"BTCUSDT": D(500)}
    assert after(order(), partly).committed() == {"BTCUSDT": D(300)}  # 0.006 x 50,000: the price it may still take
    assert after(order(), partly, eth, exit_of_btc).committed() == {"BTCUSDT": D(300), "ETHUSDT": D(300)}
    assert after(order(), *answers(Status.CANCELED)).committed() == {}


def test_orders_are_counted_over_the_last_minute_buys_and_sells_apart() -> None:
    def sent(seconds: int, side: Side) -> Order:
        return order(client_id=f"{side}{seconds}", side=side, time_ns=NOON_NS + seconds * SECOND_NS)

    portfolio = after(sent(0, Side.BUY), sent(1, Side.BUY), sent(30, Side.SELL), sent(59, Side.BUY))
    assert portfolio.orders_since(NOON_NS + 59 * SECOND_NS) == (3, 1)
    assert portfolio.orders_since(NOON_NS + 60 * SECOND_NS - 1) == (3, 1)
    assert portfolio.orders_since(NOON_NS + 60 * SECOND_NS) == (2, 1)  # the first is a minute old
    assert portfolio.orders_since(NOON_NS + 90 * SECOND_NS) == (1, 0)
    assert portfolio.orders_since(NOON_NS + 119 * SECOND_NS) == (0, 0)


# The other records ----------------------------------------------------------------------------------------------------


def test_records_of_a_pair_that_is_traded_no_more_are_kept_and_harmless() -> None:
    gone: Sequence[Record] = (
        order(client_id="d", symbol="DOGEUSDT", quantity=D(100), price=D("0.1")),
        fill(client_id="d", symbol="DOGEUSDT", quantity=D(100), price=D("0.1")),
        Answer("d", Status.FILLED),
    )
    portfolio = after(*gone)
    assert portfolio.cash == 10_000
    assert portfolio.filled == {"d": 100}
    assert set(portfolio.holdings) == {"BTCUSDT", "ETHUSDT"}
    assert not portfolio.changes(gone[1])


def test_the_day_and_its_lost_loss_are_remembered_until_the_next() -> None:
    lost = Fault(DAY_LOST, "account", "", NOON_NS)
    portfolio = after(Epoch(4, "release", NOON_NS), Day("2026-01-01", D(10_000)), lost)
    assert (portfolio.epoch, portfolio.day, portfolio.day_equity) == (4, datetime.date(2026, 1, 1), 10_000)
    assert portfolio.day_lost
    portfolio.apply(Fault("host_died", "0123", "", NOON_NS))
    assert portfolio.day_lost
    portfolio.apply(Day("2026-01-02", D(9_000)))
    assert not portfolio.day_lost


# Prices and quantities on the grid ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("side", "touch", "collar", "price"),
    [
        (Side.BUY, 50_000.0, "0.01", "50500"),
        (Side.SELL, 50_000.0, "0.01", "49500"),
        (Side.BUY, 33.33, "0.01", "33.66"),  # 33.6633, down
        (Side.SELL, 33.33, "0.01", "33.00"),  # 32.9967, up
        (Side.BUY, 0.01, "0.01", "0.01"),  # 0.0101, down: the collar is narrower than a tick
    ],
)
def test_the_worst_price_is_on_the_tick_and_not_beyond_the_collar(
    side: Side, touch: float, collar: str, price: str
) -> None:
    assert limit_price(BTC, side, touch, Collar(D(collar))) == D(price)


@given(touch=st.floats(0.05, 1e7), collar=st.decimals("0.0001", "0.5", places=4), side=st.sampled_from(Side))
def test_a_limit_price_is_always_on_the_tick_and_inside_the_collar(touch: float, collar: Decimal, side: Side) -> None:
    price = limit_price(BTC, side, touch, Collar(collar))
    exact = D(repr(touch))
    assert price % BTC.price_tick == 0
    assert exact * (1 - collar) <= price <= exact * (1 + collar) or abs(price - exact) < BTC.price_tick


@given(
    value=st.decimals(0, 10**9, places=9),
    step=st.sampled_from([D("0.00001"), D("0.5"), D(1), D("1E+1"), D(3)]),
)
def test_the_grid_is_met_from_below_and_from_above(value: Decimal, step: Decimal) -> None:
    below, above = to_grid(value, step, ROUND_FLOOR), to_grid(value, step, ROUND_CEILING)
    assert below % step == above % step == 0
    assert value - step < below <= value <= above < value + step
