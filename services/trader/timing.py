"""Every pause, rest and deadline of a trader that its owner does not set, as one frozen value.

`assemble` hands each part its own; whoever wants a trader that is quicker to ask or to despair hands in another value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.kernel import NANOSECONDS
from core.owner import HEARD_SECONDS
from services.trader.budget import HOUR_SECONDS
from services.trader.exchanges.clock import CLOCKS_APART_MS


@dataclass(frozen=True, slots=True)
class Pauses:
    """Between two tries of something that is tried until it succeeds; each is twice the one before it."""

    first_seconds: float
    longest_seconds: float

    def after(self, pause_seconds: float) -> float:
        """The pause that follows this one."""
        return min(pause_seconds * 2, self.longest_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTiming:
    """Of the orders that a strategy, the limits or the owner want."""

    denied_rest_ns: int = NANOSECONDS
    """A pair whose order was denied is not asked about again for so long."""
    not_taken_rest_ns: int = NANOSECONDS // 5
    """The same of an exit that met its protection on the move, or just triggered."""
    asking: Pauses = Pauses(0.25, 5.0)
    """For one whose outcome is unknown."""
    clocks_apart_ms: int = CLOCKS_APART_MS
    """So far may the exchange's clock and ours be apart when it is given up as one that never arrived."""
    pricing: Pauses = Pauses(1.0, 60.0)
    """For what a fee was worth."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionTiming:
    """Of the orders that rest at the exchange for positions; seconds in which a position is bare count."""

    answer_seconds: float = 0.4
    """One without an answer for so long is asked for."""
    asking: Pauses = Pauses(0.2, 5.0)
    """The pauses grow once it would be refused for coming late: until then seconds without protection count."""
    clocks_apart_ms: int = CLOCKS_APART_MS
    """As of an order, at most: a clock that was measured is trusted more."""
    retrying: Pauses = Pauses(0.5, 10.0)
    """For one that was refused."""
    passing_retry_seconds: float = 1.0
    """The longest pause after a refusal that may pass by itself."""
    whole_entry_seconds: float = 0.1
    """So long a purchase may bring more fills before its first ones are protected."""
    below_seconds: float = 2.0
    """The market below the stop for so long, and nobody sells: the owner is told."""
    bare_look_seconds: float = 1.0
    """Between two looks at a position that no order can protect now."""
    yield_seconds: float = 1.5
    """For an exit that has to wait until the protection is gone."""
    replaces_again_seconds: float = 5.0
    """So long an exit waits for what it could not take back to go; then it tries again."""
    known_after_seconds: float = 1.0
    """By then the exchange's answers tell what its engine did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockTiming:
    """Of the watch over the machine's clock."""

    measure_seconds: float = 60.0
    """Between two measurements when nothing calls for one; a request weight of 1."""
    check_seconds: float = 0.5
    """How often the clocks of the machine are looked at; a step is seen within so long."""
    again_seconds: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0, 5.0)
    """Pauses between tries to measure; the last one repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceTiming:
    """Of the watch over pairs that say nothing."""

    ask_seconds: float = 2.0
    """Between two questions about silent pairs; one costs a request weight of 2 to 8."""
    least_ask_seconds: float = 0.02
    """The same, however soon a pair counts as silent."""
    status_seconds: float = 60.0
    """Between two looks at the status of every pair; a weight of 20 each."""
    silent_status_seconds: float = 15.0
    """The same while a pair is told as silent or halted."""
    hinted_status_seconds: float = 5.0
    """And not sooner, however often something hints at a halt."""
    quiet_periods: int = 30
    """Times `stale_seconds`; nothing at all for so long is told, even if nothing moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparingTiming:
    """Of the comparison of books and exchange."""

    asking: Pauses = Pauses(0.5, 15.0)
    """While the exchange does not answer, or orders are under way."""
    look_again_seconds: float = 60.0
    """While something is missing or set aside, it is asked so often whether it is there again."""
    rest_seconds: float = 10.0
    """Between two looks: each costs request weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Of one trader."""

    orders: OrderTiming = OrderTiming()
    protection: ProtectionTiming = ProtectionTiming()
    clocks: ClockTiming = ClockTiming()
    silence: SilenceTiming = SilenceTiming()
    comparing: ComparingTiming = ComparingTiming()
    heard_seconds: float = HEARD_SECONDS
    """A word of the owner that is older was heard by every trader that runs."""
    restarts_seconds: float = HOUR_SECONDS
    """Within so long no more hosts are started anew than the settings say."""


USUAL: Final = Timing()
