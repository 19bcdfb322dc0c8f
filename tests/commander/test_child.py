"""The pauses of a commander that dies again and again, by a clock of the test."""

from __future__ import annotations

import pytest

from services.commander.line.patience import QUICK_SECONDS, SLOW_SECONDS, WELL_SECONDS, Patience


def test_the_pauses_grow_and_never_end() -> None:
    patience = Patience()
    pauses = [patience.after(1.0) for _ in range(12)]
    assert pauses == [*QUICK_SECONDS, *SLOW_SECONDS, *[SLOW_SECONDS[-1]] * 4]
    assert pauses == sorted(pauses)


def test_it_is_given_up_for_a_while_after_the_quick_tries() -> None:
    patience = Patience()
    told = []
    for _ in range(7):
        patience.after(1.0)
        told.append(patience.given_up)
    assert told == [False] * 5 + [True] * 2


@pytest.mark.parametrize("deaths", [3, 9])
def test_one_that_was_well_for_long_begins_a_new_row(deaths: int) -> None:
    patience = Patience()
    for _ in range(deaths):
        patience.after(1.0)
    assert patience.after(WELL_SECONDS + 1) == QUICK_SECONDS[0]
    assert not patience.given_up
