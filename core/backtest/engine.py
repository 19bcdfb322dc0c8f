"""A strategy compiled into the simulation: history goes in event by event.

A pair with values of its own has a kernel of its own: the same code, compiled with them.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from core.backtest.account import advance, place_order, show_position, turn_clock
from core.backtest.records import EVENTS_PER_BAR, Run
from core.kernel import BAR, TRADE, Records, kernel
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS


class Engine(NamedTuple):
    """A strategy compiled into the simulation.

    Each plays the rows [start, stop) and returns where it stopped: `stop`, or the first row that is no history.
    """

    play_bars: Callable[..., int]  # (run, bars, pairs, timeframe_ns, shortest_ns, start, stop)
    play_events: Callable[..., int]  # (run, events, start, stop)
    play_parts: Callable[..., int]  # (run, parts, pairs, spans_ns, closes_ns, ends, bars, start, stop)


@kernel
def sound(bar: Any) -> bool:
    """Whether a bar can be: prices above zero and finite, none outside low to high, a volume that is not negative."""
    inside = 0.0 < bar.low <= bar.open <= bar.high and bar.low <= bar.close <= bar.high < math.inf  # false for NaN
    return bool(inside and 0.0 <= bar.volume < math.inf)


@functools.lru_cache(maxsize=8)
def compile_engine(*decides: Callable[..., None]) -> Engine:
    """The simulation with a `decide` inlined, or with several of which each pair has one; compiled at its first call.

    `run.states` are the states of the one, or a tuple with those of each; `run.kernels` says which one a pair has.
    """
    step = step_of(one_answer(*decides) if len(decides) == 1 else answer_of(decides))
    play_bar = bar_player(step)
    return Engine(bars_player(play_bar), events_player(step), parts_player(step, play_bar))


# Kernels, each made of those that it calls ----------------------------------------------------------------------------


def one_answer(decide: Callable[..., None]) -> Callable[..., None]:
    """The decision on `run.event`, by the same kernel for every pair."""

    @kernel
    def answer(run: Run, states: Records, pair: int) -> None:
        decide(run.event, states[pair : pair + 1], run.tables[pair], run.decision)

    return answer


def answer_of(decides: Sequence[Callable[..., None]], number: int = 0) -> Callable[..., None]:
    """The same by the kernel that the pair has; `number` is that of the first of these."""
    decide = decides[0]

    @kernel
    def last(run: Run, states: tuple[Records, ...], pair: int) -> None:
        decide(run.event, states[0][pair : pair + 1], run.tables[pair], run.decision)

    if len(decides) == 1:
        return last
    others = answer_of(decides[1:], number + 1)

    @kernel
    def answer(run: Run, states: tuple[Records, ...], pair: int) -> None:
        if run.kernels[pair] == number:
            last(run, states[:1], pair)
        else:
            others(run, states[1:], pair)

    return answer


def step_of(answer: Callable[..., None]) -> Callable[..., None]:
    """One event: the account goes on to it, the strategy decides on it, its order waits for the next."""

    @kernel
    def step(run: Run, pair: int, lowest: float, since_ns: int) -> None:
        e = run.event[0]
        d = run.decision[0]
        p = run.positions[pair]
        advance(run, pair, e.price, lowest, since_ns, e.time_ns)
        show_position(run, pair)
        d.stop = d.target = math.nan
        answer(run, run.states, pair)
        if p.quantity > 0.0:  # what is declared before is not watched: the fill comes first, and then this again
            p.stop = d.stop
            p.target = d.target
            p.level_ns = e.time_ns
        if d.action != 0 and p.order_side == 0:
            place_order(run, pair)

    return step


def bar_player(step: Callable[..., None]) -> Callable[..., None]:
    """One of the four events of one bar: its open, its two extremes, its close."""

    @kernel
    def play_bar(run: Run, bar: Any, pair: int, third_ns: int, close_ns: int, phase: int, turns: bool) -> None:
        e = run.event[0]
        rising = bar.close >= bar.open
        e.kind = TRADE
        e.time_ns = bar.time_ns + phase * third_ns
        e.open = e.high = e.low = e.volume = 0.0
        lowest = bar.low
        since_ns = bar.time_ns
        if phase == 0:
            e.price = bar.open
            since_ns = -1
        elif phase == 1:
            e.price = bar.low if rising else bar.high
        elif phase == 2:
            e.price = bar.high if rising else bar.low
            lowest = bar.close if rising else bar.low
        else:
            lowest = bar.close
            e.kind = BAR
            e.time_ns = close_ns
            e.price = bar.close
            e.open = bar.open
            e.high = bar.high
            e.low = bar.low
            e.volume = bar.volume
        if turns and e.time_ns >= run.account[0].offset_until_ns:
            turn_clock(run, e.time_ns)
        step(run, pair, lowest, since_ns)

    return play_bar


def bars_player(play_bar: Callable[..., None]) -> Callable[..., int]:
    """Bars; those of one time are played together, event by event."""

    @kernel
    def play_bars(
        run: Run, bars: Records, pairs: Any, timeframe_ns: int, shortest_ns: int, start: int, stop: int
    ) -> int:
        third_ns = timeframe_ns // 3
        first = start
        while first < stop:
            if first > 0 and bars[first].time_ns - bars[first - 1].time_ns < shortest_ns:
                return first
            last = first + 1
            while last < stop and bars[last].time_ns == bars[first].time_ns:
                last += 1
            close_ns = bars[first].time_ns + timeframe_ns
            if last < len(bars):
                close_ns = min(close_ns, bars[last].time_ns)
            close_ns -= CLOSE_BEFORE_NEXT_OPEN_NS
            for i in range(first, last):
                if not sound(bars[i]) or (i > first and pairs[i] == pairs[i - 1]):
                    return i
            turns = close_ns >= run.account[0].offset_until_ns  # once a bar: at each event it costs a fifth
            for phase in range(EVENTS_PER_BAR):
                for i in range(first, last):
                    play_bar(run, bars[i], pairs[i], third_ns, close_ns, phase, turns)
            first = last
        return stop

    return play_bars


def events_player(step: Callable[..., None]) -> Callable[..., int]:
    """Recorded events, as they are."""

    @kernel
    def play_events(run: Run, events: Records, start: int, stop: int) -> int:
        for i in range(start, stop):
            if not 0.0 < events[i].price < math.inf or (i > 0 and events[i].time_ns < events[i - 1].time_ns):
                return i
            run.event[0] = events[i]
            step(run, events[i].pair, events[i].price, -1)
        return stop

    return play_events


def parts_player(step: Callable[..., None], play_bar: Callable[..., None]) -> Callable[..., int]:
    """Finer bars, inside the bars that the strategy is shown."""

    @kernel
    def play_part(
        run: Run, part: Any, bar: Any, ends: bool, pair: int, third_ns: int, close_ns: int, phase: int
    ) -> None:
        """A finer bar inside `bar`: trades to the strategy, but for the close that `ends` it."""
        if phase < EVENTS_PER_BAR - 1:
            play_bar(run, part, pair, third_ns, close_ns, phase, True)
            return
        e = run.event[0]
        e.kind = BAR if ends else TRADE
        e.time_ns = close_ns
        e.price = part.close
        e.open = bar.open if ends else 0.0
        e.high = bar.high if ends else 0.0
        e.low = bar.low if ends else 0.0
        e.volume = bar.volume if ends else 0.0
        if e.time_ns >= run.account[0].offset_until_ns:
            turn_clock(run, e.time_ns)
        step(run, pair, part.close, part.time_ns)

    @kernel
    def play_parts(
        run: Run,
        parts: Records,
        pairs: Any,
        spans_ns: Any,
        closes_ns: Any,
        ends: Any,
        bars: Records,
        start: int,
        stop: int,
    ) -> int:
        first = start
        while first < stop:
            last = first + 1
            while last < stop and parts[last].time_ns == parts[first].time_ns:
                last += 1
            for i in range(first, last):
                if not sound(parts[i]):
                    return i
            for phase in range(EVENTS_PER_BAR):
                for i in range(first, last):
                    whole = bars[max(ends[i], 0)]
                    play_part(run, parts[i], whole, ends[i] >= 0, pairs[i], spans_ns[i] // 3, closes_ns[i], phase)
            first = last
        return stop

    return play_parts
