"""The last resort: what a sentence with an amount most probably sets, whatever else is in it that nobody understands.

It is never a plan, only an offer that names the words which it passes over. Where a word turns the sentence round, puts
it off, narrows it or tells it of somebody else, nothing is guessed; nor where it speaks of what a rule looks at.
"""

from __future__ import annotations

from typing import Final

from core.contracts import EditPlan, Language, Offer
from core.contracts.plan import MOST_OFFERS
from services.interpreter.gist import guarding, orders, settings
from services.interpreter.gist.labelling import labelled
from services.interpreter.gist.labels import Gist
from services.interpreter.gist.pieces import Piece, amounts, cut, names
from services.interpreter.gist.remarks import BREAKS
from services.interpreter.gist.saying import change
from services.interpreter.gist.topics import named, topic
from services.interpreter.gist.vocabulary import phrases
from services.interpreter.grammar import clauses, guards
from services.interpreter.grammar.adjustment import Adjustment, How
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import fold
from services.interpreter.grammar.outcome import Ask
from services.interpreter.offers import explicit, licence, spelling
from services.interpreter.wording import say

FILE: Final = "guessing"
FACTORS: Final = ("double", "triple", "halve", "half")
MOST_AMOUNTS: Final = 4
MOST_PASSED_OVER: Final = 12
"""Words; of which more are unknown, it is about something else."""
TURNING: Final = ("not", "none_of", "unless", "provided", "only", "only_if")
ENDING: Final = ("trap", "state", "was", "past", "against", "elsewhen", "theirs", "others")
MOST_BESIDE_A_VERB: Final = 3
TENSES: Final = ("ou", "ei", "iu", "eu", "ava", "ia", "aram", "eram", "iram", "am", "ui", "uí", "ed", "s", "ing")
"""How a word ends that tells what was, would be, or what somebody else does."""
SILENT: Final = ("filler", "skip", "polite", "polite_question")
ORDERING: Final = ("set", "order", "up", "down", "raise", "lower", "widen", "tighten", "plus", "minus", "off")
SCOPE: Final = frozenset({"profit", "held_seconds", "retreat", "score", "confidence", "advice"})
"""What a setting may be said by: `when the profit reaches 5%`."""


def prepare() -> None:
    """Read the words, which the first sentence of a process would wait for."""
    for language in Language:
        phrases((settings.FILE, FILE), language)


def guess(lattice: Lattice, passing: frozenset[str] = frozenset()) -> Ask | None:
    """The question with what is probably meant; None where nothing points to anything.

    `passing` are words that it may pass over although elsewhere they may change what is said.
    """
    if guards.refuses_offers(lattice) or guards.coin(lattice) is not None:
        return None
    gist = labelled(lattice, settings.FILE, FILE, numbered=False)
    if gist.has(*ENDING) or guarding.turned(gist, TURNING) or not guarding.may_go(gist, passing) or _is_a_rules(gist):
        return None
    known = tuple(word for word in gist.words if word.known)
    if not known or not gist.unknown or not orders.stands(known) or any(orders.told(w, lattice) for w in gist.unknown):
        return None  # a reader that knows all of its words has refused it
    if not _is_ordered(gist) or (gist.has("cond", "if") and named(known)):
        return None
    if (
        len(amounts(known)) > MOST_AMOUNTS
        or not (amounts(known) or gist.has(*FACTORS))
        or len(gist.unknown) > MOST_PASSED_OVER
    ):
        return None
    pieces = cut(known)
    changes = tuple(found for piece in pieces if (found := _changed(piece, pieces, lattice)) is not None)
    if len(changes) != len(pieces):
        return None
    offers = tuple(offer for offer in _offers(changes, lattice) if not _faults(offer, lattice))
    if not offers:
        return None
    passed = tuple(word.said for word in gist.unknown)
    said = say("without", lattice.language, said="”, “".join(passed)) if passed else say("gist", lattice.language)
    return Ask(said, offers[:MOST_OFFERS], passed)


def _is_a_rules(gist: Gist) -> bool:
    """Whether it speaks of something that only rules look at, or of what is bought and sold then."""
    features = {name for word in gist.words for pointer in word.topics("feature") for name in pointer.names}
    return bool(features - SCOPE) and gist.has("if", "cond", "buy", "sell", "trade", "for_buy", "for_sell")


def _is_ordered(gist: Gist) -> bool:
    """Whether somebody asks for it: by a verb that he says himself, or by a word at once that may be a verb."""
    words = gist.words
    said = [place for place, word in enumerate(words) if not word.has(*SILENT) and word.said not in BREAKS]
    for place in said:
        if words[place].has(*ORDERING):
            return place == said[0] or not place or words[place - 1].known or words[place - 1].said in BREAKS
    if len(said) < 2 or (said[0] and words[said[0] - 1].has("skip")):
        return False  # `my buddy swears by ...`
    first, second = words[said[0]], words[said[1]]
    if spelling.may_move(fold(first.said), gist.lattice.language):
        return False  # `almenta o stop em 1%`
    is_verb = not first.known and not first.said.endswith(TENSES) and bool(names(second) or second.amount)
    by = any(word.has("by") and not word.has("to") for word in words)
    return is_verb and not by and sum(not word.known for word in words) <= MOST_BESIDE_A_VERB


def _changed(piece: Piece, pieces: tuple[Piece, ...], lattice: Lattice) -> Adjustment | None:
    others = [other for other in pieces if other is not piece]
    about = topic(piece, others, lattice.symbols)
    if about is None or not orders.suits(piece, about.names):
        return None
    meant = _own(piece, about.names) or about.names
    return change(piece, (meant,), lattice.symbols.parameters[meant[0]])


def _own(piece: Piece, names: tuple[str, ...]) -> tuple[str, ...]:
    """Of several, those that a word means alone: of `advisor` and `weight` the one that is the advisor's."""
    alone = {pointer.names[0] for word in piece.words for pointer in word.topics("param") if len(pointer.names) == 1}
    return tuple(name for name in names if name in alone)


def _offers(changes: tuple[Adjustment, ...], lattice: Lattice) -> tuple[Offer, ...]:
    if any(each.how is How.MISSING for each in changes):
        return ()
    meant = clauses.plan(changes, lattice)
    return (Offer(plan=meant),) if isinstance(meant, EditPlan) else tuple(explicit.offers(changes, lattice))


def _faults(offer: Offer, lattice: Lattice) -> tuple[str, ...]:
    """What the sentence does not give; which name is meant, the words that point to it say."""
    return tuple(fault for fault in licence.faults(offer, lattice) if fault != "name")
