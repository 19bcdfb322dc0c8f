"""Boxes that are kept from one case to the next: which, under what name, and until when."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import fields
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from core.backtest.plain import Terms
from core.errors import SandboxError
from core.kernel import DECISION
from services.guardian.answers import Prepared
from services.guardian.case import Bench
from services.guardian.folding import Folded
from services.guardian.made import rehearsal
from services.guardian.parents import Parents
from services.guardian.play import recount
from services.guardian.side import Side
from services.guardian.trial import Trial


class FakeBox:
    """A session that answers, or is dead, and knows whether it was closed."""

    def __init__(self, *, alive: bool = True) -> None:
        self.alive, self.closed = alive, False

    def ask(self, *_asked, **_arguments):
        if not self.alive:
            raise SandboxError("the box has ended")
        return 1

    def close(self) -> None:
        self.closed = True


def side(tree: str, *, alive: bool = True, says: str | None = None) -> Side:
    made = Side("candidate", tree, FakeBox(alive=alive), 60, blamed=True)
    made.ready = Future()
    made.ready.set_result(Prepared(says or tree, ""))
    return made


def test_a_box_is_taken_once_and_the_others_are_closed():
    parents, wanted, other = Parents(), side("a"), side("b")
    parents.keep(wanted)
    parents.keep(other)
    assert parents.take("a") is wanted
    assert (wanted.session.closed, other.session.closed) == (False, True)
    assert parents.take("a") is None


def test_a_box_that_says_it_is_another_tree_is_not_taken_for_it():
    parents, liar = Parents(), side("candidate", says="parent")
    parents.keep(liar)
    assert parents.take("parent") is None
    assert liar.session.closed


def test_a_box_that_has_died_meanwhile_is_not_handed_out():
    parents, dead = Parents(), side("a", alive=False)
    parents.keep(dead)
    assert parents.take("a") is None
    assert dead.session.closed


def test_of_two_boxes_of_one_tree_the_newer_stays():
    parents, old, new = Parents(), side("a"), side("a")
    parents.keep(old)
    parents.keep(new)
    parents.keep(new)
    assert (old.session.closed, new.session.closed) == (True, False)
    parents.close()
    assert new.session.closed


@pytest.mark.parametrize(
    ("prepared", "broken", "usable"),
    [(Prepared("a", ""), False, True), (Prepared("a", "raised"), False, False), (Prepared("a", ""), True, False)],
)
def test_only_a_box_that_did_nothing_wrong_is_worth_keeping(prepared, broken, usable):
    made = Side("candidate", "a", FakeBox(), 60, blamed=True)
    assert not made.usable, "its strategy is not ready"
    made.ready.set_result(prepared)
    made.broken = broken
    assert made.usable == usable


def test_a_box_that_rests_still_knows_what_it_has_played():
    """Folded away and back: the very same numbers, and its box is asked nothing."""
    tape, terms = rehearsal(), Terms()
    play = recount(tape, terms, np.zeros(len(tape.events), DECISION))
    resting = side("a", alive=False)
    resting._plays[tape.digest, terms] = play
    parents = Parents()
    parents.keep(resting)
    parents.rest()
    parents.rest()
    folded = resting._plays[tape.digest, terms]
    assert isinstance(folded, Folded)
    assert sum(len(data) for _, data in folded.arrays.values()) < play.shown.nbytes / 4
    again = resting.trade(tape, terms)
    for field in fields(play):
        before, after = getattr(play, field.name), getattr(again, field.name)
        same = before.tobytes() == after.tobytes() if isinstance(before, np.ndarray) else before == after
        assert same, field.name
    assert again.decisions.dtype == play.decisions.dtype


def test_a_refusal_ends_the_candidates_boxes_whatever_they_are_still_asked_and_leaves_the_parents():
    """Else it would be compiled to its end before its owner heard of it."""
    sides = {name: side(name) for name in ("candidate", "parent", "plain")}
    bench = Bench(trial=cast(Trial, SimpleNamespace(**sides)))
    bench.stop()
    assert [name for name, each in sides.items() if each.session.closed] == ["candidate", "plain"]
    assert [name for name, each in sides.items() if each.usable] == ["parent"]
