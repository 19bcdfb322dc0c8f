"""What a sentence comes to by its gist: a plan when every word is accounted for and one thing is said, else offers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from core.contracts import EditPlan, Offer
from core.contracts.plan import MOST_OFFERS
from services.interpreter.gist import rule_atoms, rules
from services.interpreter.grammar import clauses, guards
from services.interpreter.grammar import rules as grammar_rules
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask
from services.interpreter.wording import say


def rule(lattice: Lattice) -> EditPlan | Ask | None:
    """The new rule that a sentence says, or the question which of several; None when it says none."""
    found = _found(lattice, None)
    if len(found.plans) == 1 and not found.doubtful:
        return found.plans[0]
    if not found.plans:
        return None
    offers = tuple(Offer(plan=plan) for plan in found.plans[:MOST_OFFERS])
    return Ask(say("two_rules" if len(offers) > 1 else "one_rule", lattice.language, said=lattice.text.lower), offers)


def nearly(lattice: Lattice, kept: frozenset[str]) -> tuple[list[Offer], tuple[str, ...]]:
    """The rules that it says without its unknown words, and these words; `kept` are those that it is never without."""
    found = _found(lattice, kept)
    return [Offer(plan=plan) for plan in found.plans], tuple(lattice.said(place, place + 1) for place in found.skipped)


@dataclass(slots=True)
class _Found:
    """The plans of the cheapest ways to read a sentence."""

    plans: list[EditPlan] = field(default_factory=list)
    skipped: tuple[int, ...] = ()
    doubtful: bool = False


def _found(lattice: Lattice, kept: frozenset[str] | None) -> _Found:
    found = _Found()
    if not _may_be_rule(lattice):
        return found
    ways = [way for start in _openings(lattice) for way in rule_atoms.ways(lattice, start, kept)]
    least: tuple[int, int, int] | None = None
    for way in sorted(ways, key=_price):
        (atoms, skipped, _), price = way, _price(way)
        if least is not None and price > least:
            break
        for new in rules.meant(atoms):
            plan = _resolved(new, lattice)
            if plan is not None and plan not in found.plans:
                found.plans.append(plan)
                found.skipped, least = skipped, price
                found.doubtful = found.doubtful or rules.is_doubtful(atoms, new)
    return found


def _price(way: rule_atoms.Way) -> tuple[int, int, int]:
    """The words it leaves out, and its parts: the longest phrases and conditions are the ones that were meant."""
    atoms, skipped, steps = way
    return len(skipped), len(atoms), steps


def _openings(lattice: Lattice) -> list[int]:
    starts = list(clauses.openings(lattice))
    for start in tuple(starts):
        for place in lattice.starts[start]:
            starts += [end for _, end in lattice.edges[place].get("rule_prefix", ()) if end not in starts]
    return starts


def _may_be_rule(lattice: Lattice) -> bool:
    if (
        not (lattice.has("COND") or lattice.has("HELD"))
        or guards.is_quoting(lattice)
        or guards.coin(lattice) is not None
    ):
        return False
    if ELSE.search(lattice.text.lower):
        return False  # of `buy if ..., otherwise not` the denial is of the rest
    asked = bool(lattice.tokens) and lattice.tokens[-1].key == "?" and not guards.is_polite_question(lattice)
    if asked or _supposes(lattice):
        return False
    return lattice.has("TIME") or not SIDED.isdisjoint(rule_atoms.roles_of(lattice))


def _supposes(lattice: Lattice) -> bool:
    """Whether it is no order of today. `Trades should only happen ...` is one, `should we trade ...` is none."""
    found = [category for category in guards.REASONS if guards.says(lattice, category)]
    if found != ["hypothetical"] or lattice.tokens[0].key in OPENING:
        return bool(found)
    said = [
        lattice.said(start, end)
        for start, edges in enumerate(lattice.edges)
        for _, end in edges.get("hypothetical", ())
    ]
    return any(each not in OBLIGING for each in said)


ELSE: Final = re.compile(
    r"\b(?:fora (?:isso|disso)|sen[aã]o|do contr[aá]rio|caso contr[aá]rio|otherwise|outside (?:of )?(?:that|this)|"
    r"other (?:days|hours|times))\b\W*(?:n[aã]o|nada|nem pensar|not|no|nothing|none|never)\W*$"
)
"""What says at its end that the rest is not done."""
SIDED: Final = frozenset({"buy", "sell", "for_buy", "for_sell", "open", "stay_out", "skip_day", "keep"})
"""One of these roles has to be there: something is bought or sold, or a day is left out."""
OBLIGING: Final = frozenset({"should"})
OPENING: Final = frozenset({"should", "would", "could", "may", "might", "can", "what", "if", "e"})
"""With these a sentence that supposes begins."""


def _resolved(new: grammar_rules.NewRule, lattice: Lattice) -> EditPlan | None:
    outcome = grammar_rules.resolve_new(new, lattice, set(lattice.symbols.rules))
    return None if isinstance(outcome, Ask) else EditPlan(outcome)
