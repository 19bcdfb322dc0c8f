"""Less than the plan that waits: `tira o take`, `sem o take`, `só o take`, `drop the take`, `just the target`."""

from __future__ import annotations

from core.contracts import EditPlan
from services.interpreter.dialogue import plans, words
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar.normalise import read


def narrowed(turn: Turn) -> Taken | None:
    """What is left of a plan of several changes when one is taken out, or is all that is wanted."""
    waiting = turn.state.waiting
    if waiting is None or len(waiting.plan.operations) < 2:
        return None
    for kind in ("leaving_out", "keeping"):
        rest = words.after(kind, read(turn.core))
        left = words.without_end("outside", rest) if rest and kind == "leaving_out" else rest
        if left and (called := turn.name(left)) is not None:
            return _without(turn, waiting.plan, called, keeps=kind == "keeping")
    return None


def _without(turn: Turn, plan: EditPlan, called: str, *, keeps: bool) -> Taken | None:
    left = tuple(each for each in plan.operations if (plans.name_of(each) == called) is keeps)
    if not left or len(left) == len(plan.operations):
        return None
    narrower = EditPlan(left)
    return turn.now_waits(narrower, turn.spelled(narrower))
