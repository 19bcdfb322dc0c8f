"""What answers the open question: one of its offers, the value or the name that it asked for."""

from __future__ import annotations

from typing import Final

import msgspec

from core.contracts import Offer, Status
from services.interpreter.dialogue import choosing, plans, sentences, words
from services.interpreter.dialogue.contrasting import contrasts
from services.interpreter.dialogue.state import Open
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar import guards
from services.interpreter.grammar.normalise import read

MOST_AROUND: Final = 12
"""Words around a value; who says more tells something else."""


def chosen(turn: Turn) -> Taken | None:
    """One of the offers."""
    asked = turn.state.asked
    if asked is None or not asked.offers:
        return None

    def pick(text: str) -> Offer | None:
        own = sentences.lattice(text, asked.language, turn.symbols)
        return choosing.chosen(asked.offers, text, own)

    offer = pick(turn.text) or (pick(turn.core) if not turn.peeled.corrects and turn.core else None)
    for contrast in contrasts(turn.text) if offer is None else ():
        other, left = pick(contrast.new), pick(contrast.old)
        offer = other if left is not None and left != other else offer
    return None if offer is None else turn.take(offer)


def completed(turn: Turn) -> Taken | None:
    """What the question asked for: a value, or which name."""
    asked = turn.state.asked
    if asked is None:
        return None
    value = turn.amount(turn.core)
    if value is not None:
        return _valued(turn, value, asked)
    if (moved := _moved(turn, asked)) is not None:
        return moved
    if turn.peeled.corrects and len(asked.offers) == 1:
        return None  # it is the offer that is corrected
    rest = words.bare("around", read(turn.core))
    called = turn.name(turn.core) or turn.name(rest) or _one_of_several(turn, rest, asked)
    said = sentences.with_name(asked.said, called, asked.language, turn.symbols) if called is not None else None
    return _filled(turn, said, asked) if said is not None else _ended(turn, asked)


def _ended(turn: Turn, asked: Open) -> Taken | None:
    """The end of a sentence that lacked it: `by one point`."""
    if asked.offers or turn.peeled.marks or sentences.says_amount(asked.said, asked.language, turn.symbols):
        return None
    said = f"{read(asked.said).lower.rstrip(' .,;!?')} {turn.core}"
    meant = turn.understand(said)
    return _filled(turn, said, asked) if meant.plan is not None or (meant.offers and not meant.unused) else None


def amid(turn: Turn) -> Taken | None:
    """The value that was asked for, among words that nobody knows: offered, and not taken."""
    asked = turn.state.asked
    if asked is None or asked.offers or guards.refuses_offers(own := turn.own_lattice):
        return None
    called = sentences.one_name(asked.said, asked.language, turn.symbols)
    said = sentences.only_amount(turn.core, asked.language, turn.symbols)
    if called is None or said is None or any(own.has(each) for each in ("not", "PARAM", "RULE", "FEATURE", "coin")):
        return None
    whole = sentences.setting(
        called, sentences.in_unit_of(asked.said, said, asked.language, turn.symbols), asked.language
    )
    meant = turn.understand(whole)
    if meant.plan is None or len(own.tokens) > MOST_AROUND:
        return None
    question = msgspec.structs.replace(turn.question("this_value"), offers=(Offer(plan=meant.plan),))
    return turn.asks(question, whole, asked.base)


def _moved(turn: Turn, asked: Open) -> Taken | None:
    """How the one thing that lacks a value is to change: `aumenta o stop`, `dobra`."""
    called = sentences.one_name(asked.said, asked.language, turn.symbols)
    if called is None or asked.offers or sentences.names_something(turn.core, asked.language, turn.symbols):
        return None
    spelled = (sentences.with_topic(turn.core, called), *sentences.about(turn.core, called))
    plans_of = [(turn.understand(said).plan, said) for said in spelled if said]
    plan, said = next(((plan, said) for plan, said in plans_of if plan is not None), (None, ""))
    if plan is None or plans.only_parameter(plan) != called:
        return None
    return turn.with_base(plan, said, asked)


def _one_of_several(turn: Turn, rest: str, asked: Open) -> str | None:
    """Of the names that a word of the sentence may mean, the one that the answer has words of: `o período`."""
    several = [name for name in sentences.names(asked.said, asked.language, turn.symbols) if len(name) > 1]
    if len(several) != 1:
        return None
    fits = choosing.fitting(sentences.lattice(rest, asked.language, turn.symbols), several[0])
    return fits[0] if len(fits) == 1 else None


def _valued(turn: Turn, value: str, asked: Open) -> Taken | None:
    """The value that the question asked for, or another one than those that it named."""
    if not sentences.says_amount(asked.said, asked.language, turn.symbols):
        said = sentences.completed(asked.said, value, asked.language)
        meant = turn.understand(said)
        if (plan := turn.plan_of(said)) is not None:
            return turn.with_base(plan, said if meant.plan is not None else "", asked)
        if meant.offers:
            return _filled(turn, said, asked)
    called = sentences.one_name(asked.said, asked.language, turn.symbols) or _offered(asked)
    if called is None:
        return None
    said = sentences.in_unit_of(asked.said, value, asked.language, turn.symbols)
    return _filled(turn, sentences.setting(called, said, asked.language), asked)


def _offered(asked: Open) -> str | None:
    """The parameter that all the offers set."""
    named = {plans.only_parameter(offer.plan) for offer in asked.offers if offer.plan is not None}
    return named.pop() if len(named) == 1 else None


def _filled(turn: Turn, said: str, asked: Open) -> Taken | None:
    meant = turn.understand(said)
    if meant.plan is not None:
        return turn.with_base(meant.plan, said, asked)
    return turn.asks(meant, said, asked.base) if meant.status is Status.ASK else None
