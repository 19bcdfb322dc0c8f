"""Patterns over a lattice: `"raise PARAM to VALUE"`.

An element is a category; `a|b` is either, `x?` may be missing. A capital one is a slot, whose value is bound under its
own name or the one after a colon (`VALUE:was`). The order of elements is the order of words, unless the pattern
begins with `~`: then they may stand in any order, each once. Fillers do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from services.interpreter.grammar.lattice import Lattice

Bindings = Mapping[str, Any]


FREE: Final = "~"
"""What a pattern begins with whose elements may stand in any order."""


class Element(NamedTuple):
    """One step of a pattern: its categories, each with the name that its value is bound under, "" for a word."""

    categories: tuple[tuple[str, str], ...]
    optional: bool


@cache
def compiled(pattern: str) -> tuple[Element, ...]:
    """The steps of a pattern."""
    return tuple(_element(word) for word in pattern.split() if word != FREE)


def _element(word: str) -> Element:
    optional = word.endswith("?")
    body, _, name = word.rstrip("?").partition(":")
    categories = tuple((category, (name or category) if category.isupper() else "") for category in body.split("|"))
    return Element(categories, optional)


@cache
def leading(pattern: str) -> frozenset[str]:
    """The categories that a pattern may begin with."""
    found: set[str] = set()
    for element in compiled(pattern):
        found.update(category for category, _ in element.categories)
        if not element.optional and not pattern.startswith(FREE):
            break
    return frozenset(found)


def matches(pattern: str, lattice: Lattice, start: int) -> Iterator[tuple[Bindings, int]]:
    """Every way the pattern fits from a position, and where it ends."""
    first = leading(pattern)  # most patterns fit nowhere, and this is a third of the time that trying them takes
    for place in lattice.starts[start]:
        if not first.isdisjoint(lattice.edges[place]):
            if pattern.startswith(FREE):
                return _match_free(compiled(pattern), lattice, start, {})
            return _match(compiled(pattern), 0, lattice, start, {})
    return iter(())


def _match_free(
    left: tuple[Element, ...], lattice: Lattice, position: int, bound: Bindings
) -> Iterator[tuple[Bindings, int]]:
    if all(element.optional for element in left):
        yield bound, position
    for index, element in enumerate(left):
        for category, name in element.categories:
            for value, end in lattice.at(position, category):
                inner = {**bound, name: value} if name else bound
                yield from _match_free((*left[:index], *left[index + 1 :]), lattice, end, inner)


def _match(
    elements: tuple[Element, ...], index: int, lattice: Lattice, position: int, bound: Bindings
) -> Iterator[tuple[Bindings, int]]:
    if index == len(elements):
        yield bound, position
        return
    element = elements[index]
    for category, name in element.categories:
        for value, end in lattice.at(position, category):
            inner = {**bound, name: value} if name else bound
            yield from _match(elements, index + 1, lattice, end, inner)
    if element.optional:
        yield from _match(elements, index + 1, lattice, position, bound)


def whole(pattern: str, lattice: Lattice) -> Iterator[Bindings]:
    """Every way the pattern takes the whole sentence."""
    return (bound for bound, end in matches(pattern, lattice, 0) if lattice.finished(end))
