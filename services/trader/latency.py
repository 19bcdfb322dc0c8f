"""A histogram of latencies: whole microseconds, exact, in constant time and bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

LONGEST_MICROSECONDS: Final = 1_000_000  # anything longer counts as this


class Latencies:
    """Counts by microsecond."""

    def __init__(self) -> None:
        self.counts: Counter[int] = Counter()

    def add(self, nanoseconds: int) -> None:
        """Count one latency."""
        self.counts[min(nanoseconds // 1000, LONGEST_MICROSECONDS)] += 1

    def percentiles(self, *wanted: float) -> Mapping[str, int | None]:
        """`{"p50": microseconds, ...}`: so many percent are no longer than that; None when nothing was counted."""
        total = self.counts.total()
        result: dict[str, int | None] = {f"p{percent:g}": None for percent in wanted}
        seen = 0
        for microseconds in sorted(self.counts):
            seen += self.counts[microseconds]
            for percent in wanted:
                if result[f"p{percent:g}"] is None and seen >= total * percent / 100:
                    result[f"p{percent:g}"] = microseconds
        return result
