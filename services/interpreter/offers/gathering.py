"""What comes with a question: the plans that its readings leave open, or what is said without the unknown words.

A guess is held to the licence before its owner sees it, and there is none of a sentence that was no order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from core.contracts import Action, EditPlan, Offer, SetParameter
from core.contracts.plan import MOST_OFFERS
from services.interpreter.grammar import guards, timeframes
from services.interpreter.grammar.adjustment import Adjustment
from services.interpreter.grammar.clauses import Statement
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import read as read_text
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.offers import averages, explicit, licence, skipping, spelling, stops, trends
from services.interpreter.wording import listed, say

SETTING: Final = frozenset(["em", "at", "to", "para", "pra", "=", ":"])
"""With which a number is set: `RSI diário em 70` names no indicator of 70 days."""
Read = Callable[[str], EditPlan | Action | Ask | Refusal]
"""Understands a sentence as it stands, without a guess at what is unknown in it."""


def beside(asked: Ask, plans: Sequence[EditPlan], readings: Sequence[tuple[Statement, ...]], lattice: Lattice) -> Ask:
    """A question about readings that do not agree, with what each of them may be."""
    if guards.refuses_offers(lattice):
        return asked
    found = [Offer(plan=plan) for plan in plans]
    found += [offer for statements in readings for offer in explicit.offers(statements, lattice)]
    if any(token.key in SETTING for token in lattice.tokens):
        found.sort(key=lambda offer: not _sets(offer))  # `I want bollinger at 25 bars`
    offers = _licensed(found, lattice)
    question = _which(offers, readings, lattice) if len(offers) > 1 else None
    return replace(asked, offers=offers, text=question or asked.text)


def _sets(offer: Offer) -> bool:
    plan = offer.plan
    return plan is not None and all(isinstance(each, SetParameter) for each in plan.operations)


def _which(offers: tuple[Offer, ...], readings: Sequence[tuple[Statement, ...]], lattice: Lattice) -> str | None:
    """The question which name is meant, in the order of the offers: `the second` is then the second of both."""
    if len(readings) != 1 or len(readings[0]) != 1 or not isinstance(readings[0][0], Adjustment):
        return None
    (names, *others) = readings[0][0].names
    if len(names) < 2 or others:
        return None
    offered = [
        each.name for offer in offers if offer.plan for each in offer.plan.operations if isinstance(each, SetParameter)
    ]
    return say("which", lattice.language, names=listed(dict.fromkeys((*offered, *names)), lattice.language))


def instead(asked: Ask | Refusal, lattice: Lattice, read: Read) -> Ask | Refusal:
    """What is said of a sentence without a reading, or a question with the readings that it nearly has."""
    if guards.refuses_offers(lattice):
        return asked
    if len(kinds := averages.offers(lattice, read)) > 1:
        return Ask(say("which_average", lattice.language), tuple(kinds))
    if (asked_so := _crossed(trends.directed(lattice), lattice, read)) is not None:
        return asked_so
    if meant := trends.offers(lattice, read):
        return Ask(say("which_trend", lattice.language, said=lattice.text.lower), tuple(meant))
    if usual := averages.usual(lattice, read):
        return Ask(say("usual_bars", lattice.language), tuple(usual))
    shorter, unused = skipping.offers(lattice)
    if offers := _licensed(shorter, lattice):
        return _meaning_without(unused, offers, lattice)
    if (ruled := stops.as_rule(lattice, read)) is not None:
        return ruled
    if (text := spelling.corrected(lattice)) is None:
        return asked
    again = read(text)
    if isinstance(again, EditPlan | Action):
        offer = Offer(plan=again) if isinstance(again, EditPlan) else Offer(action=again)
        guarded = offer.action is not None and licence.faults(offer, lattice)
        return asked if guarded else Ask(say("did_you_mean", lattice.language, said=text), (offer,))
    if isinstance(again, Ask) and again.offers:
        return Ask(say("did_you_mean", lattice.language, said=text), again.offers, again.unused)
    plain = build(read_text(text), lattice.language, lattice.symbols)
    return again if isinstance(again, Ask) and plain.end == len(plain.known) else asked


def alone(lattice: Lattice, read: Read) -> Ask | None:
    """The question which average is meant, or whether to add it, of a sentence that says nothing but an indicator."""
    if guards.refuses_offers(lattice):
        return None
    sets = any(token.key in SETTING for token in lattice.tokens)
    for start in lattice.starts[0] if not sets else ():
        for added, end in lattice.edges[start].get("WANTED", ()):
            if lattice.finished(end):
                offer = Offer(plan=EditPlan((added,)))
                return timeframes.unfit(lattice, added) or Ask(say("gist", lattice.language), (offer,))
    kinds = averages.alone(lattice, read)
    return Ask(say("which_average", lattice.language), tuple(kinds)) if kinds else None


def _crossed(ways: tuple[str, ...], lattice: Lattice, read: Read) -> Ask | None:
    """The offers of a sentence with either direction of its crossing; of averages whose kind is open, with the first.

    None for a sentence that says its direction, or no crossing.
    """
    if not ways:
        return None
    plans = [meant for way in ways if isinstance(meant := read(way), EditPlan)]
    offers = [Offer(plan=plan) for plan in dict.fromkeys(plans)]
    offers = offers or averages.offers(build(read_text(ways[0]), lattice.language, lattice.symbols), read)
    return Ask(say("which_way", lattice.language, said=ways[0]), tuple(offers)) if offers else None


def left_out(found: Sequence[Offer], unused: tuple[str, ...], lattice: Lattice) -> Ask | None:
    """The question whether a sentence means these offers, or means them without some of its words; None: it may not."""
    offers = _licensed(found, lattice)
    if offers and not unused:
        return Ask(say("gist", lattice.language), offers)
    return _meaning_without(unused, offers, lattice) if offers else None


def _meaning_without(unused: tuple[str, ...], offers: tuple[Offer, ...], lattice: Lattice) -> Ask:
    said = "”, “".join(unused)
    return Ask(say("without", lattice.language, said=said), offers, unused)


def _licensed(found: Sequence[Offer], lattice: Lattice) -> tuple[Offer, ...]:
    alone = [offer for place, offer in enumerate(found) if offer not in found[:place]]
    return tuple(offer for offer in alone if not licence.faults(offer, lattice))[:MOST_OFFERS]
