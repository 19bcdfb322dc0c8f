"""The branches gate: what nobody saw a candidate do, it may not do; and what it does, its own rules have to allow."""

from __future__ import annotations

import ast
from typing import Final

import pytest

from core.contracts import AddRule, Condition, EditPlan, ReplaceFunction
from core.strategy import Source
from sandbox.branching import Site
from services.guardian.answers import Covered
from services.guardian.boxes import Boxes
from services.guardian.branches.asking import counters, guards_of, names_written, new_sites, unanswered
from services.guardian.branches.events import made_for
from services.guardian.branches.literals import new_numbers
from services.guardian.gates.bounds import parsed
from services.guardian.gates.branches import EVENTS, cover, is_written, wrong
from services.guardian.side import Side
from tests.each import each
from tests.sampling import ALL

from .conftest import case_of
from .edits import SHIPPED, SIZE, edited, in_decide, with_rule

BARS: Final = "    s.close = e.price\n"
BEFORE: Final = '        ("technical", "f8"),'
REFUSED: Final = {
    "never happens": (with_rule("late", "FORCE_EXIT if f.hour > 24 else ALLOW"), "`f.hour > 24` was never true"),
    "a back door of one advice": (
        in_decide(SIZE, f"{SIZE}    if e.advice == 0.123456:\n        d.size = 0.25\n"),
        "a size of 0.25, where order_fraction is 0.1",
    ),
    "after many bars, in a deep drawdown": (
        in_decide(SIZE, f"{SIZE}    if s.bars > 40_000 and e.drawdown > 0.4:\n        d.action = HOLD\n"),
        "answers hold",
    ),
    "a crash after months of silence": (
        in_decide(
            SIZE,
            f"{SIZE}    if e.time_ns - s.book_ns > 9_000_000_000_000_000:\n        d.size /= s.close - s.close\n",
        ),
        "division by zero",
    ),
}
FINE: Final = {
    "several conditions": with_rule(
        "tired", "FORCE_EXIT if f.rsi > 70.0 and f.macd < f.macd_signal and f.held_seconds > 3600.0 else ALLOW"
    ),
    "flow and book": with_rule("sellers", "FORBID_ENTRY if f.flow < -0.4 and f.book_imbalance < -0.2 else ALLOW"),
    "a guarded indicator": edited(
        ("state.py", BEFORE, f'        ("change", "f8"),\n{BEFORE}'),
        ("indicators.py", BARS, f"    s.change = change / previous if previous > 0.0 else 0.0\n{BARS}"),
        ("indicators.py", "        atr=s.atr,\n", "        atr=s.atr,\n        change=s.change,\n"),
        ("state.py", "    atr: float\n", "    atr: float\n    change: float\n"),
    ),
    "turned off by a parameter": edited(
        ("rules.py", "P.trailing_stop > 0.0 and f.retreat >= P", "P.trailing_stop > 0.0 and f.retreat > P")
    ),
}


LEAVING: Final = """    if invested:
        if forced >= 0:
            return SELL, forced
        wanted = f.score <= P.sell_threshold and confidence >= P.min_confidence
        return (HOLD, forbidden) if wanted and forbidden >= 0 else (SELL if wanted else HOLD, -1)
"""
HELPER: Final = """

@kernel
def leaving(score: float, sure: float, forced: int, forbidden: int) -> tuple[int, int]:
    if forced >= 0:
        return SELL, forced
    wanted = score <= P.sell_threshold and sure >= P.min_confidence{more}
    return (HOLD, forbidden) if wanted and forbidden >= 0 else (SELL if wanted else HOLD, -1)
"""


def taken(*, call: str = "leaving(f.score, confidence, forced, forbidden)", more: str = "") -> Source:
    """The shipped strategy with what is asked of an open position in a helper."""
    files = dict(edited(("decide.py", LEAVING, f"    if invested:\n        return {call}\n")).files)
    return Source.of({**files, "decide.py": files["decide.py"] + HELPER.format(more=more).encode()})


@pytest.mark.parametrize(
    ("candidate", "asked"),
    [
        pytest.param(taken(), [], id="the same questions"),
        pytest.param(taken(more=" and forced < 7"), ["forced < 7"], id="one more"),
        pytest.param(
            taken(call="leaving(f.rsi, confidence, forced, forbidden)"),
            ["score <= P.sell_threshold"],
            id="something else is given",
        ),
    ],
)
def test_a_question_that_moved_into_a_helper_is_no_new_one(candidate: Source, asked: list[str]) -> None:
    trees = parsed(candidate.files), parsed(SHIPPED.files)
    assert trees[0] is not None
    assert trees[1] is not None
    new = [site.text for site, _ in new_sites(trees[0], trees[1]).values()]
    assert [text for text in new if "and" not in text] == asked


TURNS = "    for i in range(len(there)):\n        if there[i] == FORCE_EXIT and here[i] != FORCE_EXIT:\n"
ZIPPED = "    for later, sooner in zip(there, here):\n        if later == FORCE_EXIT and sooner != FORCE_EXIT{}:\n"


@pytest.mark.parametrize(
    ("more", "asked"),
    [("", []), (" and later < 7", ["later < 7"]), (" and closing > 0.5", ["closing > 0.5"])],
)
def test_a_question_about_a_value_by_another_name_is_no_new_one(more: str, asked: list[str]) -> None:
    trees = parsed(edited(("levels.py", TURNS, ZIPPED.format(more))).files), parsed(SHIPPED.files)
    assert trees[0] is not None
    assert trees[1] is not None
    new = [site.text for site, _ in new_sites(trees[0], trees[1]).values()]
    assert [text for text in new if " and " not in text] == asked


@pytest.mark.parametrize(
    ("divisor", "other", "is_one"),
    [
        ("s.buy_flow + s.sell_flow", "0.0", True),
        ("s.buy_flow + s.sell_flow - 7.5", "0.0", False),
        ("abs(s.buy_flow - s.sell_flow)", "0.0", False),
        ("s.buy_flow + s.sell_flow", "1.0", False),
    ],
    ids=["a sum of what is seen", "a number of its own", "a difference", "another answer than nothing"],
)
def test_a_guard_keeps_a_division_from_failing_and_says_nothing_else(divisor: str, other: str, is_one: bool) -> None:
    was = "    return imbalance(s.buy_flow, s.sell_flow)\n"
    now = f"    total = {divisor}\n    return s.buy_flow / total if total > 0.0 else {other}\n"
    tree = parsed(edited(("signals.py", was, now)).files)
    assert tree is not None
    assert bool(guards_of({"signals.py": tree["signals.py"]})) is is_one
    node = ast.parse("total > 0.0", mode="eval").body
    site = Site("signals.py", "flow", 9, "total > 0.0", both=True)
    assert list(unanswered({0: (site, node)}, {0: (0, 9)}, 9, {"total"}, (), {id(node)})) == []
    assert len(list(unanswered({0: (site, node)}, {0: (9, 0)}, 9, {"total"}, (), {id(node)}))) == 1, "the other way"
    assert len(list(unanswered({0: (site, node)}, {0: (0, 9)}, 9, {"total"}, ()))) == 1, "no guard"


def found_in(boxes: Boxes, candidate: Source) -> list[str]:
    """What the gate finds, of a strategy in a box of plain Python."""
    ours, parents = parsed(candidate.files), parsed(SHIPPED.files)
    assert ours is not None
    assert parents is not None
    sites = new_sites(ours, parents)
    made = made_for(candidate.tree_hash, new_numbers(ours, parents, [node for _, node in sites.values()]), EVENTS)
    with boxes.open(candidate, jit=False) as session:
        side = Side("candidate", candidate.tree_hash, session, 240.0, blamed=True)
        side.ready.set_result(side.prepare())
        told: Covered = cover(side, made, sorted(sites), counters(ours))
    found = list(wrong(case_of(candidate), made, told))
    if told.seen:
        seen = dict(zip(sorted(sites), told.seen, strict=True))
        found += unanswered(sites, seen, EVENTS, names_written(ours), ())
    return found


def test_what_nobody_saw_and_what_may_not_be_is_refused(boxes: Boxes) -> None:
    def is_refused(name: str) -> None:
        candidate, why = REFUSED[name]
        found = found_in(boxes, candidate)
        assert any(why in each_found for each_found in found), found

    each(REFUSED, is_refused)


def test_every_way_of_an_honest_edit_is_gone(boxes: Boxes) -> None:
    def passes(name: str) -> None:
        assert found_in(boxes, FINE[name]) == []

    each(FINE if ALL else list(FINE)[1:3], passes)


def test_only_what_is_written_by_hand_or_by_a_model_is_asked_about() -> None:
    rule = AddRule("entry", "require", Condition("rsi", "<", 40), "low")
    assert is_written(None)
    assert is_written(EditPlan((rule, ReplaceFunction("decide", ""))))
    assert not is_written(EditPlan((rule,)))
