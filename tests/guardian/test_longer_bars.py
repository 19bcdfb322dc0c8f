"""Indicators on longer bars before the scope gate: just what the plan says, on just the bars that it says."""

from __future__ import annotations

from core.contracts import AddIndicator, AddRule, Condition, EditPlan, RemoveIndicator, Rename
from core.indicator_kinds import KINDS, TIMEFRAMES, default_name
from core.strategy import Source
from services.editor import edit

from .conftest import SHIPPED
from .test_indicators import EMA_200, NUMBERS, refusals

EMA_1D = AddIndicator("ema", "ema_200_1d", {"period": 200}, "1d")
ABOVE = AddRule("entry", "require", Condition(feature="price", op=">", other="ema_200_1d"), "above_ema_200_1d")
ONE = (EMA_1D, ABOVE)
SLIPS = {
    "other bars": {"indicators": ("gather(frame, event, 86400)", "gather(frame, event, 14400)")},
    "other bars in its name": {"indicators": ("closed bar of 1d (", "closed bar of 4h (")},
    "another price": {"indicators": ("close = float(frame[3])", "close = float(frame[1])")},
    "known by its own bars": {"indicators": ("s.ema_200_1d_frame[0], WARM", "s.bars, WARM")},
    "moved before the bar": {
        "indicators": (
            "    e = event[0]\n    if e.kind",
            "    e = event[0]\n    update_ema_200_1d(state, event)\n    if e.kind",
        )
    },
    "moved with the own bar": {
        "indicators": ("    s.bars += 1\n", "    s.bars += 1\n    update_ema_200_1d(state, event)\n")
    },
    "one more field": {"state": ('("ema_200_1d", "f8"),', '("ema_200_1d", "f8"),\n        ("ema_200_1dx", "f8"),')},
    "a shorter memory": {"state": ('"f8", (12,)),', '"f8", (13,)),')},
}


def test_every_kind_on_all_bars_is_in_scope_and_goes_again() -> None:
    lengths = list(TIMEFRAMES)
    for place, kind in enumerate(KINDS):
        timeframe, numbers = lengths[place % len(lengths)], NUMBERS.get(kind, {"period": 14})
        added = AddIndicator(kind, default_name(kind, numbers, timeframe), numbers, timeframe)  # type: ignore[arg-type]
        assert refusals((added,)) == (), kind
        after = Source.of(edited(added))
        assert refusals((RemoveIndicator(kind, added.name),), after) == (), kind
        assert refusals((EMA_200, Rename("indicator", added.name, "mine")), after) == (), kind


def test_more_or_other_than_the_plan_says_is_out_of_scope() -> None:
    assert refusals(ONE) == ()
    for name, slip in SLIPS.items():
        assert refusals(ONE, **slip), name


def edited(*operations: AddIndicator) -> dict[str, bytes]:
    """The shipped strategy with these."""
    return dict(edit(SHIPPED.files, EditPlan(operations), "7").files)
