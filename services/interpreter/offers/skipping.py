"""What a sentence says without the words that nobody knows: `mano, sobe esse stop pra 3% aí`.

A word that may turn the order round, put it off, narrow it or report it is never left out, nor is any word that the
grammar knows; and before the order only the name of who is spoken to is. So what is left is an order, and all of it.
"""

from __future__ import annotations

from typing import Final

from core.contracts import Action, EditPlan, Language, Offer
from core.contracts.plan import MOST_OFFERS
from services.interpreter.grammar import actions, clauses, guards
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.lexicon import lexicon
from services.interpreter.grammar.normalise import Kind
from services.interpreter.offers import explicit, words

MOST_SKIPPED: Final = 5
"""Words; a sentence of which more is unknown is about something else."""
EVERYTHING: Final = frozenset({"tudo", "everything", "todas", "todos"})
"""`Undo everything` is not `undo`."""
SILENT: Final = frozenset({"skip", "polite", "coin"})
VERBS: Final = frozenset(
    {
        *("set", "alter", "raise", "lower", "widen", "tighten", "plus", "minus", "double", "triple", "halve"),
        *("multiply", "zero", "remove", "drop", "disable", "enable", "add", "require", "only", "only_if", "not"),
        *("buy", "sell", "trade", "show", "what_is", "undo", "rollback", "wait", "polite", "polite_question", "if"),
    }
)
"""What an order begins with. `Stop em 3% funciona` begins with a name, and tells something."""
BREAKS: Final = frozenset(".;\u2026:()[]{}\u2013\u2014-/")
"""After these comes another sentence, which may take the first one back."""


def offers(lattice: Lattice) -> tuple[list[Offer], tuple[str, ...]]:
    """What the sentence may mean without its unknown words, and which these are; nothing when none may go."""
    silent = words.said_anyhow(lattice.tokens)
    unknown = _unknown(lattice, silent)
    if unknown is None or not (unknown or silent):
        return [], ()
    shorter = build(lattice.text, lattice.language, lattice.symbols, lattice.timeframe)
    passed = {position for start, end in silent for position in range(start, end)}
    commas = {end for _, end in silent if end < lattice.end and lattice.tokens[end].key == ","}
    shorter.step_over(passed | commas | set(unknown))
    all_of_it = any(lattice.tokens[position].key in EVERYTHING for position in unknown)
    found = [offer for offer in _read(shorter) if offer.plan is not None or not all_of_it]
    return found, _stretches(lattice, sorted(passed | set(unknown)))


def _unknown(lattice: Lattice, silent: list[tuple[int, int]]) -> list[int] | None:
    """The positions of the unknown words, if all of them may be left out."""
    passed = {position for start, end in silent for position in range(start, end)}
    found = [position for position in range(lattice.end) if position not in lattice.known and position not in passed]
    if len(found) > MOST_SKIPPED or guards.coin(lattice) is not None or guards.refuses_offers(lattice):
        return None
    begins = next((p for p in range(lattice.end) if p not in passed and not _is_filler(lattice, p)), lattice.end)
    begins = next((p for p in range(begins, lattice.end) if p not in found), lattice.end)
    if found and not VERBS & lattice.edges[begins].keys():
        return None
    return found if all(_may_go(lattice, position, begins) for position in found) else None


def _is_filler(lattice: Lattice, position: int) -> bool:
    return "skip" in lattice.edges[position]


def _may_go(lattice: Lattice, position: int, begins: int) -> bool:
    token = lattice.tokens[position]
    if token.kind is not Kind.WORD or token.key in words.changing():
        return False
    if position < begins and (token.key not in words.calling() or _is_told_of(lattice, position)):
        return False
    if position > 0 and lattice.tokens[position - 1].key in BREAKS:
        return False
    other = lexicon(Language.PT if lattice.language is Language.EN else Language.EN)
    return all(entry.category in SILENT for entry, _ in other.words_at(lattice.tokens, position))


def _is_told_of(lattice: Lattice, position: int) -> bool:
    """`The bot sells when ...` speaks of it, and not to it."""
    return position > 0 and lattice.tokens[position - 1].key in ("the", "o", "a")


def _stretches(lattice: Lattice, positions: list[int]) -> tuple[str, ...]:
    """The words at these positions, those beside each other as one."""
    found: list[tuple[int, int]] = []
    for position in positions:
        if found and found[-1][1] == position:
            found[-1] = (found[-1][0], position + 1)
        else:
            found.append((position, position + 1))
    return tuple(lattice.said(start, end) for start, end in found)


def _read(lattice: Lattice) -> list[Offer]:
    """The plans and actions of a sentence, as offers; none where its readings are of several kinds."""
    clauses.add_edges(lattice)
    actions.add_edges(lattice)
    done = actions.action(lattice, clauses.openings(lattice))
    found = [] if not isinstance(done, Action) else [Offer(action=done)]
    readings = clauses.readings(lattice)
    if len(readings) >= clauses.MOST_READINGS:
        return []
    plans = [meant for each in readings if isinstance(meant := clauses.plan(each, lattice), EditPlan)]
    found += [Offer(plan=plan) for plan in plans]
    if not found:
        found = [offer for each in readings for offer in explicit.offers(each, lattice)]
    return [offer for place, offer in enumerate(found) if offer not in found[:place]][:MOST_OFFERS]
