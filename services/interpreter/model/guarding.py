"""Which sentences a model may be asked about: none that stops, closes, quotes, asks, supposes, reports or waits."""

from __future__ import annotations

from core.contracts import Language
from core.symbols import Symbols
from services.interpreter import stopping
from services.interpreter.grammar import actions, clauses, clock, closing, guards
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import MOST_CHARACTERS, MOST_TOKENS, Kind, clean, read


def unguarded(text: str, language: Language, symbols: Symbols) -> Lattice | None:
    """The sentence's lattice; None where a guard of the grammar stands before it, or it names a pair or a clock."""
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
    if guards.refuses_offers(lattice) or guards.coin(lattice) is not None:
        return None
    return lattice


def is_unknown(lattice: Lattice, place: int) -> bool:
    """Whether nobody knows the word that stands there."""
    return place not in lattice.known and lattice.tokens[place].kind is Kind.WORD
