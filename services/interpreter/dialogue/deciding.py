"""A yes, a no, or never mind."""

from __future__ import annotations

from services.interpreter.answering import answer
from services.interpreter.dialogue import words
from services.interpreter.dialogue.state import Reply
from services.interpreter.dialogue.turn import Taken, Turn


def decided(turn: Turn) -> Taken | None:
    """A yes to what waits, or to the one thing that was offered; or a no, or a withdrawal, which ends both."""
    state = turn.state
    if state.asked is None and state.waiting is None:
        return None
    yes = answer(turn.text)
    if yes is False or words.is_one("withdrawing", turn.said):
        return state.settled, turn.nothing("withdrawn")
    if not yes:
        return None
    if state.asked is not None:
        if len(state.asked.offers) == 1:
            return turn.take(state.asked.offers[0])
        return state, Reply(turn.again(state.asked))
    if state.waiting is None:
        return None
    return state.confirmed, Reply(turn.planned(state.waiting.plan), confirmed=True)
