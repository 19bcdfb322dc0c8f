"""Equity follows each price and fill, and losses are counted from the right moment."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trader.orders import Day, Fault, Record, Side
from services.trader.portfolio import DAY_LOST, Portfolio
from services.trader.valuation import Valuation
from tests.trader.examples import BTC, ETH, NOON_NS, SECOND_NS, fill, limits

DAY_NS = 86_400 * SECOND_NS


def account(cash: int = 10_000) -> tuple[Portfolio, Valuation]:
    """Flat, with `cash`; a position may lose 100, a day 300."""
    portfolio = Portfolio.of([BTC, ETH], [])
    portfolio.cash = Decimal(cash)
    valuation = Valuation(portfolio, limits())
    valuation.begin()
    return portfolio, valuation


def bought(quantity: str = "0.1", price: str = "50000") -> tuple[Portfolio, Valuation]:
    portfolio, valuation = account()
    valuation.price(portfolio.holdings["BTCUSDT"], float(price), NOON_NS)
    portfolio.apply(fill(quantity=Decimal(quantity), price=Decimal(price)))
    valuation.revalue()
    return portfolio, valuation


def test_equity_moves_with_the_price_of_what_is_held() -> None:
    portfolio, valuation = bought()
    assert valuation.equity == 10_000.0
    valuation.price(portfolio.holdings["BTCUSDT"], 51_000.0, NOON_NS)
    assert valuation.equity == 10_100.0  # 0.1 x 1,000
    valuation.price(portfolio.holdings["ETHUSDT"], 3_000.0, NOON_NS)
    assert valuation.equity == 10_100.0  # nothing of it is held


def test_drawdown_is_the_fall_from_the_peak() -> None:
    portfolio, valuation = bought()
    btc = portfolio.holdings["BTCUSDT"]
    assert valuation.price(btc, 60_000.0, NOON_NS) == 0.0  # 11,000 is a peak
    assert valuation.price(btc, 49_000.0, NOON_NS) == pytest.approx(0.1)  # 9,900 of 11,000
    assert valuation.price(btc, 54_500.0, NOON_NS) == pytest.approx(0.05)  # 10,450 of 11,000
    assert valuation.price(btc, 61_000.0, NOON_NS) == 0.0


def test_an_account_without_money_has_no_drawdown() -> None:
    portfolio, valuation = account(cash=0)
    assert valuation.price(portfolio.holdings["BTCUSDT"], 1.0, NOON_NS) == 0.0


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["BTCUSDT", "ETHUSDT"]),
            st.floats(100, 100_000),
            st.sampled_from(["price", "price", "buy", "sell", "dust"]),
        ),
        max_size=40,
    )
)
def test_equity_moved_by_prices_is_equity_from_scratch(steps: list[tuple[str, float, str]]) -> None:
    portfolio, valuation = account()
    for number, (symbol, price, what) in enumerate(steps):
        holding = portfolio.holdings[symbol]
        valuation.price(holding, price, NOON_NS + number)
        if what != "price":
            quantity = {"buy": Decimal("0.05"), "sell": holding.sellable, "dust": Decimal("0.0000123")}[what]
            side = Side.SELL if what == "sell" else Side.BUY
            paid = Decimal(repr(price))
            portfolio.apply(fill(symbol=symbol, side=side, trade_id=number, quantity=quantity, price=paid))
            valuation.revalue()
    moved = valuation.equity
    valuation.revalue()
    assert moved == pytest.approx(valuation.equity, rel=1e-9, abs=1e-6)


def test_prices_of_before_the_start_are_neither_a_peak_nor_a_best_price() -> None:
    portfolio = Portfolio.of([BTC], [fill(quantity=Decimal("0.1"))])  # a restart finds a position: bought at 50,000
    portfolio.cash = Decimal(5_000)
    valuation = Valuation(portfolio, limits())
    btc = portfolio.holdings["BTCUSDT"]
    valuation.price(btc, 70_000.0, NOON_NS - DAY_NS)  # bars of yesterday warm the strategy up
    valuation.price(btc, 52_000.0, NOON_NS + SECOND_NS)
    valuation.price(btc, 51_000.0, NOON_NS + 2 * SECOND_NS)
    valuation.begin()
    assert btc.best_price == 52_000.0
    assert (valuation.equity, valuation.peak) == (10_100.0, 10_100.0)  # 5,000 + 0.1 x 51,000


@pytest.mark.parametrize(
    ("price", "too_much"),
    [
        pytest.param(49_000.01, False, id="99.999 of 100"),
        pytest.param(49_000.0, True, id="100 of 100: 0.1 x 1,000"),
        pytest.param(51_000.0, False, id="a gain"),
    ],
)
def test_a_trade_may_lose_less_than_its_limit(price: float, too_much: bool) -> None:
    portfolio, valuation = bought()
    btc = portfolio.holdings["BTCUSDT"]
    valuation.price(btc, price, NOON_NS)
    assert valuation.loses_too_much(btc) is too_much


def test_a_flat_pair_loses_nothing() -> None:
    portfolio, valuation = account()
    assert not valuation.loses_too_much(portfolio.holdings["BTCUSDT"])


def test_a_day_begins_at_midnight_utc_with_the_equity_of_then() -> None:
    portfolio, valuation = bought()
    day = valuation.new_day(NOON_NS)
    assert day == Day("2026-01-01", Decimal("10000.0"))
    portfolio.apply(day)
    assert valuation.new_day(NOON_NS + DAY_NS // 2 - 1) is None  # 23:59:59.999999999
    assert valuation.new_day(NOON_NS + DAY_NS // 2) == Day("2026-01-02", Decimal("10000.0"))


def test_a_late_event_of_yesterday_does_not_bring_yesterday_back() -> None:
    portfolio, valuation = account()
    portfolio.apply(Day("2026-01-02", Decimal(10_000)))
    assert valuation.new_day(NOON_NS) is None
    assert valuation.new_day(0) is None  # no event was heard of yet


def lose(portfolio: Portfolio, valuation: Valuation, equity: float) -> None:
    """Move the price of 0.1 BTC so that the account is worth `equity`: 5,000 in cash and the rest."""
    valuation.price(portfolio.holdings["BTCUSDT"], (equity - 5_000) * 10, NOON_NS)


def test_a_lost_day_is_told_once_and_stays_lost_until_the_next() -> None:
    portfolio, valuation = bought()
    portfolio.apply(Day("2026-01-01", Decimal(10_000)))
    lose(portfolio, valuation, 9_700.5)
    assert not valuation.day_loss_reached()  # 299.50 of 300
    lose(portfolio, valuation, 9_699.5)
    assert valuation.day_loss_reached()
    assert not valuation.day_loss_reached()
    lose(portfolio, valuation, 12_000)
    assert valuation.lost_today  # winning it back does not count
    assert valuation.new_day(NOON_NS) is None
    assert valuation.lost_today
    assert valuation.new_day(NOON_NS + DAY_NS) is not None
    assert not valuation.lost_today


def test_a_lost_day_stays_lost_over_a_restart() -> None:
    lost: list[Record] = [Day("2026-01-01", Decimal(10_000)), Fault(DAY_LOST, "account", "", NOON_NS)]
    valuation = Valuation(Portfolio.of([BTC], lost), limits())
    assert valuation.lost_today
    assert valuation.new_day(NOON_NS) is None
    assert not valuation.day_loss_reached()  # told before the restart


def test_the_first_day_loses_nothing_before_it_began() -> None:
    portfolio, valuation = bought()
    assert portfolio.day is None
    lose(portfolio, valuation, 5_100)
    assert not valuation.day_loss_reached()


def test_a_day_is_that_of_utc_and_not_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/Sao_Paulo")
    _, valuation = account()
    late = int(datetime.datetime(2026, 1, 2, 1, tzinfo=datetime.UTC).timestamp()) * SECOND_NS
    day = valuation.new_day(late)
    assert day is not None
    assert day.date == "2026-01-02"  # in São Paulo it is still the first


def test_what_the_owner_took_is_no_loss_of_the_day_and_no_fall_of_the_account() -> None:
    portfolio, valuation = bought()
    btc = portfolio.holdings["BTCUSDT"]
    portfolio.apply(Day("2026-01-15", Decimal(10_000)))
    valuation.price(btc, 49_000.0, NOON_NS)  # 100 are lost
    portfolio.miss(btc, Decimal("0.05"), Decimal(0), NOON_NS)  # worth 2,450
    day = valuation.follow_books()
    assert day == Day("2026-01-15", Decimal(7_550))
    portfolio.apply(day)
    assert valuation.equity == pytest.approx(7_450.0)
    assert not valuation.day_loss_reached()
    assert valuation.price(btc, 49_000.0, NOON_NS) == pytest.approx(100 / 7_550)
    assert valuation.follow_books() is None
    valuation.price(btc, 44_000.0, NOON_NS)
    assert valuation.day_loss_reached()  # 350 of what is left


def test_a_day_that_was_lost_stays_lost_when_the_books_are_set_right() -> None:
    portfolio, valuation = bought()
    portfolio.apply(Day("2026-01-15", Decimal(10_000)))
    valuation.price(portfolio.holdings["BTCUSDT"], 46_000.0, NOON_NS)
    assert valuation.day_loss_reached()
    portfolio.miss(portfolio.holdings["BTCUSDT"], Decimal("0.05"), Decimal(0), NOON_NS)
    assert valuation.follow_books() is None
