"""The phrases of a conversation: which one a sentence is, begins with, or holds."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from services.interpreter.grammar.lexicon import Entry, Trie, insert, walk
from services.interpreter.grammar.normalise import Kind, Text, Token, read

FILE: Final = Path(__file__).with_name("vocabulary.toml")
SILENT: Final = frozenset(
    {"por", "favor", "please", "pls", "ai", "entao", "then", "agora", "now", "tá", "ta", "ok", "cara", "mano"}
)
MARKS: Final = frozenset(",.!;:")


def is_one(kind: str, said: Text) -> bool:
    """Whether the whole of what was said is one of these phrases, but for words and marks that say nothing."""
    tokens = [token for token in said.tokens if token.kind is not Kind.MARK or token.key in "#?"]
    words = [token for token in tokens if token.key not in SILENT] or tokens
    return any(end == len(each) for each in (tokens, words) for end in _ends(kind, each, 0))


def after(kind: str, said: Text) -> str | None:
    """What follows one of these phrases and a mark at the beginning; None when it begins with none of them."""
    end = max(_ends(kind, said.tokens, 0), default=0)
    return _rest(said, end) if end else None


def after_comma(kind: str, said: Text) -> str | None:
    """The same, where a comma or a full stop has to follow."""
    end = max(_ends(kind, said.tokens, 0), default=0)
    if not end or end >= len(said.tokens) or said.tokens[end].key not in MARKS:
        return None
    return _rest(said, end)


def found(kind: str, said: Text) -> list[tuple[int, int]]:
    """Where these phrases stand, in the characters of `lower`; the longest of each place, none inside another."""
    places: list[tuple[int, int]] = []
    reached = 0
    for start in range(len(said.tokens)):
        end = max(_ends(kind, said.tokens, start), default=0)
        if end and start >= reached:
            places.append((said.tokens[start].start, said.tokens[end - 1].end))
            reached = end
    return places


def bare(kind: str, said: Text) -> str:
    """What was said without these phrases at its beginning, however many."""
    text = said
    while (rest := after(kind, text)) is not None and rest:
        text = read(rest)
    return text.lower


def listed(kind: str) -> tuple[str, ...]:
    """These phrases as they are written down."""
    return tuple(_content()[kind])


def without_end(kind: str, text: str) -> str:
    """What was said without one of these phrases at its end."""
    said = read(text)
    for start in range(1, len(said.tokens)):
        if len(said.tokens) in set(_ends(kind, said.tokens, start)):
            return said.lower[: said.tokens[start].start].rstrip(" ,")
    return text


def _rest(said: Text, end: int) -> str:
    while end < len(said.tokens) and said.tokens[end].key in MARKS:
        end += 1
    return said.lower[said.tokens[end].start :] if end < len(said.tokens) else ""


def _ends(kind: str, tokens: Sequence[Token], start: int) -> Iterator[int]:
    if start < len(tokens):
        yield from (end for _, end in walk(_phrases(kind), tokens, start, frozenset()))


@cache
def _phrases(kind: str) -> Trie:
    trie: Trie = {}
    for phrase in _content()[kind]:
        insert(trie, phrase, Entry(kind))
    return trie


@cache
def _content() -> dict[str, list[str]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
