"""Which sentences a model may be asked about: none that stops, closes, quotes, asks, supposes, reports or waits."""

from __future__ import annotations

from typing import Final

from core.contracts import Language
from core.symbols import Symbols
from services.interpreter import stopping
from services.interpreter.grammar import actions, clauses, clock, closing, guards
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import MOST_CHARACTERS, MOST_TOKENS, Kind, clean, read

ORDERED: Final = ("reported", "hypothetical", "future")
"""What no order is, however it begins."""


def unguarded(
    text: str, language: Language, symbols: Symbols, ordering: frozenset[str] = frozenset()
) -> Lattice | None:
    """The sentence's lattice; None where a guard of the grammar stands before it, or it names a pair or a clock.

    One that begins with a word of `ordering` is an order, whatever in it sounds like telling.
    """
    cleaned = clean(text[: 4 * MOST_CHARACTERS])
    sentence = read(guards.bare_names(cleaned, symbols))
    if not sentence.tokens or len(text) > MOST_CHARACTERS or len(sentence.tokens) > MOST_TOKENS:
        return None
    if stopping.of_tokens(sentence.tokens) is not None or closing.heard(cleaned) is not None:
        return None
    if clock.named_zone(sentence) is not None:
        return None
    lattice = build(sentence, language, symbols)
    clauses.add_edges(lattice)
    actions.add_edges(lattice)
    if guards.coin(lattice) is not None:
        return None
    refused = _refused(lattice) if begins_with(lattice, ordering) else guards.refuses_offers(lattice)
    return None if refused else lattice


def begins_with(lattice: Lattice, keys: frozenset[str]) -> bool:
    """Whether the first word that says anything is one of these."""
    first = next((at for at in range(lattice.end) if "skip" not in lattice.edges[at]), 0)
    return lattice.end > 0 and lattice.tokens[first].key in keys


def _refused(lattice: Lattice) -> bool:
    asks = guards.is_question(lattice) and not guards.is_polite_question(lattice)
    return asks or guards.is_quoting(lattice) or any(guards.says(lattice, category) for category in ORDERED)


def is_unknown(lattice: Lattice, place: int) -> bool:
    """Whether nobody knows the word that stands there."""
    return place not in lattice.known and lattice.tokens[place].kind is Kind.WORD
