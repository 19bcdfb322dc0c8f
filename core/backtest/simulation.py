"""One simulation from its markets to its result."""

from __future__ import annotations

import contextlib
import functools
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import numpy as np
from numba.core.errors import NumbaError

from core.backtest.detail import parts_of
from core.backtest.engine import Engine, compile_engine
from core.backtest.inputs import SHORTEST_BAR, USUAL_COSTS, Costs, Market, explain_refusal, merge
from core.backtest.records import ACCOUNT, EVENTS_PER_BAR, POSITION, SAMPLE, Run
from core.backtest.result import Offsets, Result, offsets_of
from core.compiled import Kept, NothingKept
from core.errors import ConfigurationError, StrategyError
from core.kernel import BAR_ROW, DECISION, EVENT, FILL, NANOSECONDS, Records
from core.strategy import Strategy

EVENTS_PER_CHUNK: Final = 1 << 16  # what is simulated between two looks at the clock; bounds the fills buffer to 6 MB
NOTHING_KEPT: Final = NothingKept()
TICK_SAMPLE_NS: Final = 60 * NANOSECONDS  # how often equity is noted when the history is events, not bars


def simulate(
    strategy: Strategy,
    markets: Sequence[Market],
    *,
    cash: float = 10_000.0,
    costs: Costs = USUAL_COSTS,
    tables: Sequence[np.ndarray[Any, Any] | None] = (),
    progress: Callable[[int, int], None] | None = None,
    zone: str | Offsets = "UTC",
    kept: Kept = NOTHING_KEPT,
    events_per_chunk: int = EVENTS_PER_CHUNK,
) -> Result:
    """Trade `markets` together on one account of `cash` (quote currency).

    `tables` are the pairs' Q-tables, zeros where None or absent. Hours and days of bars are those of the time `zone`;
    events bring theirs along. `progress(done, total)` is told the rows behind us, after every `events_per_chunk` or so.
    What is compiled comes from `kept` and goes there. Raises DataError for a history that is empty, unsorted or holds a
    price that is none, and StrategyError when the strategy does not compile or fails at an event.
    """
    if not 0 < cash < math.inf:
        raise ConfigurationError(f"The account starts with {cash}.", "It needs cash above zero.")
    rows, pairs = merge(markets)
    bars = rows.dtype == BAR_ROW
    timeframe_ns = markets[0].timeframe_ns if bars else TICK_SAMPLE_NS
    start_ns = int(rows["time_ns"][0])
    run = allocate(strategy, markets, cash, costs, tables, start_ns, timeframe_ns, zone, events_per_chunk)
    engine = compile_engine(*(each.decide for each in distinct(strategy, markets)[0]))
    played = arrange(engine, run, markets, rows, pairs)
    compile_seconds = make_ready(run, played, kept)
    fills, elapsed_ns = play_all(run, played, markets, events_per_chunk, progress)
    return replace(
        finish(run, markets, fills),
        engine_seconds=elapsed_ns / NANOSECONDS,
        compile_seconds=compile_seconds,
        detailed=played.detailed,
    )


class Played(NamedTuple):
    """A history, and the engine that plays it."""

    rows: Records  # in the order in which they are played
    grouped: bool  # rows of one time are bars of several pairs, and played together
    play: functools.partial[int]  # (start, stop) -> where it stopped, see `Engine`
    detailed: int  # bars inside which finer ones are played


def arrange(engine: Engine, run: Run, markets: Sequence[Market], rows: Records, pairs: Records) -> Played:
    """The way to play `rows`: as events, as bars, or as the finer bars inside them."""
    if rows.dtype != BAR_ROW:
        return Played(rows, False, functools.partial(engine.play_events, run, rows), 0)
    if any(market.detail is not None for market in markets):
        parts = parts_of(markets, rows, pairs)
        columns = (parts.pairs, parts.spans_ns, parts.closes_ns, parts.ends)
        play = functools.partial(engine.play_parts, run, parts.rows, *columns, rows)
        return Played(parts.rows, True, play, parts.detailed)
    timeframe_ns = markets[0].timeframe_ns
    play = functools.partial(engine.play_bars, run, rows, pairs, timeframe_ns, int(SHORTEST_BAR * timeframe_ns))
    return Played(rows, True, play, 0)


def make_ready(run: Run, played: Played, kept: Kept) -> float:
    """Take what is compiled from `kept`, or compile it and put it there; the seconds that it took."""
    begun = time.perf_counter()
    restored = kept.restore(played.play.func)
    with blame_strategy(run):
        played.play(0, 0)  # compiles, plays nothing
    if not restored:
        kept.keep(played.play.func)
    return time.perf_counter() - begun


def play_all(
    run: Run,
    played: Played,
    markets: Sequence[Market],
    events_per_chunk: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Records, int]:
    """Play every row; the fills, and the nanoseconds that the engine took."""
    rows, fills, elapsed_ns, start = played.rows, [], 0, 0
    while start < len(rows):
        stop = end_of_chunk(played, start, len(markets), events_per_chunk)
        begun_ns = time.perf_counter_ns()
        with blame_strategy(run):
            reached = played.play(start, stop)
        if reached < stop:
            explain_refusal(rows, markets)
        elapsed_ns += time.perf_counter_ns() - begun_ns
        account = run.account[0]
        fills.append(run.fills[: account.fills].copy())
        account.fills = 0
        start = stop
        if progress is not None:
            progress(stop, len(rows))
    return np.concatenate(fills), elapsed_ns


def end_of_chunk(played: Played, start: int, pairs: int, events_per_chunk: int) -> int:
    """Where a chunk ends that begins at `start`: its fills have room in the buffer, and no group of bars is torn."""
    if not played.grouped:
        return min(start + events_per_chunk, len(played.rows))
    step = events_per_chunk // EVENTS_PER_BAR
    return end_of_group(played.rows, min(start + step - pairs, len(played.rows)))


@contextlib.contextmanager
def blame_strategy(run: Run) -> Iterator[None]:
    """Turns what a strategy's kernel raises, when compiled or played, into a StrategyError that names the event."""
    try:
        yield
    except NumbaError as error:
        raise StrategyError(f"The strategy does not compile: {error}") from error
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, NameError) as error:
        event = int(run.account[0].sequence)
        raise StrategyError(f"The strategy failed at event {event}: {type(error).__name__}: {error}") from error


def end_of_group(rows: Records, stop: int) -> int:
    """The first row at or after `stop` that opens later than the one before it, so that no group is torn."""
    while 0 < stop < len(rows) and rows["time_ns"][stop] == rows["time_ns"][stop - 1]:
        stop += 1
    return stop


def distinct(strategy: Strategy, markets: Sequence[Market]) -> tuple[list[Strategy], Records]:
    """The strategy as it decides for these pairs, each form of it once, and which of them each pair has."""
    of_pairs = [strategy.own.get(market.symbol, strategy) for market in markets]
    forms = list({id(each): each for each in of_pairs}.values())
    places = {id(form): place for place, form in enumerate(forms)}
    return forms, np.array([places[id(each)] for each in of_pairs], np.int64)


def allocate(
    strategy: Strategy,
    markets: Sequence[Market],
    cash: float,
    costs: Costs,
    tables: Sequence[np.ndarray[Any, Any] | None],
    start_ns: int,
    sample_step_ns: int,
    zone: str | Offsets = "UTC",
    events_per_chunk: int = EVENTS_PER_CHUNK,
) -> Run:
    """The memory of a simulation at its start."""
    account = np.zeros(1, ACCOUNT)
    account[0].cash = account[0].equity = account[0].peak = cash
    account[0].fee, account[0].slippage = costs.fee, costs.slippage
    account[0].time_ns = start_ns
    account[0].sample_step_ns = sample_step_ns
    account[0].next_sample_ns = start_ns + sample_step_ns
    account[0].samples = 1
    account[0].offset_until_ns = np.iinfo(np.int64).min  # so the first event looks
    span_ns = max(int(market.rows["time_ns"][-1]) for market in markets) - start_ns
    rows = sum(len(market.rows) for market in markets)
    most = min(span_ns // sample_step_ns + 1, rows * EVENTS_PER_BAR)  # months are longer than their nominal 30 days
    samples = np.empty(most + 3, SAMPLE)  # with the start, the last bar's end and the end
    samples[0] = (start_ns, cash)
    positions = np.zeros(len(markets), POSITION)
    for position, market in zip(positions, markets, strict=True):
        position.lot, position.price_tick, position.min_notional = market.lot, market.price_tick, market.min_notional
    table = np.zeros((len(markets), *strategy.table_shape))
    for i, given in enumerate(tables):
        if given is not None:
            table[i] = given
    forms, kernels = distinct(strategy, markets)
    states = tuple(np.zeros(len(markets), form.state_dtype) for form in forms)
    return Run(
        account=account,
        positions=positions,
        states=states[0] if len(forms) == 1 else states,
        kernels=kernels,
        tables=table,
        event=np.zeros(1, EVENT),
        decision=np.zeros(1, DECISION),
        fills=np.zeros(events_per_chunk, FILL),
        samples=samples,
        offsets=offsets_of(zone, start_ns, start_ns + span_ns + sample_step_ns),
    )


def finish(run: Run, markets: Sequence[Market], fills: Records) -> Result:
    """The result of a simulation, closed by a last sample of the account; its times are still to be told."""
    account = run.account[0]
    run.samples[account.samples] = (account.time_ns, account.equity)
    samples = run.samples[: account.samples + 1]
    return Result(
        symbols=tuple(market.symbol for market in markets),
        events=int(account.sequence),
        engine_seconds=0.0,
        fills=fills,
        times_ns=samples["time_ns"],
        equity=samples["equity"],
        exposed_ns=int(account.exposed_ns),
        rejected=int(account.rejected),
        compile_seconds=0.0,
        inside=int(account.inside),
        both=int(account.both),
        same_bar=int(account.same_bar),
    )
