"""What the judge counts: tapes, accounts, and grades, each against figures worked out another way."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.backtest import Costs, Market, simulate
from core.backtest.inputs import check_rows
from core.backtest.plain import Grid, Terms
from core.contracts import AddRule, Condition, EditPlan, RemoveRule, Rename, SetParameter
from core.kernel import BAR, BAR_ROW, BUY, DECISION, EVENT, HELD, HELD_AT, HOLD, NANOSECONDS, SELL, TRADE
from core.metrics import Metrics
from core.strategy import Source, load
from sandbox.tasks.trading import Bench
from services.guardian.answers import Prepared
from services.guardian.fuzz import fuzz
from services.guardian.gates import backtest, behaviour, causality, twin
from services.guardian.gates.compile import explain
from services.guardian.gates.compile import grade as grade_compile
from services.guardian.made import made_markets, rehearsal
from services.guardian.play import recount
from services.guardian.restricting import restricts_entries
from services.guardian.tape import Tape, newest, tape_of
from services.guardian.work import timing as timed

HOUR = 3_600 * NANOSECONDS


@pytest.fixture(scope="module")
def bench() -> Bench:
    made = Bench(Source.shipped())
    assert made.prepare()["fault"] == ""
    return made


def trade(bench: Bench, tape: Tape, terms: Terms):
    told = bench.trade(tape.data, [list(grid) for grid in tape.grids], list(terms), tape.timeframe_ns, bars=tape.bars)
    assert told["fault"] == ""
    return recount(tape, terms, np.frombuffer(told["decisions"], DECISION)), told


# The account ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("costs", [Costs(), Costs(0.002, 0.0004)], ids=["usual", "doubled"])
def test_the_account_trades_bit_for_bit_as_the_backtest_does(bench, costs):
    markets = made_markets()
    known = simulate(load(Source.shipped()), markets, costs=costs)
    play, told = trade(bench, tape_of(markets, "history"), Terms(fee=costs.fee, slippage=costs.slippage))
    assert len(known.fills) > 400
    assert play.fills.tobytes() == known.fills.tobytes()
    assert play.fingerprint == known.fingerprint
    assert np.array_equal(play.equity, known.equity)
    assert np.array_equal(play.times_ns, known.times_ns)
    assert (play.exposed_ns, play.rejected) == (known.exposed_ns, known.rejected)
    assert (told["equity"], told["fills"]) == (known.equity[-1], len(known.fills))


def events_at(prices: list[float]) -> Tape:
    events = np.zeros(len(prices), EVENT)
    events["price"], events["kind"], events["time_ns"] = prices, TRADE, 10 * HOUR + np.arange(len(prices)) * HOUR
    events["sequence"], events["advice"] = np.arange(1, len(prices) + 1), np.nan
    return Tape("tape", ("A",), events, (Grid(0.1, 1.0, 5.0),), HOUR)


def actions(*wanted: int) -> np.ndarray:
    decisions = np.zeros(len(wanted), DECISION)
    decisions["action"], decisions["size"] = wanted, 0.5
    decisions["stop"] = decisions["target"] = np.nan
    return decisions


def test_an_order_is_filled_at_the_next_event():
    play = recount(events_at([100, 110, 120, 130]), Terms(fee=0.01, slippage=0.0), actions(BUY, HOLD, SELL, HOLD))
    bought, sold = play.fills
    # 5,000 of 10,000 buys 50 at 100, filled at 110 = 5,500 and a fee of 55; sold at 130 = 6,500 and a fee of 65
    assert (bought.quantity, bought.price, bought.fee) == (50.0, 110.0, 55.0)
    assert (sold.quantity, sold.price, sold.fee, sold.profit) == (50.0, 130.0, 65.0, 1000.0 - 65.0 - 55.0)
    assert play.equity[-1] == 10_000 + 1000 - 65 - 55
    assert play.signals.tolist() == [0, 2]


def test_an_order_that_is_a_bar_late_is_filled_then_and_none_is_sent_meanwhile():
    decisions = actions(BUY, BUY, HOLD, HOLD)
    play = recount(events_at([100, 110, 120, 130]), Terms(fee=0.0, slippage=0.0, delay_ns=2 * HOUR), decisions)
    assert [(fill.price, fill.signal_price) for fill in play.fills] == [(120.0, 100.0)]


def test_nothing_is_ordered_before_the_window():
    tape = events_at([100, 110, 120, 130])
    begin = int(tape.events["time_ns"][2])
    play = recount(tape, Terms(fee=0.0, slippage=0.0, trade_from_ns=begin), actions(BUY, BUY, BUY, HOLD))
    assert [fill.price for fill in play.fills] == [130.0]


def test_the_position_is_shown_with_the_event_after_the_fill():
    play = recount(events_at([100, 110, 120]), Terms(fee=0.0, slippage=0.0), actions(BUY, HOLD, HOLD))
    assert play.shown["position"].tolist() == [0.0, 50.0, 50.0]
    assert play.shown["best_price"].tolist() == [0.0, 110.0, 120.0]


def test_where_the_account_writes_positions_lie_the_fields_of_an_event():
    event = np.zeros(1, EVENT)
    held = bytearray(event.tobytes())
    HELD.pack_into(held, HELD_AT, 1.0, 2.0, 3.0, 4, 5, 6.0)
    filled = np.frombuffer(held, EVENT)[0]
    assert [filled[name] for name in ("position", "entry_price", "best_price", "entry_ns", "exit_ns", "drawdown")] == [
        *(1.0, 2.0, 3.0, 4, 5, 6.0)
    ]


# Tapes ----------------------------------------------------------------------------------------------------------------


def test_made_markets_are_the_same_on_every_machine():
    """The seed's own figures: another generator, or another grid, would tell of another history."""
    assert [market.rows["close"][-1] for market in made_markets()] == [26763.82, 2314.98, 39.31]
    for market in made_markets():
        check_rows(market)
        assert len(market.rows) == 3000


def test_the_shipped_strategy_trades_dozens_of_times_on_what_is_made(bench):
    for tape in (tape_of(made_markets(), "history"), rehearsal()):
        play, _ = trade(bench, tape, Terms())
        assert 48 <= len(play.fills) <= 1000
        assert set(np.unique(play.fills["pair"])) == {0, 1, 2}


def test_the_rehearsal_has_what_a_history_of_bars_lacks(bench):
    play, _ = trade(bench, rehearsal(), Terms())
    events, decisions = play.shown, play.decisions
    assert (np.diff(events["time_ns"]) >= 0).all()
    assert {1, 2, 3} == set(np.unique(events["kind"]))
    for signal in ("orderbook", "flow", "advice", "technical"):
        spoken = np.isfinite(decisions[signal])
        assert 0.1 < spoken.mean() <= 1.0, signal
    assert len(np.unique(events["time_ns"] // (24 * HOUR))) >= 7


def test_every_event_made_by_chance_is_one_that_a_market_could_send():
    events = fuzz("a" * 40, 5000, pairs=3).events
    for name in EVENT.names:
        if name != "advice":
            assert np.isfinite(events[name]).all(), name
    assert (events["price"] > 0).all()
    assert (np.diff(events["time_ns"]) >= 0).all()
    assert (events["bid"] <= events["ask"]).all()
    held = events["position"] > 0
    assert (events["entry_price"][held] > 0).all()
    assert (events["best_price"][held] >= events["price"][held]).all()
    assert (events["entry_ns"][held] <= events["time_ns"][held]).all()
    assert np.isnan(events["advice"]).any()
    assert (fuzz("a" * 40, 50, 3).events.tobytes() == fuzz("a" * 40, 50, 3).events.tobytes()) is True
    assert fuzz("a" * 40, 50, 3).events.tobytes() != fuzz("b" * 40, 50, 3).events.tobytes()


def test_the_newest_part_has_its_lead_before_it():
    market = Market("A", made_markets()[0].rows[:1000], HOUR)
    (kept,), begin_ns = newest([market], 0.3, 50)
    assert int((kept.rows["time_ns"] >= begin_ns).sum()) == 300
    assert len(kept.rows) == 350


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2)), min_size=1, max_size=30, unique=True))
@settings(max_examples=60)
def test_bars_of_several_pairs_become_events_in_order_of_time(places):
    """Whatever bars are missing: four events of each bar, never one before its open nor after the next one's."""
    markets = []
    for pair in {pair for _, pair in places}:
        hours = sorted(hour for hour, other in places if other == pair)
        rows = np.zeros(len(hours), BAR_ROW)
        rows["time_ns"] = np.array(hours) * HOUR
        rows["open"], rows["high"], rows["low"], rows["close"], rows["volume"] = 10.0, 12.0, 9.0, 11.0, 1.0
        markets.append(Market(f"P{pair}", rows, HOUR))
    events = tape_of(markets, "tape").events
    assert len(events) == 4 * len(places)
    assert (np.diff(events["time_ns"]) >= 0).all()
    for pair, market in enumerate(markets):
        own = events[events["pair"] == pair]
        assert own["price"].reshape(-1, 4).tolist() == [[10.0, 9.0, 12.0, 11.0]] * len(market.rows)
        assert (own["kind"].reshape(-1, 4) == [TRADE, TRADE, TRADE, BAR]).all()
        opens = np.repeat(market.rows["time_ns"], 4)
        assert ((own["time_ns"] >= opens) & (own["time_ns"] < opens + HOUR)).all()


# Grades ---------------------------------------------------------------------------------------------------------------

STILL = Metrics(
    *(0.02, None, 1.0, None, None, 0.03, 1.0, None, None, None, 0.5, 80, None, None, None, None, None, 150.0, "")
)


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        ({}, False),
        ({"total_return": -0.05, "max_drawdown": 0.08}, False),  # worse, and told: not clearly
        ({"total_return": 0.0, "trades": 0, "fees": 0.0, "win_rate": None}, False),
        ({"max_drawdown": 0.12}, False),  # nine points more
        ({"max_drawdown": 0.14}, True),  # eleven
        ({"total_return": -0.11}, True),
        ({"total_return": None}, True),
        ({"total_return": math.nan}, True),
        ({"max_drawdown": math.nan}, True),
        ({"fees": math.inf}, True),
        ({"total_return": -0.5, "max_drawdown": 0.5}, True),
        ({"fees": 900.0}, False),  # larger orders
        ({"fees": 900.0, "trades": 300}, True),  # more of them
        ({"fees": 490.0, "trades": 300}, False),  # not yet a twentieth of the money
    ],
    ids=str,
)
def test_only_what_is_clearly_worse_is_refused(change, refused):
    after = replace(STILL, **change)
    assert bool(list(backtest.clearly_worse(STILL, after))) == refused


@pytest.mark.parametrize("figure", ["total_return", "max_drawdown", "fees"])
def test_a_parent_whose_figures_are_no_numbers_is_no_yardstick(figure):
    assert list(backtest.clearly_worse(replace(STILL, **{figure: math.nan}), STILL))


def test_doubled_costs_and_a_bar_late_are_judged_half_as_strictly_again():
    after = replace(STILL, total_return=-0.12, max_drawdown=0.14)
    assert len(list(backtest.grade({"usual": (STILL, after)}).refusals)) == 2
    assert not backtest.grade({"usual": (STILL, STILL), "doubled_costs": (STILL, after)}).refusals
    far = replace(STILL, total_return=-0.16, max_drawdown=0.19)
    assert len(backtest.grade({"usual": (STILL, STILL), "one_bar_late": (STILL, far)}).refusals) == 2


def test_no_trade_at_all_is_refused_unless_the_plan_wants_fewer_positions():
    none = {"usual": (replace(STILL, trades=5), replace(STILL, trades=0))}
    assert "does not trade once" in backtest.grade(none).refusals[0]
    told = backtest.grade(none, fewer=True)
    assert not told.refusals
    assert "does not trade once" in told.notes[1]
    assert not backtest.grade({"usual": (replace(STILL, trades=4), replace(STILL, trades=0))}).refusals
    thin = Condition(feature="volume", op=">", other="volume_average")
    wants = {
        AddRule("entry", "require", thin, "lively"): True,
        AddRule("exit", "force", thin, "lively"): False,
        SetParameter("buy_threshold", 0.9, 0.3): True,
        SetParameter("buy_threshold", 0.1, 0.3): False,
        SetParameter("weight_flow", 0.0, 0.3): True,
        SetParameter("stop_loss", 0.1, 0.02): False,
    }
    assert {one: restricts_entries(EditPlan((one,))) for one in wants} == wants
    assert not restricts_entries(None)


def test_a_wild_parent_is_no_yardstick_for_a_small_drawdown():
    """A parent that fell by 30 % by itself: 55 % is not twice that, but it is ruin."""
    wild = replace(STILL, max_drawdown=0.30)
    assert not list(backtest.clearly_worse(wild, replace(wild, max_drawdown=0.45)))
    assert list(backtest.clearly_worse(wild, replace(wild, max_drawdown=0.55)))


def timing(events: float, anchors: float = 1000.0, stalls: int = 0) -> timed.Timing:
    each = np.full(40, events)
    each[:stalls] = 500.0
    return timed.Timing(each, np.full(40, anchors))


@pytest.mark.parametrize(
    ("after", "before", "refused"),
    [
        (timing(1.5), timing(1.5), False),
        (timing(0.7), timing(0.5), False),  # two fifths more, but 0.2 us are no harm
        (timing(9.0), timing(1.5), True),
        (timing(26.0), timing(22.0), False),  # 4 us more, but not a fifth as much again
        (timing(9.0, anchors=6000.0), timing(1.5), False),  # its box is slow at everything
        (timing(float("nan")), timing(1.5), True),
        (timing(1.5, stalls=1), timing(1.5), False),
        (timing(1.5, stalls=2), timing(1.5), True),
        (timing(1.5, stalls=2), timing(1.5, stalls=2), False),  # so is the machine
    ],
)
def test_slower_is_slower_by_every_measure(after, before, refused):
    assert bool(timed.grade(after, before).refusals) == refused


def test_time_that_the_work_explains_is_no_refusal():
    assert timed.grade(timing(2.0), timing(1.5)).refusals
    assert not timed.grade(timing(2.0), timing(1.5), work=1.2).refusals
    assert timed.grade(timing(1.9), timing(1.5), work=0.5).refusals, "less work is no reason to take as long"


@pytest.mark.parametrize(
    ("operations", "nothing"),
    [
        ((Rename("rule", "cooldown", "rest"),), True),
        ((SetParameter("stop_loss", 0.02, 0.02),), True),
        ((SetParameter("stop_loss", 0.03, 0.02),), False),
        ((Rename("rule", "cooldown", "rest"), RemoveRule("rest")), False),
    ],
)
def test_which_plans_declare_to_change_nothing(operations, nothing):
    assert behaviour.declares_nothing(EditPlan(operations)) == nothing
    assert not behaviour.declares_nothing(None)


def test_twenty_times_as_often_is_too_often_and_a_hundred_of_none_is_not():
    tape = events_at([100.0 + i % 2 for i in range(2001)])
    often = recount(tape, Terms(fee=0.0, slippage=0.0), actions(*[BUY, SELL] * 1000, HOLD))
    some = recount(tape, Terms(), actions(*([BUY, SELL] * 60), *[HOLD] * 1881))
    never = recount(tape, Terms(), actions(*[HOLD] * 2001))
    assert len(often.fills) > 1000
    assert "trades" in next(behaviour.check_amount_traded([often], [never]))
    assert not list(behaviour.check_amount_traded([some], [never]))
    assert "never trades" in next(behaviour.check_amount_traded([never], [some]))
    assert not list(behaviour.check_amount_traded([never, some], [some, some])), "it still trades somewhere"
    assert "as there are live" in next(behaviour.check_live([(some, some), (never, some)]))
    assert not list(behaviour.check_live([(some, some), (some, some)]))
    assert not list(behaviour.check_live([(never, some), (never, some)])), "which is never at all, and said so"


def test_everything_in_positions_all_the_time_is_refused_unless_the_parent_does_it():
    tape = events_at([100.0] * 50)
    decisions = actions(BUY, *[HOLD] * 49)
    half = recount(tape, Terms(fee=0.0, slippage=0.0), decisions)
    decisions["size"] = 1.0
    full = recount(tape, Terms(fee=0.0, slippage=0.0), decisions)
    assert half.usually_invested == pytest.approx(0.5)
    assert "money in positions" in next(behaviour.check_amount_traded([full], [half]))
    assert not list(behaviour.check_amount_traded([full], [full]))


def test_a_fill_no_later_than_its_signal_or_at_no_price_of_its_market_is_found():
    play = recount(events_at([100, 110, 120, 130]), Terms(fee=0.0, slippage=0.0), actions(BUY, HOLD, SELL, HOLD))
    assert not list(causality.check_fills(play))
    early, better = play.fills.copy(), play.fills.copy()
    early["time_ns"][0] = early["signal_ns"][0]
    better["price"][0] = 90.0
    assert "no later" in next(causality.check_fills(replace(play, fills=early)))
    assert "which no later event offered" in next(causality.check_fills(replace(play, fills=better)))


def test_a_bit_is_a_difference_between_twins():
    tape = events_at([100.0, 101.0])
    compiled, plain = actions(HOLD, HOLD), actions(HOLD, HOLD)
    assert twin.find_differences(tape, tape.events, compiled, plain) == []
    plain["score"][1] = -0.0
    assert "the first at event 2: score 0.0 and -0.0" in twin.find_differences(tape, tape.events, compiled, plain)[0]


KERNEL = {"nopython": 1, "signatures": 1, "boundscheck": True, "fastmath": False}


@pytest.mark.parametrize(
    ("prepared", "passes"),
    [
        (Prepared("tree", "", KERNEL, 144, 3), True),
        (Prepared("other", "", KERNEL), False),
        (Prepared("tree", "", {}), False),
        (Prepared("tree", "", {**KERNEL, "nopython": 0}), False),
        (Prepared("tree", "", {**KERNEL, "fastmath": True}), False),
        (Prepared("tree", "", {**KERNEL, "boundscheck": False}), False),
        (Prepared("tree", "it raised", KERNEL), False),
    ],
)
def test_only_a_kernel_of_just_this_tree_compiles(prepared, passes):
    assert (not grade_compile(prepared, "tree", 1.0).refusals) == passes


def test_a_fault_is_told_with_the_innermost_line_of_the_strategy():
    story = (
        "TypingError: Failed in nopython mode pipeline (step: nopython frontend)\nCannot unify\n"
        'File "<strategy 0123456789ab>/decide.py", line 7:\nFile "<strategy 0123456789ab>/rules.py", line 12:\n'
    )
    assert explain(story + "\ndecide.py:7") == "rules.py:12: TypingError: Cannot unify"
    assert explain("ZeroDivisionError: division by zero\ndecide.py:7 rules.py:30") == (
        "rules.py:30: ZeroDivisionError: division by zero"
    )
    assert explain("KeyError: 'x'\n", "KeyError: 'x'\nstate.py:3") == "state.py:3: KeyError: 'x'"
    assert explain("SystemExit: \n") == "SystemExit:"
