"""What is told of a plan before its yes: conditions and purchases as the shipped strategy itself has them."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from core.contracts import AddIndicator, AddRule, Condition, EditPlan, Operation, SetOverride, SetParameter
from core.indicators import side
from core.kernel import BUY
from core.settings import Settings
from core.strategy import Source
from core.symbols import Symbols
from core.warming import wanted
from services.guardian.case import Evidence
from services.guardian.foreseen.buying import could_buy
from services.guardian.foreseen.chart import Chart
from services.guardian.foreseen.foresee import Foreseen, charts_of, foresee
from services.guardian.foreseen.truth import crosses, truth
from services.guardian.known.acting import chosen
from services.guardian.known.beliefs import ensemble, technical
from services.guardian.known.memory import remembered
from services.guardian.known.sights import seen
from services.guardian.known.values import Values
from services.guardian.made import made_markets
from services.guardian.tape import tape_of
from tests.guardian.conftest import SHIPPED

MADE = Evidence(made_markets(), "made")
RSI_OF_NOBODY = Condition(feature="rsi", op="<", value=1)
ALWAYS = Condition(feature="volume", op=">=", value=0)
UNSEEN = Condition(feature="profit", op=">", value=0.01)


def told(*operations: Operation, parent: Source = SHIPPED, evidence: Evidence = MADE) -> Foreseen:
    return foresee(EditPlan(operations), parent, Settings(), evidence)


def rule(when: Condition, side: str = "entry", effect: str = "require") -> AddRule:
    return AddRule(side, effect, when, "mine")  # type: ignore[arg-type]  # the words are right


def charts(bars: int = 3000, zone: str = "America/Sao_Paulo") -> list[Chart]:
    cut = [replace(market, rows=market.rows[:bars]) for market in made_markets()[:1]]
    return list(charts_of(EditPlan((rule(ALWAYS),)), SHIPPED, Evidence(cut, "made", zone)))


def test_a_chart_and_its_purchases_are_those_of_the_formulas_that_the_gate_holds_against_the_shipped_strategy() -> None:
    (chart,) = charts(bars=260)
    tape, values = tape_of([chart.market], "history", "America/Sao_Paulo"), Values(chart.values, {})
    states = remembered(tape.events, values)
    known = seen(tape.events, states, np.zeros(len(tape.events)), values)
    warm = 4 * wanted(SHIPPED.files).own
    for name in ("price", "hour", "weekday", "rsi", "macd_signal", "bollinger_lower", "volume_average", "atr"):
        column = chart.column(name)
        assert column is not None
        np.testing.assert_allclose(column.ravel()[warm:], known[name][warm:], rtol=1e-9)
    buys = []
    for place in range(3, len(tape.events), 4):  # at the closes, and it stands until the next
        score = technical({name: column[place] for name, column in known.items()}, warm=True, values=values)
        _, (confidence, *_) = ensemble((score, *[np.nan] * 4), values)
        action, _ = chosen((), score, confidence, invested=False, warm=True, values=values)
        buys.append(action == BUY)
    flags = could_buy(chart)
    assert flags is not None
    assert 10 < sum(buys) < 200
    np.testing.assert_array_equal(flags[warm // 4 :, 3], buys[warm // 4 :])
    np.testing.assert_array_equal(flags[1:, :3], np.repeat(flags[:-1, 3:], 3, axis=1))


def test_a_rule_that_never_or_always_speaks_is_told_with_its_figures() -> None:
    never = told(rule(RSI_OF_NOBODY))
    assert [(said.times, said.bars) for said in never.speaks] == [(0, 3 * (3000 - wanted(SHIPPED.files).own))]
    assert never.history == "made"
    always = told(rule(ALWAYS, "exit", "force"))
    assert [said.times == said.bars > 8000 for said in always.speaks] == [True]
    assert not told(rule(Condition(feature="rsi", op="<", value=35)))
    hardly = told(rule(Condition(feature="rsi", op="<", value=np.nextafter(lowest_rsi(), 100.0)), "exit", "force"))
    assert [said.times for said in hardly.speaks] == [1]


def lowest_rsi() -> float:
    lead = wanted(SHIPPED.files).own
    found = [chart.closing("rsi") for chart in charts_of(EditPlan((rule(ALWAYS),)), SHIPPED, MADE)]
    return float(min(column[lead:-1].min() for column in found if column is not None))


@pytest.mark.parametrize("effect", ["require", "forbid", "force"])
def test_what_bars_do_not_show_may_be_anything(effect: str) -> None:
    assert not told(rule(UNSEEN, effect=effect))
    assert not told(rule(Condition(any=(UNSEEN, RSI_OF_NOBODY)), effect=effect))
    assert not told(rule(Condition(all=(UNSEEN, ALWAYS)), effect=effect))
    (never,) = told(rule(Condition(all=(UNSEEN, RSI_OF_NOBODY)), effect=effect)).speaks
    (always,) = told(rule(Condition(any=(UNSEEN, ALWAYS)), effect=effect)).speaks
    assert (never.times, always.times) == (0, always.bars)


def test_a_crossing_is_the_one_that_a_strategy_remembers() -> None:
    chance = np.random.default_rng(3)
    left, right = (chance.integers(-2, 3, (500, 4)).astype(float) for _ in range(2))
    left[chance.random(left.shape) < 0.05] = np.nan
    before, rises = 0.0, []
    for value, other in zip(left.ravel(), right.ravel(), strict=True):
        rises.append(before < 0.0 and value > other)
        before = side(value, other, before)
    np.testing.assert_array_equal(crosses(left, right, above=True).ravel(), rises)
    np.testing.assert_array_equal(crosses(right, left, above=False).ravel(), rises)
    (chart,) = charts()
    crossed = truth(Condition(cross="above", feature="ema_fast", other="ema_slow"), chart).certain
    assert 10 < crossed.sum() < 200


def test_a_held_out_window_without_a_purchase_is_told() -> None:
    quiet = told(rule(RSI_OF_NOBODY)).quiet
    assert quiet is not None
    assert (quiet.bars, quiet.last) == (2700, "2024-05-04")
    assert quiet.before > 100
    assert told(SetParameter("weight_technical", 0.0, 0.35)).quiet == quiet
    assert not told(SetParameter("buy_threshold", 0.5, 0.3))
    assert not told(SetOverride("weight_technical", "MADEAUSDT", 0.0, 0.35)), "the other two go on buying"
    assert told(rule(RSI_OF_NOBODY), rule(UNSEEN, effect="force")).quiet is None, "one that forces may buy"


def test_an_indicator_of_the_same_plan_is_known() -> None:
    added = AddIndicator("sma", "sma_50", {"period": 50})
    (said,) = told(added, rule(Condition(feature="sma_50", op="<", value=0.5))).speaks
    assert (said.times, said.bars) == (0, 3 * (3000 - 50))
    assert not told(replace_longer(added), rule(Condition(feature="sma_50", op="<", value=0.5)))


def replace_longer(one: AddIndicator) -> AddIndicator:
    return AddIndicator(one.kind, one.name, one.parameters, "4h")


def test_nothing_is_told_of_a_strategy_whose_features_are_its_own() -> None:
    text = SHIPPED.files["indicators.py"].replace(
        b"change = e.price - previous", b"change = 2.0 * (e.price - previous)"
    )
    own = Source.of({**SHIPPED.files, "indicators.py": text})
    assert own.tree_hash != SHIPPED.tree_hash
    assert not told(rule(RSI_OF_NOBODY), parent=own)
    renamed = {
        name: data.replace(b"rsi_period", b"my_period").replace(b"buy_threshold", b"from_here")
        for name, data in SHIPPED.files.items()
    }
    assert "my_period" in Symbols.of(renamed).parameters
    assert told(rule(RSI_OF_NOBODY), parent=Source.of(renamed)).quiet is not None


def test_a_year_of_hours_of_four_pairs_takes_a_blink() -> None:
    market = made_markets()[0]
    rows = np.concatenate([market.rows] * 3)[:8784]
    rows["time_ns"] = market.rows["time_ns"][0] + np.arange(8784) * market.timeframe_ns
    year = Evidence([replace(market, symbol=f"Y{number}USDT", rows=rows) for number in range(4)], "a year")
    asked = rule(Condition(all=(RSI_OF_NOBODY, Condition(feature="price", op="<", other="bollinger_lower"))))
    told(asked, evidence=year)
    took = []
    for _ in range(2):
        begun = time.thread_time()
        told(asked, evidence=year)
        took.append(time.thread_time() - begun)
    assert min(took) < 0.1
