"""A sentence that only greets: `oi`, `bom dia, tudo bem?`, `hello there`. Its answer is what can be said here."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from core.contracts import Language
from services.interpreter.grammar.lexicon import Entry, Trie, insert, walk
from services.interpreter.grammar.normalise import Kind, Text

FILE: Final = Path(__file__).with_name("greeting.toml")
MOST_WORDS: Final = 12
BESIDE: Final = "beside"
NOTHING: Final[frozenset[str]] = frozenset()


def heard(text: Text, spoken: Language) -> Language | None:
    """The language to greet back in, `spoken` where the words are of any; None for a sentence that says more."""
    words = [token for token in text.tokens if token.kind is not Kind.MARK]
    if not 0 < len(words) <= MOST_WORDS:
        return None
    found: set[str] = set()
    position = 0
    while position < len(words):
        phrases = walk(_phrases(), words, position, NOTHING)
        end, kind = max(((end, entry.category) for entry, end in phrases), default=(position, ""))
        if end == position:
            return None
        found.add(kind)
        position = end
    named = [language for language in Language if language.value in found]
    if not found - {BESIDE}:
        return None
    return named[0] if len(named) == 1 else spoken


@cache
def _phrases() -> Trie:
    trie: Trie = {}
    for kind, phrases in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        for phrase in phrases:
            insert(trie, phrase, Entry(kind))
    return trie
