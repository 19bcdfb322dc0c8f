"""How many bars a strategy wants is read from its source, which is never run."""

from __future__ import annotations

import sys

import pytest

from core.backtest.session import refuse_unfit
from core.contracts import AddIndicator, EditPlan, SetParameter
from core.errors import DataError
from core.kernel import NANOSECONDS
from core.strategy import Source, load
from core.warming import MOST, Wanted, wanted, wanted_in
from services.editor import edit

MINUTE_NS = 60 * NANOSECONDS
SHIPPED = dict(Source.shipped().files)


def with_constant(text: str) -> dict[str, bytes]:
    return {**SHIPPED, "indicators.py": SHIPPED["indicators.py"] + f"WARM_MINE: Final = {text}\n".encode()}


def test_of_the_shipped_strategy_it_is_what_the_strategy_itself_works_out() -> None:
    indicators = sys.modules[load(Source.shipped()).decide.__module__.replace(".decide", ".indicators")]
    assert wanted(SHIPPED).own == indicators.WARM_BARS


def test_a_slower_average_wants_more() -> None:
    edited = edit(SHIPPED, EditPlan((SetParameter("ema_slow", 391, 26),)), "1")
    assert wanted(edited.files).own == 400  # and the nine of its signal


def test_an_average_of_200_wants_690() -> None:
    edited = edit(SHIPPED, EditPlan((AddIndicator("ema", "ema_200", {"period": 200}),)), "1")
    assert wanted(edited.files).own == 690


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("700", 700),
        ("2 * P.ema_slow + 1000", 1052),
        ("max(1, min(900, 950))", 900),
        ("10**9", 35),
        ("1000000000", MOST),
        ("-5", 35),
        ("__import__('os').getpid()", 35),
        ("P.nothing + 700", 35),
        ("max()", 35),
        ("[700][0]", 35),
        ("True", 35),
    ],
)
def test_what_cannot_be_read_counts_for_nothing(text: str, bars: int) -> None:
    assert wanted(with_constant(text)).own == bars


def test_of_what_is_no_strategy_it_is_nothing(tmp_path) -> None:
    assert wanted({}) == Wanted()
    assert wanted({**SHIPPED, "indicators.py": b"def ("}) == Wanted()
    assert wanted_in(tmp_path / "nowhere") == Wanted()


def test_it_is_read_from_the_folder_that_a_release_is_laid_out_in(tmp_path) -> None:
    for name in ("indicators.py", "parameters.py", "state.py", "rules.py"):
        (tmp_path / name).write_bytes(SHIPPED[name])
    assert wanted_in(tmp_path) == wanted(SHIPPED)


def test_an_indicator_on_longer_bars_wants_these_and_of_its_own_the_one_under_way() -> None:
    four = AddIndicator("rsi", "rsi_14_4h", {"period": 14}, "4h")
    days = (AddIndicator("ema", "ema_200_1d", {"period": 200}, "1d"), AddIndicator("sma", "mine", {"period": 9}, "1d"))
    read = wanted(edit(SHIPPED, EditPlan((four, *days)), "1").files)
    assert (read.own, dict(read.longer)) == (35, {"4h": 95, "1d": 690})
    assert [read.bars(minutes * MINUTE_NS) for minutes in (1, 60, 120)] == [1441, 35, 35]
    assert read.bars(NANOSECONDS) == MOST
    assert read.all_bars(60 * MINUTE_NS) == 24 * 691
    assert [read.unfit(minutes * MINUTE_NS) for minutes in (1, 5, 120)] == [None] * 3
    assert [read.unfit(minutes * MINUTE_NS) for minutes in (7, 240, 1440)] == ["4h"] * 3


def test_a_backtest_on_bars_of_which_those_that_it_counts_are_not_made_is_not_run() -> None:
    wants = Wanted(35, {"4h": 95})
    refuse_unfit(wants, 60 * MINUTE_NS)
    with pytest.raises(DataError, match="counts bars of 4h, which cannot be made of bars of 1d"):
        refuse_unfit(wants, 1440 * MINUTE_NS)
