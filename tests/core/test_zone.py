"""The owner's clock against the calendar: offsets, changes of the clock, both directions, and names that are none."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.zone import Clock, offset_s, zone_named

S = 1_000_000_000
HOUR = 3600
ZONES = [
    *("UTC", "America/Sao_Paulo", "America/New_York", "Europe/Lisbon", "Asia/Kathmandu", "Australia/Lord_Howe"),
    *("Africa/Casablanca", "Pacific/Apia", "America/St_Johns", "Asia/Tokyo", "Antarctica/Troll", "Africa/Monrovia"),
]


def ns(*at: int) -> int:
    """A moment of UTC."""
    return int(datetime(*at, tzinfo=UTC).timestamp()) * S  # type: ignore[arg-type, misc]


def shows(*at: int) -> datetime:
    """What a clock shows: no zone is written on its face."""
    return datetime(*at, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("zone", "at", "hours"),
    [
        pytest.param("UTC", ns(2026, 7, 1), 0, id="UTC"),
        pytest.param("America/Sao_Paulo", ns(2026, 1, 15), -3, id="Brazil has had no daylight time since 2019"),
        pytest.param("America/Sao_Paulo", ns(2018, 12, 1), -2, id="but had it before"),
        pytest.param(
            "America/New_York", ns(2026, 3, 8, 6, 59, 59), -5, id="the second before the clock is put forward"
        ),
        pytest.param("America/New_York", ns(2026, 3, 8, 7), -4, id="the second after"),
        pytest.param("America/New_York", ns(2026, 11, 1, 5, 59, 59), -4, id="the second before it is put back"),
        pytest.param("America/New_York", ns(2026, 11, 1, 6), -5, id="and after"),
        pytest.param("Asia/Kathmandu", ns(2026, 1, 1), 5.75, id="a quarter of an hour"),
        pytest.param("Australia/Lord_Howe", ns(2026, 1, 1), 11, id="summer in the south"),
        pytest.param("Australia/Lord_Howe", ns(2026, 7, 1), 10.5, id="half an hour of daylight time"),
    ],
)
def test_the_offset_is_that_of_the_calendar(zone, at, hours):
    assert offset_s(at, zone) == hours * HOUR


@pytest.mark.parametrize("zone", ZONES)
def test_at_any_moment_in_any_order_the_offset_is_that_of_the_calendar(zone):
    chance, clock = random.Random(zone), Clock(zone)  # noqa: S311 - moments, not secrets
    for _ in range(300):
        seconds = chance.randrange(ns(1971, 1, 1) // S, ns(2060, 1, 1) // S)
        for beside in (-1, 0, 1):
            expected = datetime.fromtimestamp(seconds + beside, ZoneInfo(zone)).utcoffset()
            assert timedelta(seconds=clock.offset_s((seconds + beside) * S)) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_stretches_cover_the_years_and_each_begins_where_the_clock_is_changed(zone):
    first, last = ns(2010, 5, 3), ns(2027, 2, 1)
    stretches = Clock(zone).stretches(first, last)
    assert stretches[0].from_ns <= first
    assert stretches[-1].until_ns > last
    for before, after in itertools.pairwise(stretches):
        assert before.until_ns == after.from_ns
        assert before.offset_s != after.offset_s
        assert Clock(zone).offset_s(after.from_ns - 1) == before.offset_s
        assert Clock(zone).offset_s(after.from_ns) == after.offset_s


def test_a_moment_and_what_the_clock_shows_are_one_way_and_back():
    clock = Clock("America/Sao_Paulo")
    shown = clock.local(ns(2026, 11, 27, 2, 30) + 123_456_000)
    assert shown.replace(tzinfo=None) == shows(2026, 11, 26, 23, 30, 0, 123_456)
    assert clock.time_ns(shown.replace(tzinfo=None)) == ns(2026, 11, 27, 2, 30) + 123_456_000


def test_an_hour_that_comes_twice_is_the_first_and_one_that_is_skipped_is_as_before():
    clock = Clock("America/New_York")
    assert clock.time_ns(shows(2026, 11, 1, 1, 30)) == ns(2026, 11, 1, 5, 30)
    assert clock.time_ns(shows(2026, 3, 8, 2, 30)) == ns(2026, 3, 8, 7, 30)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Sao Paulo", "America/Sao_Paulo"),
        ("america/sao_paulo", "America/Sao_Paulo"),
        ("America", "no time zone"),
        ("", "no time zone"),
        ("../../etc/passwd", "no time zone"),
        ("/etc/localtime", "no time zone"),
        ("UTC\0", "no time zone"),
        ("GMT+25", "no time zone"),
    ],
)
def test_a_name_that_is_no_zone_is_told_with_similar_ones(name, told):
    with pytest.raises(ValueError, match="is no time zone") as refused:
        zone_named(name)
    assert told in str(refused.value)
