"""Where a stop order should rest for a position, and when the one that rests is moved, kept or taken back."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trader.protection import (
    MOVE_SECONDS,
    Bare,
    Keep,
    Later,
    Place,
    Position,
    Resting,
    Step,
    TakeBack,
    Terms,
    Wanted,
    own_stop,
    served,
    step,
    wanted,
)
from tests.trader.examples import BTC

TERMS = Terms(margin=Decimal("0.005"), slack=Decimal("0.01"))
HELD = Position(Decimal("0.01"), entry_price=50_000.0, price=50_000.0, stop=49_000.0)
WANTED = Wanted(Decimal("0.01"), Decimal("48755.00"), Decimal("48267.45"))  # 49,000 x 0.995, and 0.99 of that


def want(position: Position = HELD, *, loss: float = 100.0, pair: Any = BTC, terms: Terms = TERMS) -> Any:
    return wanted(pair, position, loss, terms)


# Where it should rest -------------------------------------------------------------------------------------------------


def test_it_lies_the_margin_behind_the_declared_stop_and_its_limit_the_slack_below() -> None:
    assert want() == WANTED


def test_nothing_held_wants_nothing() -> None:
    assert want(replace(HELD, quantity=Decimal(0))) is None


@pytest.mark.parametrize("stop", [math.nan, 0.0])
def test_without_a_declared_stop_it_is_the_loss_limit(stop: float) -> None:
    position = replace(HELD, stop=stop)
    assert own_stop(position, 100.0) == 40_000.0  # 0.01 x 10,000 lost
    assert want(position).stop_price == Decimal("39800.00")


def test_of_both_the_one_that_comes_first_counts() -> None:
    assert own_stop(replace(HELD, stop=30_000.0), 100.0) == 40_000.0
    assert own_stop(replace(HELD, stop=45_000.0), 100.0) == 45_000.0


def test_a_position_that_cannot_lose_the_limit_and_has_no_stop_is_bare_and_that_is_harmless() -> None:
    found = want(replace(HELD, stop=math.nan), loss=600.0)  # it is worth 500
    assert isinstance(found, Bare)
    assert found.harmless


def test_what_would_be_below_the_smallest_order_at_its_limit_is_sold_at_the_least_that_is_accepted() -> None:
    pair = replace(BTC, min_notional=Decimal(485))  # 0.01 x 48,267 would be 482.67
    found = want(pair=pair)
    assert found.stop_price == Decimal("48755.00")
    assert found.price == Decimal("48500.00")


@pytest.mark.parametrize("changes", [{"min_notional": Decimal(490)}, {"min_quantity": Decimal("0.02")}])
def test_what_is_too_small_at_its_stop_is_bare_and_named(changes: dict[str, Any]) -> None:
    found = want(pair=replace(BTC, **changes))
    assert isinstance(found, Bare)
    assert "smallest order" in found.reason
    assert not found.harmless


def test_a_stop_below_the_smallest_price_is_bare() -> None:
    found = want(replace(HELD, stop=0.009, entry_price=0.01, quantity=Decimal(1000)), loss=1000.0)
    assert isinstance(found, Bare)
    assert "smallest price" in found.reason


def test_a_price_that_the_exchange_takes_for_none_is_raised_as_far_as_our_own_stop() -> None:
    pair = replace(BTC, sell_floor=Decimal("0.8"))
    far = want(replace(HELD, stop=41_500.0), pair=pair)  # 0.8 x 1.02 x 50,000 = 40,800 is the least
    assert far.price == Decimal("40879.57")  # 41,500 x 0.995 x 0.99: accepted as it is
    raised = want(replace(HELD, stop=41_300.0), pair=pair)
    assert raised.price == Decimal("40800.00")
    assert raised.price < raised.stop_price <= Decimal(41_300)
    bare = want(replace(HELD, stop=41_000.0), pair=pair)
    assert isinstance(bare, Bare)
    assert "takes no sale below" in bare.reason


@given(
    stop=st.floats(1e-6, 1e6),
    entry=st.floats(1e-6, 1e6),
    quantity=st.decimals("0.00001", 1000, places=5),
    loss=st.floats(0.01, 1e6),
    margin=st.decimals("0.0005", "0.2", places=4),
    slack=st.decimals("0.0005", "0.2", places=4),
    tick=st.sampled_from(["0.01", "0.00000001", "1"]),
)
def test_what_rests_is_on_the_grid_behind_our_stop_and_large_enough(
    stop: float, entry: float, quantity: Decimal, loss: float, margin: Decimal, slack: Decimal, tick: str
) -> None:
    pair = replace(BTC, price_tick=Decimal(tick), sell_floor=Decimal("0.2"))
    position = Position(quantity, entry, entry, stop)
    found = want(position, loss=loss, pair=pair, terms=Terms(margin, slack))
    if isinstance(found, Bare):
        return
    assert found.price % pair.price_tick == 0
    assert found.stop_price % pair.price_tick == 0
    assert 0 < found.price <= found.stop_price <= Decimal(repr(own_stop(position, loss)))
    assert found.price * found.quantity >= pair.min_notional
    assert found.quantity == quantity


# What to do about it --------------------------------------------------------------------------------------------------


def todo(found: Any = WANTED, resting: Resting | None = None, **changes: Any) -> Step:
    usual: dict[str, Any] = {"price": 50_000.0, "since_moved": 60.0, "declared": True, "follows": True}
    return step(found, resting, **usual | changes)


RIGHT = Resting(Decimal("0.01"), Decimal("48755.00"))


def test_a_position_without_one_gets_one_even_when_nothing_else_may_be_sent() -> None:
    assert todo() == Place(WANTED)
    assert todo(follows=False) == Place(WANTED)


def test_the_right_one_is_kept() -> None:
    assert todo(resting=RIGHT) == Keep()


def test_another_quantity_is_followed_at_once_and_under_the_kill_switch_too() -> None:
    part = replace(RIGHT, left=Decimal("0.006"))
    assert todo(resting=part, since_moved=0.0, follows=False) == Place(WANTED)


def test_it_moves_up_and_down_when_the_stop_moved_by_more_than_a_thousandth() -> None:
    for rests, expected in (("48700", Place(WANTED)), ("48810", Place(WANTED)), ("48710", Keep()), ("48800", Keep())):
        assert todo(resting=replace(RIGHT, stop_price=Decimal(rests))) == expected, rests


def test_it_moves_once_a_second_at_most() -> None:
    low = replace(RIGHT, stop_price=Decimal(48_000))
    assert todo(resting=low, since_moved=0.25) == Later(MOVE_SECONDS - 0.25)


def test_the_kill_switch_leaves_it_where_it_is() -> None:
    assert todo(resting=replace(RIGHT, stop_price=Decimal(48_000)), follows=False) == Keep()


def test_before_the_strategy_has_said_its_stop_it_is_raised_and_never_lowered() -> None:
    assert todo(resting=replace(RIGHT, stop_price=Decimal(49_500)), declared=False) == Keep()
    assert todo(resting=replace(RIGHT, stop_price=Decimal(48_000)), declared=False) == Place(WANTED)


def test_what_would_trigger_at_once_is_neither_placed_nor_moved_to() -> None:
    assert todo(price=48_755.0) == Keep()
    assert todo(resting=replace(RIGHT, stop_price=Decimal(48_000)), price=48_700.0) == Keep()


def test_without_a_position_it_is_taken_back_and_where_none_may_rest_what_rests_is_left() -> None:
    assert todo(None, RIGHT) == TakeBack()
    assert todo(None) == Keep()
    assert todo(Bare("too small"), RIGHT) == Keep()


@given(stop=st.floats(1.0, 1e5), moved=st.floats(0.99, 1.01))
def test_a_stop_inside_the_band_asks_for_nothing_new(stop: float, moved: float) -> None:
    def found(at: float) -> Any:
        position = Position(Decimal(10), 2e5, 2e5, at)
        return want(position, loss=1e9, pair=replace(BTC, price_tick=Decimal("1e-9")))

    first = found(stop)
    low, high = served(first, stop)
    now = stop * moved
    if low <= now <= high:
        rests = Resting(first.quantity, first.stop_price)
        assert todo(found(now), rests, price=2e5) == Keep()
    elif abs(moved - 1) > 0.002:
        assert todo(found(now), Resting(first.quantity, first.stop_price), price=2e5) == Place(found(now))


def test_no_declared_stop_has_a_band_of_its_own() -> None:
    assert served(WANTED, math.nan) == (0.0, 0.0)
    assert served(Bare("too small"), 49_000.0) == (0.0, 0.0)
