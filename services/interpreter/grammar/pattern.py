"""Patterns over a lattice: `"raise PARAM to VALUE"`.

An element is a category; `a|b` is either, `x?` may be missing. A capital one is a slot, whose value is bound under its
own name or the one after a colon (`VALUE:was`). The order of elements is the order of words; fillers do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from services.interpreter.grammar.lattice import Lattice

Bindings = Mapping[str, Any]


class Element(NamedTuple):
    """One step of a pattern: its categories, each with the name that its value is bound under, "" for a word."""

    categories: tuple[tuple[str, str], ...]
    optional: bool


@cache
def compiled(pattern: str) -> tuple[Element, ...]:
    """The steps of a pattern."""
    return tuple(_element(word) for word in pattern.split())


def _element(word: str) -> Element:
    optional = word.endswith("?")
    body, _, name = word.rstrip("?").partition(":")
    categories = tuple((category, (name or category) if category.isupper() else "") for category in body.split("|"))
    return Element(categories, optional)


@cache
def _leading(pattern: str) -> frozenset[str]:
    """The categories that a pattern may begin with."""
    found: set[str] = set()
    for element in compiled(pattern):
        found.update(category for category, _ in element.categories)
        if not element.optional:
            break
    return frozenset(found)


def matches(pattern: str, lattice: Lattice, start: int) -> Iterator[tuple[Bindings, int]]:
    """Every way the pattern fits from a position, and where it ends."""
    leading = _leading(pattern)  # most patterns fit nowhere, and this is a third of the time that trying them takes
    for place in lattice.starts[start]:
        if not leading.isdisjoint(lattice.edges[place]):
            return _match(compiled(pattern), 0, lattice, start, {})
    return iter(())


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
