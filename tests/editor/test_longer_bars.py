"""Indicators on longer bars: each kind comes with its reference and goes without a trace, beside those on own bars."""

from __future__ import annotations

import pytest

from core.contracts import AddIndicator, EditPlan, RemoveIndicator, Rename
from core.indicator_kinds import KINDS, default_name
from core.symbols import Symbols
from services.editor import edit, inverse

from .test_generated_tests import lay_out, run
from .test_indicators import EMA_200, NUMBERS, one_of_each

LONGER = dict(zip(KINDS, ("1d", "4h", "1h", "15m", "1w", "12h", "2h", "30m", "6h", "3m"), strict=True))
SLIPS = {
    "known after so many bars of its own": ("known(s.rsi_7_1h, s.rsi_7_1h_frame[0],", "known(s.rsi_7_1h, s.bars,"),
    "bars of another length": ("gather(frame, event, 3600)", "gather(frame, event, 7200)"),
    "the high for the close": ("close = float(frame[3])", "close = float(frame[1])"),
    "moved while a bar is under way": ("    if gather(frame, event, 3600):", "    if gather(frame, event, 3600) or 1:"),
}


def added(kind):
    timeframe = LONGER[kind]
    return AddIndicator(kind, default_name(kind, NUMBERS[kind], timeframe), NUMBERS[kind], timeframe)


@pytest.fixture(scope="module")
def all_of_them(shipped):
    return one_of_each(shipped, added)


def test_each_comes_is_known_and_goes_to_the_last_byte(shipped):
    for kind, timeframe in LONGER.items():
        plan = EditPlan((added(kind),))
        name, back, after = added(kind).name, inverse(plan, shipped), edit(shipped, plan, "7").files
        known = Symbols.of(after).indicators[name]
        assert (known.kind, known.timeframe) == (kind, timeframe)
        assert f"    update_{name}(state, event)\n\n\n@kernel\ndef update_bar" in after["indicators.py"].decode(), kind
        assert edit(after, back, "7").files == shipped, kind
        again = inverse(back, after)
        assert again.operations[0].timeframe == timeframe
        assert edit(shipped, again, "7").files == after, kind


def test_under_another_name_it_is_the_same(shipped):
    before = edit(shipped, EditPlan((added("rsi"),)), "7").files
    plan = EditPlan((Rename("indicator", "rsi_7_1h", "slow_rsi"),))
    after = edit(before, plan, "8").files
    assert b"s.slow_rsi_frame[0]" in after["indicators.py"]
    assert edit(after, inverse(plan, before), "8").files == before
    gone = edit(after, EditPlan((RemoveIndicator("rsi", "slow_rsi"),)), "9").files
    for file in (name for name in shipped if not name.startswith("tests/")):
        assert gone[file] == shipped[file]


def test_it_stands_beside_the_same_on_the_strategys_own_bars(made):
    both = made(EMA_200, AddIndicator("ema", "ema_200_1d", {"period": 200}, "1d")).files
    assert [name for name in Symbols.of(both).features if "200" in name] == ["ema_200", "ema_200_1d"]
    one = edit(both, EditPlan((RemoveIndicator("ema", "ema_200_1d"),)), "8").files
    assert one["indicators.py"] == made(EMA_200).files["indicators.py"]


def test_the_tests_that_came_along_pass_and_a_slip_fails_them(all_of_them, tmp_path):
    lay_out(all_of_them, tmp_path / "right")
    own = f"tests/test_change_{list(KINDS).index('rsi')}.py"
    others = [f"right/tests/test_change_{number}.py" for number in range(len(KINDS))]
    wrong = {name: data for name, data in all_of_them.items() if not name.startswith("tests/test_")}
    text, slips = wrong["indicators.py"].decode(), []
    for place, (old, new) in enumerate(SLIPS.values()):
        head, mark, tail = text.rpartition("def update_rsi_7_1h(")
        head, tail = (head, tail.replace(old, new, 1)) if old in tail else (head.replace(old, new, 1), tail)
        assert head + mark + tail != text
        changed = {"indicators.py": (head + mark + tail).encode(), own: all_of_them[own]}
        lay_out({**wrong, **changed}, tmp_path / f"slip_{place}")
        slips.append(f"slip_{place}/{own}::test_indicator_rsi_7_1h_answers")
    told, outcomes = run(tmp_path, *others, *slips)
    assert sorted(outcomes["FAILED"]) == sorted(slips), told
    for number, kind in enumerate(KINDS):
        assert f"right/tests/test_change_{number}.py::test_indicator_{added(kind).name}_answers" in outcomes["PASSED"]
