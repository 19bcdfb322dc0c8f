"""What positions of before an epoch gain is told apart from what the release since then does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from services.trader.beside import Beside
from services.trader.inherited import Inherited


@dataclass
class Position:
    amount: float
    price: float


def test_only_what_was_held_at_the_switch_counts_and_only_while_it_is_held() -> None:
    btc, eth = Position(2.0, 100.0), Position(0.0, 10.0)
    holdings = {"BTC": btc, "ETH": eth}
    inherited = Inherited()
    inherited.begin(holdings)
    btc.price, eth.amount = 90.0, 5.0  # ETH is bought by the release since
    assert inherited.step(holdings) == pytest.approx(-20.0)
    btc.amount, btc.price, eth.price = 0.5, 80.0, 1.0  # the sale came at about this price
    assert inherited.step(holdings) == pytest.approx(-40.0)
    btc.amount, btc.price = 3.0, 70.0  # of which half a coin is of before
    assert inherited.step(holdings) == pytest.approx(-45.0)
    btc.amount = 0.0
    assert inherited.step(holdings) == pytest.approx(-45.0)
    btc.amount, btc.price = 1.0, 10.0
    assert inherited.step(holdings) == pytest.approx(-45.0)


def test_a_new_epoch_inherits_everything_anew() -> None:
    holdings = {"BTC": Position(1.0, 100.0)}
    inherited = Inherited()
    assert inherited.step(holdings) == 0.0
    inherited.begin(holdings)
    holdings["BTC"].price = 120.0
    assert inherited.step(holdings) == pytest.approx(20.0)
    inherited.begin(holdings)
    assert inherited.step(holdings) == 0.0


def test_the_release_before_is_timed_by_one_event_after_the_other() -> None:
    beside = Beside()
    beside.sent(1, 0)
    beside.sent(2, 0)  # while the first is timed
    beside.answered(1)
    beside.answered(2)
    assert beside.take().counts.total() == 1
    assert beside.take().counts.total() == 0


def test_an_event_that_died_with_its_host_is_not_timed_by_the_next_one() -> None:
    beside = Beside()
    beside.sent(1, 0)
    beside.answered(7)  # of another process
    assert beside.take().counts.total() == 0
    beside.sent(8, 0)
    beside.answered(8)
    assert beside.take().counts.total() == 1
