"""Is the new release worse? A pure judge of what the trader tells, second by second, against how it was before."""

from __future__ import annotations

import math
import statistics
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.contracts.control import Health
from core.settings import CommanderSettings

BREACHES: Final = frozenset({"order_value", "orders_per_minute", "price_collar", "malformed", "oversell"})
"""Denials that a strategy causes by going wild; a full portfolio or a quiet pair is none of them."""
DEADLY: Final = frozenset({"host_died", "host_raised", "host_nonsense", "host_hung", "host_behind"})
DEADLINE_MISSES: Final = 2
"""Stretches of unanswered events; one alone may be the machine."""
SLOW_SECONDS: Final = 10
"""Of the last seconds, the median of their p99 is compared: one bad second is no regression."""
BASELINE_SECONDS: Final = 30


@dataclass(frozen=True, slots=True)
class Worse:
    """Why a release is taken back: a code for texts, and the figures."""

    code: str  # exception, deadline, latency, limit, drawdown
    detail: str


@dataclass(slots=True)
class Baseline:
    """How the trader did lately; kept up to the switch."""

    p99s_us: deque[int] = field(default_factory=lambda: deque(maxlen=BASELINE_SECONDS))
    equity: float | None = None
    """The last that was seen: what a release loses in its first second counts too."""

    def add(self, health: Health) -> None:
        """Take one second in."""
        if health.p99_us is not None:
            self.p99s_us.append(health.p99_us)

    @property
    def p99_us(self) -> float | None:
        """The usual p99; None when nothing was seen."""
        return statistics.median(self.p99s_us) if self.p99s_us else None


@dataclass(slots=True)
class Watch:
    """The watch over one release, `tree`, which followed another `baseline`. Each method answers what is worse now."""

    tree: str
    baseline_p99_us: float | None
    settings: CommanderSettings
    peak_equity: float | None = None
    misses: int = 0
    recent_p99s_us: deque[int] = field(default_factory=lambda: deque(maxlen=SLOW_SECONDS))

    def see(self, health: Health) -> Worse | None:
        """One second of health."""
        if health.blue != self.tree:
            return Worse("exception", "another host decides")
        return self._see_equity(health.equity) or self._see_latency(health.p99_us)

    def hear(self, kind: str, fields: Mapping[str, Any]) -> Worse | None:
        """Something that the trader told."""
        match kind, fields:
            case "fault", {"cause": cause, "subject": self.tree, "detail": detail} if cause in DEADLY:
                return Worse("exception", f"{cause}: {detail}")
            case "fault", {"cause": "host_late", "subject": self.tree, "detail": detail}:
                self.misses += 1
                return Worse("deadline", str(detail)) if self.misses >= DEADLINE_MISSES else None
            case "fault", {"cause": "loss_per_day", "detail": detail}:
                return Worse("limit", str(detail))
            case "denied", {"code": code, "detail": detail} if code in BREACHES:
                return Worse("limit", f"{code}: {detail}")
            case _:
                return None

    def _see_equity(self, equity: float) -> Worse | None:
        if not (math.isfinite(equity) and equity > 0.0):
            return Worse("drawdown", f"to {equity}")
        self.peak_equity = max(equity, self.peak_equity or equity)
        fall = 1.0 - equity / self.peak_equity
        return Worse("drawdown", f"{fall:.2%}") if fall >= self.settings.watch_drawdown else None

    def _see_latency(self, p99_us: int | None) -> Worse | None:
        if p99_us is None or self.baseline_p99_us is None:
            return None
        self.recent_p99s_us.append(p99_us)
        if len(self.recent_p99s_us) < SLOW_SECONDS:
            return None
        usual, now = self.baseline_p99_us, statistics.median(self.recent_p99s_us)
        if now > self.settings.watch_latency_us and now > usual * self.settings.watch_latency:
            return Worse("latency", f"p99 {now:.0f} us, {usual:.0f} us before")
        return None
