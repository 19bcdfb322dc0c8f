"""A remark that names the thing, and an order that only points to it: `stopped out again, widen it to 3.2%`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from core.contracts import Language
from core.symbols import Symbols
from services.interpreter.grammar import clauses as grammar_clauses
from services.interpreter.grammar import telling
from services.interpreter.grammar.lattice import build
from services.interpreter.grammar.normalise import Text, read
from services.interpreter.resort import apart

POINTING: Final = re.compile(r"\b(?:it|him|them|ele|ela|that one|esse ai)\b")
COMPLAINTS: Final = re.compile(
    r"\b(?:nao (?:serve|presta|funciona|ajuda|vale|acerta|apita|rende|adianta)(?: (?:pra|para|de))?(?: nada| muito)?|"
    r"(?:does not|is not|has not|never) (?:work|working|help|helping|learned|any good|worth it)|"
    r"(?:learned|good for|worth|knows|does) nothing(?: useful)?|no good|de novo|outra vez|again|once more)\b"
)
"""What is said of a thing because it is to be changed; it denies no order."""
OUT: Final = re.compile(r"\b(?:stopped out|got stopped|stopou|estopou|stopado|estopado|violin\w+)\b")
"""That the stop was hit."""


def orders(text: Text, symbols: Symbols, language: Language) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The order of the last clause with the name in place of what points to it, and the remark that is left out."""
    found = apart.clauses(text)
    if len(found) != 2 or any(clause.end < len(text.tokens) and text.tokens[clause.end].key == "?" for clause in found):
        return
    remark, order = (clause.said(text) for clause in found)
    if _names(order, symbols, language) or not POINTING.search(order):
        return
    names = _names(remark, symbols, language)
    plain = read(COMPLAINTS.sub(" ", " ".join(token.key for token in read(remark).tokens)))
    keys = {token.key for token in plain.tokens}
    if len(names) == 1 and not keys & (apart.words("governing") - NAMES) and not keys & telling.WORDS["people"]:
        yield POINTING.sub(names[0], order, count=1), (remark,)


NAMES: Final = frozenset({"stop", "book", "livro", "outro", "outra", "other", "another"})
"""Words of names; and `another stop`."""


def _names(said: str, symbols: Symbols, language: Language) -> list[str]:
    """The parameters that are named outright."""
    lattice = build(read(said), language, symbols)
    grammar_clauses.add_edges(lattice)
    found = {names[0]: None for edges in lattice.edges for names, _ in edges.get("PARAM", ()) if len(names) == 1}
    if OUT.search(said):
        found["stop_loss"] = None
    return [name for name in found if name in symbols.parameters]
