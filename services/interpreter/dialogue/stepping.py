"""One turn of a conversation: the state and the owner's words to the next state and what is said back. Pure.

Words that stop come first. Then what answers, corrects, adds to or takes back what is open; what does none of these is
a sentence of its own. Nothing that was not said in full by somebody becomes a plan, and none is confirmed but by a yes.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from core.contracts import Interpretation, Language, Situation, Status
from core.symbols import Symbols
from services.interpreter import stopping
from services.interpreter.dialogue.state import PATIENCE_NS, Dialogue, Reply
from services.interpreter.dialogue.turn import Turn
from services.interpreter.interpret import interpret

Understand = Callable[[str, Symbols, Situation], Interpretation]


def _by_grammar(text: str, symbols: Symbols, situation: Situation) -> Interpretation:
    return interpret(text, symbols, situation=situation)


def step(
    state: Dialogue,
    text: str,
    symbols: Symbols,
    situation: Situation,
    now_ns: int,
    understand: Understand = _by_grammar,
) -> tuple[Dialogue, Reply]:
    """What the words come to after what was said before. `now_ns` is UTC; what expired is not open any more."""
    state = state.alive(now_ns)
    spoken = msgspec.structs.replace(situation, language=state.language or situation.language)
    turn = Turn(state, text, symbols, lambda said, of: understand(said, of, spoken), spoken.language or Language.EN)
    after, reply = _stopped(turn) or turn.taken()
    language = reply.meant.language if reply.meant.status is not Status.NONE else state.language
    kept = msgspec.structs.replace(after, language=language, expires_ns=now_ns + PATIENCE_NS, turn=state.turn + 1)
    return kept, reply


def _stopped(turn: Turn) -> tuple[Dialogue, Reply] | None:
    """A word that stops: what closes everything ends what is open, and a pause leaves it as it is."""
    heard = stopping.heard(turn.text)
    if heard is None:
        return None
    meant = turn.understand(turn.text)
    if heard.stop is stopping.Stop.PAUSE:
        return turn.state, Reply(meant)
    return turn.opened(meant, turn.state.settled), Reply(meant)
