"""A rule that speaks when one thing crosses another: once each time, and not by a touch, at the start or out of NaN."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from core.contracts import AddIndicator, AddRule, Condition, EditPlan, RemoveIndicator, RemoveRule, Rename
from core.kernel import BAR, DECISION, EVENT
from core.strategy import Source, load
from core.symbols import Symbols
from services.editor import EditRefused, edit, inverse

from .test_generated_tests import lay_out, run

FAST = AddIndicator("ema", "ema_9", {"period": 9})
SLOW = AddIndicator("ema", "ema_21", {"period": 21})
GOLDEN = AddRule("entry", "force", Condition(cross="above", feature="ema_9", other="ema_21"), "golden")
BELOW = Condition(cross="below", feature="price", other="ema_slow")
MIXED = Condition(
    any=(
        Condition(cross="below", feature="rsi", value=70),
        Condition(all=(BELOW, Condition(feature="profit", op=">", value=0.01))),
    )
)
AWAY = AddRule("exit", "force", MIXED, "away")
EARLY = AddRule("entry", "require", Condition(cross="above", feature="hour", value=8), "early")
PLAN = EditPlan((FAST, SLOW, GOLDEN, AWAY, EARLY))


@pytest.fixture(scope="module")
def crossing(shipped):
    return edit(shipped, PLAN, "7").files


def test_a_crossing_is_a_side_before_and_a_side_now(crossing):
    rules = crossing["rules.py"].decode()
    assert '"""Open a position while ema_9 crosses above ema_21."""' in rules
    assert "return FORCE_ENTRY if f.side_golden < 0.0 and f.ema_9 > f.ema_21 else ALLOW" in rules
    assert "    s.side_golden = side(f.ema_9, f.ema_21, s.side_golden)\n" in crossing["indicators.py"].decode()


def test_it_goes_again_to_the_last_byte(shipped, crossing):
    back = inverse(PLAN, shipped)
    assert back is not None
    assert edit(crossing, back, "7").files == shipped
    assert edit(shipped, inverse(back, crossing), "7").files == crossing


def test_one_of_several_rules_takes_only_its_own_memory(shipped, crossing):
    after = edit(crossing, EditPlan((RemoveRule("away"),)), "8").files
    assert {f for f in Symbols.of(after).features if f.startswith("side")} == {"side_golden", "side_early"}
    after = edit(after, EditPlan((RemoveRule("golden"), RemoveRule("early"))), "9").files
    assert after["decide.py"] == shipped["decide.py"]
    assert b"def remember(" not in after["indicators.py"]


def test_a_rules_memory_bears_its_new_name(crossing, tmp_path):
    after = edit(crossing, EditPlan((Rename("rule", "away", "way_out"),)), "8").files
    assert {"side_way_out", "side2_way_out"} <= set(Symbols.of(after).features)
    gone = edit(after, EditPlan((RemoveRule("way_out"),)), "9").files
    assert not any(feature.endswith(("_away", "_way_out")) for feature in Symbols.of(gone).features)
    told, outcomes = run(lay_out(after, tmp_path / "candidate"), "tests/test_change_7.py", "tests/test_change_8.py")
    assert set(outcomes) == {"PASSED"}, told


def test_the_whole_suite_is_green_with_it(crossing, tmp_path):
    told, outcomes = run(lay_out(crossing, tmp_path / "candidate"), "tests")
    assert set(outcomes) == {"PASSED"}, told
    crosses = {test for test in outcomes["PASSED"] if test.endswith("_crosses")}
    assert crosses == {f"tests/test_change_7.py::test_rule_{name}_crosses" for name in ("golden", "away", "early")}


SLIPS = [
    ("rules.py", "f.side_golden < 0.0", "f.side_golden <= 0.0"),
    ("rules.py", "f.side_golden < 0.0", "f.side_golden > 0.0"),
    ("rules.py", "f.side_golden < 0.0 and ", ""),
    ("rules.py", "f.ema_9 > f.ema_21", "f.ema_9 >= f.ema_21"),
    ("rules.py", "f.ema_9 > f.ema_21", "f.ema_9 < f.ema_21"),
    ("rules.py", "f.side2_away", "f.side_away"),
    ("rules.py", "f.hour > 8", "f.hour >= 8"),
    ("indicators.py", "side(f.ema_9, f.ema_21, s.side_golden)", "side(f.ema_21, f.ema_9, s.side_golden)"),
    ("indicators.py", "side(f.ema_9, f.ema_21, s.side_golden)", "side(f.ema_9, f.ema_21, 0.0)"),
    ("indicators.py", "s.side_away = side(f.rsi, 70.0", "s.side_away = side(f.rsi, 70.1"),
    ("indicators.py", "s.side2_away = side(f.price, f.ema_slow", "s.side2_away = side(f.price, f.ema_fast"),
    ("indicators.py", "side(f.hour, 8.0, s.side_early)", "side(f.hour, 7.0, s.side_early)"),
]


def test_any_slip_in_a_crossing_fails_a_test_that_it_brought(crossing, tmp_path):
    tests = []
    for number, (file, good, bad) in enumerate(SLIPS):
        assert good in crossing[file].decode(), good
        wrong = {**crossing, file: crossing[file].decode().replace(good, bad, 1).encode()}
        lay_out(wrong, tmp_path / f"slip_{number}")
        tests.append(f"slip_{number}/tests/test_change_7.py")
    told, outcomes = run(tmp_path, *tests)
    failed = {test.partition("::")[0] for test in outcomes["FAILED"]}
    assert failed == set(tests), told


def test_through_decide_it_speaks_at_the_event_that_crosses_and_at_no_other(shipped):
    """Closes around an average of two: the bar that crosses buys, those after it do not, and none before a side."""
    rule = AddRule("entry", "force", Condition(cross="above", feature="price", other="sma_2"), "up")
    files = edit(shipped, EditPlan((AddIndicator("sma", "sma_2", {"period": 2}), rule)), "7").files
    strategy = load(
        Source.of(files), {"ema_slow": 3, "ema_fast": 2, "macd_signal": 2, "rsi_period": 2, "atr_period": 2}
    )
    indicators = sys.modules[strategy.decide.__module__.replace(".decide", ".indicators")]
    state, decision = np.zeros(1, strategy.state_dtype), np.zeros(1, DECISION)
    bought = []
    closes = [*[100.0] * indicators.WARM_BARS, 99.0, 98.0, 97.0, 99.0, 100.0, 101.0, 98.0, 98.0, 99.0]
    for number, close in enumerate(closes):
        event = np.zeros(1, EVENT)
        event["kind"], event["price"], event["time_ns"] = BAR, close, (number + 1) * 60_000_000_000
        event["open"] = event["high"] = event["low"] = close
        event["volume"], event["advice"] = 1.0, np.nan
        strategy.decide(event, state, np.zeros(strategy.table_shape), decision)
        if strategy.rule_name(int(decision["rule"][0])) == "up":
            bought.append(number - indicators.WARM_BARS)
    # 99 against (97 + 99) / 2 comes from below; 100 and 101 stay above; 98 and 98 touch from below; 99 crosses again
    assert bought == [3, 8]


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (Condition(cross="above", feature="rsy", value=30), "unknown_feature"),
        (Condition(cross="above", feature="rsi", other="rsi"), "with_itself"),
        (Condition(cross="above", feature="rsi", value=100), "never_true"),
        (Condition(cross="above", feature="rsi", value=1e300), "odd_number"),
        (
            Condition(all=tuple(Condition(cross="above", feature="rsi", value=value) for value in range(30, 50))),
            "tangled_condition",
        ),
    ],
)
def test_what_cannot_cross_is_refused(made, when, reason):
    with pytest.raises(EditRefused) as told:
        made(AddRule("entry", "forbid", when, "never"))
    assert told.value.reason == reason


def test_what_a_rule_remembers_is_its_own(crossing):
    assert not any(feature.startswith("side") for feature in Symbols.of(crossing).spoken)
    plan = EditPlan((AddRule("exit", "force", Condition(feature="side_golden", op="<", value=0), "odd"),))
    with pytest.raises(EditRefused, match="cannot speak of side_golden"):
        edit(crossing, plan, "8")


def test_an_indicator_that_a_crossing_reads_stays(crossing):
    with pytest.raises(EditRefused, match="golden reads the indicator ema_9"):
        edit(crossing, EditPlan((RemoveIndicator("ema", "ema_9"),)), "8")


def test_another_function_called_remember_is_not_written_into(shipped):
    mine = (
        b'\n\n@kernel\ndef remember(state: Records, f: Features) -> None:\n    """Mine."""\n    state[0].atr = f.atr\n'
    )
    other = {**shipped, "indicators.py": shipped["indicators.py"] + mine}
    with pytest.raises(EditRefused) as told:
        edit(other, EditPlan((AddRule("exit", "force", BELOW, "down"),)), "7")
    assert told.value.reason == "no_place"
