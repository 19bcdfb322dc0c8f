"""The relations gate: the same market told otherwise is decided alike, and a plan explains what differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

import numpy as np
import pytest

from core.contracts import AddIndicator, AddRule, Condition, EditPlan, RemoveRule, SetParameter
from core.kernel import BUY, DECISION, HOLD, SELL, Records
from core.strategy import Source
from services.editor import edit
from services.guardian.bounds.package import Package
from services.guardian.bounds.walk import Walk
from services.guardian.boxes import Boxes
from services.guardian.branches.events import made_for
from services.guardian.gates.bounds import parsed
from services.guardian.gates.relations import aged, answers, scaled
from services.guardian.relations import claims
from services.guardian.relations.planned import check_planned
from services.guardian.side import Side
from tests.each import each

from .edits import SHIPPED, edited, in_decide, with_rule

EVENTS: Final = 1_200
TURN: Final = 20
"""Bars after which the rings that ship are where they were; hours and weekdays are no matter of bars."""
OLD: Final = "    d.stop, d.target ="
REFUSED: Final = {
    "trend in money": (
        edited(("signals.py", "clip(f.macd / f.atr, -1.0, 1.0)", "clip(f.macd / 10.0, -1.0, 1.0)")),
        "every price is multiplied",
    ),
    "flow in coins": (
        edited(
            ("signals.py", "    return imbalance(s.buy_flow, s.sell_flow)", "    return clip(s.buy_flow, 0.0, 1.0)")
        ),
        "every amount is multiplied",
    ),
    "another after many bars": (
        in_decide(OLD, f"    if s.bars > 20_000 and d.action == SELL:\n        d.action = HOLD\n{OLD}"),
        "how long it runs means something to it",
    ),
}


@pytest.fixture
def opened(boxes: Boxes) -> Iterator[ExitStack]:
    """Boxes that are closed at the end."""
    with ExitStack() as stack:
        stack.boxes = boxes  # type: ignore[attr-defined]
        yield stack


def side_of(opened: ExitStack, source: Source) -> Side:
    """A strategy in a box, as plain Python."""
    session = opened.enter_context(opened.boxes.open(source, jit=False))  # type: ignore[attr-defined]
    side = Side("candidate", source.tree_hash, session, 240.0, blamed=True)
    side.ready.set_result(side.prepare())
    return side


def related(opened: ExitStack, candidate: Source, parent: Side, *, planned: bool = False) -> list[tuple[str, bool]]:
    """What the relations find, on a short tape."""
    made, side = made_for(candidate.tree_hash, [20_000.0], EVENTS), side_of(opened, candidate)
    events = made.tape.events[: made.sound]
    trees = parsed(candidate.files)
    assert trees is not None
    here = [answers(each_side, made.tape, events, candidate.tree_hash) for each_side in (side, parent)]
    found = list(scaled(side, parent, made.tape, events, candidate.tree_hash, (here[0], here[1]), planned=planned))
    walk = Walk(Package(trees))
    counted = (claims.counts_of(trees), claims.whole_turn(trees, walk), 0)
    return found + [(why, False) for why in aged(side, made.tape, events, candidate.tree_hash, walk, counted)]


def test_what_the_size_of_a_price_means_something_to_is_refused(opened: ExitStack) -> None:
    parent = side_of(opened, SHIPPED)

    def is_refused(name: str) -> None:
        candidate, why = REFUSED[name]
        found = related(opened, candidate, parent)
        assert any(why in told and not is_note for told, is_note in found), found

    each(REFUSED, is_refused)
    assert related(opened, with_rule("hot", "FORBID_ENTRY if f.atr > 0.05 * f.price else ALLOW"), parent) == []
    owners = with_rule("above", "FORCE_EXIT if f.price > 60000 else ALLOW")
    assert all(is_note for _, is_note in related(opened, owners, parent, planned=True))


def decisions(*actions: int, **fields: float) -> Records:
    """As many decisions as actions."""
    made: Records = np.zeros(len(actions), DECISION)
    made["action"], made["rule"] = actions, -1
    for name, value in fields.items():
        made[name] = value
    return made


def test_before_it_knows_its_indicators_a_strategy_may_answer_otherwise() -> None:
    slow = Source.of(edit(SHIPPED.files, EditPlan((AddIndicator("ema", "ema_1000", {"period": 1000}),)), "7").files)
    assert claims.warm_of(slow.files, SHIPPED.files, planned=True) == claims.warm_of(
        slow.files, slow.files, planned=False
    )
    assert claims.ages(claims.warm_of(slow.files, SHIPPED.files, planned=True)) == (3_450, 30_000, 1_000_000)
    assert claims.ages(claims.warm_of(slow.files, SHIPPED.files, planned=False)) == (
        1_500,
        *claims.OLD,
    )  # its word alone


STOP: Final = EditPlan((SetParameter("stop_loss", 0.03, 0.02),))
OVERSOLD: Final = EditPlan((SetParameter("rsi_oversold", 35, 30),))
LOWER: Final = EditPlan((SetParameter("buy_threshold", 0.2, 0.3),))
FRACTION: Final = EditPlan((SetParameter("order_fraction", 0.05, 0.1),))
ADDED: Final = EditPlan((AddRule("entry", "require", Condition("rsi", "<", 40), "low"),))
HELD: Final = decisions(HOLD, BUY, SELL)
EXPLAINED: Final = [
    (STOP, decisions(SELL, BUY, HOLD), ""),
    (STOP, decisions(HOLD, BUY, SELL, technical=0.5), "other signal values"),
    (STOP, decisions(HOLD, BUY, SELL, size=0.5), ""),
    (OVERSOLD, decisions(BUY, BUY, SELL, technical=0.5, score=0.2), ""),
    (FRACTION, decisions(HOLD, BUY, SELL, size=0.05), ""),
    (FRACTION, decisions(HOLD, HOLD, SELL, size=0.05), "other actions and levels"),
    (LOWER, decisions(BUY, BUY, SELL), ""),
    (LOWER, decisions(BUY, HOLD, SELL), "bought at with the higher buy_threshold"),
    (ADDED, decisions(HOLD, HOLD, SELL, rule=1), ""),
    (ADDED, decisions(HOLD, HOLD, SELL, rule=0), "no rule of the plan is the reason"),
    (ADDED, decisions(HOLD, BUY, SELL, score=0.1), "other score and confidence"),
    (EditPlan((RemoveRule("old"),)), decisions(BUY, BUY, SELL), "no rule of the plan is the reason"),
    (None, decisions(SELL, SELL, SELL, score=0.9, size=1.0), ""),
]


def test_a_plan_explains_what_it_reaches_and_nothing_else() -> None:
    trees = parsed(SHIPPED.files)
    assert trees is not None

    def is_held(plan: EditPlan | None, after: Records, why: str) -> None:
        found = list(check_planned(plan, trees, (["old"], ["old", "low"]), HELD, after))
        assert (why in found[0]) if why else not found, found

    each(EXPLAINED, is_held)


def test_counters_are_made_older_and_nothing_else() -> None:
    trees = parsed(SHIPPED.files)
    assert trees is not None
    walk = Walk(Package(trees))
    assert claims.counts_of(trees) == ["bars"]
    assert claims.whole_turn(trees, walk) == TURN
    state = np.zeros(62)
    (older,) = claims.older([state.tobytes()], walk, ["bars", "flow_ns"], TURN)
    changed = np.flatnonzero(np.frombuffer(older, np.int64))
    assert changed.tolist() == [0, 61]
