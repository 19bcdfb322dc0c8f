"""Indicators come with their reference and go without a trace; what moves one wrongly fails the test it brought."""

from __future__ import annotations

import numpy as np
import pytest

from core.contracts import AddIndicator, AddRule, Condition, EditPlan, RemoveIndicator, RemoveRule, Rename
from core.indicator_kinds import KINDS, default_name, features_of
from core.kernel import DECISION, EVENT
from core.strategy import Source, load
from core.symbols import Symbols
from services.editor import EditRefused, edit, inverse

from .test_generated_tests import lay_out, run

NUMBERS = {
    "ema": {"period": 30},
    "sma": {"period": 12},
    "rsi": {"period": 7},
    "macd": {"fast": 5, "slow": 12, "signal": 4},
    "bollinger": {"period": 15, "width": 1.5},
    "atr": {"period": 6},
    "adx": {"period": 5},
    "vwap": {"period": 9},
    "stochastic": {"period": 11},
    "volume_average": {"period": 8},
}
EMA_200 = AddIndicator("ema", "ema_200", {"period": 200})
ABOVE = AddRule("entry", "require", Condition(feature="price", op=">", other="ema_200"), "above_ema_200")


def added(kind):
    return AddIndicator(kind, default_name(kind, NUMBERS[kind]), NUMBERS[kind])


def one_of_each(files, added):
    """A strategy with one indicator of each kind, every one by a change of its own."""
    for number, kind in enumerate(KINDS):
        files = edit(files, EditPlan((added(kind),)), str(number)).files
    return files


@pytest.fixture(scope="module")
def all_of_them(shipped):
    return one_of_each(shipped, added)


def test_there_is_one_of_every_kind_here():
    assert list(NUMBERS) == list(KINDS)


@pytest.mark.parametrize(
    ("kind", "name", "features"),
    [
        ("ema", "ema_30", ["ema_30"]),
        ("macd", "macd_5_12_4", ["macd_5_12_4", "macd_5_12_4_signal"]),
        ("bollinger", "bollinger_15", ["bollinger_15_upper", "bollinger_15_middle", "bollinger_15_lower"]),
        ("stochastic", "stochastic_11", ["stochastic_11", "stochastic_11_signal"]),
        ("adx", "adx_5", ["adx_5", "adx_5_plus", "adx_5_minus"]),
    ],
)
def test_names_and_features(made, kind, name, features):
    after = Symbols.of(made(added(kind)).files)
    known = after.indicators[name]
    assert (known.kind, dict(known.parameters) | NUMBERS[kind]) == (kind, dict(known.parameters))
    assert [feature for feature in after.features if feature.startswith(name)] == features


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_goes_again_to_the_last_byte(shipped, kind):
    plan = EditPlan((added(kind),))
    back = inverse(plan, shipped)
    assert back == EditPlan((RemoveIndicator(kind, added(kind).name),))
    after = edit(shipped, plan, "7").files
    assert edit(after, back, "7").files == shipped
    again = inverse(back, after)
    assert again is not None
    assert edit(shipped, again, "7").files == after


def test_one_of_many_is_taken_out_and_the_others_stay(all_of_them, shipped):
    files = all_of_them
    for kind in sorted(KINDS):
        files = edit(files, EditPlan((RemoveIndicator(kind, added(kind).name),)), "x").files
    for file in (name for name in shipped if not name.startswith("tests/")):
        assert files[file] == shipped[file]


def test_lines_end_as_those_around_them(shipped):
    dos = {name: data.replace(b"\n", b"\r\n") if name.endswith(".py") else data for name, data in shipped.items()}
    plan = EditPlan((EMA_200, AddRule("exit", "force", Condition(cross="below", feature="rsi", value=70), "tired")))
    after = edit(dos, plan, "7").files
    for file in ("state.py", "indicators.py", "decide.py", "rules.py"):
        assert after[file].count(b"\n") == after[file].count(b"\r\n"), file
    assert edit(after, inverse(plan, dos), "7").files == dos


def test_what_an_owner_wrote_beside_it_is_not_touched(shipped):
    mine = dict(shipped)
    mine["state.py"] = shipped["state.py"].replace(
        b'("flow_ns", "i8"),', b'("flow_ns", "i8"),  # mine,  too\n        # and this\n        ("own",  "f8"), #x\n'
    )
    after = edit(mine, EditPlan((EMA_200,)), "7").files
    assert after["state.py"].replace(b'        ("ema_200", "f8"),\n', b"").startswith(mine["state.py"][:2000])
    assert edit(after, EditPlan((RemoveIndicator("ema", "ema_200"),)), "7").files == mine


def test_the_tests_that_came_along_pass_beside_all_others(all_of_them, tmp_path):
    told, outcomes = run(lay_out(all_of_them, tmp_path / "candidate"), "tests")
    assert set(outcomes) == {"PASSED"}, told
    for number, kind in enumerate(KINDS):
        assert f"tests/test_change_{number}.py::test_indicator_{added(kind).name}_answers" in outcomes["PASSED"]


SLIPS = {
    "ema": [("s.bars, 30)", "s.bars, 31)"), ("s.bars, 30)", "s.bars + 1, 30)"), ("e.price", "e.high"), ("104", "103")],
    "sma": [
        ("[0]", "[1]"),
        ("e.price", "e.open"),
        (" = 12", " = 11"),
        (" = 12", " = 13"),
    ],
    "rsi": [
        ("max(change", "max(-change"),
        ("- 1, 7)", ", 7)"),
        ("rsi(s.rsi_7_gain", "rsi(s.rsi_7_loss"),
        ("_close = e.price", "_close = e.low"),
        ("bars > 1", "bars > 2"),
    ],
    "macd": [
        (", 12)", ", 11)"),
        (", 5)", ", 6)"),
        (" + 1, 4)", ", 4)"),
        ("bars >= 12", "bars >= 1"),
        ("_fast - s", "_slow - s"),
    ],
    "bollinger": [("1.5 *", "2.0 *"), ("s.bars, 15)", "s.bars, 14)"), ("middle + reach", "middle - reach")],
    "atr": [("e.high, e.low", "e.price, e.low"), ("- 1, 6)", "- 1, 7)"), ("_close = e.price", "_close = e.open")],
    "adx": [
        ("up > max(down", "up >= max(-down"),
        ("bars - 5, 5)", "bars - 4, 5)"),
        ("_low - e.low", "_low + e.low"),
        ("_plus = 100.0 * s.adx_5_up", "_plus = 100.0 * s.adx_5_down"),
        ("_high = e.high", "_high = e.price"),
    ],
    "vwap": [("e.low + e", "e.high + e"), ("/ 3.0", "/ 3.1"), ("e.volume)", "1.0)")],
    "stochastic": [
        ("e.price - bottom", "e.high - bottom"),
        ("else 50.0", "else 0.0"),
        ("-e.low)", "-e.price)"),
        ("= 100.0 * (", "= 99.0 * ("),
        (" = 13", " = 12"),
    ],
    "volume_average": [("e.volume", "e.price"), ("_moments[0]", "_ring[0]")],
}


def test_any_slip_in_what_moves_one_fails_its_test(all_of_them, tmp_path):
    tests = []
    for number, kind in enumerate(KINDS):
        name, text = added(kind).name, all_of_them["indicators.py"].decode()
        for place, (good, bad) in enumerate(SLIPS[kind]):
            constant = f"WARM_{name.upper()}: Final"
            head, mark, tail = text.partition(constant if good.strip("= ").isdecimal() else f"def update_{name}(")
            assert good in tail.partition("\n\n\n")[0], (kind, good)
            wrong = {**all_of_them, "indicators.py": (head + mark + tail.replace(good, bad, 1)).encode()}
            wrong = {file: data for file, data in wrong.items() if not file.startswith("tests/test_")}
            own = f"tests/test_change_{number}.py"
            lay_out({**wrong, own: all_of_them[own]}, tmp_path / f"{kind}_{place}")
            tests.append(f"{kind}_{place}/{own}::test_indicator_{name}_answers")
    told, outcomes = run(tmp_path, *tests)
    assert sorted(outcomes["FAILED"]) == sorted(tests), told


def test_a_strategy_with_all_of_them_compiles_and_makes_nothing(all_of_them):
    strategy = load(Source.of(all_of_them))
    event, decision = np.zeros(1, EVENT), np.zeros(1, DECISION)
    event["kind"], event["price"] = 3, 100.0
    strategy.decide(event, np.zeros(1, strategy.state_dtype), np.zeros(strategy.table_shape), decision)
    for kind in KINDS:
        assert set(features_of(kind, added(kind).name)) <= set(strategy.feature_names)


def test_a_rule_of_the_same_plan_may_read_it(made):
    edited = made(EMA_200, ABOVE)
    assert b"return ALLOW if f.price > f.ema_200 else FORBID_ENTRY" in edited.files["rules.py"]
    assert "tests/test_change_7.py::test_indicator_ema_200_answers" in edited.tests


def test_under_another_name_it_is_the_same(shipped, tmp_path):
    down = AddRule("exit", "force", Condition(cross="below", feature="price", other="ema_200"), "down")
    before = edit(shipped, EditPlan((EMA_200, ABOVE, down)), "7").files
    plan = EditPlan((Rename("indicator", "ema_200", "slow"),))
    after = edit(before, plan, "8").files
    code = b"".join(data for name, data in after.items() if "/" not in name)
    assert b"WARM_EMA_200" not in code
    assert b"s.slow = ema(s.slow, e.price, s.bars, 200)" in code
    assert edit(after, inverse(plan, before), "8").files == before
    told, outcomes = run(lay_out(after, tmp_path / "candidate"), "tests/test_change_7.py", "tests/test_change_8.py")
    assert set(outcomes) == {"PASSED"}, told
    assert "tests/test_change_7.py::test_indicator_slow_answers" in outcomes["PASSED"]
    gone = edit(after, EditPlan((RemoveRule("down"), RemoveRule("above_ema_200"), RemoveIndicator("ema", "slow"))), "9")
    for file in (name for name in shipped if not name.startswith("tests/")):
        assert gone.files[file] == shipped[file]


def test_a_name_that_stands_for_something_else_is_not_given_to_it(made):
    after = made(EMA_200, added("sma")).files
    for new, reason in (("sma_12", "indicator_exists"), ("rsi", "name_taken"), ("Slow", "bad_name")):
        with pytest.raises(EditRefused) as told:
            made(Rename("indicator", "ema_200", new), files=after)
        assert told.value.reason == reason


def test_what_a_rule_reads_is_not_taken_from_it(made, shipped):
    after = made(EMA_200, ABOVE).files
    with pytest.raises(EditRefused, match="above_ema_200 reads the indicator ema_200"):
        made(RemoveIndicator("ema", "ema_200"), files=after)
    gone = made(RemoveRule("above_ema_200"), RemoveIndicator("ema", "ema_200"), files=after)
    assert gone.files == shipped


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (AddIndicator("ema", "ema_1", {"period": 1}), "indicator_parameters"),
        (AddIndicator("ema", "ema_1001", {"period": 1001}), "indicator_parameters"),
        (AddIndicator("ema", "ema_x", {"period": 20.5}), "indicator_parameters"),
        (AddIndicator("ema", "ema_x", {}), "indicator_parameters"),
        (AddIndicator("ema", "ema_x", {"period": 20, "width": 2}), "indicator_parameters"),
        (AddIndicator("macd", "macd_12", {"period": 12}), "indicator_parameters"),
        (AddIndicator("macd", "macd_x", {"fast": 26, "slow": 12, "signal": 9}), "indicator_parameters"),
        (AddIndicator("bollinger", "wide", {"period": 20, "width": 11}), "indicator_parameters"),
        (AddIndicator("ema", "ema_fast", {"period": 20}), "name_taken"),
        (AddIndicator("ema", "technical", {"period": 20}), "name_taken"),
        (AddIndicator("ema", "cooldown", {"period": 20}), "name_taken"),
        (AddIndicator("ema", "count", {"period": 20}), "name_taken"),
        (AddIndicator("ema", "Ema", {"period": 20}), "bad_name"),
        (AddIndicator("ema", "max", {"period": 20}), "bad_name"),
        (RemoveIndicator("ema", "ema_fast"), "unknown_indicator"),
        (RemoveIndicator("ema", "ema_200"), "unknown_indicator"),
    ],
)
def test_what_is_refused(made, operation, reason):
    with pytest.raises(EditRefused) as told:
        made(operation)
    assert told.value.reason == reason


def test_it_is_not_added_twice_nor_taken_for_another_kind(made):
    after = made(EMA_200).files
    for operation, reason in ((EMA_200, "indicator_exists"), (RemoveIndicator("sma", "ema_200"), "unknown_indicator")):
        with pytest.raises(EditRefused) as told:
            made(operation, files=after)
        assert told.value.reason == reason


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("state.py", b"STATE: Final = record_dtype(", b"STATE: Final = dtype_of("),
        (
            "state.py",
            b'("flow_ns", "i8"),  # when a trade with a known side was last seen; 0 when never\n    ]',
            b'("flow_ns", "i8")]',
        ),
        ("indicators.py", b"WARM_BARS: Final", b"BARS: Final"),
        ("indicators.py", b"def update_bar(", b"def move_bar("),
        ("indicators.py", b"    return Features(\n", b"    return world_of(\n"),
    ],
)
def test_a_strategy_of_another_frame_is_sent_to_the_upgrade(shipped, file, old, new):
    assert old in shipped[file]
    other = {**shipped, file: shipped[file].replace(old, new)}
    with pytest.raises(EditRefused) as told:
        edit(other, EditPlan((EMA_200,)), "7")
    assert told.value.reason == "no_place"
    assert "sorte upgrade" in str(told.value)
