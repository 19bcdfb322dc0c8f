"""A message cut into clauses: which of them are chatter, and which may be the order.

`My daughter is asleep, I can sit down at last: set the stop to 2.6%` orders something in its last clause alone. What is
supposed, told, denied or put off in a clause counts against the order only where it may govern the order's own clause:
a clause that names nothing of ours and holds no word of these kinds is chatter.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from core.contracts import Language
from core.symbols import Symbols
from services.interpreter.grammar import guards, telling
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import Kind, Text, Token, read
from services.interpreter.offers import licence

FILE: Final = Path(__file__).with_name("apart.toml")
MARKS: Final = frozenset(",;:.!?\u2026\u2014\u2013-") | {"..."}
MOST_CLAUSES: Final = 8
MOST_WORDS: Final = 14
"""Words of chatter; a longer clause tells something."""
OURS: Final = (
    *("PARAM", "PARAMS", "FEATURE", "RULE", "KIND", "COND", "HELD", "GROUP", "NUMBER", "VALUE", "FRACTION", "coin"),
    *("buy", "sell", "add", "remove", "disable", "enable", "rename", "double", "triple", "halve", "zero", "rule"),
)
"""What an order of ours is made of."""
TURNING: Final = ("if", "only_if", "unless", "provided", "not", "none_of", "only", "stay_out", "reported", "future")
JOINING: Final = frozenset({"mas", "but"})
"""Before `let's go` they deny nothing."""
LEAST_WORDS: Final = 3
"""Words of chatter behind the order."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of tokens, and the mark or word that opened it; empty: the message begins with it."""

    start: int
    end: int
    opened: str = ""

    def tokens(self, text: Text) -> Sequence[Token]:
        """Its tokens."""
        return text.tokens[self.start : self.end]

    def said(self, text: Text) -> str:
        """Its words as they stand."""
        return text.lower[text.tokens[self.start].start : text.tokens[self.end - 1].end]


def clauses(text: Text) -> list[Clause]:
    """The clauses of a message, cut at marks that stand apart and before what gives a reason."""
    found: list[Clause] = []
    start, opened = 0, ""
    for place, token in enumerate(text.tokens):
        mark = token.kind is Kind.MARK and token.key in MARKS and _parts(text, place)
        reason = place > start and token.key in words("reasons")
        if mark or reason:
            if place > start:
                found.append(Clause(start, place, opened))
            start, opened = (place + 1 if mark else place), token.key
    return [*found, Clause(start, len(text.tokens), opened)] if start < len(text.tokens) else found


def _parts(text: Text, place: int) -> bool:
    """Whether a mark parts words: a hyphen within one, and a minus before a number, do not."""
    token = text.tokens[place]
    if token.key not in ("-", "\u2013"):
        return True
    before, after = text.lower[token.start - 1 : token.start], text.lower[token.end : token.end + 1]
    return before == " " and after == " " and place + 1 < len(text.tokens)


def orders(text: Text, symbols: Symbols, language: Language) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What may be the order, with the chatter that is left out around it; the longest first."""
    found = clauses(text)
    if not 2 <= len(found) <= MOST_CLAUSES:
        return
    chatter = [is_chatter(each, text, symbols, language) for each in found]
    if all(chatter) or not any(chatter) or _is_deed(found, chatter):
        return
    if any(
        not idle and (_asks(each, text) or not _is_ours(build(read(each.said(text)), language, symbols)))
        for each, idle in zip(found, chatter, strict=True)
    ):
        return
    first, last = chatter.index(False), len(chatter) - 1 - chatter[::-1].index(False)
    kept = [each for each, idle in zip(found, chatter, strict=True) if not idle]
    left = tuple(each.said(text) for each, idle in zip(found, chatter, strict=True) if idle)
    whole = text.lower[text.tokens[found[first].start].start : text.tokens[found[last].end - 1].end]
    if first or last + 1 < len(found):
        outer = (*found[:first], *found[last + 1 :])
        yield whole, tuple(each.said(text) for each in outer)
    if any(chatter[first:last]):
        yield ", ".join(each.said(text) for each in kept), left


def _is_deed(found: Sequence[Clause], chatter: Sequence[bool]) -> bool:
    """Whether a few words that nobody knows end the message: what is done, as in `at a loss: liquidate`."""
    last = found[-1]
    return chatter[-1] and last.end - last.start < LEAST_WORDS


def _asks(clause: Clause, text: Text) -> bool:
    return clause.end < len(text.tokens) and text.tokens[clause.end].key == "?"


def _is_ours(lattice: Lattice) -> bool:
    """Whether it holds something that an order of ours is made of."""
    return any(lattice.has(category) for category in OURS)


def is_chatter(clause: Clause, text: Text, symbols: Symbols, language: Language) -> bool:
    """Whether a clause names nothing of ours and holds nothing that may govern another clause."""
    tokens = clause.tokens(text)
    keys = {token.key for place, token in enumerate(tokens) if place or token.key not in JOINING}
    if len(tokens) > MOST_WORDS or keys & words("governing") or keys & telling.WORDS["people"]:
        return False
    if language is Language.EN and "no" in keys:
        return False
    lattice = build(read(clause.said(text)), language, symbols)
    if guards.quotes(lattice.text) or _is_ours(lattice):
        return False
    if clause.opened in words("reasons"):
        return True
    if any(lattice.has(category) for category in (*TURNING, *licence.TIME_WORDS)) or telling.tells(lattice):
        return False
    after = text.tokens[clause.end].key if clause.end < len(text.tokens) else ""
    if after == "?" or (after == ":" and not keys & words("himself")):
        return False
    return not _supposes(lattice, keys)


def _supposes(lattice: Lattice, keys: set[str]) -> bool:
    """Whether it supposes, or tells what was done to what is not named in it."""
    if keys & words("supposing"):
        return True
    return any(
        lattice.said(start, end) in words("changed")
        for start, edges in enumerate(lattice.edges)
        for _, end in edges.get("past", ())
    )


@cache
def words(kind: str) -> frozenset[str]:
    """The words of a kind, both languages."""
    return frozenset(tomllib.loads(FILE.read_text(encoding="utf-8"))[kind])
