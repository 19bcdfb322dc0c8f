"""Percentiles are exact to the microsecond, whatever was counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.trader.latency import LONGEST_MICROSECONDS, Latencies

WANTED = (50, 90, 99, 100)


def counted(nanoseconds: list[int]) -> Latencies:
    latencies = Latencies()
    for value in nanoseconds:
        latencies.add(value)
    return latencies


def test_nothing_counted_has_no_percentiles() -> None:
    assert Latencies().percentiles(50, 99) == {"p50": None, "p99": None}


@pytest.mark.parametrize(
    ("nanoseconds", "p50", "p99"),
    [
        pytest.param([1_000], 1, 1, id="a single one"),
        pytest.param([999], 0, 0, id="below a microsecond counts as none"),
        pytest.param([1_000, 3_000], 1, 3, id="half of two are no longer than the first"),
        pytest.param([5_000] * 99 + [9_000], 5, 5, id="99 of 100 are no longer than 5"),
        pytest.param([5_000] * 98 + [9_000] * 2, 5, 9, id="98 of 100 are not 99 %"),
        pytest.param([10**18], LONGEST_MICROSECONDS, LONGEST_MICROSECONDS, id="thirty years count as the longest"),
    ],
)
def test_percentiles_of_known_latencies(nanoseconds: list[int], p50: int, p99: int) -> None:
    assert counted(nanoseconds).percentiles(50, 99) == {"p50": p50, "p99": p99}


@given(st.lists(st.integers(0, 3_000_000_000), min_size=1, max_size=200))
def test_percentiles_are_those_of_numpy(nanoseconds: list[int]) -> None:
    microseconds = [min(value // 1000, LONGEST_MICROSECONDS) for value in nanoseconds]
    expected = np.percentile(microseconds, WANTED, method="inverted_cdf")
    assert list(counted(nanoseconds).percentiles(*WANTED).values()) == expected.tolist()


def test_a_million_latencies_take_no_more_room_than_their_spread() -> None:
    latencies = counted([index % 50_000 for index in range(1_000_000)])
    assert len(latencies.counts) == 50
    assert latencies.percentiles(50) == {"p50": 24}  # 50 microseconds equally often: 25 of them are 0 to 24
