"""Quotes are told once and in order, and a number that is garbage silences nobody."""

from __future__ import annotations

import msgspec
import pytest

from services.trader.exchanges.binance.market import RISING_BEHIND, MarketStreams
from tests.trader.exchanges.test_binance import Ears


def told(numbers: list[int]) -> list[int]:
    """Which of these update numbers reach the trader; the bid tells them."""
    ears = Ears()
    streams = MarketStreams("ws://127.0.0.1:9", ["BTCUSDT"], "1m", ears)
    for number in numbers:
        data = {"u": number, "s": "BTCUSDT", "b": str(number), "B": "1", "a": str(number + 1), "A": "1"}
        streams._quote(0, 1, msgspec.json.encode(data))
    return [int(bid) for _, bid, _ in ears.quotes]


def test_repeated_and_overtaken_quotes_are_left_out() -> None:
    assert told([5, 5, 6, 4, 6, 7, 5, 8]) == [5, 6, 7, 8]


@pytest.mark.parametrize("strange", [10**6, 10**15])
def test_after_a_number_far_ahead_the_true_ones_are_soon_told_again(strange: int) -> None:
    numbers = [5, 6, strange, *range(7, 20)]
    heard = told(numbers)
    assert heard[:3] == [5, 6, strange]
    assert heard[3:] == list(range(7 + RISING_BEHIND - 1, 20))


def test_every_quote_sent_twice_is_told_once() -> None:
    assert told([number for number in range(1, 30) for _ in range(2)]) == list(range(1, 30))
