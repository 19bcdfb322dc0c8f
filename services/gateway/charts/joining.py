"""The journal's curve with the worth that the gateway noted by the minute. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from core.contracts.ledger import EquityPoint, EquityShown
from core.curves import fall, thinned
from services.gateway.store.samples import Sample

MOST_POINTS: Final = 600
AHEAD_NS: Final = 60 * 10**9
"""A market whose clock is further ahead of ours is a simulated one, and our minutes are none of its."""


def joined(shown: EquityShown, samples: Iterable[Sample], now_ns: int) -> EquityShown:
    """With those of the samples that are of its stretch, which are exact; thinned again.

    What was noted before the account's first record is another account's.
    """
    if not shown.points or shown.points[-1].time_ns > now_ns + AHEAD_NS:
        return shown
    first_ns = shown.points[0].time_ns
    noted = [
        EquityPoint(sample.time_ns, sample.equity, exact=True)
        for sample in samples
        if first_ns < sample.time_ns < shown.until_ns
    ]
    if not noted:
        return shown
    points = sorted([*shown.points, *noted], key=lambda point: point.time_ns)
    return msgspec.structs.replace(shown, points=thinned(points, MOST_POINTS), drawdown=fall(points))
