"""Which language a sentence is in: by the words that only one of the two knows."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from core.contracts import Language
from services.interpreter.grammar.lexicon import END, Trie, data, lexicon
from services.interpreter.grammar.normalise import Kind, Text

DECIMAL_COMMA: Final = re.compile(r"\d+,\d{1,2}")
ACCENTED: Final = frozenset("ãõçáéíóúâêôà")


def of(text: Text) -> Language | None:
    """The language with more words of its own; None when neither has any."""
    portuguese, english = _vocabulary(Language.PT), _vocabulary(Language.EN)
    score, named, coded = 0, 0, 0
    for token in text.tokens:
        if "_" in (text.lower[token.end : token.end + 1], text.lower[token.start - 1 : token.start]):
            coded += (token.key in portuguese) - (token.key in english)  # an identifier says little of who writes it
            named += (token.key in _names(Language.PT)) - (token.key in _names(Language.EN))
            continue
        if token.kind is not Kind.WORD:
            score += DECIMAL_COMMA.fullmatch(token.raw) is not None
            continue
        if not ACCENTED.isdisjoint(token.raw):
            score += 2
        score += (token.key in portuguese) - (token.key in english)
        named += (token.key in _names(Language.PT)) - (token.key in _names(Language.EN))
    score = score or coded or named  # owners say the names of both languages, so that they decide last
    if score == 0:
        return None
    return Language.PT if score > 0 else Language.EN


@cache
def _vocabulary(language: Language) -> frozenset[str]:
    known = lexicon(language)
    words: set[str] = set(known.cardinals)
    _collect(known.words, words)
    return frozenset(words.difference(data()["language"]["loanwords"]))


@cache
def _names(language: Language) -> frozenset[str]:
    return frozenset(data()["language"][language.value])


def _collect(node: Trie, words: set[str]) -> None:
    for word, below in node.items():
        if word != END:
            words.add(word)
            _collect(below, words)
