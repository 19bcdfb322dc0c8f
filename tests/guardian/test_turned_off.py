"""A signal that means more than the shipped one: its shipped tests hold with what is new turned off, or they refuse."""

from __future__ import annotations

import re

import pytest

from core.strategy import Source
from services.guardian.gates import tests as gate
from services.guardian.gates.turned_off import ways_off

from .conftest import SHIPPED, case_of
from .edits import edited

NEW = '    # How much of the score a wide band takes.\n    damping: Annotated[float, Range(0, 1, "ratio")] = 0.2\n'
MADE = ("parameters.py", "    # Say of the order book", f"{NEW}    # Say of the order book")
DAMPED = (
    "signals.py",
    "        score = 0.5 * score\n",
    "        score = 0.5 * score\n    score = (1.0 - P.damping) * score\n",
)
LATE = ("rules.py", "f.profit <= -P.stop_loss", "f.profit <= -P.stop_loss - P.damping")
BY_HAND = "tests/test_signals.py::test_technical_by_hand[thin]"


def as_told(source: Source, *failed: str) -> gate.Answer:
    """What a box says in which these tests fail, and the judge's own turn out as they are written."""
    own = {name: data.decode() for name, data in source.files.items() if name not in SHIPPED.files}
    outcomes = {BY_HAND: gate.PASSED} | {
        f"{name}::{test}": gate.PASSED if holds == "True" else gate.FAILED
        for name, text in own.items()
        for test, holds in re.findall(r"def (\w+)\(\):\n    assert (\w+)", text)
    }
    return gate.Answer(list(outcomes), outcomes | dict.fromkeys(failed, gate.FAILED), {}, 1, "")


def test_what_is_new_is_turned_off_at_either_end_of_its_range() -> None:
    low, high = ways_off(edited(MADE, DAMPED))
    assert [
        NEW.encode().replace(b"= 0.2", end) in way.files["parameters.py"]
        for way, end in ((low, b"= 0"), (high, b"= 1"))
    ] == [True, True]
    assert low.files.keys() == SHIPPED.files.keys()


@pytest.mark.parametrize(
    "source",
    [SHIPPED, edited(MADE), edited(MADE, LATE), edited(MADE, DAMPED, LATE)],
    ids=["nothing new", "read by nobody", "read by a known rule", "read by a known rule too"],
)
def test_nothing_else_is(source: Source) -> None:
    assert list(ways_off(source)) == []


@pytest.mark.parametrize(
    ("failed", "fails_off", "told"),
    [
        pytest.param(BY_HAND, (), True, id="it holds with it off"),
        pytest.param(BY_HAND, (BY_HAND,), False, id="it fails all the same"),
        pytest.param("tests/test_rules.py::test_a", (), False, id="a rule's test fails"),
    ],
)
def test_a_shipped_test_of_a_signal_that_holds_with_it_off_is_told(
    monkeypatch: pytest.MonkeyPatch, failed: str, fails_off: tuple[str, ...], told: bool
) -> None:
    judged = edited(MADE, DAMPED)
    monkeypatch.setattr(gate, "ask_box", lambda _case, source, _task: as_told(source, *fails_off))
    answer = as_told(judged, failed)
    found = list(gate.explained(case_of(judged), judged, answer, [f"{failed}: passed, failed, passed"]))
    assert found == ([f"{failed}: it holds with what is new turned off, and not as it is now"] if told else [])
