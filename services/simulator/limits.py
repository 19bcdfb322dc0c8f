"""Request weight per minute of the wall clock, for all of loopback together, as the exchange counts per address."""

from __future__ import annotations

from typing import Any

from services.simulator.clock import wall_ms
from services.simulator.refusals import too_many_requests


class WeightLimit:
    """Counts from the full minute on; a request over the limit is refused and counted all the same."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self.used = 0
        self._minute = 0

    def spend(self, weight: int) -> None:
        now = wall_ms()
        if now // 60_000 != self._minute:
            self._minute, self.used = now // 60_000, 0
        self.used += weight
        if self.used > self.per_minute:
            raise too_many_requests(
                f"Too much request weight used; current limit is {self.per_minute} request weight per 1 MINUTE. "
                "Please use WebSocket Streams for live updates to avoid polling the API.",
                retry_after=60 - now // 1000 % 60,
            )

    def described(self) -> dict[str, Any]:
        return {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": self.per_minute}
