"""What a strategy is not shown: which event, which pair, which date. Code that waits for one waits for ever."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StrategyError
from core.kernel import DECISION, EVENT, NANOSECONDS, Records, kernel, record_dtype
from core.masking import FIRST_SEEN, WEEK_NS, masked, with_host_field
from core.strategy import Source, load
from services.guardian.fuzz import fuzz
from tests.guardian.edits import (
    KNOWS_TOMORROWS_HIGH,
    SHIPPED,
    SIZE,
    TURNS_AT_AN_EVENT,
    TURNS_FOR_A_PAIR,
    TURNS_ON_A_DAY,
)

EVENTS = fuzz("0" * 40, 600, 1).events
SEEN = record_dtype([(name, "i8") for name in ("sequence", "pair", "time_ns", "entry_ns", "exit_ns")])


def decisions(source: Source, events: Records) -> bytes:
    strategy = load(source)
    state, table = np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape)
    answers = np.zeros(len(events), DECISION)
    answers["stop"] = answers["target"] = np.nan
    for i in range(len(events)):
        strategy.decide(events[i : i + 1], state, table, answers[i : i + 1])
    return answers.tobytes()


def together(base: Source, *others: Source) -> Source:
    """`base` with what each of the others puts behind the line of the size: all wait in one kernel, compiled once."""
    text, shipped = base.files["decide.py"].decode(), SHIPPED.files["decide.py"].decode()
    begin = shipped.index(SIZE) + len(SIZE)
    for other in others:
        theirs = other.files["decide.py"].decode()
        text = text.replace(SIZE, SIZE + theirs[begin : begin + len(theirs) - len(shipped)])
    return Source.of({**base.files, "decide.py": text.encode()})


def test_code_that_waits_for_a_number_or_a_day_decides_as_if_it_were_not_there():
    events = EVENTS.copy()
    events["sequence"] += 2_000_000
    events["pair"] = 3
    events["time_ns"] += 400 * WEEK_NS
    wait = together(KNOWS_TOMORROWS_HIGH, TURNS_ON_A_DAY, TURNS_AT_AN_EVENT, TURNS_FOR_A_PAIR)
    assert wait.files["decide.py"].count(b"d.action = BUY") == SHIPPED.files["decide.py"].count(b"d.action = BUY") + 3
    assert decisions(wait, events) == decisions(SHIPPED, events)


@kernel
def looks(event: Records, state: Records, _table: Records, _decision: Records) -> None:
    """Keep what it is shown."""
    s = state[0]
    e = event[0]
    s.sequence = e.sequence
    s.pair = e.pair
    s.time_ns = e.time_ns
    s.entry_ns = e.entry_ns
    s.exit_ns = e.exit_ns


LOOKS = masked(looks)
TIMES = st.integers(0, 2**62)


@given(times=st.lists(TIMES, min_size=2, max_size=4).map(sorted), numbers=st.tuples(TIMES, TIMES))
def test_times_between_events_and_the_time_of_the_week_are_shown_and_nothing_else(
    times: list[int], numbers: tuple[int, int]
) -> None:
    state, table, decision = np.zeros(1, with_host_field(SEEN)), np.zeros((1, 3)), np.zeros(1, DECISION)
    shown = []
    for time_ns in times:
        event = np.zeros(1, EVENT)
        event["time_ns"], event["entry_ns"] = time_ns, max(time_ns - 5 * NANOSECONDS, 0)
        event["sequence"], event["pair"] = numbers
        before = event.copy()
        LOOKS(event, state, table, decision)
        assert event == before, "the event is put back"
        assert (decision["sequence"][0], decision["pair"][0]) == numbers, "the answer names its event"
        s = state[0]
        assert (s.sequence, s.pair, s.exit_ns) == (0, 0, 0)
        assert s.time_ns % WEEK_NS == time_ns % WEEK_NS
        assert time_ns < 5 * NANOSECONDS or s.time_ns - s.entry_ns == 5 * NANOSECONDS
        shown.append(s.time_ns)
    assert np.diff(shown).tolist() == np.diff(times).tolist()
    assert shown[0] // WEEK_NS == 1_000, "every memory begins in the same week"


def test_a_memory_that_is_kept_goes_on_in_its_own_weeks():
    strategy = load(SHIPPED)
    one, table = np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape)
    first, second = np.zeros(len(EVENTS), DECISION), np.zeros(len(EVENTS), DECISION)
    for answers, kept in ((first, False), (second, True)):
        one.view(np.uint8)[:] = 0
        for i in range(len(EVENTS)):
            if kept and i == 300:
                one = np.frombuffer(bytearray(one.tobytes()), strategy.state_dtype)
            strategy.decide(EVENTS[i : i + 1], one, table, answers[i : i + 1])
    assert first.tobytes() == second.tobytes()


def test_the_host_s_field_is_not_the_strategy_s():
    with pytest.raises(StrategyError, match=FIRST_SEEN):
        with_host_field(record_dtype([("bars", "i8"), (FIRST_SEEN, "i8")]))
