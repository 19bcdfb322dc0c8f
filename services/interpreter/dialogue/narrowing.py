"""Less than the plan that waits: `tira o take`, `sem o take`, `só o take`, `drop the take`, `just the target`."""

from __future__ import annotations

from typing import Final

import msgspec

from core.contracts import EditPlan
from services.interpreter.dialogue import choosing, plans, sentences, words
from services.interpreter.dialogue.state import Reply, Waiting
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar.normalise import read

MOST_NAMED: Final = 3
"""Words of what is to go; who says more says something else."""


def narrowed(turn: Turn) -> Taken | None:
    """What is left of a plan of several changes when one is taken out, or is all that is wanted."""
    waiting = turn.state.waiting
    if waiting is None or len(waiting.plan.operations) < 2:
        return None
    for kind in ("leaving_out", "keeping"):
        rest = words.after(kind, read(turn.core))
        left = words.without_end("outside", rest) if rest and kind == "leaving_out" else rest
        if not left:
            continue
        if (called := turn.name(left) or _part(turn, waiting, left)) is not None:
            return _without(turn, waiting.plan, called, keeps=kind == "keeping")
        if len(read(left).tokens) <= MOST_NAMED and _says_no_more(turn, left):
            return msgspec.structs.replace(turn.state, doubted=True), Reply(turn.question("left_what"))
    return None


def _part(turn: Turn, waiting: Waiting, said: str) -> str | None:
    """The one part of the plan that all the words are of: `sem a ordem` of `ordem 8%`."""
    names = [plans.name_of(each) for each in waiting.plan.operations]
    fits = choosing.fitting(sentences.lattice(said, waiting.language, turn.symbols), names)
    return fits[0] if len(fits) == 1 else None


def _says_no_more(turn: Turn, left: str) -> bool:
    """Whether nothing else is said than what is to go: no value, no plan of its own."""
    own = sentences.lattice(left, turn.language, turn.symbols)
    return not own.has("VALUE") and turn.understand(turn.core).plan is None


def _without(turn: Turn, plan: EditPlan, called: str, *, keeps: bool) -> Taken | None:
    left = tuple(each for each in plan.operations if (plans.name_of(each) == called) is keeps)
    if not left or len(left) == len(plan.operations):
        return None
    narrower = EditPlan(left)
    return turn.now_waits(narrower, turn.spelled(narrower))
