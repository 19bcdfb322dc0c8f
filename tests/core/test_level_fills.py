"""Stops and targets in history: filled at their price where the price came by, never better than the market allowed.

A tiny strategy reads from its Q-table what to do at which of its events: buy, sell, and which levels to declare from
then on. A second simulator, written for this file alone, trades the same.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backtest import Costs, Market, Result, simulate
from core.backtest.plain import Terms
from core.backtest.records import AT_STOP, AT_TARGET
from core.kernel import BAR_ROW, BUY, DECISION, EVENT, NANOSECONDS, SELL, TRADE
from core.strategy import Source, Strategy, load
from sandbox.tasks.trading import Bench
from services.guardian.play import recount
from services.guardian.tape import tape_of

MINUTE = 60 * NANOSECONDS
START = 1_700_000_040 * NANOSECONDS
FREE = Costs(fee=0.0, slippage=0.0)
ROWS = 64
STOP, TARGET = 3, 4
NONE = math.nan

SCRIPTED = {
    "__init__.py": b"",
    "parameters.py": b"""
from typing import NamedTuple
class Parameters(NamedTuple):
    pass
P = Parameters()
""",
    "state.py": b"""
from typing import NamedTuple
from core.kernel import record_dtype
STATE = record_dtype([("events", "i8"), ("stop", "f8"), ("target", "f8")])
class Features(NamedTuple):
    price: float
""",
    "signals.py": f"TABLE_SHAPE = ({ROWS}, 3)".encode(),
    "rules.py": b"def verdicts(f):\n    return (scripted(f),)",
    "decide.py": b"""
from core.kernel import kernel
@kernel
def decide(event, state, table, decision):
    s, d = state[0], decision[0]
    s.events += 1
    d.action, d.rule, d.score, d.size = 0, -1, 0.5, 0.0
    for i in range(len(table)):
        if table[i, 0] == s.events:
            if table[i, 1] == 3.0:
                s.stop = table[i, 2]
            elif table[i, 1] == 4.0:
                s.target = table[i, 2]
            else:
                d.action, d.rule, d.size = int(table[i, 1]), 0, table[i, 2]
    if s.stop > 0.0:
        d.stop = s.stop
    if s.target > 0.0:
        d.target = s.target
""",
}


@pytest.fixture(scope="module")
def source() -> Source:
    return Source.of(SCRIPTED)


@pytest.fixture(scope="module")
def scripted(source: Source) -> Strategy:
    return load(source)


@pytest.fixture(scope="module")
def bench(source: Source) -> Bench:
    made = Bench(source)
    assert made.prepare()["fault"] == ""
    return made


def script(*steps: tuple[int, int, float] | tuple[int, int]) -> np.ndarray:
    """(event of the pair, from 1; BUY, SELL, STOP or TARGET; size or price, 0 takes a level back)."""
    table = np.zeros((ROWS, 3))
    for row, step in enumerate(steps):
        table[row, : len(step)] = step
    return table


def bars(*rows: tuple[float, float, float, float]) -> np.ndarray:
    """Bars of (open, high, low, close)."""
    return np.array([(START + i * MINUTE, *row, 1.0) for i, row in enumerate(rows)], BAR_ROW)


def market(*rows, price_tick=0.01, symbol="A") -> Market:
    return Market(symbol, bars(*rows), MINUTE, price_tick)


def sold(result: Result) -> list[tuple[float, int, int]]:
    """Price, rule and event (from 1) of each exit."""
    offsets = (0, 20 * NANOSECONDS, 40 * NANOSECONDS, MINUTE - 1_000_000)
    times = [START + i * MINUTE + offset for i in range(16) for offset in offsets]
    exits = [fill for fill in result.fills if fill.side == SELL]
    return [(float(fill.price), int(fill.rule), times.index(fill.time_ns) + 1) for fill in exits]


ENTRY = (100.0, 100.0, 100.0, 100.0)  # bought at its second event, at 100; levels are declared from the third on
BOUGHT = (1, BUY, 0.1)


def play(scripted, *rows, stop=0.0, target=0.0, costs=FREE, at=3, then=(), tick=0.01) -> Result:
    steps = [BOUGHT, (at, STOP, stop), (at, TARGET, target), *then]
    return simulate(scripted, [market(ENTRY, *rows, price_tick=tick)], costs=costs, tables=[script(*steps)])


# --- by hand ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "price", "rule", "event"),
    [
        pytest.param((100, 103, 97, 101), 98.0, AT_STOP, 6, id="the low passes the stop on its way: at the stop"),
        pytest.param((100, 101, 97, 99), 98.0, AT_STOP, 7, id="a falling bar has its high first"),
        pytest.param((100, 105, 99, 101), 104.0, AT_TARGET, 7, id="the high passes the target: at the target"),
        pytest.param((97, 99, 96, 98.5), 97.0, AT_STOP, 5, id="a gap over the stop: at the open behind it"),
        pytest.param(
            (105, 106, 104.5, 105), 105.0, AT_TARGET, 5, id="a gap over the target: at the open, which is better"
        ),
        pytest.param((100, 105, 97, 101), 98.0, AT_STOP, 6, id="both in a rising bar: the stop"),
        pytest.param((100, 105, 97, 99), 98.0, AT_STOP, 6, id="both in a falling bar, high first: still the stop"),
        pytest.param(
            (105, 106, 97, 99), 98.0, AT_STOP, 5, id="a gap over the target, and the stop in that bar: the stop"
        ),
        pytest.param((100, 100, 98, 100), 98.0, AT_STOP, 6, id="touched is reached"),
        pytest.param((100, 104, 100, 100), 104.0, AT_TARGET, 7, id="so is a target"),
    ],
)
def test_a_level_is_filled_where_a_watcher_would_have_sold(scripted, row, price, rule, event):
    result = play(scripted, row, stop=98.0, target=104.0)
    assert sold(result) == [(pytest.approx(price), rule, event)]
    assert result.fills[-1].profit == pytest.approx((price - 100) * 10)


def test_a_stop_that_is_just_touched_is_no_bar_that_held_both(scripted):
    result = play(scripted, (100, 100, 98, 100), stop=98.0, target=104.0)
    assert (result.inside, result.both) == (1, 0)


def test_slippage_and_fee_are_paid_at_a_level_too(scripted):
    # a stop at 98 receives 98 * 0.999 = 97.902, down to the tick 97.90; 10 * 97.90 = 979 and 0.1 % of it
    result = play(scripted, (100, 100, 97, 98), stop=98.0, costs=Costs(fee=0.001, slippage=0.001))
    exit_ = result.fills[-1]
    assert exit_.price == pytest.approx(97.90)
    assert exit_.fee == pytest.approx(exit_.quantity * 97.90 * 0.001)


def test_a_level_that_is_not_reached_is_not_filled(scripted):
    assert sold(play(scripted, (100, 103.99, 98.01, 101), stop=98.0, target=104.0)) == []


def test_without_a_level_nothing_is_watched(scripted):
    assert sold(play(scripted, (100, 150, 50, 101))) == []


def test_the_decision_that_declares_a_level_is_never_filled_by_it(scripted):
    """Event 7, the high of 110, declares a target of 110: only the next bar that comes there is sold at it."""
    at_high = play(scripted, (100, 110, 99, 105), (105, 108, 104, 106), target=110.0, at=7)
    assert sold(at_high) == []
    later = play(scripted, (100, 110, 99, 105), (105, 111, 104, 106), target=110.0, at=7)
    assert sold(later) == [(pytest.approx(110.0), AT_TARGET, 11)]


def test_the_high_that_a_closed_bar_shows_sells_nothing_in_that_bar(scripted):
    assert sold(play(scripted, (100, 110, 99, 105), target=110.0, at=8)) == []


def test_tomorrows_high_as_a_target_is_filled_at_it_and_not_above(scripted):
    """Whoever could know it would earn just that: at 110, less the slippage, when the price comes by."""
    result = play(scripted, (100, 110, 99, 101), target=110.0, costs=Costs(0.0, 0.001))
    [(price, rule, event)] = sold(result)
    assert (price, rule, event) == (pytest.approx(109.89), AT_TARGET, 7)


def test_what_is_declared_before_the_position_is_there_is_not_watched(scripted):
    """The level of event 1 is old news at event 2, which fills the purchase; that of event 2 is watched from 3 on."""
    row = (100.0, 101.0, 97.0, 100.0)  # open 100, low 97, high 101, close 100
    table = script(BOUGHT, (1, STOP, 99.0), (2, STOP, 0.0))
    assert sold(simulate(scripted, [market(row)], costs=FREE, tables=[table])) == []
    kept = simulate(scripted, [market(row, (100, 100, 98, 100))], costs=FREE, tables=[script(BOUGHT, (1, STOP, 96.0))])
    assert sold(kept) == []


def test_a_level_of_the_bar_that_was_bought_in_is_watched_for_the_rest_of_it(scripted):
    """Sent at a close, filled at the next open of 100; a stop of 98 declared there is met by the low of that bar."""
    table = script((4, BUY, 0.1), (5, STOP, 98.0))
    result = simulate(scripted, [market(ENTRY, (100, 101, 97, 99))], costs=FREE, tables=[table])
    assert sold(result) == [(pytest.approx(98.0), AT_STOP, 7)]
    assert (result.inside, result.both, result.same_bar) == (1, 0, 1)


def test_a_level_beyond_the_market_is_filled_at_the_worse_price(scripted):
    """A stop above the price is reached at once. Nobody gets the high of the bar for it."""
    falling = play(scripted, (100, 110, 90, 95), stop=120.0, at=5)
    assert sold(falling) == [(pytest.approx(100.0), AT_STOP, 6)]  # moved from 100 to 110
    rising = play(scripted, (100, 110, 90, 105), stop=120.0, at=5)
    assert sold(rising) == [(pytest.approx(90.0), AT_STOP, 6)]  # moved from 100 to 90
    target = play(scripted, (100, 110, 90, 95), target=50.0, at=5)
    assert sold(target) == [(pytest.approx(100.0), AT_TARGET, 6)]


def test_a_level_comes_before_an_order_that_waits_for_the_same_event(scripted):
    both = play(scripted, (100, 101, 97, 99), stop=98.0, then=[(6, SELL)])  # sent at 101, filled at the low of 97
    assert sold(both) == [(pytest.approx(98.0), AT_STOP, 7)]


def test_an_order_for_the_open_is_filled_at_it_although_the_bar_holds_the_stop(scripted):
    """Sent at the close before. The open of 105 is over the target of 104, and the low of 97 comes later."""
    both = play(scripted, (105, 106, 97, 99), stop=98.0, target=104.0, then=[(4, SELL)])
    assert sold(both) == [(pytest.approx(105.0), AT_TARGET, 5)]


def test_after_a_level_the_strategy_is_flat_and_may_buy_again(scripted):
    result = play(scripted, (100, 101, 97, 99), (99, 99, 99, 99), stop=98.0, then=[(7, BUY, 0.1), (8, STOP, 0.0)])
    assert [int(fill.side) for fill in result.fills] == [BUY, SELL, BUY]
    assert result.fills[2].time_ns > result.fills[1].time_ns
    assert result.fills[2].price == pytest.approx(99.0)  # the close


def test_a_trailing_stop_moves_with_the_decisions(scripted):
    """Raised to 107 at the high of 110 (event 6 of a falling bar), and sold there on the way down."""
    steps = [BOUGHT, (3, STOP, 95.0), (6, STOP, 107.0)]
    result = simulate(scripted, [market(ENTRY, (100, 110, 99, 99.5))], costs=FREE, tables=[script(*steps)])
    assert sold(result) == [(pytest.approx(107.0), AT_STOP, 7)]


def test_the_result_counts_what_was_assumed(scripted):
    result = play(scripted, (100, 105, 97, 99), stop=98.0, target=104.0)
    assert (result.inside, result.both, result.same_bar) == (1, 1, 0)
    gap = play(scripted, (97, 99, 96, 98.5), stop=98.0)
    assert (gap.inside, gap.both, gap.same_bar) == (0, 0, 0)


def test_trades_and_quotes_are_filled_at_their_own_price(scripted):
    """Between two trades nothing is known: a stop of 98 that was jumped over is filled at 95, a target at 106."""
    for prices, price, rule in (
        ([100, 100, 100, 99, 95], 95.0, AT_STOP),
        ([100, 100, 100, 103, 106], 106.0, AT_TARGET),
    ):
        rows = np.zeros(len(prices), EVENT)
        rows["time_ns"], rows["kind"], rows["price"] = START + np.arange(len(prices)) * NANOSECONDS, TRADE, prices
        table = script(BOUGHT, (3, STOP, 98.0), (3, TARGET, 104.0))
        result = simulate(scripted, [Market("A", rows, 0)], costs=FREE, tables=[table])
        assert (result.fills[-1].price, result.fills[-1].rule) == (pytest.approx(price), rule)
        assert result.inside == 0


# --- against a second simulator, the box's account and plain Python ---------------------------------------------------

price = st.integers(80, 125).map(float)
bar = st.tuples(price, price, price, price).map(lambda p: (p[0], max(p), min(p), p[3]))
step = st.one_of(
    st.tuples(st.integers(1, 40), st.sampled_from([BUY, SELL]), st.floats(0.05, 0.9)),
    st.tuples(
        st.integers(1, 40), st.sampled_from([STOP, TARGET]), st.one_of(st.just(0.0), st.integers(75, 130).map(float))
    ),
)
steps = st.lists(step, max_size=20, unique_by=lambda s: (s[0], s[1] > SELL and s[1]))
costs = st.builds(Costs, st.floats(0, 0.02), st.floats(0, 0.02))


def watched(row: np.void) -> list[tuple[float, float, bool]]:
    """Price, lowest price of the rest of the bar, and whether the price jumped there."""
    names = ("open", "low", "high", "close") if row["close"] >= row["open"] else ("open", "high", "low", "close")
    path = [float(row[name]) for name in names]
    return [(path[i], min(path[i:]), i == 0) for i in range(4)]


def reference(rows: np.ndarray, table: np.ndarray, costs: Costs, tick: float) -> list[tuple[int, float, int]]:
    """One pair, as freqtrade and backtesting.py document the order of events: (side, price, rule) of each fill."""
    path = [event for row in rows for event in watched(row)]
    cash, quantity, order, fills = 10_000.0, 0.0, None, []
    stop = target = declared_stop = declared_target = NONE
    before = 0.0

    def sell(at: float, rule: int) -> float:
        paid = max(math.floor(at * (1 - costs.slippage) / tick + 1e-9), 1) * tick
        fills.append((SELL, paid, rule))
        return paid * quantity * (1 - costs.fee)

    for number, (now, lowest, jumped) in enumerate(path, 1):
        closing = order is not None and order[0] == SELL
        if quantity and (now <= stop or now >= target):
            if now <= stop or (lowest <= stop and not (jumped and closing)):
                reached = min(stop, now) if jumped else stop if before > stop else min(before, now)
                cash += sell(reached, AT_STOP)
            else:
                cash += sell(now if jumped else target if before < target else min(before, now), AT_TARGET)
            quantity, order = 0.0, None
        elif order is not None:
            side, amount = order
            order = None
            if side == SELL:
                cash += sell(now, 0)
                quantity = 0.0
            else:
                paid = math.ceil(now * (1 + costs.slippage) / tick - 1e-9) * tick
                if paid * amount * (1 + costs.fee) <= cash and paid * amount >= 5.0:
                    cash -= paid * amount * (1 + costs.fee)
                    quantity = amount
                    fills.append((BUY, paid, 0))
        for event, what, value in table:
            if event == number:
                if what == STOP:
                    declared_stop = value or NONE
                elif what == TARGET:
                    declared_target = value or NONE
        stop, target = declared_stop, declared_target
        wanted = next(((int(w), v) for e, w, v in table[::-1] if e == number and w in (BUY, SELL)), None)
        if wanted and order is None:
            side, size = wanted
            if side == SELL and quantity:
                order = (SELL, quantity)
            elif side == BUY and not quantity:
                budget = min((cash + quantity * now) * size, cash / ((1 + costs.fee) * (1 + costs.slippage)))
                amount = math.floor(budget / now / 1e-6 + 1e-9) * 1e-6
                if amount * now >= 5.0:
                    order = (BUY, amount)
        before = now
    return fills


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(bar, min_size=1, max_size=10), steps=steps, costs=costs, tick=st.sampled_from([0.01, 0.25, 1.0, 7.0])
)
def test_it_trades_like_a_second_simulator(scripted, rows, steps, costs, tick):
    table = script(*steps)
    result = simulate(scripted, [market(*rows, price_tick=tick)], costs=costs, tables=[table])
    assert [(f.side, f.price, f.rule) for f in result.fills] == [
        (side, pytest.approx(price), rule) for side, price, rule in reference(bars(*rows), table, costs, tick)
    ]


@settings(max_examples=200, deadline=None)
@given(rows=st.lists(bar, min_size=2, max_size=10), steps=steps, costs=costs, tick=st.sampled_from([0.01, 0.25, 1.0]))
def test_no_exit_at_a_level_is_better_than_the_level_or_than_the_market_was(scripted, rows, steps, costs, tick):
    table = script(*steps)
    result = simulate(scripted, [market(*rows, price_tick=tick)], costs=costs, tables=[table])
    times, data = {START + i * MINUTE: i for i in range(len(rows))}, bars(*rows)
    for fill in result.fills:
        if fill.rule not in (AT_STOP, AT_TARGET):
            continue
        row = data[times[int(fill.time_ns) // MINUTE * MINUTE]]
        at_open = fill.time_ns % MINUTE == 0
        level = fill.signal_price
        assert fill.signal_ns < fill.time_ns
        assert fill.price <= row["high"] * (1 + 1e-9)
        assert fill.price == pytest.approx(round(fill.price / tick) * tick)
        if fill.rule == AT_STOP:
            assert fill.price <= level * (1 + 1e-9)
            assert fill.price <= (max(row["open"], level) if at_open else row["high"]) * (1 + 1e-9)
        elif at_open:
            assert fill.price <= max(level, row["open"]) * (1 + 1e-9)
        else:  # a target that was declared below the market is no better than the market
            path = [now for now, _, _ in watched(row)]
            event = [0, 20, 40, 59].index(int(fill.time_ns % MINUTE // 10**9))
            assert fill.price <= max(level, min(path[event - 1], path[event])) * (1 + 1e-9)
        least = row["low"] * (1 - costs.slippage) - tick
        assert fill.price >= min(least, row["open"]) - 1e-9


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(bar, min_size=3, max_size=10), steps=steps, cut=st.integers(1, 9))
def test_truncating_the_future_changes_no_past_fill(scripted, rows, steps, cut):
    table = script(*steps)
    whole = simulate(scripted, [market(*rows)], tables=[table])
    kept = rows[: min(cut, len(rows) - 1)]
    part = simulate(scripted, [market(*kept)], tables=[table])
    before = whole.fills[whole.fills["time_ns"] < START + len(kept) * MINUTE]
    assert part.fills.tobytes() == before.tobytes()


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(bar, min_size=4, max_size=4), min_size=1, max_size=3),
    scripts=st.lists(steps, min_size=3, max_size=3),
    costs=costs,
)
def test_the_account_of_the_box_and_of_the_judge_trade_the_same_bits(scripted, bench, rows, scripts, costs):
    markets = [market(*each, symbol=f"P{i}") for i, each in enumerate(rows)]
    tables = [script(*each) for each in scripts[: len(rows)]]
    known = simulate(scripted, markets, costs=costs, tables=tables)
    tape = tape_of(markets, "history")
    terms = Terms(fee=costs.fee, slippage=costs.slippage)
    told = bench.trade(
        tape.data,
        [list(grid) for grid in tape.grids],
        list(terms),
        MINUTE,
        [table.tobytes() for table in tables],
        bars=True,
    )
    assert told["fault"] == ""
    recounted = recount(tape, terms, np.frombuffer(told["decisions"], DECISION))
    assert recounted.fills.tobytes() == known.fills.tobytes()
    assert (told["equity"], told["fills"]) == (known.equity[-1], len(known.fills))
    assert np.array_equal(recounted.equity, known.equity)


def long_walk(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two thousand bars and a script of 60 steps."""
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 200))), 2)
    opens = np.r_[100.0, close[:-1]]
    rows = [
        (o, max(o, c) * (1 + u), min(o, c) * (1 - d), c)
        for o, c, u, d in zip(opens, close, rng.uniform(0, 0.01, 200), rng.uniform(0, 0.01, 200), strict=True)
    ]
    events = np.sort(rng.choice(np.arange(1, 800), 60, replace=False))
    made = []
    for i, event in enumerate(events.tolist()):
        near = float(close[min(event // 4, 199)])
        made.append(((event, BUY, 0.3), (event, STOP, near * 0.985), (event, TARGET, near * 1.02))[i % 3])
    return bars(*rows), script(*made)


def played(seed: int) -> str:
    rows, table = long_walk(seed)
    result = simulate(load(Source.of(SCRIPTED)), [Market("A", rows, MINUTE)], tables=[table])
    return json.dumps([result.fingerprint, len(result.fills), result.equity[-1], result.inside, result.both])


@pytest.mark.parametrize("seed", [1, 2])
def test_compiled_and_plain_python_agree_bit_for_bit(seed):
    code = f"from tests.core.test_level_fills import played; print(played({seed}))"
    plain = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(plain.stdout) == json.loads(played(seed))
    assert json.loads(plain.stdout)[1] > 10


# --- the order of events that freqtrade documents ---------------------------------------------------------------------


def as_documented(rows: np.ndarray, stop: float, target: float) -> tuple[int, float, int] | None:
    """Bar, price and level of the exit, looking at whole bars only: the stop before the target within one bar, each at
    its price, or at the open where the bar begins behind it (docs of freqtrade, "Assumptions made by backtesting")."""
    for number, row in enumerate(rows):
        if row["low"] <= stop:
            return number, min(row["open"], stop), AT_STOP
        if row["high"] >= target:
            return number, max(row["open"], target), AT_TARGET
    return None


@settings(max_examples=300, deadline=None)
@given(rows=st.lists(bar, min_size=1, max_size=12), stop=st.integers(80, 99), target=st.integers(101, 125))
def test_fixed_levels_are_filled_as_freqtrade_documents(scripted, rows, stop, target):
    """Bought at the open of 100 of the second bar, which is watched too."""
    first = (100.0, max(rows[0][1], 100.0), min(rows[0][2], 100.0), rows[0][3])
    data = bars(ENTRY, first, *rows[1:])
    table = script((4, BUY, 0.1), (5, STOP, float(stop)), (5, TARGET, float(target)))
    result = simulate(scripted, [Market("A", data, MINUTE, 0.01)], costs=FREE, tables=[table])
    expected = as_documented(data[1:], stop, target)
    exits = [(fill.time_ns, fill.price, fill.rule) for fill in result.fills if fill.side == SELL]
    if expected is None:
        assert exits == []
    else:
        number, at, rule = expected
        [(time_ns, paid, by)] = exits
        assert ((time_ns - START) // MINUTE - 1, paid, by) == (number, pytest.approx(at), rule)
