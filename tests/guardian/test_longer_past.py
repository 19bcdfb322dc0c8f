"""Longer bars of before a history: as many as are wanted, of the bars there are, else from a seed; no trade on them."""

from __future__ import annotations

import functools

import numpy as np

from core.backtest.plain import Terms, begin_of
from core.contracts import AddIndicator, EditPlan
from core.history.resample import resample
from core.kernel import BAR, DECISION, NANOSECONDS
from core.strategy import Source
from services.editor import edit
from services.guardian.longer import SPARE, longer_of, with_past
from services.guardian.made import made_markets
from services.guardian.play import recount
from services.guardian.tape import newest, tape_of

from .conftest import SHIPPED

DAY, HOUR_NS = 86_400, 3600 * NANOSECONDS
LONGER = EditPlan(
    (
        AddIndicator("ema", "ema_200_1d", {"period": 200}, "1d"),
        AddIndicator("rsi", "rsi_14_4h", {"period": 14}, "4h"),
    )
)


@functools.cache
def counting() -> Source:
    """A strategy that wants both."""
    return Source.of(edit(SHIPPED.files, LONGER, "7").files)


def test_of_a_strategy_without_them_the_tape_is_what_it_was() -> None:
    tape = tape_of(made_markets(), "history")
    assert with_past(tape, longer_of(SHIPPED, SHIPPED), [], "UTC") is tape


def test_as_many_as_are_wanted_come_before_each_pair_and_lead_to_where_it_begins() -> None:
    tape = tape_of(made_markets(), "history")
    longer = longer_of(counting(), SHIPPED)
    assert longer == {"1d": 690, "4h": 95}
    nothing = [market.rows[:0] for market in made_markets()]
    whole = with_past(tape, longer, nothing, "America/Sao_Paulo")
    past, own = whole.events[: -len(tape.events)], whole.events[-len(tape.events) :]
    for name in tape.events.dtype.names or ():
        if name not in ("sequence", "advice"):
            assert np.array_equal(own[name], tape.events[name]), name
    assert np.array_equal(whole.events["sequence"], np.arange(1, len(whole.events) + 1))
    assert np.all(np.diff(whole.events["time_ns"]) >= 0)
    assert begin_of(whole.events) == tape.events["time_ns"][0] > past["time_ns"][-1]
    assert set(past["utc_offset_s"]) == {-3 * 3600}
    for pair in range(3):
        days = past[(past["pair"] == pair) & (past["kind"] == DAY)]
        assert len(days) == 690 + SPARE
        assert days["price"][-1] == own["price"][own["pair"] == pair][0]
        assert np.all(np.diff(days["time_ns"]) == DAY * NANOSECONDS)
        assert np.all((days["low"] <= days["price"]) & (days["price"] <= days["high"]) & (days["low"] > 0.0))
    again = with_past(tape, longer, nothing, "America/Sao_Paulo")
    assert again.data == whole.data


def test_before_a_window_they_are_of_its_own_history_as_far_as_that_goes() -> None:
    markets, _ = newest(made_markets(), 0.3, 450)
    tape = tape_of(markets, "held-out window")
    before = [whole.rows[: -len(part.rows)] for whole, part in zip(made_markets(), markets, strict=True)]
    past = with_past(tape, {"1d": 60, "4h": 95}, before, "UTC").events
    for seconds, count in ((DAY, 60 + SPARE), (4 * 3600, 95 + SPARE)):
        longer = past[(past["pair"] == 1) & (past["kind"] == seconds)]
        truth = resample(before[1], HOUR_NS, seconds * NANOSECONDS)
        begins = longer["time_ns"] + 1_000_000 - seconds * NANOSECONDS
        shared = np.isin(truth["time_ns"][1:], begins)
        assert len(longer) == count
        assert shared.sum() >= min(count, len(truth) - 2)
        at = np.searchsorted(begins, truth["time_ns"][1:][shared])
        assert np.array_equal(longer["price"][at], truth["close"][1:][shared])
        assert np.array_equal(longer["volume"][at], truth["volume"][1:][shared])


def test_who_would_buy_on_them_buys_nothing() -> None:
    tape = tape_of(made_markets(), "history")
    nothing = [market.rows[:0] for market in made_markets()]
    whole = with_past(tape, {"1d": 60}, nothing, "UTC")
    decisions = np.zeros(len(whole.events), DECISION)
    decisions["action"][whole.events["kind"] > BAR], decisions["size"] = 1, 0.1
    decisions["stop"] = decisions["target"] = np.nan
    play = recount(whole, Terms(), decisions)
    assert len(play.fills) == 0
    assert play.times_ns[0] == tape.events["time_ns"][0]
