"""Round trips of two backtesters agree only when bars and prices do."""

from __future__ import annotations

import numpy as np
import pytest

from bench.trades import ROUND_TRIP, compare, round_trips
from core.kernel import BUY, FILL, SELL, Records

MINUTE_NS = 60_000_000_000


def trips(*rows: tuple[int, int, float, float]) -> Records:
    return np.array(list(rows), ROUND_TRIP)


OURS = trips((10, 20, 100.0, 101.0), (30, 40, 102.0, 103.0), (50, 60, 104.0, 105.0))


def test_the_same_trades_agree() -> None:
    agreement = compare(OURS, OURS.copy())

    assert (agreement.ours, agreement.theirs, agreement.agree) == (3, 3, 3)
    assert agreement.complete
    assert agreement.first_difference == ""


@pytest.mark.parametrize(
    "theirs",
    [
        pytest.param((31, 40, 102.0, 103.0), id="another entry bar"),
        pytest.param((30, 41, 102.0, 103.0), id="another exit bar"),
        pytest.param((30, 40, 102.01, 103.0), id="another entry price"),
        pytest.param((30, 40, 102.0, 103.01), id="another exit price"),
        pytest.param((30, 40, float("nan"), 103.0), id="a price that is none"),
    ],
)
def test_a_trade_that_differs_in_one_thing_does_not_agree(theirs: tuple[int, int, float, float]) -> None:
    other = OURS.copy()
    other[1] = theirs

    agreement = compare(OURS, other)

    assert agreement.agree == 2
    assert not agreement.complete
    assert "bought at bar 30 for 102.00" in agreement.first_difference


def test_a_trade_that_only_one_side_made_does_not_agree() -> None:
    assert compare(OURS, OURS[:2]).agree == 2
    assert compare(OURS, OURS[:2]).first_difference.startswith("ours bought at bar 50")
    assert compare(OURS[1:], OURS).first_difference.startswith("theirs bought at bar 10")
    assert not compare(OURS[1:], OURS).complete


def test_two_sides_that_never_traded_do_not_agree() -> None:
    assert not compare(OURS[:0], OURS[:0]).complete


def test_rounding_of_the_last_digit_is_no_difference() -> None:
    other = OURS.copy()
    other["exit_price"] = np.nextafter(other["exit_price"], 1e9)

    assert compare(OURS, other).complete


def test_trades_entered_while_averages_warm_up_are_left_out() -> None:
    other = OURS.copy()
    other[0] = (11, 20, 100.0, 101.0)

    agreement = compare(OURS, other, first_bar=30)

    assert (agreement.ours, agreement.theirs, agreement.agree) == (2, 2, 2)


def test_fills_become_round_trips_and_an_open_position_is_none() -> None:
    fills = np.zeros(3, FILL)
    fills["time_ns"] = [5_000 + 2 * MINUTE_NS, 5_000 + 7 * MINUTE_NS + 20, 5_000 + 9 * MINUTE_NS]
    fills["side"] = [BUY, SELL, BUY]
    fills["price"] = [10.0, 11.0, 12.0]

    made = round_trips(fills, 5_000, MINUTE_NS)

    assert made.tolist() == [(2, 7, 10.0, 11.0)]
