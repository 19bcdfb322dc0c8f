"""A labelled sentence in pieces of one amount each: `stop 3% take 6%`, `slow at 50 and fast at 15 for the averages`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from services.interpreter.gist.labels import Word

FACTORS: Final = ("double", "double_amount", "triple", "thrice", "quadruple", "halve", "half")
JOINS: Final = ("join", "comma", "and", "list_and")
ARTICLES: Final = frozenset({"um", "uma", "one", "a", "an"})
"""Numbers that say no more than an article."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words in a row, and which of them is the value and which the value before it; None: there is none."""

    words: tuple[Word, ...]
    value: int | None = None
    was: int | None = None

    @property
    def amount(self) -> Word | None:
        """The word with the value."""
        return None if self.value is None else self.words[self.value]

    def has(self, *roles: str) -> bool:
        """Whether any word has one of these roles."""
        return any(word.has(*roles) for word in self.words)


def is_amount(word: Word) -> bool:
    """Whether a word is an amount, and no article."""
    return word.amount is not None and word.amount.unit != "factor" and (word.said not in ARTICLES)


def factors(words: Sequence[Word]) -> list[int]:
    """Where the words are that multiply a value."""
    return [place for place, word in enumerate(words) if word.has(*FACTORS) and not names(word)]


def amounts(words: Sequence[Word]) -> list[int]:
    """Where the amounts are."""
    return [place for place, word in enumerate(words) if is_amount(word)]


def cut(words: tuple[Word, ...]) -> tuple[Piece, ...]:
    """The pieces; one without a value when no amount is said."""
    places = amounts(words)
    if not places and len(factors(words)) > 1:
        places = factors(words)
        cuts = [0, *(_between(words, first, second) for first, second in pairwise(places)), len(words)]
        return tuple(Piece(words[begin:end]) for begin, end in pairwise(cuts))
    if len(places) < 2:
        return (Piece(words, places[0] if places else None),)
    cuts = [0, *(_between(words, first, second) for first, second in pairwise(places)), len(words)]
    return tuple(
        Piece(words[begin:end], place - begin) for (begin, end), place in zip(pairwise(cuts), places, strict=True)
    )


def _between(words: tuple[Word, ...], first: int, second: int) -> int:
    """Where a piece ends between two amounts: at the last joint, or by whether names come first in the sentence."""
    joints = [place for place in range(first + 1, second) if words[place].has(*JOINS) and not names(words[place])]
    named_between = [place for place in range(first + 1, second) if names(words[place])]
    if joints:
        before = [joint for joint in joints if not named_between or joint < named_between[0]]
        after = [joint for joint in joints if named_between and joint > named_between[-1]]
        if _names_first(words) or not after:
            return (before or joints)[0] + 1
        return after[-1] + 1
    return first + 1 if _names_first(words) or not named_between else second


def _names_first(words: tuple[Word, ...]) -> bool:
    """Whether a name stands before the first amount."""
    first = next((place for place, word in enumerate(words) if is_amount(word)), len(words))
    return any(names(word) for word in words[:first])


def names(word: Word) -> bool:
    """Whether a word points to a parameter."""
    return any(True for _ in word.topics("param"))
