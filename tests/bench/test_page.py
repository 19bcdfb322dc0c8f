"""The page says what was measured: a miss is a miss, and a crash is told with its cause."""

from __future__ import annotations

import datetime
import functools
import os

import pytest

from bench import page
from bench.figure import Effort, Failed, Figure, Measured, Outcome, Section, at_least, at_most, median_ratio
from bench.runner import alone, one_line, run

DAY = datetime.date(2026, 1, 2)


def nothing(_: str) -> None:
    pass


@pytest.mark.parametrize(
    ("figure", "word"),
    [
        (Figure("speed", 5.0, "M/s", at_least(5)), "met"),
        (Figure("speed", 4.99, "M/s", at_least(5)), "missed"),
        (Figure("time", 3.0, "s", at_most(3)), "met"),
        (Figure("time", 3.01, "s", at_most(3)), "missed"),
        (Figure("speed", float("nan"), "M/s", at_least(5)), "missed"),
        (Figure("time", float("nan"), "s", at_most(3)), "missed"),
        (Figure("size", 3.0, "MB"), ""),
    ],
)
def test_a_goal_is_met_or_missed_by_the_value_alone(figure: Figure, word: str) -> None:
    assert page.verdict(figure) == word


def test_a_miss_is_shown_as_missed_beside_its_goal() -> None:
    outcomes: dict[str, Outcome] = {"speed": Measured((Figure("speed", 2.123, "times", at_least(5), "3 runs"),))}

    text = page.markdown(outcomes, "a machine", DAY)

    assert "| speed | 2.12 times | ≥ 5 | **missed** | 3 runs |" in text
    assert "0 goals met, 1 missed." in text


def test_a_crash_of_one_benchmark_does_not_stop_the_others() -> None:
    def crash(_: Effort) -> Measured:
        raise RuntimeError("no such | peer\nhere")

    def measure(_: Effort) -> Measured:
        return Measured((Figure("speed", 6.0, "M/s", at_least(5)),), (Section("Curve", "flat"),))

    outcomes = run({"first": crash, "second": measure}, Effort(), nothing)
    text = page.markdown(outcomes, "a machine", DAY)

    assert outcomes["first"] == Failed("RuntimeError: no such | peer here")
    assert "| first |  |  | **failed** | RuntimeError: no such \\| peer here |" in text
    assert "| speed | 6.00 M/s | ≥ 5 | met |  |" in text
    assert "1 goals met, 0 missed, 1 benchmarks failed." in text
    assert "## Curve\n\nflat" in text


def die(_: Effort) -> Measured:
    os._exit(3)


def test_a_benchmark_whose_process_dies_has_failed() -> None:
    outcomes = run({"deadly": functools.partial(alone, "deadly", die)}, Effort(), nothing)

    assert isinstance(outcomes["deadly"], Failed)
    assert "BrokenProcessPool" in outcomes["deadly"].cause


def test_a_cause_names_files_without_the_folders_of_the_machine() -> None:
    assert one_line("no file '/home/me/x/bin/sorte'\nsee https://a.b/c/d") == "no file 'sorte' see https://a.b/c/d"


def test_the_machine_is_described_without_its_name_or_paths() -> None:
    assert "/" not in page.machine_line()


def test_a_ratio_is_the_median_of_neighbouring_runs() -> None:
    # 10/5, 30/10 and 8/1: the second machine's slow spell is in both runs of its pair
    assert median_ratio([10.0, 30.0, 8.0], [5.0, 10.0, 1.0]) == 3.0
