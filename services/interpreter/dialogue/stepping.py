"""One turn of a conversation: the state and the owner's words to the next state and what is said back. Pure.

Words that stop come first. Then what answers, corrects, adds to or takes back what is open; what does none of these is
a sentence of its own. Nothing that was not said in full by somebody becomes a plan, and none is confirmed but by a yes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from core.contracts import Interpretation, Language, Situation, Status
from core.symbols import Symbols
from services.interpreter import stopping
from services.interpreter.dialogue import doubting, one_pair
from services.interpreter.dialogue.adding import added, in_parts
from services.interpreter.dialogue.answering import amid, chosen, completed
from services.interpreter.dialogue.deciding import chatted, confirmed, decided, greeted, hedged
from services.interpreter.dialogue.multiples import of_that
from services.interpreter.dialogue.narrowing import narrowed
from services.interpreter.dialogue.peeling import without_murmurs
from services.interpreter.dialogue.referring import asked_about, looked_again, put_back, referred
from services.interpreter.dialogue.rewording import contrasted, corrected
from services.interpreter.dialogue.state import MOST_PAST, PATIENCE_NS, Dialogue, Reply
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar import courtesy, smalltalk
from services.interpreter.grammar.normalise import MOST_CHARACTERS, read
from services.interpreter.interpret import interpret

Understand = Callable[[str, Symbols, Situation], Interpretation]


def by_grammar(text: str, symbols: Symbols, situation: Situation) -> Interpretation:
    """As the grammar alone understands."""
    return interpret(text, symbols, situation=situation)


def step(
    state: Dialogue,
    text: str,
    symbols: Symbols,
    situation: Situation,
    now_ns: int,
    understand: Understand = by_grammar,
) -> tuple[Dialogue, Reply]:
    """What the words come to after what was said before. `now_ns` is UTC; what expired is not open any more."""
    state = state.alive(now_ns)
    if not state.past:
        state = msgspec.structs.replace(state, past=situation.past[-MOST_PAST:])
    spoken = msgspec.structs.replace(situation, language=state.language or situation.language)
    words = without_murmurs(text) if len(text) <= MOST_CHARACTERS and stopping.heard(text) is None else text
    owners = spoken.language or Language.EN
    turn = Turn(state, words, symbols, lambda said, of: understand(said, of, spoken), owners, situation.yesterday)
    heard = (
        turn.alone()
        if len(text) > MOST_CHARACTERS
        else _stopped(turn) or greeted(turn, text) or one_pair.narrowed(turn, situation.pairs) or _taken_plainly(turn)
    )
    after, reply = one_pair.held_to_its_pair(turn, situation.pairs, heard)
    language = reply.meant.language if reply.meant.status is not Status.NONE else state.language
    doubted = after.doubted and reply.meant.plan is None
    kept = msgspec.structs.replace(after, language=language, expires_ns=now_ns + PATIENCE_NS, turn=state.turn + 1)
    return msgspec.structs.replace(kept, doubted=doubted), reply


def _stopped(turn: Turn) -> tuple[Dialogue, Reply] | None:
    """A word that stops: what closes everything ends what is open, and a pause leaves it as it is.

    `Cancela tudo` may mean the positions or what is open; where something is open, nobody closes anything with it.
    """
    heard = stopping.heard(turn.text)
    if heard is None or (heard.stop is stopping.Stop.HALT and decided(turn) is not None):
        return None
    meant = turn.understand(turn.text)
    if heard.stop is stopping.Stop.PAUSE:
        return turn.state, Reply(meant)
    return turn.opened(meant, turn.state.settled), Reply(meant)


def _taken_plainly(turn: Turn) -> Taken:
    """What the words are; without their courtesies where with them they are nothing: `exponential, if I may`."""
    taken = _taken(turn)
    meant = taken[1].meant
    if meant.status in (Status.PLAN, Status.ACTION) or meant.offers or doubting.is_asked(turn):
        return taken
    if "yes" in turn.peeled.marks:
        return taken  # `yes, as long as ...` is no yes, and not what follows either
    plain = courtesy.without(turn.said)
    for text in dict.fromkeys((smalltalk.without(turn.said), plain, smalltalk.without(read(plain)))):
        if text and text not in (turn.said.clean, turn.text):
            again = _taken(replace(turn, text=text))
            was, now = ((each.asked, each.waiting) for each in (turn.state, again[0]))
            if again[1].meant.status is Status.PLAN or again[1].meant.offers or was != now:
                return again
    return taken


def _taken(turn: Turn) -> Taken:
    """The first of these that the words are; a sentence of its own when none."""
    answered = decided(turn) or hedged(turn) or chatted(turn) or looked_again(turn) or put_back(turn) or chosen(turn)
    if answered is not None:
        return answered
    if doubting.is_asked(turn):
        return asked_about(turn) or doubting.alone(
            turn
        )  # what is asked, quoted, supposed or reported changes nothing that is open
    after = of_that(turn) or contrasted(turn)
    if after is None and doubting.is_refused(turn):
        return doubting.alone(turn)
    after = after or in_parts(turn) or completed(turn) or narrowed(turn) or added(turn)
    after = after or corrected(turn) or referred(turn)
    if after is None:
        alone = doubting.alone(turn)
        return (amid(turn) or alone) if alone[1].meant.status is Status.NONE else alone
    agrees = "yes" in turn.peeled.marks and not turn.peeled.corrects and turn.state.asked is None
    same = turn.state.waiting is not None and after[1].meant.plan == turn.state.waiting.plan
    return (confirmed(turn) or after) if agrees and same else doubting.after(turn, after)
