"""A budget of so many within an hour."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from services.trader.budget import HOUR_SECONDS, HourlyBudget


class Clock:
    """Goes when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1e6

    def __call__(self) -> float:
        return self.seconds


def test_what_is_used_up_is_free_again_an_hour_after_it_was_taken() -> None:
    clock = Clock()
    budget = HourlyBudget(2, clock)
    assert budget.take()
    clock.seconds += 600
    assert budget.take()
    assert not budget.take()
    assert budget.free_in() == HOUR_SECONDS - 600
    clock.seconds += HOUR_SECONDS - 600
    assert budget.take()
    assert not budget.take()
    assert budget.free_in() == 600


def test_a_budget_of_none_never_gives_one() -> None:
    budget = HourlyBudget(0)
    assert not budget.take()
    assert budget.free_in() == math.inf


@given(st.integers(1, 6), st.lists(st.floats(0, 4000), max_size=80))
def test_never_more_than_the_budget_within_any_hour(most: int, waits: list[float]) -> None:
    clock = Clock()
    budget = HourlyBudget(most, clock)
    taken: list[float] = []
    for wait in waits:
        clock.seconds += wait
        if budget.take():
            taken.append(clock.seconds)
    for start in taken:
        assert sum(start <= at < start + HOUR_SECONDS for at in taken) <= most
