"""Longer bars, gathered one bar at a time: what `core.history` makes of the same rows, and nothing of a part."""

from __future__ import annotations

import numpy as np

from core import indicators
from core.history.resample import resample
from core.kernel import BAR, BAR_ROW, EVENT, NANOSECONDS, QUOTE

MONDAY = 1_714_953_600  # 2024-05-06, midnight UTC
HOUR, DAY, WEEK = 3600, 86_400, 604_800


def bar(kind, end_s, close, high=None, low=None, volume=1.0):
    """A bar that ends a millisecond before that second."""
    event = np.zeros(1, EVENT)
    event["kind"], event["time_ns"] = kind, end_s * NANOSECONDS - 1_000_000
    event["price"], event["volume"] = close, volume
    event["high"], event["low"] = close if high is None else high, close if low is None else low
    return event


def gathered(events, seconds):
    """With which events a longer bar closed, and its high, low, close and volume."""
    frame, found = np.zeros(indicators.GATHERED), []
    for place, event in enumerate(events):
        before = frame[0]
        closed = indicators.gather(frame, event, seconds)
        assert closed == (frame[0] > before)
        if closed:
            found.append((place, *frame[1:5].tolist()))
    return found


def traded_hours(count=24 * 40):
    """Hours of six weeks, without those in which nobody traded."""
    rng = np.random.default_rng(11)
    rows = np.zeros(count, BAR_ROW)
    rows["time_ns"] = (MONDAY + HOUR * (np.arange(count) + 5)) * NANOSECONDS
    rows["close"] = rows["open"] = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, count)))
    rows["high"], rows["low"] = rows["close"] * (1 + rng.random(count)), rows["close"] * (1 - rng.random(count))
    rows["volume"] = rng.integers(1, 9, count)
    kept = rng.random(count) > 0.3
    kept[300:400] = kept[700:703] = False
    return rows[kept]


def test_they_are_what_the_history_would_be_made_into():
    rows = traded_hours()
    ends = [int(row.time_ns) // NANOSECONDS + HOUR for row in rows]
    events = [bar(BAR, end, r.close, r.high, r.low, r.volume) for end, r in zip(ends, rows, strict=True)]
    for seconds in (2 * HOUR, 4 * HOUR, DAY, WEEK):
        found = gathered(events, seconds)
        told = [(r.high, r.low, r.close, r.volume) for r in resample(rows, HOUR * NANOSECONDS, seconds * NANOSECONDS)]
        assert [each[1:] for each in found] in (told[1:], told[1:-1]), seconds  # the last may be under way
        for place, *_ in found:  # at its very end, or with the first bar after it
            before = (ends[place - 1] - 1 - MONDAY) // seconds
            assert (ends[place] - MONDAY) % seconds == 0 or (ends[place] - 1 - MONDAY) // seconds > before


def test_none_is_made_of_a_part_of_one_or_of_nothing():
    hours = [bar(BAR, MONDAY + HOUR * hour, float(hour)) for hour in range(11, 73)]
    assert [place for place, *_ in gathered(hours, DAY)] == [37, 61]  # the first day was half over
    quiet = [*hours[:38], *(bar(BAR, MONDAY + HOUR * hour, float(hour)) for hour in range(24 * 30 + 1, 24 * 31 + 1))]
    assert [(place, close) for place, _, _, close, _ in gathered(quiet, DAY)] == [(37, 48.0), (61, 744.0)]


def test_a_bar_that_ends_at_the_very_second_belongs_to_what_it_ends():
    sharp = [bar(BAR, MONDAY + HOUR * hour, float(hour)) for hour in range(1, 49)]
    for event in sharp:
        event["time_ns"] += 1_000_000
    assert gathered(sharp, DAY) == [(47, 48.0, 25.0, 48.0, 24.0)]


def test_one_of_the_past_is_taken_whole_and_its_parts_are_not():
    days = [bar(DAY, MONDAY + DAY * day, 1000.0 + day, volume=99.0) for day in range(1, 4)]
    others = [bar(4 * HOUR, MONDAY + 12 * HOUR, 5.0), bar(QUOTE, MONDAY + 9, 5.0)]
    hours = [bar(BAR, MONDAY + HOUR * hour, float(hour)) for hour in range(60, 97)]  # from the third day's middle on
    found = gathered([*days, *others, *hours], DAY)
    past = [(place, 1001.0 + place, 99.0) for place in range(3)]
    assert [(place, close, volume) for place, _, _, close, volume in found] == [*past, (41, 96.0, 24.0)]
    assert len(gathered([*days, *hours[20:]], DAY)) == 3  # of the fourth nobody saw the beginning
