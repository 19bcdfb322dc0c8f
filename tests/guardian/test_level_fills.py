"""The one exception of causality: a stop or a target that an earlier decision declared, and nothing like it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from core.backtest import Market
from core.backtest.plain import Terms
from core.backtest.records import AT_STOP, AT_TARGET
from core.kernel import BAR_ROW, BUY, DECISION, NANOSECONDS, Records
from services.guardian.gates import causality
from services.guardian.play import Play, recount
from services.guardian.tape import Tape, tape_of

HOUR = 3_600 * NANOSECONDS
FREE = Terms(fee=0.0, slippage=0.0)
FLAT = (100.0, 100.0, 100.0, 100.0)


def tape(*rows: tuple[float, float, float, float]) -> Tape:
    """Bars of (open, high, low, close); the first is there to be bought in."""
    data = np.array([(i * HOUR + HOUR, *row, 1.0) for i, row in enumerate((FLAT, *rows))], BAR_ROW)
    return tape_of([Market("A", data, HOUR, 0.01)], "tape")


def decisions(tape: Tape, **levels: float) -> Records:
    """Bought at the first event; the levels are declared by every decision from the fourth on."""
    made = np.zeros(len(tape.events), DECISION)
    made["stop"] = made["target"] = np.nan
    made["action"][0], made["size"][0] = BUY, 0.5
    for name, price in levels.items():
        made[name][3:] = price
    return made


RISING = (100.0, 105.0, 97.0, 103.0)  # 100, 97, 105, 103
FALLING = (100.0, 105.0, 97.0, 98.0)  # 100, 105, 97, 98


def play(*rows: tuple[float, float, float, float], **levels: float) -> Play:
    given = tape(*rows)
    return recount(given, FREE, decisions(given, **levels))


@pytest.mark.parametrize(
    ("rows", "levels", "price", "rule"),
    [
        ((RISING,), {"stop": 98.0}, 98.0, AT_STOP),
        ((RISING,), {"target": 104.0}, 104.0, AT_TARGET),
        ((FALLING,), {"stop": 98.0, "target": 104.0}, 98.0, AT_STOP),
        (((96.0, 97.0, 95.0, 96.5),), {"stop": 98.0}, 96.0, AT_STOP),
        (((106.0, 107.0, 105.0, 106.5),), {"target": 104.0}, 106.0, AT_TARGET),
        (((106.0, 107.0, 97.0, 98.5),), {"stop": 98.0, "target": 104.0}, 98.0, AT_STOP),
    ],
    ids=["a stop", "a target", "both: the stop", "a gap down", "a gap up", "a gap up and the stop"],
)
def test_what_was_declared_before_and_reached_is_allowed(rows, levels, price, rule):
    made = play(*rows, **levels)
    assert (made.fills["price"][-1], made.fills["rule"][-1]) == (pytest.approx(price), rule)
    assert list(causality.check_fills(made)) == []


def test_a_high_that_is_declared_when_it_is_there_is_filled_by_none_of_that_bar():
    """The decision on the bar's own close, which shows the high of 105, declares it: nothing sells at it but a later
    bar."""
    given = tape(RISING, (103.0, 104.0, 102.0, 103.5), (103.0, 106.0, 102.0, 105.0))
    made = decisions(given)
    made["target"][7:] = 105.0
    played = recount(given, FREE, made)
    assert played.fills["time_ns"][-1] >= given.events["time_ns"][12]
    assert list(causality.check_fills(played)) == []


def test_a_target_that_sinks_below_the_price_sells_at_the_next_price_and_at_no_better_one():
    """Declared at 105 inside a bar that closes at 103: a rule that asks for less profit as time goes by."""
    given = tape(RISING)
    made = decisions(given)
    made["target"][6:] = 101.0
    played = recount(given, FREE, made)
    assert (played.fills["price"][-1], played.fills["rule"][-1]) == (pytest.approx(103.0), AT_TARGET)
    assert list(causality.check_fills(played)) == []
    assert "did not offer so much" in " ".join(causality.check_fills(changed(price=103.5)(played)))


def at_its_own_event(made: Play) -> Play:
    """As if the judge had forgotten the rule: the level of a decision fills at the very event that it was made on."""
    return replace(made, signals=np.r_[made.signals[:-1], made.signals[-1] + 1])


def undeclared(made: Play) -> Play:
    empty = made.decisions.copy()
    empty["stop"] = empty["target"] = np.nan
    return replace(made, decisions=empty)


def changed(**fields: float) -> Callable[[Play], Play]:
    def change(made: Play) -> Play:
        fills = made.fills.copy()
        for name, value in fields.items():
            fills[name][-1] = value
        return replace(made, fills=fills)

    return change


def declared(**levels: float) -> Callable[[Play], Play]:
    def change(made: Play) -> Play:
        other = made.decisions.copy()
        for name, price in levels.items():
            other[name] = price
        return replace(made, decisions=other)

    return change


@pytest.mark.parametrize(
    ("levels", "cheat", "said"),
    [
        pytest.param({"stop": 98.0}, at_its_own_event, "another event than the one after", id="the level of today"),
        pytest.param({"stop": 98.0}, undeclared, "no decision declared", id="a level that nobody declared"),
        pytest.param({"stop": 98.0}, changed(price=99.0), "did not offer so much", id="a better price than the stop"),
        pytest.param({"target": 104.0}, changed(price=104.5), "did not offer so much", id="better than the target"),
        pytest.param({"target": 104.0}, declared(target=106.0), "did not reach", id="a target above the high"),
        pytest.param({"stop": 98.0}, declared(stop=96.0), "did not reach", id="a stop below the low"),
        pytest.param({"stop": 98.0}, changed(time_ns=3 * HOUR), "another event", id="another time"),
    ],
)
def test_every_other_fill_inside_a_bar_is_refused(levels, cheat, said):
    made = play(RISING, **levels)
    assert list(causality.check_fills(made)) == []
    assert said in " ".join(causality.check_fills(cheat(made)))


def test_a_fill_by_an_order_has_no_such_freedom():
    made = play(RISING, stop=98.0)
    assert "which no later event offered" in " ".join(causality.check_fills(changed(rule=0)(made)))


def test_among_trades_a_level_is_worth_what_the_next_trade_is():
    given = replace(tape(RISING), bars=False)
    made = recount(given, FREE, decisions(given, stop=98.0))
    assert made.fills["price"][-1] == pytest.approx(97.0)
    assert list(causality.check_fills(made)) == []
    assert "did not offer" in " ".join(causality.check_fills(changed(price=98.0)(made)))
