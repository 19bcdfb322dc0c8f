"""The same about the same is told once for a while; what came in between is counted and told with the next one."""

from __future__ import annotations

from typing import Final

MOST: Final = 1_000
"""Subjects that are remembered; whoever makes up more is told of one after the other anyway."""


class Cooling:
    """What was told last, by kind and subject."""

    def __init__(self, seconds: float) -> None:
        self._ns = int(seconds * 1e9)
        self._told: dict[tuple[str, str], tuple[int, int]] = {}  # when it was told, and how often it came since

    def tell(self, kind: str, subject: str, now_ns: int) -> int | None:
        """How often it came since it was told last, when it is to be told now; None when it is too soon."""
        told_ns, since = self._told.pop((kind, subject), (0, 0))
        if told_ns and now_ns - told_ns < self._ns:
            self._told[kind, subject] = told_ns, since + 1
            return None
        while len(self._told) >= MOST:
            del self._told[next(iter(self._told))]
        self._told[kind, subject] = now_ns, 0
        return since
