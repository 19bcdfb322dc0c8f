"""A sentence as the gist sees it: stretches of words, each with everything that it may say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity

NAMED: Final = 4
STRONG: Final = 2
"""The weight of a name, and of strong evidence; weak evidence weighs 1."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a word points to: names of a kind (`param`, `feature`, `rule`, `kind`), any of which may be meant."""

    kind: str
    names: tuple[str, ...]
    weight: int


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of tokens. `chosen` are the roles that the reader's own words give it, `roles` all that it has."""

    start: int
    end: int
    said: str
    roles: frozenset[str] = frozenset()
    chosen: frozenset[str] = frozenset()
    pointers: tuple[Pointer, ...] = ()
    amount: Quantity | None = None
    share: Fraction | None = None

    def has(self, *roles: str) -> bool:
        """Whether it may say one of these."""
        return not self.roles.isdisjoint(roles)

    @property
    def known(self) -> bool:
        """Whether anything is known of it."""
        return bool(self.roles or self.pointers or self.amount or self.share)

    @property
    def named(self) -> bool:
        """Whether it is a name of a parameter or a rule: `stop` is one, and a verb too."""
        return any(pointer.weight == NAMED and pointer.kind in ("param", "rule") for pointer in self.pointers)

    def topics(self, kind: str) -> Iterator[Pointer]:
        """What of a kind it points to."""
        return (pointer for pointer in self.pointers if pointer.kind == kind)


@dataclass(frozen=True, slots=True)
class Gist:
    """A labelled sentence."""

    lattice: Lattice
    words: tuple[Word, ...]

    def has(self, *roles: str) -> bool:
        """Whether any word may say one of these."""
        return any(word.has(*roles) for word in self.words)

    @property
    def unknown(self) -> tuple[Word, ...]:
        """The words of which nothing is known."""
        return tuple(word for word in self.words if not word.known)

    def covers(self, start: int, end: int) -> bool:
        """Whether the reader's own words take in what stands between two positions."""
        return any(word.chosen and word.start <= start and end <= word.end for word in self.words)
