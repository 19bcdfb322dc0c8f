"""A sentence without its small talk: `fala chefe, tudo certo? olha, stop em 3%, tá? valeu` is `stop em 3%`.

Only words that are known to carry none are left out, and only where they stand apart: between marks, or at an edge.
What turns an order round is none of them, so what is left is an order just as much as the whole.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from services.interpreter.grammar.normalise import DRAWN_OUT, Kind, Text, Token, read

FILE: Final = Path(__file__).with_name("smalltalk.toml")
APART: Final = frozenset(",.;!?\u2026-\u2013\u2014:")
"""Marks that set a stretch apart; between digits or inside a word they are none."""
ENDS: Final = frozenset(".;!?\u2026")
MOST_WORDS: Final = 14
"""Words of a phrase."""
MOST_EDGES: Final = 8
"""Phrases at an edge of what is left; nobody says more without a mark."""
CONFIRMING: Final = frozenset({"right", "correct", "certo", "correto", "ne", "neh", "no"})
"""With a question mark they ask whether it is so: `it does not buy above 70, right?`."""
KINDS: Final[Mapping[str, Sequence[str]]] = {
    "opening": ("edges", "before"),
    "closing": ("edges", "after"),
    "leading": ("edges", "before", "stretches"),
    "trailing": ("edges", "after", "stretches"),
    "stretches": ("edges", "before", "after", "stretches"),
    "nods": ("nods",),
}
"""Where phrases may stand, and the lists of those that may."""
BINDING: Final = frozenset(
    (
        *(
            "a",
            "o",
            "as",
            "os",
            "um",
            "uma",
            "de",
            "do",
            "da",
            "em",
            "no",
            "na",
            "com",
            "sem",
            "para",
            "pra",
            "por",
            "que",
            "ao",
        ),
        *(
            "meu",
            "minha",
            "esse",
            "essa",
            "e",
            "eh",
            "ta",
            "esta",
            "fica",
            "muito",
            "mais",
            "menos",
            "tao",
            "nao",
            "so",
            "se",
        ),
        *(
            "the",
            "an",
            "of",
            "in",
            "at",
            "on",
            "to",
            "for",
            "with",
            "by",
            "from",
            "my",
            "your",
            "this",
            "that",
            "it",
            "is",
            "are",
        ),
        *(
            "be",
            "was",
            "very",
            "too",
            "more",
            "less",
            "not",
            "no",
            "only",
            "and",
            "or",
            "if",
            "when",
            "quando",
            "ou",
            "como",
            "like",
        ),
    )
)
"""After one of these stands a part of what it says: `never buy in the morning`."""
Span = tuple[int, int]


def without(text: Text) -> str:
    """What is left; the sentence as it is when nothing of it is small talk, or nothing else is."""
    stretches = _stretches(text.tokens)
    left = list(stretches)
    while left and _is_all(text.tokens, left[0], "leading"):
        left.pop(0)
    while left and _is_all(text.tokens, left[-1], "trailing"):
        left.pop()
    left = [*left[:1], *(each for each in left[1:-1] if not _is_all(text.tokens, each, "stretches")), *left[1:][-1:]]
    if not left:
        return text.clean
    left[0] = (_after_edge(text.tokens, left[0]), left[0][1])
    left[-1] = (left[-1][0], _before_edge(text.tokens, left[-1]))
    if left == stretches:
        return text.clean
    said = "".join(_said(text, each, ends=place + 1 == len(left)) for place, each in enumerate(left))
    return f"{said}?" if _is_asked(text.tokens, left[-1][1]) else said


def _stretches(tokens: Sequence[Token]) -> list[Span]:
    """The stretches of words between marks that set apart."""
    found, start = [], 0
    for place, token in enumerate(tokens):
        if token.kind is Kind.MARK and token.key in APART:
            if place > start:
                found.append((start, place))
            start = place + 1
    return [*found, (start, len(tokens))] if start < len(tokens) else found


def _said(text: Text, stretch: Span, *, ends: bool) -> str:
    """A stretch as it stands, with the marks after it where more follows."""
    begin, end = text.tokens[stretch[0]].start, text.tokens[stretch[1] - 1].end
    after = text.tokens[stretch[1]].start if stretch[1] < len(text.tokens) else end
    if ends:
        return text.lower[begin:end]
    mark = text.tokens[stretch[1]].key if stretch[1] < len(text.tokens) else ","
    return f"{text.lower[begin:after].rstrip()}{mark} "


def _is_asked(tokens: Sequence[Token], end: int) -> bool:
    """Whether what is left is asked: `qual é o stop, chefe?`, and not `stop em 3%, tá?`."""
    marks = [place for place in range(end, len(tokens)) if tokens[place].key == "?"]
    if not marks:
        return False
    begin = next((place for place in range(end, marks[0]) if tokens[place].kind is not Kind.MARK), marks[0])
    confirms = any(tokens[place].key in CONFIRMING for place in range(begin, marks[0]))
    return begin == marks[0] or confirms or not _is_all(tokens, (begin, marks[0]), "nods")


def _is_all(tokens: Sequence[Token], stretch: Span, kind: str) -> bool:
    """Whether phrases in a row are all of a stretch."""
    reached = {stretch[0]}
    for start in range(*stretch):
        if start in reached:
            reached.update(end for end in _ends(kind, tokens, start) if end <= stretch[1])
    return stretch[1] in reached


def _after_edge(tokens: Sequence[Token], stretch: Span) -> int:
    """Where a stretch begins without the phrases at its beginning."""
    start = stretch[0]
    for _ in range(MOST_EDGES):
        end = max((end for end in _ends("opening", tokens, start) if end < stretch[1]), default=start)
        if end == start:
            break
        start = end
    return start


def _before_edge(tokens: Sequence[Token], stretch: Span) -> int:
    """Where a stretch ends without the phrases at its end."""
    end = stretch[1]
    for _ in range(MOST_EDGES):
        starts = (
            start
            for start in range(stretch[0] + 1, end)
            if end in _ends("closing", tokens, start) and tokens[start - 1].key not in BINDING
        )
        shorter = min(starts, default=end)
        if shorter == end:
            break
        end = shorter
    return end


def _ends(kind: str, tokens: Sequence[Token], start: int) -> list[int]:
    """Where the phrases of a kind that begin here end."""
    words = tuple(token.key for token in tokens[start : start + MOST_WORDS])
    return [start + length for length in _lengths(kind, words)]


Phrase = tuple[str, ...]
"""The names of the lists that its words are of, in a row."""


@dataclass(frozen=True, slots=True)
class _Book:
    """All phrases. A word that is written in a phrase itself is a list of one."""

    lists: Mapping[str, Mapping[str, Sequence[tuple[str, ...]]]]  # what a list holds, by the first word of it
    beginning: Mapping[str, Sequence[str]]  # the lists that hold something which begins with a word
    phrases: Mapping[str, Mapping[str, Sequence[Phrase]]]  # of a kind, by the list that they begin with

    def after(self, part: str, words: Sequence[str], place: int) -> Iterator[int]:
        """Where what a list holds and begins at a place ends."""
        if place < len(words):
            for each in self.lists[part].get(words[place], ()):
                if each == tuple(words[place : place + len(each)]):
                    yield place + len(each)


@lru_cache(maxsize=256)
def _lengths(kind: str, said: tuple[str, ...]) -> frozenset[int]:
    """How many words each phrase takes that is of a kind and begins with these."""
    book = _book()
    words = [word if word in book.beginning else DRAWN_OUT.sub(r"\1", word) for word in said]
    found: set[int] = set()
    for first in book.beginning.get(words[0], ()):
        for phrase in book.phrases[kind].get(first, ()):
            reached = {0}
            for part in phrase:
                reached = {end for place in reached for end in book.after(part, words, place)}
            found |= reached
    return frozenset(found)


@cache
def _book() -> _Book:
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    lists = {name: _by_first(words) for name, words in content["lists"].items()}
    phrases: dict[str, dict[str, list[Phrase]]] = {}
    for kind, others in KINDS.items():
        phrases[kind] = {}
        for phrase in (each for other in others for each in content[other]):
            parts = tuple(part.strip("{}") if part.startswith("{") else f" {part}" for part in phrase.split())
            lists.update({part: _by_first([part.strip()]) for part in parts if part not in lists})
            phrases[kind].setdefault(parts[0], []).append(parts)
    beginning: dict[str, list[str]] = {}
    for name, held in lists.items():
        for word in held:
            beginning.setdefault(word, []).append(name)
    return _Book(lists, beginning, phrases)


def _by_first(held: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for each in held:
        words = tuple(token.key for token in read(each).tokens)
        found.setdefault(words[0], []).append(words)
    return found
