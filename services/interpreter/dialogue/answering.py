"""What answers the open question: one of its offers, the value or the name that it asked for."""

from __future__ import annotations

from typing import Final

import msgspec

from core.contracts import Language, Offer, Status
from services.interpreter.dialogue import choosing, plans, sentences, units, words
from services.interpreter.dialogue.contrasting import contrasts
from services.interpreter.dialogue.state import Open
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar import guards
from services.interpreter.grammar.normalise import read

MOST_AROUND: Final = 12
"""Words around a value; who says more tells something else."""


POINTS: Final = ("points", "points_percent")
BY: Final = {Language.PT: "em", Language.EN: "by"}
FACTORS: Final = {
    "halving": {Language.PT: "reduz pela metade o", Language.EN: "halve the"},
    "doubling": {Language.PT: "dobra o", Language.EN: "double the"},
    "tripling": {Language.PT: "triplica o", Language.EN: "triple the"},
}
"""Answers that multiply what is, and the order that says the same."""


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
    if (by_much := _by(turn, asked)) is not None:
        return by_much
    said = units.exchanged(asked.said, turn.core, asked.language, turn.symbols)
    if said is not None and turn.understand(said).plan is not None:
        return _filled(turn, said, asked)
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


def _by(turn: Turn, asked: Open) -> Taken | None:
    """By how much or by which factor the one thing is to change: `by 0.05`, `metade do que é`."""
    called = sentences.one_name(asked.said, asked.language, turn.symbols)
    if called is None or asked.offers or sentences.says_amount(asked.said, asked.language, turn.symbols):
        return None
    core = read(turn.core)
    for kind, verbs in FACTORS.items():
        if words.is_one(kind, core) or words.is_one(kind, turn.said):
            return _filled(turn, f"{verbs[asked.language]} {called}", asked)
    rest = words.after("by", core) or _more_by(turn, asked) or (core.lower if _in_points(turn, asked) else None)
    rest = words.bare("making", read(rest)) if rest else None
    if not rest or turn.amount(rest) is None:
        return None
    said = f"{read(asked.said).lower.rstrip(' .,;!?')} {BY[asked.language]} {rest}"
    return _filled(turn, said, asked)


def _more_by(turn: Turn, asked: Open) -> str | None:
    """An amount more or less, the way that was asked for: `30 seconds more`; `em 0,05` after `sobe`."""
    moves = sentences.lattice(asked.said, asked.language, turn.symbols)
    way = next((each for each in ("raise", "lower") if moves.has(each)), None)
    if way is None:
        return None
    kind = f"further_{way}"
    ended = words.without_end(kind, turn.said.lower)
    if ended != turn.said.lower:
        return ended
    into = words.after("into", turn.said) if asked.language is Language.PT else None
    return into or words.after(kind, turn.said)


def _in_points(turn: Turn, asked: Open) -> bool:
    """Whether it says by how many points, and the question was how far up or down: `meio ponto percentual`."""
    moves = sentences.lattice(asked.said, asked.language, turn.symbols)
    own = turn.own_lattice
    points = any(quantity.unit in POINTS for edges in own.edges for quantity, _ in edges.get("VALUE", ()))
    return points and any(moves.has(each) for each in ("raise", "lower", "widen", "tighten"))


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
        called = sentences.one_name(asked.said, asked.language, turn.symbols)
        if meant.offers and (called is None or not meant.unused):
            return _filled(turn, said, asked)
    called = sentences.one_name(asked.said, asked.language, turn.symbols) or _offered(asked)
    if called is None:
        return _with_other_amount(turn, value, asked)
    said = sentences.in_unit_of(asked.said, value, asked.language, turn.symbols)
    return _filled(turn, sentences.setting(called, said, asked.language), asked)


def _with_other_amount(turn: Turn, value: str, asked: Open) -> Taken | None:
    """The sentence with another amount where its own would not do: `50` of `rsi over 500 bars`."""
    ways = list(sentences.with_amount(asked.said, value, asked.language, turn.symbols))
    return _filled(turn, ways[0], asked) if len(ways) == 1 else None


def _offered(asked: Open) -> str | None:
    """The parameter that all the offers set."""
    named = {plans.only_parameter(offer.plan) for offer in asked.offers if offer.plan is not None}
    return named.pop() if len(named) == 1 else None


def _filled(turn: Turn, said: str, asked: Open) -> Taken | None:
    meant = turn.understand(said)
    if meant.plan is not None:
        return turn.with_base(meant.plan, said, asked)
    return turn.asks(meant, said, asked.base) if meant.status is Status.ASK else None
