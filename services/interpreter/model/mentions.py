"""Where a sentence names something: the longest stretch of words at each place, and not the shorter ones within it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.normalise import Kind

NAMING: Final = ("PARAM", "FEATURE", "RULE", "NEGATED", "KIND")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of words, and what its words may be the name of."""

    start: int
    end: int
    names: tuple[str, ...]


def mentions(lattice: Lattice, *categories: str) -> list[Mention]:
    """What is named, from left to right; a name within a longer one of any kind is none."""
    longest = dict(_longest(lattice, NAMING))
    found = []
    for start, end in longest.items():
        names = {
            name
            for category in categories
            for value, last in lattice.edges[start].get(category, ())
            if last == end and isinstance(value, tuple)
            for name in value
        }
        if names:
            found.append(Mention(start, end, tuple(sorted(names))))
    return found


def said_in_order(lattice: Lattice, categories: tuple[str, ...]) -> list[tuple[int, str]]:
    """Where words of these categories stand, each the longest of its place, with its category."""
    found = []
    for start, end in _longest(lattice, categories):
        here = [c for c in categories if any(last == end for _, last in lattice.edges[start].get(c, ()))]
        found.append((start, here[0]))
    return found


def says(lattice: Lattice, *categories: str) -> bool:
    """Whether a word of these categories is said for itself, and not within a name: `limiar de compra`."""
    names = list(_longest(lattice, NAMING))
    return any(
        not any(first <= start and end <= last and last - first > end - start for first, last in names)
        for category in categories
        for start, edges in enumerate(lattice.edges)
        for _, end in edges.get(category, ())
    )


def unknown_words(lattice: Lattice) -> bool:
    """Whether any word is one that nobody knows, and may turn the sentence round."""
    return any(place not in lattice.known and lattice.tokens[place].kind is Kind.WORD for place in range(lattice.end))


def _longest(lattice: Lattice, categories: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    reached = 0
    for start in range(lattice.end):
        edges = ((value, end) for category in categories for value, end in lattice.edges[start].get(category, ()))
        ends = [end for value, end in edges if not _is_wanted(value, lattice)]
        if ends and start >= reached:
            reached = max(ends)
            yield start, reached


def _is_wanted(value: object, lattice: Lattice) -> bool:
    """Whether it is a feature that is not there yet: `o rsi com 10` is the rsi, and a number."""
    return isinstance(value, tuple) and bool(set(value) & lattice.wanted.keys())
