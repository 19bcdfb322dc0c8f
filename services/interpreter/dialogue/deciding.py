"""A yes, a no, or never mind; and what is none of these and changes nothing: a doubt, a word in between."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from core.contracts import Action, Interpretation, Offer, Status
from services.interpreter import diagnosis, greeting
from services.interpreter.answering import answer
from services.interpreter.dialogue import plans, sentences, words
from services.interpreter.dialogue.state import Reply
from services.interpreter.dialogue.turn import BACKEND, Taken, Turn
from services.interpreter.grammar.normalise import read

BESIDE_AN_ANSWER: Final = frozenset({"chatting"})
MOST_ENDINGS: Final = 3
ASIDE: Final = re.compile(r"^(?:you know what|know what|quer saber|sabe(?: de uma coisa)?|sabe o que)\s*\?\s*")
"""Asks nothing: `you know what? leave it as is`."""
MOST_TOLD: Final = 9
SPEAKING_OF_IT: Final = ("VALUE", "NUMBER", "PARAM", "RULE", "FEATURE", "coin", "SYMBOL", "not", *diagnosis.EDIT_VERBS)
"""With one of these more is said than why somebody is away."""
BESIDE_A_NO: Final = frozenset({"chatting", "correcting"})


def decided(turn: Turn) -> Taken | None:
    """A yes to what waits, or to the one thing that was offered; or a no, or a withdrawal, which ends both."""
    state = turn.state
    if state.asked is None and state.waiting is None:
        return None
    yes = _answer(turn)
    if yes is False:
        return state.settled, turn.nothing("withdrawn")
    if not yes:
        return None
    if state.doubted:
        return _asked_again(turn)
    if state.asked is not None:
        if len(state.asked.offers) == 1:
            return turn.take(state.asked.offers[0])
        return state, Reply(turn.again(state.asked))
    return confirmed(turn)


def confirmed(turn: Turn) -> Taken | None:
    """What waits is done."""
    waiting = turn.state.waiting
    return None if waiting is None else (turn.state.confirmed, Reply(turn.planned(waiting.plan), confirmed=True))


def _answer(turn: Turn) -> bool | None:
    """A yes or no, whatever was said before it that says nothing."""
    found = answer(turn.text)
    if found is not None:
        return found
    if words.is_one("pleading", turn.said) or _confirms_by_name(turn):
        return True
    core, marks = read(turn.core), turn.peeled.marks
    for said in (turn.said, core) if marks <= BESIDE_A_NO else (turn.said,):
        if any(words.is_one(kind, said) for kind in ("withdrawing", "undoing", "putting_back")):
            return False
    if marks <= BESIDE_A_NO and (_withdraws(turn) or _drops_all_of_it(turn)):
        return False
    inner = answer(core.lower) if "?" not in turn.text else None
    if (inner is True and marks <= BESIDE_AN_ANSWER) or (inner is False and marks <= BESIDE_A_NO):
        return inner
    return None


def _confirms_by_name(turn: Turn) -> bool:
    """Whether it says yes to what waits by its name: `confirma o take`, `apply the change`."""
    waiting, said = turn.state.waiting, read(words.bare("wishing", turn.said))
    rest = words.after("confirming", said)
    if waiting is None or not rest or "?" in turn.text:
        return False
    bare = words.bare("things", read(rest.rstrip(" .,;!")))
    named = turn.name(words.without_end("things", bare) or bare)
    return words.is_one("all_of_it", read(rest)) or (
        named is not None and [plans.name_of(each) for each in waiting.plan.operations] == [named]
    )


def _withdraws(turn: Turn) -> bool:
    """Whether it takes back what is open, with what may stand around that: `let us drop this for now`."""
    said = words.bare("wishing", read(ASIDE.sub("", turn.said.lower))).rstrip(" .,;!")
    if "?" in said:
        return False
    for _ in range(MOST_ENDINGS):
        if words.is_one("withdrawing", read(said)):
            return True
        shorter = words.without_end("ending", said)
        if shorter == said:
            return False
        said = shorter
    return False


def _drops_all_of_it(turn: Turn) -> bool:
    """Whether it takes back the one thing that waits by its name: `forget the oversold change`."""
    waiting = turn.state.waiting
    rest = words.after("leaving_out", read(words.bare("wishing", turn.said)))
    if waiting is None or not rest or "?" in rest or len(waiting.plan.operations) != 1:
        return False
    bare = words.without_end("things", words.without_end("outside", rest.rstrip(" .,;!")))
    bare = words.bare("things", read(bare))
    return bool(bare) and turn.name(bare) == plans.name_of(waiting.plan.operations[0])


def _asked_again(turn: Turn) -> Taken:
    """A yes after words that were not understood is asked to be said to what stands."""
    state = msgspec.structs.replace(turn.state, doubted=False)
    if state.asked is not None:
        return state, Reply(turn.again(state.asked))
    offers = () if state.waiting is None else (Offer(plan=state.waiting.plan),)
    return state, Reply(msgspec.structs.replace(turn.question("doubted"), offers=offers))


def hedged(turn: Turn) -> Taken | None:
    """Neither yes nor no: `ok?`, `talvez`, `acho que sim`, `tanto faz`."""
    state = turn.state
    if state.asked is None and state.waiting is None:
        return None
    marks, core = turn.peeled.marks, turn.core
    bare = turn.text.replace("?", " ")
    asks = "?" in turn.text and answer(bare) is not None
    unsure = "hedging" in marks and (not core or answer(core) is not None)
    if not (asks or unsure or words.is_one("hedging", turn.said)):
        return None
    if state.asked is not None:
        return state, Reply(turn.again(state.asked))
    return state, Reply(turn.question("still_waits"))


def chatted(turn: Turn) -> Taken | None:
    """A word in between, which says nothing of what is open: `valeu`, `um instante`, `lol`."""
    if turn.state.asked is None and turn.state.waiting is None:
        return None
    marks, core = turn.peeled.marks, turn.core
    if "?" in turn.text and not words.is_one("chatting", turn.said):
        return None
    silent = words.is_one("chatting", turn.said) or (not core and "chatting" in marks and marks <= BESIDE_A_NO)
    silent = silent or _is_away(turn)
    if not silent and not (marks <= BESIDE_A_NO and words.is_one("moments", read(core)) and not _counts_time(turn)):
        return None
    return turn.state, turn.nothing("still_open")


def greeted(turn: Turn, text: str) -> Taken | None:
    """A greeting while nothing is open is answered with what can be said: `oi`, `bom dia, tudo bem?`.

    `text` has the words that stand around what is said, which are murmurs elsewhere.
    """
    if turn.state.asked is not None or turn.state.waiting is not None:
        return None
    language = greeting.heard(read(text), turn.spoken)
    if language is None:
        return None
    help_ = Action("help", {"greets": "yes"})
    return turn.state, Reply(Interpretation(Status.ACTION, language, BACKEND, 0.0, action=help_))


def _is_away(turn: Turn) -> bool:
    """Whether it tells why its owner is away: `one sec, phone's ringing`, `peraí que o interfone tocou`."""
    said = turn.said
    kinds = ("leaving",) if _counts_time(turn) else ("leaving", "moments")
    rest = next((rest for kind in kinds if (rest := words.after(kind, said))), None)
    if rest is None or "?" in turn.text or answer(rest) is not None:
        return False
    own = sentences.lattice(rest, turn.language, turn.symbols)
    return len(own.tokens) <= MOST_TOLD and not any(own.has(each) for each in SPEAKING_OF_IT)


def _counts_time(turn: Turn) -> bool:
    """Whether a time may be the answer to what is open."""
    for about in (turn.state.asked, turn.state.waiting):
        if about is not None:
            named = sentences.names(about.said, about.language, turn.symbols)
            known = [turn.symbols.parameters[name] for several in named for name in several]
            return not known or any(parameter.range.unit == "seconds" for parameter in known)
    return True
