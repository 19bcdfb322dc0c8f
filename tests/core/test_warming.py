"""How many bars a strategy wants is read from its source, which is never run."""

from __future__ import annotations

import sys

import pytest

from core.contracts import AddIndicator, EditPlan, SetParameter
from core.strategy import Source, load
from core.warming import MOST, bars_wanted, bars_wanted_in
from services.editor import edit

SHIPPED = dict(Source.shipped().files)


def with_constant(text: str) -> dict[str, bytes]:
    return {**SHIPPED, "indicators.py": SHIPPED["indicators.py"] + f"WARM_MINE: Final = {text}\n".encode()}


def test_of_the_shipped_strategy_it_is_what_the_strategy_itself_works_out() -> None:
    indicators = sys.modules[load(Source.shipped()).decide.__module__.replace(".decide", ".indicators")]
    assert bars_wanted(SHIPPED) == indicators.WARM_BARS


def test_a_slower_average_wants_more() -> None:
    edited = edit(SHIPPED, EditPlan((SetParameter("ema_slow", 391, 26),)), "1")
    assert bars_wanted(edited.files) == 400  # and the nine of its signal


def test_an_average_of_200_wants_690() -> None:
    edited = edit(SHIPPED, EditPlan((AddIndicator("ema", "ema_200", {"period": 200}),)), "1")
    assert bars_wanted(edited.files) == 690


@pytest.mark.parametrize(
    ("text", "wanted"),
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
def test_what_cannot_be_read_counts_for_nothing(text: str, wanted: int) -> None:
    assert bars_wanted(with_constant(text)) == wanted


def test_of_what_is_no_strategy_it_is_nothing(tmp_path) -> None:
    assert bars_wanted({}) == 0
    assert bars_wanted({**SHIPPED, "indicators.py": b"def ("}) == 0
    assert bars_wanted_in(tmp_path / "nowhere") == 0


def test_it_is_read_from_the_folder_that_a_release_is_laid_out_in(tmp_path) -> None:
    for name in ("indicators.py", "parameters.py", "state.py", "rules.py"):
        (tmp_path / name).write_bytes(SHIPPED[name])
    assert bars_wanted_in(tmp_path) == bars_wanted(SHIPPED)
