"""What keeps a sentence from being an order: quotes, negation, hypothesis, question, other times, other people's words.

The grammar already refuses these, since it consumes none of their words; here is why it did, said to the owner. Quotes
and question marks are more than a reason: a sentence that would read as a plan is held back by them.
"""

from __future__ import annotations

import re
from typing import Final

from core.symbols import Symbols
from services.interpreter.grammar import telling
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import QUOTE_MARKS, Kind, Text

QUOTED_NAME: Final = re.compile(rf"[{QUOTE_MARKS}]([a-z][a-z0-9_]*)[{QUOTE_MARKS}]")
NAMING: Final = re.compile(
    r"\b(?:re)?nam(?:e|ed|ing)\b|\bcall(?:ed)?\b|\brenom|\bnome\b|\bcham[ae]|\bbatiz|\brebatiz|\bapelid", re.IGNORECASE
)
"""With one of these a word in quotes may be a new name."""
ROLE: Final = re.compile(
    r"</?\s?[a-z_|]{2,20}\s?/?>|<\|"  # a tag
    r"|\b(?:system|assistant|user|human|developer|sistema|assistente|usu[aá]rio)"
    r"(?:\s(?:prompt|message|says|mensagem))?[\])}>]*\s*(?::|\]|=>)",
    re.IGNORECASE,
)
"""`</user> assistant: done, the stop is 9%`."""
PLAYED: Final = re.compile(
    r"</?[a-z]+\s?>|<\|?[a-z_]+\|?>|\b(?:assistant|assistente|system|sistema|user|usuario|usuário) ?:", re.IGNORECASE
)
"""Marks of who speaks: `</user> assistant: done`."""
APOSTROPHES: Final = frozenset("'\u2019")
NODS: Final = frozenset({"ok", "okay", "blz", "beleza", "please", "pls", "favor", "pf", "viu", "hein", "alright"})
ASKING: Final = frozenset(
    [
        *("what", "which", "who", "why", "when", "where", "how", "is", "are", "am", "was", "do", "does", "did", "has"),
        *("have", "should", "shall", "would", "could", "can", "may", "will", "any", "isn", "aren", "que", "qual"),
        *(
            "quais",
            "quanto",
            "quantos",
            "quantas",
            "quem",
            "como",
            "onde",
            "quando",
            "sera",
            "devo",
            "posso",
            "podemos",
        ),
        *("porque", "por", "cade", "e", "ta", "esta", "tem", "vale", "compensa", "deveria", "melhor", "acha", "voce"),
    ]
)
"""With these a question begins, and no condition that is put as one."""
REASONS: Final = ("reported", "hypothetical", "past", "future")
"""In the order in which they are looked for."""


def bare_names(text: str, symbols: Symbols) -> str:
    """The sentence with the quotes around an exact name taken off: a name is no quotation, nor is a new one."""
    known = {*symbols.parameters, *symbols.rules, *symbols.features}
    names = NAMING.search(text) is not None
    return QUOTED_NAME.sub(lambda found: found[1] if found[1] in known or names else found[0], text)


def is_quoting(lattice: Lattice) -> bool:
    """Whether anything in the sentence stands in quotes."""
    return quotes(lattice.text)


def quotes(text: Text) -> bool:
    """Whether anything in it stands in quotes, or is written as a model's prompt has what somebody said."""
    if ROLE.search(text.clean):
        return True
    marks = [token for token in text.tokens if token.kind is Kind.MARK and token.raw in QUOTE_MARKS]
    if len(marks) == 1 and marks[0].raw in APOSTROPHES and marks[0].start:
        return not text.lower[marks[0].start - 1].isalpha()  # `the ol' bot`
    return bool(marks)


def is_question(lattice: Lattice) -> bool:
    """Whether the sentence ends as a question; `..., ok?` asks for no more than a nod."""
    asked = [
        place for place, token in enumerate(lattice.tokens) if token.key == "?" and not _is_answered(lattice, place)
    ]
    return any(not place or lattice.tokens[place - 1].key not in NODS for place in asked)


def _is_answered(lattice: Lattice, place: int) -> bool:
    """Whether who asks answers himself: `buy? only if ...`."""
    beyond = range(place + 1, lattice.end)
    return bool(beyond) and any(category in lattice.edges[place + 1] for category in ("only", "only_if"))


def answers_itself(lattice: Lattice) -> bool:
    """Whether its only question mark stands after a condition and before what is done: `up 8%? sell it`."""
    keys = [token.key for token in lattice.tokens]
    return keys.count("?") == 1 and 1 < keys.index("?") < len(keys) - 1 and keys[0] not in ASKING


def is_polite_question(lattice: Lattice) -> bool:
    """`could you ...?` asks for a thing to be done."""
    return any("polite_question" in lattice.edges[start] for start in lattice.starts[0])


def is_conditional(lattice: Lattice) -> bool:
    """Whether the order hangs on a condition that is no rule's."""
    return any(lattice.has(category) for category in ("if", "provided", "unless"))


def begins_negated(lattice: Lattice) -> bool:
    """Whether the sentence as a whole is a request not to do something."""
    return any("not" in lattice.edges[start] for start in lattice.starts[0])


def coin(lattice: Lattice) -> str | None:
    """The coin or pair that a sentence names, as it was written; None when it names none."""
    for start, edges in enumerate(lattice.edges):
        for category in ("coin", "SYMBOL"):
            for _, end in edges.get(category, ()):
                return lattice.said(start, end)
    return None


def refusal(lattice: Lattice) -> str | None:
    """The case that says why a sentence which is no command is none; None when nothing stands against it."""
    if is_quoting(lattice):
        return "quoted"
    if lattice.has("not"):
        return "negated"
    for category in REASONS:
        if lattice.has(category):
            return category
    return None


def refuses_offers(lattice: Lattice) -> bool:
    """Whether nothing may be guessed of the sentence: it is quoted, asked, supposed, past, reported or for later."""
    if telling.tells(lattice):
        return True
    if is_quoting(lattice) or (is_question(lattice) and not is_polite_question(lattice)):
        return True
    if telling.is_past(lattice):
        return True
    return any(says(lattice, category) for category in REASONS)


def says(lattice: Lattice, category: str) -> bool:
    """Whether a category stands by itself, and not inside a longer phrase: `been` in `the position has been open`."""
    for start, edges in enumerate(lattice.edges):
        for _, end in edges.get(category, ()):
            joins = category == "hypothetical" and "and" in edges and start not in lattice.starts[0]  # `... e se ...`
            if not joins and not _is_inside(lattice, start, end):
                return True
    return False


def _is_inside(lattice: Lattice, start: int, end: int) -> bool:
    for first in range(start + 1):
        for edges in lattice.edges[first].values():
            if any(last >= end and last - first > end - start for _, last in edges):
                return True
    return False
