"""Which parameters a sentence names: the longest name at each place, so that `trailing stop` is no `stop`."""

from __future__ import annotations

from typing import Final

from services.interpreter.grammar.lattice import Lattice

ARTICLES: Final = frozenset({"um", "uma", "one", "a", "an"})
"""Numbers that say no more than an article."""


def parameters_named(lattice: Lattice) -> list[tuple[str, ...]]:
    """For each place the names that may be meant, in the order in which they are said, each once."""
    named: list[tuple[str, ...]] = []
    reached = 0
    for start in range(lattice.end):
        found = lattice.edges[start].get("PARAM", ())
        longest = max((end for _, end in found), default=0)
        if longest and start >= reached:
            reached = longest
            named += [value for value, end in found if end == longest and value not in named]
    return named


def says_number(lattice: Lattice) -> bool:
    """Whether a number is said that is more than an article."""
    for start, edges in enumerate(lattice.edges):
        for category in ("VALUE", "NUMBER"):
            for _, end in edges.get(category, ()):
                if end > start + 1 or lattice.tokens[start].key not in ARTICLES:
                    return True
    return False
