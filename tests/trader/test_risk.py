"""No order passes that a limit forbids, and a position can always be closed unless state, price or rate forbid it."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trader.limits import Limits
from services.trader.orders import Order, Side
from services.trader.risk import Trading, View, check, trading_state
from tests.trader.examples import limits, order

STALE_SECONDS = 10.0


def view(**changes: Any) -> View:
    """A calm account: flat, 10,000 in cash, the pair heard of just now at 50,000."""
    usual: dict[str, Any] = {
        "trading": Trading.ACTIVE,
        "last_price": Decimal(50_000),
        "price_age_seconds": 0.0,
        "position_quantity": Decimal(0),
        "position_value": Decimal(0),
        "total_exposure": Decimal(0),
        "open_positions": 0,
        "free_cash": Decimal(10_000),
        "entries_last_minute": 0,
        "exits_last_minute": 0,
    }
    return View(**usual | changes)


def denial(order: Order, view: View, limits: Limits) -> str | None:
    """The code that an order is denied with; None when it passes."""
    denied = check(order, limits, view, stale_seconds=STALE_SECONDS)
    return None if denied is None else denied.code


def sell(**changes: Any) -> Order:
    return order(side=Side.SELL, **changes)


@pytest.mark.parametrize(
    ("code", "quantity", "seen"),
    [
        # 0.02 x 50,000 = 1,000 is the limit of an order; a lot more is 1,000.50.
        pytest.param(None, "0.01999", {}, id="order_value: 999.50 of 1,000"),
        pytest.param(None, "0.02", {}, id="order_value: 1,000 of 1,000"),
        pytest.param("order_value", "0.02001", {}, id="order_value: 1,000.50 of 1,000"),
        # The order is 500.
        pytest.param(None, "0.01", {"position_value": "1499.99"}, id="position_value: 1,499.99 + 500 of 2,000"),
        pytest.param(None, "0.01", {"position_value": "1500"}, id="position_value: 1,500 + 500 of 2,000"),
        pytest.param("position_value", "0.01", {"position_value": "1500.01"}, id="position_value: 2,000.01 of 2,000"),
        pytest.param(None, "0.01", {"total_exposure": "4499.99"}, id="total_exposure: 4,499.99 + 500 of 5,000"),
        pytest.param(None, "0.01", {"total_exposure": "4500"}, id="total_exposure: 4,500 + 500 of 5,000"),
        pytest.param("total_exposure", "0.01", {"total_exposure": "4500.01"}, id="total_exposure: 5,000.01 of 5,000"),
        pytest.param(None, "0.01", {"free_cash": "500.01"}, id="cash: 500 of 500.01"),
        pytest.param(None, "0.01", {"free_cash": "500"}, id="cash: 500 of 500"),
        pytest.param("cash", "0.01", {"free_cash": "499.99"}, id="cash: 500 of 499.99"),
    ],
)
def test_a_buy_order_stays_within_the_limits_on_money(code: str | None, quantity: str, seen: dict[str, str]) -> None:
    seen_now = view(**{name: Decimal(value) for name, value in seen.items()})
    assert denial(order(quantity=Decimal(quantity)), seen_now, limits()) == code


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        pytest.param(None, {"open_positions": 2}, id="open_positions: this is the third of 3"),
        pytest.param("open_positions", {"open_positions": 3}, id="open_positions: this would be the fourth of 3"),
        pytest.param(None, {"entries_last_minute": 9}, id="orders_per_minute: this is the tenth of 10"),
        pytest.param("orders_per_minute", {"entries_last_minute": 10}, id="orders_per_minute: this is the eleventh"),
        pytest.param(None, {"exits_last_minute": 1000}, id="orders_per_minute: closing orders are counted apart"),
        pytest.param(None, {"price_age_seconds": 10.0}, id="stale: 10 of 10 s"),
        pytest.param("stale", {"price_age_seconds": 10.1}, id="stale: 10.1 of 10 s"),
        pytest.param("stale", {"price_age_seconds": math.nan}, id="stale: an unknown age"),
        pytest.param("stale", {"last_price": Decimal(0)}, id="stale: never heard of"),
        pytest.param("stale", {"last_price": Decimal("NaN")}, id="stale: the last price is no number"),
        pytest.param("stale", {"last_price": Decimal("Infinity")}, id="stale: the last price is infinite"),
        pytest.param("halted", {"trading": Trading.HALTED}, id="halted"),
        pytest.param("reducing", {"trading": Trading.REDUCING}, id="reducing"),
    ],
)
def test_a_buy_order_stays_within_the_limits_on_counts_time_and_state(code: str | None, seen: dict[str, Any]) -> None:
    assert denial(order(), view(**seen), limits()) == code


@pytest.mark.parametrize(
    ("code", "side", "price"),
    [
        # 2 % of 50,000 is 1,000 either way.
        pytest.param(None, Side.BUY, "51000", id="buys at +2 %"),
        pytest.param("price_collar", Side.BUY, "51000.01", id="buys a tick beyond +2 %"),
        pytest.param(None, Side.BUY, "49000", id="buys at -2 %"),
        pytest.param("price_collar", Side.BUY, "48999.99", id="buys a tick beyond -2 %"),
        pytest.param(None, Side.SELL, "49000", id="sells at -2 %"),
        pytest.param("price_collar", Side.SELL, "48999.99", id="sells a tick beyond -2 %"),
        pytest.param("price_collar", Side.SELL, "51000.01", id="sells a tick beyond +2 %"),
    ],
)
def test_a_price_lies_within_the_collar_on_both_sides(code: str | None, side: Side, price: str) -> None:
    seen = view(position_quantity=Decimal(1))
    roomy = limits(order_value=10_000)
    assert denial(order(side=side, price=Decimal(price)), seen, roomy) == code


@pytest.mark.parametrize(
    ("code", "quantity", "seen"),
    [
        pytest.param(None, "0.5", {}, id="sells all that is held"),
        pytest.param("oversell", "0.50001", {}, id="sells a lot more than is held"),
        pytest.param(None, "0.5", {"trading": Trading.REDUCING}, id="reducing closes positions"),
        pytest.param("halted", "0.5", {"trading": Trading.HALTED}, id="halted sends nothing at all"),
        pytest.param(None, "0.5", {"exits_last_minute": 19}, id="the twentieth in a minute: twice 10"),
        pytest.param("orders_per_minute", "0.5", {"exits_last_minute": 20}, id="the twenty-first in a minute"),
        pytest.param("stale", "0.5", {"price_age_seconds": 10.1}, id="stale"),
    ],
)
def test_a_sell_order_only_closes(code: str | None, quantity: str, seen: dict[str, Any]) -> None:
    seen_now = view(**{"position_quantity": Decimal("0.5"), **seen})
    assert denial(sell(quantity=Decimal(quantity)), seen_now, limits()) == code


@pytest.mark.parametrize("field", ["quantity", "price"])
@pytest.mark.parametrize("figure", ["NaN", "sNaN", "Infinity", "-Infinity", "0", "-0", "-0.01", "1E+999998", "1E+30"])
@pytest.mark.parametrize("side", list(Side))
def test_a_figure_that_no_order_has_is_refused_and_never_raises(field: str, figure: str, side: Side) -> None:
    wrong = msgspec.structs.replace(order(side=side), **{field: Decimal(figure)})
    assert denial(wrong, view(position_quantity=Decimal(1)), limits()) == "malformed"


@pytest.mark.parametrize(
    ("pairs", "code"),
    [
        pytest.param(("BTCUSDT",), None, id="listed"),
        pytest.param(("*",), None, id="every pair"),
        pytest.param(("ETHUSDT", "BTCUSD"), "pair", id="not listed"),
    ],
)
@pytest.mark.parametrize("side", list(Side))
def test_a_pair_that_the_limits_do_not_name_is_not_traded(pairs: tuple[str, ...], code: str | None, side: Side) -> None:
    assert denial(order(side=side), view(position_quantity=Decimal(1)), limits(pairs=pairs)) == code


def test_a_denial_tells_the_figures_that_decided() -> None:
    denied = check(order(quantity=Decimal("0.03")), limits(), view(), stale_seconds=STALE_SECONDS)
    assert denied is not None
    assert denied.detail == "1500.00 is above 1000.00"  # 0.03 x 50,000


@pytest.mark.parametrize(
    ("killed", "paused", "lost_today", "state"),
    [
        (False, False, False, Trading.ACTIVE),
        (False, False, True, Trading.REDUCING),
        (False, True, False, Trading.REDUCING),
        (False, True, True, Trading.REDUCING),
        (True, False, False, Trading.HALTED),
        (True, False, True, Trading.HALTED),
        (True, True, False, Trading.HALTED),
        (True, True, True, Trading.HALTED),
    ],
)
def test_the_kill_switch_outranks_a_pause_and_a_lost_day(
    killed: bool, paused: bool, lost_today: bool, state: Trading
) -> None:
    assert trading_state(killed=killed, paused=paused, lost_today=lost_today) is state


money = st.decimals(min_value=0, max_value=6000, places=2)
quantities = st.decimals(min_value="0.00001", max_value="0.2", places=5)
prices = st.decimals(min_value=48_000, max_value=52_000, places=2)


@given(
    quantity=quantities,
    price=prices,
    held=money,
    elsewhere=money,
    cash=money,
    positions=st.integers(0, 5),
    entries=st.integers(0, 15),
)
def test_a_buy_order_that_passed_breaks_no_limit_when_it_fills_at_its_price(
    quantity: Decimal, price: Decimal, held: Decimal, elsewhere: Decimal, cash: Decimal, positions: int, entries: int
) -> None:
    seen = view(
        position_value=held,
        total_exposure=held + elsewhere,
        free_cash=cash,
        open_positions=positions,
        entries_last_minute=entries,
    )
    if denial(order(quantity=quantity, price=price), seen, limits()) is not None:
        return
    spent = quantity * price
    assert spent <= 1000
    assert held + spent <= 2000
    assert held + elsewhere + spent <= 5000
    assert cash - spent >= 0
    assert positions + 1 <= 3
    assert entries + 1 <= 10
    assert abs(price - 50_000) <= 1000


@given(quantity=st.decimals(min_value="0.00001", max_value=10**6, places=5), exposure=st.decimals(0, 10**12, places=2))
def test_no_limit_on_size_keeps_a_position_from_being_closed(quantity: Decimal, exposure: Decimal) -> None:
    seen = view(
        position_quantity=quantity,
        position_value=exposure,
        total_exposure=exposure,
        open_positions=99,
        free_cash=Decimal(-1),
        entries_last_minute=99,
    )
    assert denial(sell(quantity=quantity), seen, limits()) is None


@given(
    quantity=st.decimals(allow_nan=True, allow_infinity=True),
    price=st.decimals(allow_nan=True, allow_infinity=True),
    last=st.decimals(allow_nan=True, allow_infinity=True),
    age=st.floats(),
    side=st.sampled_from(Side),
    trading=st.sampled_from(Trading),
)
def test_whatever_the_figures_are_the_check_answers(
    quantity: Decimal, price: Decimal, last: Decimal, age: float, side: Side, trading: Trading
) -> None:
    seen = msgspec.structs.replace(
        view(), trading=trading, last_price=last, price_age_seconds=age, position_quantity=Decimal(1)
    )
    denial(order(quantity=quantity, price=price, side=side), seen, limits())
