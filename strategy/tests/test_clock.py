"""Hours and days are those of the clock that comes with the event."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("hours_since_monday", "offset_hours", "hour", "weekday"),
    [
        (0, 0, 0, 0),
        (2, -3, 23, 6),
        (3, -3, 0, 0),
        (23, 5.5, 4, 1),
        (15, 9, 0, 1),
        (18.25, 5.75, 0, 1),
        (7 * 24 - 1, 14, 13, 0),
    ],
)
def test_hour_and_weekday_are_the_owners(desk, hours_since_monday, offset_hours, hour, weekday):
    desk.trade(after_seconds=hours_since_monday * 3600, utc_offset_s=int(offset_hours * 3600))
    assert (desk.features.hour, desk.features.weekday) == (hour, weekday)
