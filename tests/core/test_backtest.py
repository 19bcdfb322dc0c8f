"""The simulation: money by hand, fills at the next event, no look into the future, the same whatever the chunks.

Most tests trade by a script: a tiny strategy that reads from its Q-table at which of its events to do what. It is
compiled once for the whole file.
"""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backtest import Costs, Market, account, allocate, compile_engine, merge, simulate
from core.errors import ConfigurationError, DataError, StrategyError
from core.kernel import BAR, BAR_ROW, BUY, EVENT, NANOSECONDS, QUOTE, SELL, TRADE
from core.strategy import Source, Strategy, load
from tests.sampling import few

MINUTE = 60 * NANOSECONDS
HOUR = 60 * MINUTE
CLOSE = MINUTE - 1_000_000  # when a minute's bar closes, counted from its open
START = 1_700_000_040 * NANOSECONDS  # a whole minute
FREE = Costs(fee=0.0, slippage=0.0)
SCRIPT_ROWS = 32

SCRIPTED = {
    "__init__.py": "",
    "parameters.py": """
from typing import NamedTuple
class Parameters(NamedTuple):
    pass
P = Parameters()
""",
    "state.py": """
from typing import NamedTuple
from core.kernel import record_dtype
STATE = record_dtype([("events", "i8"), ("open", "f8"), ("high", "f8"), ("low", "f8"), ("volume", "f8")])
class Features(NamedTuple):
    price: float
""",
    "signals.py": f"TABLE_SHAPE = ({SCRIPT_ROWS}, 3)",
    "rules.py": "def verdicts(f):\n    return (scripted(f),)",
    "decide.py": """
from core.kernel import kernel
@kernel
def decide(event, state, table, decision):
    s, d = state[0], decision[0]
    s.events += 1
    s.open, s.high, s.low, s.volume = event[0].open, event[0].high, event[0].low, event[0].volume
    d.action, d.rule, d.score, d.size = 0, -1, 0.0, 0.0
    for i in range(len(table)):
        if table[i, 0] == s.events:
            d.action, d.rule, d.score, d.size = int(table[i, 1]), 0, 0.5, table[i, 2]
""",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Strategy:
    return load(write(tmp_path_factory.mktemp("scripted"), SCRIPTED))


def script(*orders: tuple[int, int, float] | tuple[int, int]) -> np.ndarray:
    """(event of the pair, from 1; BUY or SELL; fraction of equity)."""
    table = np.zeros((SCRIPT_ROWS, 3))
    for row, order in enumerate(orders):
        table[row, : len(order)] = order
    return table


def bars(*rows: tuple[float, float, float, float], step: int = MINUTE, start: int = START) -> np.ndarray:
    """Bars of (open, high, low, close), one after the other, with a volume of one."""
    return np.array([(start + i * step, *row, 1.0) for i, row in enumerate(rows)], BAR_ROW)


def walk(seed: int, count: int, start: int = START, step: int = HOUR, volatility: float = 0.004) -> np.ndarray:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, volatility, count)))
    rows = np.zeros(count, BAR_ROW)
    rows["time_ns"], rows["close"], rows["open"] = start + np.arange(count) * step, close, np.r_[100.0, close[:-1]]
    rows["high"] = np.maximum(rows["open"], close) * (1 + rng.uniform(0, volatility, count))
    rows["low"] = np.minimum(rows["open"], close) * (1 - rng.uniform(0, volatility, count))
    rows["volume"] = rng.lognormal(0, 1, count)
    return rows


RISING = (100.0, 110.0, 90.0, 105.0)  # played 100, 90, 110, 105
FALLING = (105.0, 110.0, 90.0, 100.0)  # played 105, 110, 90, 100


def market(*rows, price_tick=0.01, lot=1e-6, min_notional=5.0, symbol="A", **times) -> Market:
    return Market(symbol, bars(*rows, **times), MINUTE, price_tick, lot, min_notional)


# --- money by hand ---------------------------------------------------------------------------------------------------


def test_a_round_trip_by_hand(scripted):
    orders = script((1, BUY, 0.1), (3, SELL))
    result = simulate(scripted, [market(RISING)], cash=10_000.0, costs=Costs(0.001, 0.0002), tables=[orders])
    bought, sold = result.fills
    # sent at 100: a tenth of 10,000 buys 10.  Filled at 90: 90 * 1.0002 = 90.018, a buyer pays up to the tick: 90.02
    assert (bought.side, bought.quantity, bought.price) == (BUY, pytest.approx(10.0), pytest.approx(90.02))
    assert bought.fee == pytest.approx(0.9002)  # 0.1 % of 900.20
    assert (bought.signal_price, bought.profit, bought.rule, bought.score) == (100.0, 0.0, 0, 0.5)
    assert (bought.signal_ns, bought.time_ns) == (START, START + MINUTE // 3)
    # sent at 110, filled at 105: 105 * 0.9998 = 104.979, a seller gets down to the tick: 104.97
    assert (sold.side, sold.quantity, sold.price) == (SELL, pytest.approx(10.0), pytest.approx(104.97))
    assert sold.fee == pytest.approx(1.0497)  # 0.1 % of 1,049.70
    assert (sold.signal_ns, sold.time_ns) == (START + 2 * (MINUTE // 3), START + CLOSE)
    # (104.97 - 90.02) * 10 = 149.50, less 0.9002 and 1.0497
    assert sold.profit == pytest.approx(147.5501)
    assert result.equity[-1] == pytest.approx(10_147.5501)
    assert result.exposed_ns == CLOSE - MINUTE // 3
    assert (result.events, result.rejected) == (4, 0)


@pytest.mark.parametrize(
    ("grid", "quantity", "paid", "received"),
    [
        pytest.param({"lot": 3.0}, 9.0, 90.02, 104.97, id="10 is three lots of 3"),
        pytest.param({"lot": 2.5}, 10.0, 90.02, 104.97, id="10 is four lots of 2.5"),
        pytest.param({"price_tick": 0.5}, 10.0, 90.5, 104.5, id="90.018 up to 90.5, 104.979 down to 104.5"),
        pytest.param({"price_tick": 40.0}, 10.0, 120.0, 80.0, id="90.018 up to 3 * 40, 104.979 down to 2 * 40"),
    ],
)
def test_prices_and_quantities_lie_on_the_grid(scripted, grid, quantity, paid, received):
    result = simulate(scripted, [market(RISING, **grid)], tables=[script((1, BUY, 0.1), (3, SELL))])
    assert result.fills["quantity"].tolist() == pytest.approx([quantity, quantity])
    assert result.fills["price"].tolist() == pytest.approx([paid, received])


@pytest.mark.parametrize(
    ("quantity", "lot", "expected"),
    [(0.3, 0.1, 0.3), (0.29, 0.1, 0.2), (0.09, 0.1, 0.0), (1e15, 1e-8, 1e15), (7.0, 7.0, 7.0)],
)
def test_whole_lots(quantity, lot, expected):
    assert account.whole_lots(quantity, lot) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("side", "price", "tick", "expected"),
    [
        pytest.param(BUY, 100.0, 0.01, 100.0, id="a price on the grid stays, bought"),
        pytest.param(SELL, 100.0, 0.01, 100.0, id="a price on the grid stays, sold"),
        pytest.param(BUY, 0.3, 0.1, 0.3, id="0.3 is on a grid of 0.1"),
        pytest.param(SELL, 0.3, 0.1, 0.3, id="0.3 is on a grid of 0.1, sold"),
        pytest.param(SELL, 0.004, 0.01, 0.01, id="nothing is sold below one tick"),
        pytest.param(BUY, 1e12, 1e-8, 1e12, id="more ticks than an integer holds"),
    ],
)
def test_fill_price_without_slippage(side, price, tick, expected):
    assert account.fill_price(side, price, 0.0, tick) == pytest.approx(expected, rel=1e-12)


def test_a_position_that_is_never_closed_is_worth_its_last_price(scripted):
    result = simulate(scripted, [market(RISING)], costs=FREE, tables=[script((1, BUY, 0.1))])
    assert result.equity[-1] == pytest.approx(10_000 + 10 * (105 - 90))
    assert result.fills["side"].tolist() == [BUY]


def test_an_order_that_waits_at_the_end_is_not_filled(scripted):
    assert len(simulate(scripted, [market(RISING)], tables=[script((4, BUY, 0.1))]).fills) == 0


def test_all_of_the_cash_pays_for_fee_and_slippage_too(scripted):
    flat = (100.0, 100.0, 100.0, 100.0)
    result = simulate(scripted, [market(flat)], costs=Costs(0.01, 0.01), tables=[script((1, BUY, 1.0))])
    # 10,000 / (1.01 * 1.01) / 100 = 98.0296
    assert result.fills["quantity"].tolist() == pytest.approx([98.029605])
    assert result.rejected == 0


@pytest.mark.parametrize(
    ("size", "min_notional", "rejected"),
    [(0.0005, 5.0, 0), (0.00049, 5.0, 1), (0.0, 0.0, 1), (-0.5, 0.0, 1), (math.nan, 0.0, 1), (math.nan, 5.0, 1)],
)
def test_an_order_that_is_too_small_or_no_number_is_rejected(scripted, size, min_notional, rejected):
    flat = market((100.0, 100.0, 100.0, 100.0), min_notional=min_notional)
    result = simulate(scripted, [flat], costs=FREE, tables=[script((1, BUY, size))])
    assert result.rejected == rejected
    assert len(result.fills) == 1 - rejected
    assert np.isfinite(result.equity).all()


def test_a_price_that_ran_away_beyond_the_cash_is_rejected_at_the_fill(scripted):
    result = simulate(scripted, [market(RISING)], costs=FREE, tables=[script((2, BUY, 1.0))])  # 90, then 110
    assert (result.rejected, len(result.fills)) == (1, 0)
    assert result.equity.tolist() == [10_000.0, 10_000.0]


def test_what_is_held_is_not_bought_again_and_what_is_not_held_not_sold(scripted):
    orders = script((1, SELL), (2, BUY, 0.1), (4, BUY, 0.1), (5, SELL), (7, SELL))
    result = simulate(scripted, [market(RISING, RISING)], tables=[orders])
    assert result.fills["side"].tolist() == [BUY, SELL]
    assert result.rejected == 0


# --- the path of a bar, and time -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "path"),
    [
        pytest.param(RISING, [90.0, 110.0, 105.0], id="rising: low before high"),
        pytest.param(FALLING, [110.0, 90.0, 100.0], id="falling: high before low"),
        pytest.param((100.0, 110.0, 90.0, 100.0), [90.0, 110.0, 100.0], id="unchanged counts as rising"),
    ],
)
def test_a_bar_is_played_as_open_two_extremes_close(scripted, bar, path):
    """An order sent at one event shows the price of the next."""
    fills = [simulate(scripted, [market(bar)], costs=FREE, tables=[script((k, BUY, 0.1))]).fills[0] for k in (1, 2, 3)]
    assert [fill.price for fill in fills] == path
    assert [fill.time_ns - START for fill in fills] == [MINUTE // 3, 2 * (MINUTE // 3), CLOSE]


def test_an_order_sent_at_the_close_is_filled_at_the_next_open_be_it_days_later(scripted):
    rows = bars(RISING, (200.0, 210.0, 190.0, 205.0))
    rows["time_ns"][1] += 3 * 24 * HOUR
    result = simulate(scripted, [Market("A", rows, MINUTE)], costs=FREE, tables=[script((4, BUY, 0.1))])
    assert result.fills["price"].tolist() == [200.0]
    assert result.fills["time_ns"].tolist() == [rows["time_ns"][1]]


def test_only_the_close_of_a_bar_shows_its_open_high_low_and_volume(scripted):
    rows = np.concatenate([bars(RISING), bars(FALLING, start=START + MINUTE)])
    run = allocate(scripted, [Market("A", rows, MINUTE)], 1.0, FREE, (), START, MINUTE)
    engine = compile_engine(scripted.decide)
    engine.play_bars(run, rows[:1], np.zeros(1, np.int64), MINUTE, MINUTE, 0, 1)
    assert run.states[0].item()[1:5] == (100.0, 110.0, 90.0, 1.0)
    engine.play_bars(run, rows[1:], np.zeros(1, np.int64), MINUTE, MINUTE, 0, 1)
    assert run.states[0].item()[1:5] == (105.0, 110.0, 90.0, 1.0)
    other = allocate(scripted, [Market("A", rows, MINUTE)], 1.0, FREE, (), START, MINUTE)
    events = np.zeros(1, EVENT)
    events["kind"], events["price"], events["time_ns"] = TRADE, 1.0, START
    engine.play_events(other, events, 0, 1)
    assert other.states[0].item()[1:5] == (0.0, 0.0, 0.0, 0.0)


def test_a_trade_inside_a_bar_shows_nothing_left_over_of_the_bar_before(tmp_path):
    """The strategy notes the highest `high` that a trade event showed it."""
    noting = SCRIPTED["decide.py"].replace("s.events += 1", "s.events += 1\n    if event[0].kind == 3: return")
    noting = noting.replace(
        "s.open, s.high, s.low, s.volume = event[0].open, event[0].high", "s.low, s.high = 0.0, event[0].high + s.high"
    )
    noting = noting.replace(", event[0].low, event[0].volume", "")
    strategy = load(write(tmp_path / "noting", SCRIPTED | {"decide.py": noting}))
    rows = bars(RISING, RISING)
    run = allocate(strategy, [Market("A", rows, MINUTE)], 1.0, FREE, (), START, MINUTE)
    compile_engine(strategy.decide).play_bars(run, rows, np.zeros(2, np.int64), MINUTE, MINUTE, 0, 2)
    assert run.states[0].events == 8
    assert run.states[0].high == 0.0


def test_a_short_month_closes_before_the_next_one_opens(scripted):
    day = 24 * HOUR
    rows = bars(RISING, RISING, RISING)
    rows["time_ns"] = [START, START + 31 * day, START + 59 * day]  # January, February, March
    result = simulate(scripted, [Market("A", rows, 30 * day)], costs=FREE, tables=[script((3, BUY, 0.1), (7, SELL))])
    bought, sold = result.fills
    assert bought.time_ns == START + 30 * day - 1_000_000
    assert sold.time_ns == START + 59 * day - 1_000_000
    assert (result.fills["signal_ns"] < result.fills["time_ns"]).all()


def test_equity_is_sampled_at_the_start_at_the_end_of_each_bar_and_at_the_last_event(scripted):
    rows = (RISING, (105.0, 105.0, 105.0, 105.0), (108.0, 108.0, 108.0, 108.0))
    result = simulate(scripted, [market(*rows)], costs=FREE, tables=[script((1, BUY, 0.1))])
    # ten bought at 90: worth 105 at the end of the first bar and of the second, 108 at the end
    assert result.times_ns.tolist() == [START, START + MINUTE, START + 2 * MINUTE, START + 2 * MINUTE + CLOSE]
    assert result.equity.tolist() == pytest.approx([10_000.0, 10_150.0, 10_150.0, 10_180.0])


def test_a_gap_is_sampled_once(scripted):
    rows = bars(RISING, RISING)
    rows["time_ns"][1] += HOUR
    result = simulate(scripted, [Market("A", rows, MINUTE)])
    assert result.times_ns.tolist() == [START, START + MINUTE, START + MINUTE + HOUR + CLOSE]


# --- a second, slow simulator written from the contract ---------------------------------------------------------------


def reference(rows: np.ndarray, orders: np.ndarray, cash: float, costs: Costs, tick: float, lot: float):
    """One pair, in Python: the fills as (side, quantity, price), and the equity at each event."""
    wanted = {int(event): (int(action), size) for event, action, size in orders if event}
    quantity, order, fills, equity = 0.0, None, [], []
    for number, price in enumerate(itertools.chain.from_iterable(path_of(row) for row in rows), 1):
        if order is not None:
            side, amount = order
            order = None
            against = price * (1 + costs.slippage if side == BUY else 1 - costs.slippage)
            ticks = math.ceil(against / tick - 1e-9) if side == BUY else max(math.floor(against / tick + 1e-9), 1)
            value = ticks * tick * amount
            fee = value * costs.fee
            if side == SELL or value + fee <= cash:
                cash += (value if side == SELL else -value) - fee
                quantity = amount if side == BUY else 0.0
                fills.append((side, amount, ticks * tick))
        equity.append(cash + quantity * price)
        action, size = wanted.get(number, (0, 0.0))
        if action == SELL and quantity > 0:
            order = (SELL, quantity)
        if action == BUY and quantity == 0:
            budget = min(equity[-1] * size, cash / ((1 + costs.fee) * (1 + costs.slippage)))
            amount = math.floor(budget / price / lot + 1e-9) * lot
            if amount * price >= 5.0:
                order = (BUY, amount)
    return fills, equity


def path_of(row):
    rising = row["close"] >= row["open"]
    first, second = ("low", "high") if rising else ("high", "low")
    return [float(row[name]) for name in ("open", first, second, "close")]


price = st.integers(50, 200).map(float)
bar = st.tuples(price, price, price, price).map(lambda p: (p[0], max(p), min(p), p[3]))
order = st.tuples(st.integers(1, 40), st.sampled_from([BUY, SELL]), st.floats(0, 1.2))


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(bar, min_size=1, max_size=10),
    orders=st.lists(order, max_size=12, unique_by=lambda o: o[0]),
    costs=st.builds(Costs, st.floats(0, 0.05), st.floats(0, 0.05)),
    tick=st.sampled_from([0.01, 0.1, 0.25, 1.0, 7.0]),
    lot=st.sampled_from([1e-6, 0.01, 1.0]),
)
def test_it_trades_like_a_second_simulator(scripted, rows, orders, costs, tick, lot):
    table = script(*orders)
    result = simulate(scripted, [market(*rows, price_tick=tick, lot=lot)], costs=costs, tables=[table])
    fills, equity = reference(bars(*rows), table, 10_000.0, costs, tick, lot)
    assert [(f.side, f.quantity, f.price) for f in result.fills] == [pytest.approx(fill) for fill in fills]
    assert result.equity.tolist() == pytest.approx([10_000.0, *equity[3::4]])


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(bar, min_size=1, max_size=8), orders=st.lists(order, max_size=12, unique_by=lambda o: o[0]))
def test_no_fill_at_the_event_that_made_the_signal(scripted, rows, orders):
    """All prices are made different, so a fill's price tells its event: always the one after the signal's."""
    data = bars(*rows)
    for number, name in enumerate(("open", "high", "low", "close"), 1):
        data[name] += number * 1e-3 + np.arange(len(data)) * 1e-2
    data["high"] = np.maximum(np.maximum(data["high"], data["open"]), data["close"])
    data["low"] = np.minimum(np.minimum(data["low"], data["open"]), data["close"])
    path = [p for row in data for p in path_of(row)]
    result = simulate(scripted, [Market("A", data, MINUTE, price_tick=1e-9)], costs=FREE, tables=[script(*orders)])
    times = [int(row["time_ns"]) + offset for row in data for offset in (0, MINUTE // 3, 2 * (MINUTE // 3), CLOSE)]
    for fill in result.fills:
        sent = times.index(fill.signal_ns)
        assert fill.signal_price == pytest.approx(path[sent], rel=1e-12)
        assert fill.time_ns == times[sent + 1]
        assert fill.price == pytest.approx(path[sent + 1], rel=1e-9)


# --- the account -----------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(bar, min_size=6, max_size=6), min_size=1, max_size=3),
    orders=st.lists(st.lists(order, max_size=12, unique_by=lambda o: o[0]), min_size=3, max_size=3),
    costs=st.builds(Costs, st.floats(0, 0.05), st.floats(0, 0.05)),
)
def test_at_every_bar_cash_is_not_negative_and_equity_is_cash_plus_positions(scripted, rows, orders, costs):
    markets = [market(*each, symbol=str(i)) for i, each in enumerate(rows)]
    merged, pairs = merge(markets)
    run = allocate(scripted, markets, 1000.0, costs, [script(*each) for each in orders[: len(rows)]], START, MINUTE)
    engine = compile_engine(scripted.decide)
    for first in range(0, len(merged), len(markets)):
        engine.play_bars(run, merged, pairs, MINUTE, MINUTE, first, first + len(markets))
        account, positions = run.account[0], run.positions
        assert account.cash >= 0
        assert account.equity == pytest.approx(account.cash + (positions["quantity"] * positions["price"]).sum())
        assert account.peak >= account.equity - 1e-9
        assert account.invested == np.count_nonzero(positions["quantity"])
        waiting = positions[positions["order_side"] == BUY]
        assert account.reserved == pytest.approx((waiting["order_price"] * waiting["order_quantity"]).sum(), abs=1e-6)


def test_two_pairs_do_not_spend_the_same_cash(scripted):
    flat = (100.0, 100.0, 100.0, 100.0)
    markets = [market(flat, symbol="A"), market(flat, symbol="B")]
    result = simulate(scripted, markets, costs=FREE, tables=[script((1, BUY, 0.75)), script((1, BUY, 0.75))])
    assert result.fills["quantity"].tolist() == pytest.approx([75.0, 25.0])
    assert result.fills["pair"].tolist() == [0, 1]


# --- several pairs: step by step, and nobody sees another's future ---------------------------------------------------


@pytest.mark.parametrize(
    ("event", "bought"),
    [
        pytest.param(2, False, id="at the first extreme A's sale is only ordered: no cash"),
        pytest.param(3, True, id="at the second extreme it is filled: cash"),
    ],
)
def test_pairs_advance_together_phase_by_phase(scripted, event, bought):
    flat = (100.0, 100.0, 100.0, 100.0)
    markets = [market(flat, flat, symbol="A"), market(flat, flat, symbol="B")]
    tables = [script((1, BUY, 1.0), (6, SELL)), script((4 + event, BUY, 1.0))]
    result = simulate(scripted, markets, costs=FREE, tables=tables)
    assert (1 in result.fills["pair"]) == bought
    assert result.rejected == (0 if bought else 1)


@settings(max_examples=60, deadline=None)
@given(
    orders=st.lists(st.lists(order, max_size=12, unique_by=lambda o: o[0]), min_size=2, max_size=2),
    changed=st.integers(1, 9),
    factor=st.sampled_from([0.5, 0.9, 1.1, 3.0]),
)
def test_a_pairs_future_changes_no_earlier_fill_of_another(scripted, orders, changed, factor):
    rows = [walk(1, 10, step=MINUTE, volatility=0.05), walk(2, 10, step=MINUTE, volatility=0.05)]
    tables = [script(*each) for each in orders]

    def fills():
        both = [Market(name, each, MINUTE) for name, each in zip("AB", rows, strict=True)]
        return simulate(scripted, both, tables=tables).fills

    before = fills()
    for name in ("open", "high", "low", "close"):
        rows[0][name][changed:] *= factor
    after = fills()
    when = rows[0]["time_ns"][changed]
    assert before[before["time_ns"] < when].tobytes() == after[after["time_ns"] < when].tobytes()


THREE_WALKS = [walk(seed, 1500) for seed in (21, 22, 23)]


def trade_shipped(shipped, count=1500, **options):
    markets = [Market(name, rows[:count], HOUR) for name, rows in zip("ABC", THREE_WALKS, strict=True)]
    return simulate(shipped, markets, **options)


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(1, 1499))
def test_truncating_the_future_changes_no_past_fill(shipped, cut):
    whole, part = trade_shipped(shipped), trade_shipped(shipped, cut)
    assert len(whole.fills) > 50
    last = START + cut * HOUR
    assert part.fills.tobytes() == whole.fills[whole.fills["time_ns"] < last].tobytes()
    known = len(part.equity) - 1
    assert part.equity[:known].tobytes() == whole.equity[:known].tobytes()


def test_bars_of_two_pairs_that_overlap_without_opening_together_are_refused(scripted):
    half = MINUTE // 2
    with pytest.raises(DataError, match="The bars of A, B overlap"):
        simulate(scripted, [market(RISING, symbol="A"), market(RISING, symbol="B", start=START + half)])


def test_pairs_may_start_late_end_early_and_have_gaps(scripted):
    rows = bars(*[RISING] * 6)
    markets = [Market("A", rows[:3], MINUTE), Market("B", rows[[1, 2, 4, 5]], MINUTE)]
    result = simulate(scripted, markets, costs=FREE, tables=[script((1, BUY, 0.1)), script((9, BUY, 0.1))])
    assert result.events == 7 * 4
    assert result.fills["pair"].tolist() == [0, 1]
    assert result.fills["time_ns"].tolist() == [START + MINUTE // 3, START + 4 * MINUTE + MINUTE // 3]


# --- chunks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [16, 100, 1 << 20])
def test_where_the_chunks_end_does_not_matter(shipped, chunk):
    expected = trade_shipped(shipped)
    ours = trade_shipped(shipped, events_per_chunk=chunk)
    assert ours.fingerprint == expected.fingerprint
    assert ours.fills.tobytes() == expected.fills.tobytes()
    assert (ours.times_ns.tobytes(), ours.equity.tobytes()) == (expected.times_ns.tobytes(), expected.equity.tobytes())
    assert (ours.events, ours.exposed_ns, ours.rejected) == (expected.events, expected.exposed_ns, expected.rejected)


def test_progress_is_told_up_to_the_last_row(shipped):
    told: list[tuple[int, int]] = []
    trade_shipped(shipped, progress=lambda done, total: told.append((done, total)), events_per_chunk=1000)
    assert told == sorted(told)
    assert told[-1] == (4500, 4500)
    assert len(told) > 10


# --- events ----------------------------------------------------------------------------------------------------------


def events(*rows: tuple[int, int, float]) -> np.ndarray:
    """(seconds, kind, price)."""
    out = np.zeros(len(rows), EVENT)
    for i, (seconds, kind, each) in enumerate(rows):
        out["time_ns"][i], out["kind"][i], out["price"][i] = START + seconds * NANOSECONDS, kind, each
    out["pair"] = 7  # the recorder's number, not this run's
    return out


def test_recorded_events_are_traded_one_by_one(scripted):
    rows = events((0, QUOTE, 100.0), (1, TRADE, 101.0), (1, TRADE, 102.0), (61, BAR, 103.0))
    result = simulate(scripted, [Market("A", rows, 0)], costs=FREE, tables=[script((1, BUY, 0.1), (3, SELL))])
    assert result.fills["price"].tolist() == [101.0, 103.0]
    assert result.fills["pair"].tolist() == [0, 0]
    assert result.events == 4
    # ten bought at 101; a minute in, they were last seen at 102
    assert result.times_ns.tolist() == [START, START + MINUTE, START + 61 * NANOSECONDS]
    assert result.equity.tolist() == pytest.approx([10_000.0, 10_010.0, 10_020.0])


def test_events_of_several_pairs_are_merged_by_time(scripted):
    first, second = events((0, TRADE, 10.0), (2, TRADE, 11.0)), events((1, TRADE, 20.0), (3, TRADE, 21.0))
    tables = [script((1, BUY, 0.1)), script((1, BUY, 0.1))]
    result = simulate(scripted, [Market("A", first, 0), Market("B", second, 0)], costs=FREE, tables=tables)
    assert result.fills[["pair", "price"]].tolist() == [(0, 11.0), (1, 21.0)]


# --- what is refused -------------------------------------------------------------------------------------------------


def broken(name: str, value: float, row: int = 1) -> np.ndarray:
    rows = bars(RISING, RISING, RISING)
    rows[name][row] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(bars(RISING)[:0], "is empty", id="empty"),
        pytest.param(bars(RISING, RISING)[::-1], "not in order of time", id="backwards"),
        pytest.param(bars(RISING, RISING, step=0), "not in order of time", id="two bars of one time"),
        pytest.param(bars(RISING, RISING, step=MINUTE // 2), "overlap", id="half a bar later"),
        pytest.param(broken("close", math.nan), "A: close of row 1 is nan", id="NaN"),
        pytest.param(broken("open", math.inf), "A: open of row 1 is inf", id="infinite"),
        pytest.param(broken("low", 0.0, row=2), "A: low of row 2 is 0.0", id="zero"),
        pytest.param(broken("high", -1.0, row=0), "A: high of row 0 is -1.0", id="negative"),
        pytest.param(broken("high", 104.0), "A: high of row 1 is 104.0.*highest", id="a high below the close"),
        pytest.param(broken("low", 101.0), "A: low of row 1 is 101.0.*lowest", id="a low above the open"),
        pytest.param(broken("volume", -1.0), "A: volume of row 1 is -1.0", id="a negative volume"),
        pytest.param(broken("volume", math.nan), "A: volume of row 1 is nan", id="a volume that is none"),
        pytest.param(events((0, TRADE, 1.0), (1, TRADE, 0.0)), "A: price of row 1 is 0.0", id="a trade at zero"),
        pytest.param(events((1, TRADE, 1.0), (0, TRADE, 1.0)), "not in order of time", id="events backwards"),
    ],
)
def test_a_bad_history_is_refused(scripted, rows, message):
    with pytest.raises(DataError, match=message):
        simulate(scripted, [Market("A", rows, MINUTE)])


def test_nothing_and_mixed_timeframes_are_refused(scripted):
    with pytest.raises(DataError, match="nothing to simulate"):
        simulate(scripted, [])
    with pytest.raises(DataError, match="different timeframes"):
        simulate(scripted, [market(RISING), Market("B", bars(RISING), HOUR)])
    with pytest.raises(DataError, match="different timeframes"):
        simulate(scripted, [market(RISING), Market("B", events((0, TRADE, 1.0)), 0)])


@pytest.mark.parametrize("cash", [0.0, -1.0, math.nan, math.inf])
def test_an_account_without_cash_is_refused(scripted, cash):
    with pytest.raises(ConfigurationError, match="cash above zero"):
        simulate(scripted, [market(RISING)], cash=cash)


@pytest.mark.parametrize("wrong", [-0.1, 1.0, math.nan])
@pytest.mark.parametrize("name", ["fee", "slippage"])
def test_a_cost_that_is_no_fraction_is_refused(name, wrong):
    with pytest.raises(ConfigurationError, match=f"The {name} is {wrong}"):
        Costs(**{name: wrong})


@pytest.mark.parametrize("name", ["price_tick", "lot"])
@pytest.mark.parametrize("wrong", [0.0, -1.0, math.nan, math.inf])
def test_a_grid_of_nothing_is_refused(name, wrong):
    with pytest.raises(ConfigurationError, match=f"A: {name} is {wrong}"):
        market(RISING, **{name: wrong})


def test_a_strategy_that_fails_is_named_with_the_event(tmp_path):
    failing = SCRIPTED["decide.py"].replace("s.events += 1", "s.events += 1\n    table[int(s.events) * 11, 0] += 0.0")
    with pytest.raises(StrategyError, match=r"failed at event 3: IndexError"):
        simulate(load(write(tmp_path / "failing", SCRIPTED | {"decide.py": failing})), [market(RISING)])


def test_a_strategy_that_does_not_compile_is_told_with_its_line(tmp_path):
    wrong = SCRIPTED["decide.py"].replace("s.events += 1", "s.events += 'one'")
    with pytest.raises(StrategyError, match=r"does not compile(.|\n)*s\.events \+= 'one'"):
        simulate(load(write(tmp_path / "wrong", SCRIPTED | {"decide.py": wrong})), [market(RISING)])


# --- fingerprint -----------------------------------------------------------------------------------------------------

NO_OPS = {
    "a comment": ("rules.py", "@kernel\ndef stop_loss", "# about stops\n@kernel\ndef stop_loss"),
    "a renamed local": ("signals.py", "trend", "direction"),
    "a rule that never fires": (
        "rules.py",
        "        cooldown(f),\n    )",
        "        cooldown(f),\n        never(f),\n    )\n\n\n@kernel\ndef never(f: Features) -> int:\n"
        "    return FORBID_ENTRY if f.price < 0.0 else ALLOW",
    ),
}


def edited_result(path, old, new):
    files = dict(Source.shipped().files)
    assert old in files[path].decode()
    files[path] = files[path].decode().replace(old, new).encode()
    return trade_shipped(load(Source.of(files)))


@pytest.mark.parametrize("edit", few(NO_OPS, "a renamed local"))
def test_an_edit_that_changes_nothing_keeps_the_fingerprint(shipped, edit):
    assert edited_result(*NO_OPS[edit]).fingerprint == trade_shipped(shipped).fingerprint


def test_an_edit_that_trades_otherwise_changes_the_fingerprint(shipped):
    changed = edited_result("rules.py", "f.profit >= P.take_profit", "f.profit >= 0.5 * P.take_profit")
    assert changed.fingerprint != trade_shipped(shipped).fingerprint


@pytest.mark.parametrize("change", ["cash", "fee", "symbol"])
def test_other_money_or_another_pair_changes_the_fingerprint(scripted, change):
    def fingerprint(**options):
        costs = Costs(fee=options.get("fee", 0.001))
        rows = [market(RISING, symbol=options.get("symbol", "A"))]
        return simulate(
            scripted, rows, cash=options.get("cash", 1e4), costs=costs, tables=[script((1, BUY, 0.1))]
        ).fingerprint

    assert fingerprint() == fingerprint()
    assert fingerprint() != fingerprint(**{change: {"cash": 2e4, "fee": 0.002, "symbol": "B"}[change]})


# --- the shipped strategy --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_defaults_trade_dozens_of_times_in_five_thousand_hours(shipped, seed):
    result = simulate(shipped, [Market("LIQUID", walk(seed, 5000), HOUR)])
    trades = np.count_nonzero(result.fills["side"] == SELL)
    assert 24 <= trades <= 500
    assert 0.02 < result.exposed_ns / (5000 * HOUR) < 0.8
    assert result.events == 20_000


def test_a_q_table_has_a_say(shipped):
    bullish = np.zeros(shipped.table_shape)
    bullish[:, BUY] = 1.0
    assert trade_shipped(shipped, tables=[bullish] * 3).fingerprint != trade_shipped(shipped).fingerprint
    assert trade_shipped(shipped, tables=[None, None]).fingerprint == trade_shipped(shipped).fingerprint


def test_months_that_are_longer_than_their_nominal_thirty_days_have_room_for_their_samples(scripted):
    opens = np.arange("2000-01", "2025-01", dtype="datetime64[M]").astype("datetime64[ns]").astype(np.int64)
    rows = bars(*[RISING] * len(opens))
    rows["time_ns"] = opens
    result = simulate(scripted, [Market("A", rows, 30 * 24 * HOUR)])
    assert result.events == 4 * len(opens)
    assert len(result.equity) > len(opens)  # more nominal months than real ones
