"""The exchange's time is kept by a clock that nobody sets, and a machine's clock that is wrong is told once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.contracts.events import Event
from core.errors import ExchangeError
from core.kernel import NANOSECONDS
from services.trader.clockwatch import ClockWatch, Drift, described
from services.trader.exchanges.clock import ExchangeClock, steady_ns
from services.trader.timing import ClockTiming
from tests.lines import said
from tests.simulator.client import in_loop
from tests.trader.examples import NOON_NS
from tests.trader.fakes import FakeExchange, settled

SECOND = NANOSECONDS


class Machine:
    """A machine whose clocks go when a test says so, beside an exchange whose clock is right."""

    def __init__(self, *, ahead_ns: int = 0) -> None:
        self.exchange_ns = NOON_NS
        self.ahead_ns = ahead_ns  # of the wall clock
        self.steady_ns = 77 * SECOND
        self.awake_ns = 55 * SECOND

    def goes(self, seconds: float, *, asleep: bool = False, paused: bool = False) -> None:
        """Time passes; asleep it is counted by the steady clock alone, paused by none of the machine's counters."""
        ns = int(seconds * SECOND)
        self.exchange_ns += ns
        self.steady_ns += 0 if paused else ns
        self.awake_ns += 0 if paused or asleep else ns

    def wall(self) -> int:
        return self.exchange_ns + self.ahead_ns


@asynccontextmanager
async def watched(
    machine: Machine, **timing: Any
) -> AsyncIterator[tuple[ClockWatch, FakeExchange, list[tuple[str, str]]]]:
    """A watch that was started, its exchange, and what was told: (cause or kind, detail)."""
    told: list[tuple[str, str]] = []
    exchange = FakeExchange()
    exchange.clock = ExchangeClock(lambda: machine.steady_ns, machine.wall)
    exchange.time_ns = lambda: machine.exchange_ns

    def tell(event: Event) -> None:
        kind, fields = said(event)
        told.append((kind, str(fields["detail"])))

    watch = ClockWatch(
        exchange,
        tell=tell,
        on_fault=lambda cause, _, detail: told.append((cause, detail)),
        awake=lambda: machine.awake_ns,
        timing=ClockTiming(check_seconds=0.005, **timing),
    )
    await watch.start()
    try:
        yield watch, exchange, told
    finally:
        await watch.close()


async def looked_at() -> None:
    """Time for the watch to look, and to measure if it wants to."""
    await asyncio.sleep(0.03)
    await settled()


# The exchange's time --------------------------------------------------------------------------------------------------


def test_before_a_measurement_the_machines_clock_is_all_there_is() -> None:
    clock = ExchangeClock(lambda: 5, lambda: NOON_NS)
    assert clock.now_ns() == NOON_NS
    assert clock.ahead_ns() == 0
    assert not clock.measured


@given(ahead=st.integers(-(10**12), 10**12), there=st.integers(0, 10**9), back=st.integers(0, 10**9))
def test_a_measurement_is_right_within_its_doubt_whatever_the_way_takes(ahead: int, there: int, back: int) -> None:
    steady = [1000]
    clock = ExchangeClock(lambda: steady[0], lambda: NOON_NS + ahead + steady[0])
    clock.take(NOON_NS + 1000 + there, 1000, 1000 + there + back)
    steady[0] = 1000 + there + back + 12345
    assert abs(clock.now_ns() - (NOON_NS + steady[0])) <= clock.doubt_ns + 1
    assert clock.doubt_ns <= (there + back) // 2


def test_a_clock_that_is_set_later_moves_the_exchanges_time_by_nothing() -> None:
    machine = Machine()
    clock = ExchangeClock(lambda: machine.steady_ns, machine.wall)
    clock.take(NOON_NS, machine.steady_ns, machine.steady_ns)
    for shift in (3, -6, 86_400, -86_400 * 400):
        machine.ahead_ns = shift * SECOND
        machine.goes(1.5)
        assert clock.now_ns() == machine.exchange_ns
        assert clock.ahead_ns() == shift * SECOND


def test_the_steady_clock_counts_and_never_goes_back() -> None:
    times = [steady_ns() for _ in range(100)]
    assert times == sorted(times)
    assert times[0] > 0


# What is told ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-(10**11), 10**11), max_size=40), st.integers(0, 10**9))
def test_no_drift_is_told_twice_running_unless_it_doubled_or_turned_round(offsets: list[int], doubt: int) -> None:
    drift, last = Drift(), 0
    for ahead in offsets:
        said = drift.see(ahead, doubt)
        if said == "off":
            assert abs(ahead) >= SECOND
            assert not last or abs(ahead) >= 2 * abs(last) or ahead * last < 0
            last = ahead
        elif said == "back":
            assert last
            assert abs(ahead) < SECOND / 2
            last = 0


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(3, "3.0 s ahead of"), (-6.04, "6.0 s behind"), (89_000, "24.7 h ahead"), (-150, "150.0 s behind")],
)
def test_a_drift_is_told_in_seconds_and_its_direction(ahead: float, words: str) -> None:
    assert described(int(ahead * SECOND)).startswith(words)


@pytest.mark.parametrize("ahead", [1.5, 6.0, -4.0, -6.0, 3600.0])
def test_a_start_with_a_wrong_clock_tells_it_once_with_its_size_and_what_to_do(
    ahead: float,
) -> None:
    @in_loop
    async def check() -> None:
        machine = Machine(ahead_ns=int(ahead * SECOND))
        async with watched(machine) as (watch, exchange, told):
            assert exchange.clock.now_ns() == machine.exchange_ns
            await watch.measured()
            await looked_at()
            assert [cause for cause, _ in told] == ["clock_off"]
            assert described(int(ahead * SECOND)) in told[0][1]
            assert "timedatectl" in told[0][1]

    check()


@in_loop
async def test_a_clock_that_is_a_little_wrong_is_used_and_not_told() -> None:
    machine = Machine(ahead_ns=SECOND * 9 // 10)
    async with watched(machine) as (_, exchange, told):
        await looked_at()
        assert exchange.clock.now_ns() == machine.exchange_ns
        assert told == []


@in_loop
async def test_a_step_of_the_machines_clock_is_measured_at_once_and_told_and_so_is_its_way_back() -> None:
    machine = Machine()
    async with watched(machine) as (_, exchange, told):
        machine.ahead_ns = 3 * SECOND
        await looked_at()
        assert [cause for cause, _ in told] == ["clock_off"]
        assert exchange.clock.now_ns() == machine.exchange_ns
        machine.ahead_ns = 0
        await looked_at()
        assert [cause for cause, _ in told] == ["clock_off", "clock"]


@in_loop
async def test_a_clock_that_drifts_without_a_step_is_found_by_the_regular_measurement() -> None:
    machine = Machine()
    async with watched(machine) as (_, exchange, told):
        for _ in range(100):  # 0.2 s in each step: none of them a step of its own
            machine.goes(4)
            machine.ahead_ns += SECOND // 50
            await asyncio.sleep(0.006)
        await looked_at()
        assert [cause for cause, _ in told] == ["clock_off"]
        assert 5 <= exchange.asked.count(("measure_clock",)) <= 9


@in_loop
async def test_a_machine_that_slept_is_told_once_and_measured() -> None:
    machine = Machine()
    async with watched(machine) as (_, exchange, told):
        machine.goes(312, asleep=True)
        await looked_at()
        assert told == [("stood_still", "the machine slept for 312 s, and nothing was watched")]
        assert exchange.asked.count(("measure_clock",)) == 2


@in_loop
async def test_a_machine_whose_every_counter_stood_still_is_told_after_the_next_measurement() -> None:
    machine = Machine()
    async with watched(machine) as (_, exchange, told):
        machine.goes(40, paused=True)
        await looked_at()
        assert told == [("stood_still", "the machine slept for 40 s, and nothing was watched")]
        assert exchange.clock.now_ns() == machine.exchange_ns


@in_loop
async def test_a_measurement_is_tried_until_the_exchange_answers() -> None:
    machine = Machine()
    async with watched(machine, again_seconds=(0.0,)) as (watch, exchange, _):
        exchange.failures["measure_clock"] = [ExchangeError("GET time: no answer.")] * 5
        machine.goes(40, paused=True)
        await watch.measured()
        assert exchange.clock.now_ns() == machine.exchange_ns
        assert not exchange.failures["measure_clock"]
