"""A rule guessed from its conditions and a few words beside them, whatever else is in the sentence: an offer only.

`price under the slow ema is a trap, don't touch it`: what is compared is read by the grammar, side and effect by the
words for them. Who says it of somebody else, of another time or of a supposition is offered nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from core.contracts import Condition, EditPlan, Offer
from services.interpreter.gist import orders, rule_atoms
from services.interpreter.gist.labels import Word
from services.interpreter.gist.rules import SIDES
from services.interpreter.grammar import guards, telling
from services.interpreter.grammar import rules as grammar_rules
from services.interpreter.grammar.clock import READS
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import Kind
from services.interpreter.grammar.outcome import Ask
from services.interpreter.grammar.rule_names import Effect, Side
from services.interpreter.grammar.rules import NewRule, features_of
from services.interpreter.offers import licence, words
from services.interpreter.wording import say

MOST_UNKNOWN: Final = 8
MOST_CONDITIONS: Final = 3
TURNED: Final = frozenset(
    {"unless", "even", "keep", "before", "nor", "lacking", "may", "more", "all", "otherwise", "allow", "unclear"}
)
"""Roles with which a rule says something that a guess cannot tell."""
TIMED: Final = frozenset({*licence.TIME_WORDS, "dawn", "morning", "afternoon", "by_night"})
DENIALS: Final = frozenset({"deny", "never", "stay_out", "skip_day"})
NAMES: Final = frozenset({"FEATURE", "PARAM", "RULE", "KIND"})
AVERAGES: Final = frozenset({"rapida", "lenta", "fast", "slow", "curta", "longa"})
OR: Final = frozenset({"or", "ou"})
BREAKS: Final = frozenset({",", ".", ";", ":", "?", "!", "-", "\u2014", "\u2013", "...", "\u2026"})


@cache
def _of(kind: str) -> frozenset[str]:
    """The words of a kind, from the file beside this one."""
    return frozenset(tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))[kind])


@dataclass(frozen=True, slots=True)
class _Part:
    """A condition, a role's words, or a word of which nothing is known (`role` is empty)."""

    start: int
    end: int
    role: str
    condition: Condition | None = None


def guess(lattice: Lattice, passing: frozenset[str] = frozenset()) -> Ask | None:
    """The question with the rule that is probably meant; None where nothing is.

    `passing` are words that it may pass over although elsewhere they may change what is said.
    """
    if guards.refuses_offers(lattice) or guards.coin(lattice) is not None or telling.is_past(lattice):
        return None
    parts = _without_remark(list(_parts(lattice)), lattice)
    conditions = [part.condition for part in parts if part.condition is not None]
    if lattice.has("rule") or not 1 <= len(conditions) <= MOST_CONDITIONS or not _is_said_by_him(parts, lattice):
        return None
    roles = [part.role for part in parts if part.role]
    if _is_something_else_done(parts, lattice):
        return None
    if TURNED.intersection(roles) or not _pass_over(parts, lattice, passing) or _is_somebodys(parts, lattice):
        return None
    when = _joined(conditions, parts, lattice)
    said = None if when is None else _said(roles, when)
    if when is None or said is None or (said[1] == "force" and _judges(parts, lattice)):
        return None
    outcome = grammar_rules.resolve_new(NewRule(*said, when), lattice, set(lattice.symbols.rules))
    if isinstance(outcome, Ask):
        return None
    unused = tuple(lattice.said(part.start, part.end) for part in parts if not part.role and _is_word(part, lattice))
    text = say("without", lattice.language, said="”, “".join(unused)) if unused else say("gist", lattice.language)
    return Ask(text, (Offer(plan=EditPlan(outcome)),), unused)


def _parts(lattice: Lattice) -> Iterator[_Part]:
    """The longest condition at each place, or the longest words of a role, or one word."""
    start = 0
    while start < lattice.end:
        edges = lattice.edges[start]
        held = [(found, end) for kind in rule_atoms.THINGS for found, end in edges.get(kind, ())]
        if held:
            found, end = max(held, key=lambda when: (when[1], isinstance(when[0], Condition)))
            yield _Part(start, end, *(("when", found) if isinstance(found, Condition) else ("unclear",)))
        else:
            spoken = [*rule_atoms.spoken(lattice, start), (start + 1, "")]
            end, role = max(spoken, key=lambda found: (found[0], bool(found[1]), found[1] != "quiet"))
            yield _Part(start, end, role)
        start = end


def _without_remark(parts: list[_Part], lattice: Lattice) -> list[_Part]:
    """From the clause on that says a condition or what is done; a remark before it may say what it likes of today."""
    done = next((place for place, part in enumerate(parts) if part.role in (*SIDES, *DENIALS, "when")), 0)
    breaks = [place for place in range(done) if lattice.tokens[parts[place].start].key in BREAKS]
    remark = parts[: breaks[-1]] if breaks else []
    tokens = [place for part in remark for place in range(part.start, part.end)]
    undoes = any(lattice.tokens[place].key in _of("undoing") for place in tokens)
    timed = any(lattice.tokens[place].kind is Kind.NUMBER or TIMED & lattice.edges[place].keys() for place in tokens)
    return parts if not breaks or undoes or timed else parts[breaks[-1] + 1 :]


def _is_word(part: _Part, lattice: Lattice) -> bool:
    tokens = lattice.tokens[part.start : part.end]
    silent = "skip" in lattice.edges[part.start] or "polite" in lattice.edges[part.start]
    return not silent and any(token.kind is Kind.WORD for token in tokens)


def _is_said_by_him(parts: Sequence[_Part], lattice: Lattice) -> bool:
    """Whether nobody else does it: no person at its head, and before what is done no word that nobody knows."""
    keys = [token.key for token in lattice.tokens]
    if (
        keys[0] in _of("persons")
        or not _of("open").isdisjoint(keys)
        or not telling.WORDS["people"].isdisjoint(keys[:6])
    ):
        return False
    done = next((place for place, part in enumerate(parts) if part.role in (*SIDES, *DENIALS, "when")), 0)
    return all(part.role or not _is_word(part, lattice) for part in parts[:done])


def _is_somebodys(parts: Sequence[_Part], lattice: Lattice) -> bool:
    """Whether who does it stands before it, in the same clause: `it only buys when ...`."""
    subject = False
    for part in parts:
        key = lattice.tokens[part.start].key
        subject = (subject or part.role == "subject") and key not in BREAKS
        if part.role in SIDES and (subject or lattice.tokens[part.end - 1].key in _of("third")):
            return True
    return False


def _is_something_else_done(parts: Sequence[_Part], lattice: Lattice) -> bool:
    """Whether a word that nobody knows stands before what is done, and may be the verb: `drop the buy`."""
    for first, second in pairwise(part for part in parts if part.role != "quiet"):
        if second.role in ("buy", "sell") and not first.role and _is_word(first, lattice):
            return True
    return False


def _judges(parts: Sequence[_Part], lattice: Lattice) -> bool:
    """Whether something is thought of it, after the condition: `selling with rsi above 70 is silly`."""
    last = max(place for place, part in enumerate(parts) if part.condition is not None)
    for part in parts[last + 1 :]:
        if lattice.tokens[part.start].key in BREAKS:
            return False
        if not part.role and _is_word(part, lattice):
            return True
    return False


def _pass_over(parts: Sequence[_Part], lattice: Lattice, passing: frozenset[str]) -> bool:
    """Whether the words of no role may be left out: none is a number, or changes what is said, or tells."""
    unknown = [part for part in parts if not part.role]
    if any(TIMED & lattice.edges[place].keys() for part in unknown for place in range(part.start, part.end)):
        return False
    named = [part for part in unknown if _is_word(part, lattice)]
    if len(named) > MOST_UNKNOWN or any(lattice.tokens[part.start].kind is Kind.NUMBER for part in unknown):
        return False
    if any(NAMES & lattice.edges[part.start].keys() or lattice.tokens[part.start].key in AVERAGES for part in named):
        return False  # it is compared too
    for part in named:
        said = lattice.said(part.start, part.end)
        if lattice.tokens[part.start].key in words.changing() - _of("said_anyhow") - passing:
            return False
        if part.start not in lattice.known and orders.told(Word(part.start, part.end, said), lattice):
            return False
    return True


def _joined(conditions: list[Condition], parts: Sequence[_Part], lattice: Lattice) -> Condition | None:
    if all(condition == conditions[0] for condition in conditions):
        return conditions[0]
    whens = [part for part in parts if part.condition is not None]
    between = {token.key for token in lattice.tokens[whens[0].end : whens[-1].start]}
    timely = {READS.issuperset(features_of(condition)) for condition in conditions}
    if len(timely) > 1 or any(condition.any or condition.all for condition in conditions):
        return None
    return Condition(any=tuple(conditions)) if between & OR else Condition(all=tuple(conditions))


def _said(roles: Sequence[str], when: Condition) -> tuple[Side, Effect] | None:
    """Side and effect, where the words give just one of each."""
    sides = {SIDES[role] for role in roles if role in SIDES}
    denials = [role for role in roles if role in DENIALS]
    timely = READS.issuperset(features_of(when))
    requires = "require" in roles
    if len(sides) > 1 or len(denials) > 1 or (denials and requires):
        return None
    side = next(iter(sides), "entry" if denials or (timely and requires) else None)
    if side is None or (side == "exit" and denials and "held_seconds" in features_of(when)):
        return None
    if denials:
        return side, "forbid"
    if requires or (timely and side == "entry"):
        return side, "require"
    return side, "force"
