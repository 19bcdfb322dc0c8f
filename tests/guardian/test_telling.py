"""Whether a window tells which of two is better: the interval holds as often as it says, and what would tell does."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts import Language
from core.retelling import retold
from services.guardian.gates.backtest import with_difference
from services.guardian.grade import Grade
from services.guardian.telling import DAY_NS, FEWEST_DAYS, Weighed, by_day, of_days


def curves(chance: np.random.Generator, days: int, mean: float, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Two equities that share a market, and differ by so much a day."""
    market = chance.normal(0.0, 0.02, days)
    apart = chance.normal(mean, spread, days)
    before, after = (10_000.0 * np.exp(np.cumsum([0.0, *moves])) for moves in (market, market + apart))
    return before, after


def test_nine_in_ten_intervals_hold_the_true_difference_and_few_tell_where_there_is_none() -> None:
    chance, held, told = np.random.default_rng(1), 0, 0
    for _ in range(400):
        found = of_days(*curves(chance, 40, 0.0, 0.004))
        assert found is not None
        held += found.low <= 0.0 <= found.high
        told += found.tells
    assert 340 <= held <= 375
    assert held + told == 400


def test_as_many_days_as_it_says_would_tell_do() -> None:
    known = of_days(*(np.exp(np.cumsum([0.0, *moves])) for moves in (np.zeros(400), np.tile([0.005, -0.003], 200))))
    assert known is not None
    assert known.tells
    assert known.wanted == 44  # (1.645 * 0.004005 / 0.001) squared
    assert known.difference == pytest.approx(np.expm1(0.4))


def test_nothing_is_said_of_few_days_of_no_difference_and_of_ruin() -> None:
    chance = np.random.default_rng(3)
    before, after = curves(chance, FEWEST_DAYS - 1, 0.01, 0.01)
    assert of_days(before, after) is None
    before, after = curves(chance, 30, 0.01, 0.01)
    assert of_days(before, before) is None
    assert of_days(before, after * np.where(np.arange(len(after)) > 20, 0.0, 1.0)) is None


def test_a_day_is_worth_what_it_ends_with() -> None:
    times = np.array([0, 1, 2, 3]) * DAY_NS // 2 + 5 * DAY_NS
    assert by_day(times, np.array([1.0, 2.0, 3.0, 4.0]), int(times[1])).tolist() == [1.0, 2.0, 4.0]
    assert by_day(times, np.array([1.0, 2.0, 3.0, 4.0]), int(times[2])).tolist() == [2.0, 4.0]


def test_what_it_tells_is_a_note_with_figures_in_both_languages() -> None:
    told = Weighed(-0.009, -0.031, 0.013, 37, 400)
    graded = with_difference(Grade(notes=("before",)), told)
    assert graded.notes[1].endswith("that does not tell which is better. Some 400 such days would.")
    assert graded.figures["usual_difference_low"] == -0.031
    assert graded.figures["usual_difference_wanted"] == 400
    assert "de -3,1 % a 1,3 % em nove de dez janelas de 37 dias" in retold(graded.notes[1], Language.PT)
    sure = told._replace(high=-0.001)
    assert sure.tells
    assert "mais do que o acaso faz" in retold(sure.sentence, Language.PT)
    assert "também não diria" in retold(told._replace(wanted=None).sentence, Language.PT)
    assert with_difference(graded, None) is graded
