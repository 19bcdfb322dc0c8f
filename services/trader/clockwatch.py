"""Watches the machine's clock against the exchange's: measures it in time, and tells the owner of one that is wrong.

What is signed carries the exchange's own time (`exchanges.clock`), so a wrong clock here costs no order. It is told all
the same, once for each drift, since logs, other programs and the next start go by it.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Final

from core.contracts.events import ClockTold, Event
from core.errors import ExchangeError
from core.kernel import NANOSECONDS
from core.tasks import start_task
from services.trader.exchanges.clock import ExchangeClock
from services.trader.exchanges.protocol import Exchange
from services.trader.timing import USUAL, ClockTiming

STEP_NS: Final = NANOSECONDS // 4  # a wall clock that moved so much against the steady one was set
LATE_NS: Final = 5 * NANOSECONDS  # a check that comes so late may have slept: nothing is sure without a measurement
SLEPT_NS: Final = 2 * NANOSECONDS  # time that passed at the exchange and not here, or here only while asleep
TELL_NS: Final = NANOSECONDS  # the exchange refuses from here on: a clock that is further off is told
BACK_NS: Final = NANOSECONDS // 2  # and is right again below this
LONG_UNITS: Final = ((86_400, "days"), (3600, "h"), (60, "min"))
HINT: Final = "Orders carry the exchange's time and go on; set the clock: `timedatectl set-ntp true`, or chrony."


class Drift:
    """Which drift is told: a pure step from one measurement to the next."""

    def __init__(self) -> None:
        self.told_ns = 0  # the size of the drift that was told; 0: the clock is right, as far as was told

    def see(self, ahead_ns: int, doubt_ns: int) -> str | None:
        """A measurement: "off" when it is to be told now, "back" when the clock is right again, None when neither.

        A drift is told again only when it has doubled, or turned round.
        """
        size = max(abs(ahead_ns) - doubt_ns, 0)
        if size >= TELL_NS and (
            not self.told_ns or abs(ahead_ns) >= 2 * abs(self.told_ns) or ahead_ns * self.told_ns < 0
        ):
            self.told_ns = ahead_ns
            return "off"
        if self.told_ns and abs(ahead_ns) + doubt_ns < BACK_NS:
            self.told_ns = 0
            return "back"
        return None


class ClockWatch:
    """Keeps `exchange.clock` measured from `start` to `close`."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        tell: Callable[[Event], None],
        on_fault: Callable[[str, str, str], None],
        awake: Callable[[], int] = time.monotonic_ns,
        timing: ClockTiming = USUAL.clocks,
    ) -> None:
        """`awake` counts nanoseconds and stands still while the machine sleeps."""
        self._exchange = exchange
        self._clock: ExchangeClock = exchange.clock
        self._tell, self._on_fault, self._awake, self._timing = tell, on_fault, awake, timing
        self._drift = Drift()
        self._wall_ns = self._steady_ns = self._awake_ns = 0  # as last looked at
        self._due_ns = 0  # steady: when to measure next
        self._timer: asyncio.TimerHandle | None = None
        self._measuring: asyncio.Task[None] | None = None
        self._clock.on_measured = self._judge
        self._clock.on_refused = self.measure_soon

    async def start(self) -> None:
        """Measure, and go on watching. Raises ExchangeError when the exchange does not say its time."""
        await self._exchange.measure_clock()
        self._look()
        self._check()

    async def measured(self) -> None:
        """Wait for a measurement that begins now or is under way; tried until the exchange answers."""
        self.measure_soon()
        if self._measuring is not None:
            await asyncio.wait({self._measuring})

    def measure_soon(self) -> None:
        """Measure now, unless that is under way already."""
        if self._measuring is None or self._measuring.done():
            self._measuring = start_task(self._measure())

    async def close(self) -> None:
        """Measure no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._measuring is not None:
            self._measuring.cancel()
            await asyncio.gather(self._measuring, return_exceptions=True)

    async def _measure(self) -> None:
        for pause in _forever(self._timing.again_seconds):
            try:
                await self._exchange.measure_clock()
            except ExchangeError as error:
                await asyncio.sleep(max(pause, error.retry_after_seconds))
            else:
                return

    def _check(self) -> None:
        """A timer's turn: has a clock stepped, has the machine slept, is it time to measure?"""
        self._timer = asyncio.get_running_loop().call_later(self._timing.check_seconds, self._check)
        wall_before, steady_before, awake_before = self._wall_ns, self._steady_ns, self._awake_ns
        self._look()
        passed = self._steady_ns - steady_before
        slept = passed - (self._awake_ns - awake_before)
        stepped = abs((self._wall_ns - wall_before) - passed) > STEP_NS
        if slept > SLEPT_NS:
            self._tell_sleep(slept)
        if stepped or slept > SLEPT_NS or passed > LATE_NS or self._steady_ns >= self._due_ns:
            self.measure_soon()

    def _look(self) -> None:
        self._wall_ns, self._steady_ns, self._awake_ns = self._clock.wall(), self._clock.steady(), self._awake()

    def _judge(self) -> None:
        self._due_ns = self._clock.steady() + int(self._timing.measure_seconds * NANOSECONDS)
        ahead_ns = self._clock.ahead_ns()
        match self._drift.see(ahead_ns, self._clock.doubt_ns):
            case "off":
                self._on_fault("clock_off", "machine", f"your clock is {described(ahead_ns)} the exchange's. {HINT}")
            case "back":
                self._tell(ClockTold(detail="the machine's clock agrees with the exchange's again"))
            case None if self._clock.corrected_ns > SLEPT_NS and not self._drift.told_ns:
                self._tell_sleep(self._clock.corrected_ns)  # both clocks went on without us: a machine that was paused

    def _tell_sleep(self, slept_ns: int) -> None:
        seconds = slept_ns / NANOSECONDS
        self._on_fault("stood_still", "machine", f"the machine slept for {seconds:.0f} s, and nothing was watched")


def described(ahead_ns: int) -> str:
    """A drift in words, such as "3.0 s ahead of" or "25.0 h behind"."""
    seconds = abs(ahead_ns) / NANOSECONDS
    size = next(
        (f"{seconds / unit:.1f} {name}" for unit, name in LONG_UNITS if seconds >= unit * 3), f"{seconds:.1f} s"
    )
    return f"{size} {'ahead of' if ahead_ns > 0 else 'behind'}"


def _forever(pauses: tuple[float, ...]) -> Iterator[float]:
    return itertools.chain(pauses, itertools.repeat(pauses[-1]))
