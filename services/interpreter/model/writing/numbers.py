"""The numbers that a sentence says, each with what code may have for it: 2% is 0.02, an hour 3600, half 0.5 or 2."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.model.said import ARTICLES, FACTOR, FACTORS, UNITS
from services.interpreter.model.writing.vocabulary import fractions, one_each, units

HOUR: Final = 3600.0
OF_THE_DAY: Final = re.compile(r"\d{1,2}\s?h")
"""`Antes das 9h` is an hour of the day, and `9 horas` how long."""
SLIGHTLY: Final = 1e-9
MAYBE: Final = ARTICLES | {"a", "an", "meio", "meia", "once"}
"""Words that are a number in one sentence and none in another."""
HALF: Final = frozenset({"meio", "meia"})
NAMING: Final = frozenset({"FEATURE", "PARAM"})


@dataclass(frozen=True, slots=True)
class Number:
    """One that was said. `wanted`: code that lacks it does something else than was asked."""

    words: str
    may_be: tuple[float, ...]
    wanted: bool = True

    def stands_for(self, value: float) -> bool:
        """Whether the value is what was said; a sign says only on which side of nothing it is."""
        return any(math.isclose(abs(value), abs(each), rel_tol=SLIGHTLY) for each in self.may_be)


def numbers_said(lattice: Lattice) -> tuple[Number, ...]:
    """All of them, from left to right; of words that may be read as several, the longest."""
    found, reached = list[Number](), 0
    for start in range(lattice.end):
        here = list(_at(lattice, start)) if start >= reached else []
        if here:
            reached = max(end for end, _ in here)
            words = lattice.said(start, reached)
            may_be = dict.fromkeys(value for end, values in here if end == reached for value in values)
            of_something = words in HALF and bool(NAMING & lattice.edges[reached].keys())  # `meio atr`
            found.append(Number(words, tuple(may_be), wanted=of_something or words not in MAYBE))
    return tuple(found)


def left_out(said: Collection[Number], values: Collection[float]) -> Number | None:
    """The first that was said and that no value is left for: each value stands for one number only."""
    left = list(values)
    for number in sorted((each for each in said if each.wanted), key=lambda each: len(each.may_be)):
        place = next((at for at, value in enumerate(left) if number.stands_for(value)), None)
        if place is None:
            return number
        left.pop(place)
    return None


def _at(lattice: Lattice, start: int) -> Iterator[tuple[int, tuple[float, ...]]]:
    """Every end of a number that begins here, with what it may be; `two thirds` is one."""
    for end, values in _simple(lattice, start):
        yield end, values
        if end < lattice.end and (parts := fractions().get(lattice.tokens[end].key)):
            yield end + 1, parts


def _simple(lattice: Lattice, start: int) -> Iterator[tuple[int, tuple[float, ...]]]:
    edges = lattice.edges[start]
    for quantity, end in edges.get("VALUE", ()):
        yield end, tuple(_values(quantity, lattice.said(start, end)))
    for readings, end in edges.get("NUMBER", ()):
        yield end, tuple(map(float, readings))
    for factor, categories in FACTORS.items():
        for category in categories:
            for _, end in edges.get(category, ()):
                yield end, (float(factor), float(1 / factor))
    if (seconds := _one_of_a_unit(lattice, start)) is not None:
        yield start + 2, (seconds,)
    if parts := fractions().get(lattice.tokens[start].key):
        yield start + 1, parts


def _one_of_a_unit(lattice: Lattice, start: int) -> float | None:
    """The seconds of `per hour`."""
    keys = [token.key for token in lattice.tokens[start : start + 2]]
    return units().get(keys[1]) if len(keys) == 2 and keys[0] in one_each() else None


def _values(quantity: Quantity, words: str) -> Iterator[float]:
    for reading in quantity.readings:
        value = float(reading * UNITS.get(quantity.unit, 1))
        yield value
        if quantity.unit == FACTOR and reading:
            yield float(1 / reading)
        if quantity.unit == "seconds" and OF_THE_DAY.fullmatch(words):
            yield value / HOUR
