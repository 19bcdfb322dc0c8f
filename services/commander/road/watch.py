"""Is the new release worse? A pure judge of what the trader tells, second by second, against how it was before.

A sign counts against a release only where it can have caused it. What may as well be the market's, the machine's, the
owner's or the release's before is a Doubt: it is told, the change stays, and the owner decides. docs/changes.md lists
each sign with what is never held against a strategy.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final, assert_never

from core.contracts.control import Health
from core.contracts.events import (
    BooksCompared,
    BooksFollow,
    ClockTold,
    ClosedPair,
    ClosingPair,
    Decided,
    Denied,
    EpochBegan,
    Event,
    FaultTold,
    Filled,
    HeardAgain,
    HostReady,
    ProtectionTold,
    Ready,
    Rejected,
    Starting,
    Summary,
    TradingIs,
    Unfilled,
    Waiting,
)
from core.settings import CommanderSettings

DEADLY: Final = frozenset({"host_died", "host_raised", "host_nonsense", "host_hung", "host_behind"})
DEADLINE_MISSES: Final = 2
"""Stretches of unanswered events; one alone may be the machine."""
SLOW_SECONDS: Final = 10
"""Of the last seconds, the median of their p99 is compared: one bad second is no regression."""
BASELINE_SECONDS: Final = 30
OTHER_HOST: Final = "another host decides"
ACTIVE: Final = "active"
OWN_SHARE: Final = 0.5
"""Of the orders of a minute at its limit, or of the fall that takes a change back: less is not a release's doing."""


@dataclass(frozen=True, slots=True)
class Worse:
    """Why a release is taken back: a code for texts, and the figures."""

    code: str  # exception, deadline, latency, limit, drawdown
    detail: str
    may_be_the_end: bool = False  # a process that is gone: perhaps we are being ended, and it was the first to go


@dataclass(frozen=True, slots=True)
class Doubt:
    """What would be a sign, but need not be this release's doing: a code for texts, and the figures."""

    code: str  # limit, drawdown, latency
    detail: str


Found = Worse | Doubt | None


@dataclass(slots=True)
class Baseline:
    """How the trader did lately; kept up to the switch."""

    p99s_us: deque[int] = field(default_factory=lambda: deque(maxlen=BASELINE_SECONDS))
    equity: float | None = None
    """The last that was seen: what a release loses in its first second counts too."""
    denied: set[str] = field(default_factory=set)
    """Codes of denials that the release before has met: they are none of the next one's making."""

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
    denied_before: frozenset[str] = frozenset()
    misses: int = 0
    idle_seconds: int = 0  # in which the owner let nothing be opened: they show nothing of a strategy
    recent_p99s_us: deque[int] = field(default_factory=lambda: deque(maxlen=SLOW_SECONDS))
    recent_previous_us: deque[int] = field(default_factory=lambda: deque(maxlen=SLOW_SECONDS))
    _last_own: float | None = None
    _own_fall: float = 0.0  # of what is this release's, from its best, as a fraction of it
    _orders: Counter[str] = field(default_factory=Counter)  # side -> that it sent and the exchange took

    def see(self, health: Health) -> Found:
        """One second of health."""
        if health.blue != self.tree:
            return Worse("exception", OTHER_HOST, may_be_the_end=True)
        if health.trading != ACTIVE:  # what is closed by the owner's word, or a limit's, is not the strategy's doing
            self.idle_seconds += 1
            self.peak_equity = self._last_own = None
            return None
        found = (self._see_equity(health.equity, health.inherited), self._see_latency(health))
        return next((each for each in found if isinstance(each, Worse)), found[0] or found[1])

    def hear(self, told: Event) -> Found:
        """Something that the trader told."""
        match told:
            case FaultTold():
                return self._hear_fault(told)
            case BooksFollow():  # what the owner does by hand
                self.peak_equity = self._last_own = None
            case Decided(action=action):
                self._orders[action.upper()] += 1
            case Rejected(side=side):
                self._orders[side] -= 1
            case Denied(code="orders_per_minute"):
                return self._hear_rate(told)
            case Denied(code="order_value" as code, detail=detail) if code not in self.denied_before:
                return Worse("limit", f"{code}: {detail}")
            case Starting() | Ready() | Summary() | Waiting() | HostReady() | EpochBegan() | TradingIs():
                pass  # no sign of anything
            case Denied() | Unfilled() | Filled() | ProtectionTold() | ClosingPair() | ClosedPair():
                pass
            case BooksCompared() | ClockTold() | HeardAgain():
                pass
            case _:
                assert_never(told)
        return None

    def _hear_fault(self, fault: FaultTold) -> Found:
        match fault:
            case FaultTold(cause="host_died" as cause, subject=self.tree, detail=detail):
                return Worse("exception", f"{cause}: {detail}", may_be_the_end=True)
            case FaultTold(cause=cause, subject=self.tree, detail=detail) if cause in DEADLY:
                return Worse("exception", f"{cause}: {detail}")
            case FaultTold(cause="host_late", subject=self.tree, detail=detail):
                self.misses += 1
                return Worse("deadline", detail) if self.misses >= DEADLINE_MISSES else None
            case FaultTold(cause="position_missing"):  # what the owner does by hand
                self.peak_equity = self._last_own = None
            case FaultTold(cause="loss_per_day", detail=detail):
                own = self._own_fall >= self.settings.watch_drawdown * OWN_SHARE
                return Worse("limit", detail) if own else Doubt("limit", detail)
            case _:
                pass
        return None

    def _hear_rate(self, denied: Denied) -> Found:
        """Too many orders: whose were they? The minute may be full of the release's before, or of refused ones."""
        detail, within = f"{denied.code}: {denied.detail}", denied.within
        if isinstance(within, int) and self._orders[denied.side] < within * OWN_SHARE:
            return Doubt("limit", detail)
        return Worse("limit", detail)

    def _see_equity(self, equity: float, inherited: float) -> Found:
        """`inherited`: what positions of the release before have gained since the switch while they were held."""
        if not math.isfinite(equity):
            return Worse("drawdown", f"to {equity}")
        best = self.peak_equity
        if equity <= 0.0:  # an account that was empty before is not emptied by this release
            return Worse("drawdown", f"to {equity}") if best is not None and best > 0.0 else None
        own = equity - (inherited if math.isfinite(inherited) else 0.0)
        last = (best or own) if self._last_own is None else self._last_own
        self.peak_equity = best = max(min(own, last), best or own)  # one second's price is no best
        self._last_own = own
        self._own_fall = 1.0 - own / best
        if self._own_fall >= self.settings.watch_drawdown:
            return Worse("drawdown", f"{self._own_fall:.2%}")
        whole = 1.0 - equity / best
        return Doubt("drawdown", f"{whole:.2%}") if whole >= self.settings.watch_drawdown else None

    def _see_latency(self, health: Health) -> Found:
        if health.p99_us is None or self.baseline_p99_us is None:
            return None
        self.recent_p99s_us.append(health.p99_us)
        if health.previous_p99_us is not None:
            self.recent_previous_us.append(health.previous_p99_us)
        if len(self.recent_p99s_us) < SLOW_SECONDS:
            return None
        usual, now, times = self.baseline_p99_us, statistics.median(self.recent_p99s_us), self.settings.watch_latency
        if now <= self.settings.watch_latency_us or now <= usual * times:
            return None
        detail = f"p99 {now:.0f} us, {usual:.0f} us before"
        beside = statistics.median(self.recent_previous_us) if self.recent_previous_us else 0.0
        if now <= beside * times:  # the release before is as slow on the same events now: it is the machine
            return Doubt("latency", f"{detail}; the release before: {beside:.0f} us now")
        return Worse("latency", detail)
