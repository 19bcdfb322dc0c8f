"""The curves of a judgement: as the judge counted them, with no peak and no valley lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from core.backtest.records import AT_STOP
from core.kernel import BUY, FILL, SELL
from core.strategy import Source, rule_names
from services.guardian.judged import MOST_POINTS, MOST_TRADES, Judged, Trade
from services.guardian.play import Play

SHIPPED = Source.shipped()


@dataclass
class Tape:
    symbols: tuple[str, ...] = ("BTCUSDT",)


@dataclass
class Played:
    """Of a play, what is drawn."""

    times_ns: np.ndarray[Any, Any]
    equity: np.ndarray[Any, Any]
    tape: Tape
    fills: np.ndarray[Any, Any]


def played(equity: np.ndarray[Any, Any], *fills: tuple[int, int, float, float, float, int]) -> Play:
    """`fills` are time, side, quantity, price, profit and rule of each."""
    records = np.zeros(len(fills), FILL)
    for place, fill in enumerate(fills):
        for name, value in zip(("time_ns", "side", "quantity", "price", "profit", "rule"), fill, strict=True):
            records[name][place] = value
    times = np.arange(len(equity), dtype=np.int64) * 60
    return cast(Play, Played(times, equity.astype(np.float64), Tape(), records))


def test_both_sides_are_kept_at_the_same_times_from_the_window_on() -> None:
    before, after = np.full(100, 10_000.0), np.linspace(10_000, 11_000, 100)
    found = Judged.of(played(before), played(after), 60 * 40, SHIPPED, SHIPPED)
    assert found is not None
    assert (found.times_ns[0], found.times_ns[-1], len(found.times_ns)) == (60 * 39, 60 * 99, 61)
    assert (found.after[-1], found.before[-1], found.symbols) == (11_000.0, 10_000.0, ("BTCUSDT",))


def test_of_many_points_each_ones_peaks_and_valleys_stay() -> None:
    before, after = np.full(20_000, 10_000.0), np.full(20_000, 10_000.0)
    before[12_345], after[777], after[19_000] = 8_000.0, 12_000.0, 7_000.0
    found = Judged.of(played(before), played(after), 0, SHIPPED, SHIPPED)
    assert found is not None
    assert len(found.times_ns) <= MOST_POINTS + 2
    assert (min(found.before), max(found.after), min(found.after)) == (8_000.0, 12_000.0, 7_000.0)
    assert list(found.times_ns) == sorted(found.times_ns)


def test_plays_of_different_lengths_are_not_compared() -> None:
    assert Judged.of(played(np.ones(3)), played(np.ones(4)), 0, SHIPPED, SHIPPED) is None


def test_a_trade_is_from_what_was_bought_to_its_sale_with_what_each_was_for() -> None:
    rules = rule_names(SHIPPED.files["rules.py"].decode())
    fills = ((1, BUY, 1.0, 100.0, 0.0, -1), (2, BUY, 1.0, 110.0, 0.0, -1), (9, SELL, 2.0, 120.0, 29.0, AT_STOP))
    found = Judged.of(played(np.ones(9)), played(np.ones(9), *fills, (10, BUY, 1, 1, 0, -1)), 0, SHIPPED, SHIPPED)
    assert found is not None
    assert found.trades_before == ()
    assert found.trades_after == (Trade("BTCUSDT", 1, 9, 2.0, 105.0, 120.0, 29.0, "score", "stop"),)
    by_rule = Judged.of(played(np.ones(9)), played(np.ones(9), fills[0], (3, SELL, 1, 9, 1, 0)), 0, SHIPPED, SHIPPED)
    assert by_rule is not None
    assert by_rule.trades_after[0].left_for == rules[0]
    many = [fill for at in range(MOST_TRADES + 5) for fill in ((at, BUY, 1, 9, 0, -1), (at, SELL, 1, 9, 1, -1))]
    most = Judged.of(played(np.ones(9)), played(np.ones(9), *many), 0, SHIPPED, SHIPPED)
    assert most is not None
    assert len(most.trades_after) == MOST_TRADES
    assert most.trades_after[-1].left_ns == MOST_TRADES + 4
