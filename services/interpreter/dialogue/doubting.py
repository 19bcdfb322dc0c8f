"""Words that were not understood while something was open: a yes after them is not for them, and is asked about."""

from __future__ import annotations

from typing import Final

import msgspec

from core.contracts import Status
from services.interpreter import diagnosis
from services.interpreter.dialogue import sentences, words
from services.interpreter.dialogue.state import Reply
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar import guards
from services.interpreter.grammar.lattice import Lattice

SAYING: Final = ("VALUE", "NUMBER", "PARAM", "RULE", "FEATURE", "coin", "SYMBOL", "future", *diagnosis.EDIT_VERBS)
"""Of a question with any of these something may have been wanted."""
TOLD: Final = ("hypothetical", "reported", "past")
"""Of these the owner is told that they change nothing."""


def is_asked(turn: Turn) -> bool:
    """Whether the words ask or quote: nothing that is open is changed by them."""
    lattice = _lattice(turn)
    asks = guards.is_question(lattice) and not guards.is_polite_question(lattice)
    return asks or guards.is_quoting(lattice)


def is_refused(turn: Turn) -> bool:
    """Whether the words are supposed, reported, past or for later."""
    return guards.refuses_offers(sentences.lattice(turn.core, turn.language, turn.symbols))


def _lattice(turn: Turn) -> Lattice:
    return sentences.lattice(turn.text, turn.language, turn.symbols)


def alone(turn: Turn) -> Taken:
    """A sentence of its own; what is open is in doubt where it may have been about that and was not understood."""
    if "yes" in turn.peeled.marks and guards.is_conditional(_lattice(turn)):
        return msgspec.structs.replace(turn.state, doubted=True), Reply(turn.question("no_condition"))
    return after(turn, turn.alone())


def after(turn: Turn, taken: Taken) -> Taken:
    """What the words came to; in doubt where that is nothing, and they may have been about what is open."""
    state, reply = taken
    is_open = state.waiting is not None or state.asked is not None
    same = (state.waiting, state.asked) == (turn.state.waiting, turn.state.asked)
    done = reply.meant.status in (Status.PLAN, Status.ACTION) and "yes" not in turn.peeled.marks
    if not is_open or not same or done or not _may_be_about_it(turn):
        return state, reply
    asked = None if turn.peeled.corrects else state.asked  # another thing is wanted than what was asked about
    return msgspec.structs.replace(state, asked=asked, doubted=True), reply


def _may_be_about_it(turn: Turn) -> bool:
    """Anything may be, but for what the owner was told of that it changes nothing, and a question about something."""
    lattice = _lattice(turn)
    his = any(words.found(kind, turn.said) for kind in ("suggesting", "own_words"))
    if turn.peeled.marks - {"chatting"} or lattice.has("not") or his:
        return True
    if guards.is_quoting(lattice) or any(guards.says(lattice, case) for case in TOLD):
        return False
    return not is_asked(turn) or any(lattice.has(each) for each in SAYING)
