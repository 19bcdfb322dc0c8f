"""What an edit is held to once it is read: words anywhere in the sentence that throw doubt on it.

A reader looks for what a sentence asks for. Here is what says that it does not, or not so: a denial far from its verb,
other people's accounts, a correction, a permission, a deed done once. The doubt makes a question of a plan, and of an
offer that nobody may have meant, an open one.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from core.contracts import Action, AddRule, Condition, EditPlan, Language, Offer, SetOverride, SetParameter
from services.interpreter import wording
from services.interpreter.grammar.normalise import read
from services.interpreter.grammar.outcome import Ask, Refusal

FILE: Final = Path(__file__).with_name("doubts.toml")
UNEQUAL: Final = re.compile("\u2260|!=|=/=|<>")
"""Taken for an equals sign once the marks over letters are gone."""
ONLY: Final = frozenset({"fora", "so", "somente", "apenas", "unicamente", "only", "exclusivamente"})
PAUSE: Final = Offer(action=Action("pause"))
Meaning = EditPlan | Action | Ask | Refusal


def _read() -> dict[str, dict[str, re.Pattern[str]]]:
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        kind: {part: re.compile("|".join(patterns)) for part, patterns in parts.items()}
        for kind, parts in content.items()
    }


PATTERNS: Final = _read()


def held(meant: Meaning, text: str, spoken: Language) -> Meaning:
    """What is left of a meaning once the whole sentence is heard."""
    if not isinstance(meant, EditPlan) and not (isinstance(meant, Ask) and any(each.plan for each in meant.offers)):
        return meant
    said = " ".join(token.key for token in read(text).tokens)
    if isinstance(meant, EditPlan):
        if _is_void(meant, said, text, spoken):
            return Ask(wording.say("not_understood", spoken))
        offers = _offers(meant, said)
        return Ask(wording.say("gist", spoken), offers) if offers else meant
    kept = tuple(each for each in meant.offers if each.plan is None or not _is_void(each.plan, said, text, spoken))
    if len(kept) == len(meant.offers):
        return Ask(meant.text, tuple(_narrowed(each, said) for each in kept), meant.unused)
    return Ask(meant.text, kept, meant.unused) if kept else Ask(wording.say("not_understood", spoken))


def _says(said: str, kind: str, part: str) -> bool:
    return PATTERNS[kind][part].search(said) is not None


def _is_void(plan: EditPlan, said: str, text: str, spoken: Language) -> bool:
    """Whether nobody may be offered this."""
    if _says(said, "void", "any"):
        return True
    if _sets(plan) and (UNEQUAL.search(text) or _says(said, "void", "settings")):
        return True
    if _spends(plan) and _says(said, "void", "spending"):
        return True
    rules = _rules(plan)
    requires = any(each.effect == "require" for each in rules)
    if requires and ONLY.isdisjoint(said.split()) and _says(said, "void", "allowed"):
        return True
    if spoken is Language.PT and any(each.effect != "forbid" for each in rules) and _says(said, "void", "denial"):
        return True
    forbids = any(each.effect == "forbid" for each in rules)
    return forbids and any(_is_mixed(each.when) for each in rules) and _says(said, "void", "denied")


def _offers(plan: EditPlan, said: str) -> tuple[Offer, ...]:
    """What a plan is offered as; empty where it is the plan beyond doubt."""
    offer = Offer(plan=plan)
    narrowed = _narrowed(offer, said)
    if narrowed != offer:
        return (narrowed,)
    if _says(said, "unsure", "pause") and all(isinstance(each, SetParameter) for each in plan.operations):
        return (offer, PAUSE)
    return (offer,) if _is_unsure(plan, said) else ()


def _is_unsure(plan: EditPlan, said: str) -> bool:
    """Whether it may be meant otherwise."""
    if _says(said, "unsure", "any"):
        return True
    if _sets(plan):
        ranged = _says(said, "unsure", "ranges") and not _says(said, "unsure", "moves")
        if ranged or _says(said, "unsure", "settings"):
            return True
    if _spends(plan) and _says(said, "unsure", "account") and not _says(said, "unsure", "each"):
        return True
    if not _rules(plan):
        return False
    mixed = len(_rules(plan)) < len(plan.operations)
    return _says(said, "unsure", "rules") or (mixed and _says(said, "unsure", "both"))


def _narrowed(offer: Offer, said: str) -> Offer:
    """Of two edits the one that is meant, where the other was corrected, or is a reason."""
    plan = offer.plan
    if plan is None or len(plan.operations) != 2 or not _sets(plan):
        return offer
    if _says(said, "which", "last"):
        return Offer(plan=EditPlan(plan.operations[1:]))
    if _says(said, "which", "first"):
        return Offer(plan=EditPlan(plan.operations[:1]))
    return offer


def _sets(plan: EditPlan) -> bool:
    return all(isinstance(each, SetParameter | SetOverride) for each in plan.operations)


def _spends(plan: EditPlan) -> bool:
    return any(
        isinstance(each, SetParameter | SetOverride) and each.name == "order_fraction" for each in plan.operations
    )


def _rules(plan: EditPlan) -> list[AddRule]:
    return [each for each in plan.operations if isinstance(each, AddRule)]


def _is_mixed(when: Condition) -> bool:
    """Whether it looks at more than one thing."""
    return len({each.feature for each in when.branches}) > 1 if when.branches else False
