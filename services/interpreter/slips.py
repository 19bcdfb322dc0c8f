"""Slips of the finger in words that stop: a letter wrong, missing, doubled or exchanged, or the blank left out.

A word that anybody knows is spelled right, and never taken for another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Final

from rapidfuzz.distance import OSA

from core.contracts import Language
from services.interpreter.grammar.lexicon import END, Trie, data, lexicon
from services.interpreter.phrases import Phrasebook

MOST: Final = 2
"""Words with a slip in one sentence."""
FEW: Final = 3
"""Words of a sentence that may hold one slip only."""
MOST_WAYS: Final = 24
SHORTEST: Final = 3
SHORTEST_CHANGED: Final = 5
"""Letters of a word that may have a wrong one: `half` is not `halt`, nor is `step` `stop`."""
SHORTEST_ALONE: Final = 4
"""Letters of a word with a slip that is the whole sentence."""


def spelled(words: Sequence[str], book: Phrasebook) -> Iterator[tuple[str, ...]]:
    """The sentences that may have been meant by one that holds words which nobody knows."""
    unknown = [place for place, word in enumerate(words) if word not in book.words]
    if not unknown or len(unknown) > (MOST if len(words) > FEW else 1):
        return
    if any(words[place] in book.spelled_right or words[place] in known_words() for place in unknown):
        return
    shortest = SHORTEST if len(words) > 1 else SHORTEST_ALONE
    ways = [_meant(words[place], book, shortest) for place in unknown]
    for count, meant in enumerate(product(*ways)):
        if count >= MOST_WAYS:
            return
        said = [[word] for word in words]
        for place, instead in zip(unknown, meant, strict=True):
            said[place] = list(instead)
        yield tuple(word for part in said for word in part)


def _meant(word: str, book: Phrasebook, shortest: int) -> list[tuple[str, ...]]:
    if len(word) < shortest or not word.isalpha():
        return []
    near: list[tuple[str, ...]] = [(known,) for known in sorted(book.carrying) if _is_slip(word, known)]
    parted = [(word[:at], word[at:]) for at in range(2, len(word) - 1) if {word[:at], word[at:]} <= book.words]
    return near + parted


def _is_slip(said: str, meant: str) -> bool:
    if abs(len(said) - len(meant)) > 1 or len(meant) < SHORTEST or OSA.distance(said, meant, score_cutoff=1) != 1:
        return False
    changed = len(said) == len(meant) and sorted(said) != sorted(meant)
    if changed and len(meant) < SHORTEST_CHANGED:
        return False
    return said[0] == meant[0] or sorted(said[:2]) == sorted(meant[:2])


@cache
def known_words() -> frozenset[str]:
    """Every word of the lexicon, in both languages."""
    words: set[str] = set()
    for language in Language:
        _collect(lexicon(language).words, words)
        _collect(lexicon(language).units, words)
        words.update(lexicon(language).cardinals)
    for section in ("parameters", "features", "rules", "kinds"):
        for name, aliases in data()["names"][section].items():
            words.update(word for phrase in (name.replace("_", " "), *aliases) for word in phrase.split())
    return frozenset(words)


def _collect(node: Trie, words: set[str]) -> None:
    for word, below in node.items():
        if word != END:
            words.add(word)
            _collect(below, words)
