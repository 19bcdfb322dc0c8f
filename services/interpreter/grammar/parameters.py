"""The parts of a clause that changes a parameter, put into the lattice: names, verbs, amounts with what they are for.

An amount is bound with the word before it: `to` and `by` say different things, and `em` may say either.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from services.interpreter.grammar.adjustment import DOWN, UP, Names
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.lexicon import data
from services.interpreter.grammar.normalise import Kind

VERBS: Final = (
    *("set", "alter", "require", "wait", "enable", "raise", "lower", "widen", "tighten", "plus", "minus"),
    *("double", "triple", "zero", "halve", "multiply", "divide"),
)
ROLES: Final = (
    ("strict_to", "strict"),
    ("to", "to"),
    ("at", "to"),
    ("by", "by"),
    ("more_by", "more"),
    ("op_ge", "least"),
    ("op_le", "most"),
    ("from", "from"),
    ("at", "from"),
)
"""What a word before an amount says of it."""
LEANING: Final = (
    ("more_adjective", (UP, 0)),
    ("less_adjective", (DOWN, 0)),
    ("nearer_zero", (0, 1)),
    ("farther_from_zero", (0, -1)),
)
MOST_NAMES: Final = 5
LARGEST_PART: Final = 10
"""Of a fraction in figures: `1/4` is a quarter, `22/78` are two numbers."""


def add_edges(lattice: Lattice) -> None:
    """Everything that a change may be made of."""
    for start in range(lattice.end):
        edges = lattice.edges[start]
        for value, end in tuple(edges.get("PARAM", ())):
            for names, last in _parameter_list(lattice, (value,), end):
                lattice.add(start, "PARAMS", names, last)
        for verb in VERBS:
            for _, end in edges.get(verb, ()):
                lattice.add(start, "VERB", verb, end)
        for category, lean in LEANING:
            for _, end in edges.get(category, ()):
                lattice.add(start, "LEAN", lean, end)
        for category, course in (("upwards", UP), ("downwards", DOWN)):
            for _, end in edges.get(category, ()):
                lattice.add(start, "COURSE", course, end)
        for _, end in edges.get("of_current", ()):
            lattice.add(start, "OF_CURRENT", True, end)
        for share, end in _fractions(lattice, start):
            lattice.add(start, "FRACTION", share, end)
    for start in range(lattice.end):
        _add_names(lattice, start)
        _add_amounts(lattice, start)
        _add_shares(lattice, start)


def _parameter_list(lattice: Lattice, names: Names, end: int) -> Iterator[tuple[Names, int]]:
    yield names, end
    if len(names) >= MOST_NAMES:
        return
    for _, after in lattice.at(end, "list_and"):
        for value, last in lattice.at(after, "PARAM"):
            yield from _parameter_list(lattice, (*names, value), last)


def _add_names(lattice: Lattice, start: int) -> None:
    for names, end in lattice.edges[start].get("PARAMS", ()):
        lattice.add(start, "NAMES", (names, ""), end)
    for attached in ("onto", "for", "from", "part_of", "off_of"):
        for _, after in lattice.edges[start].get(attached, ()):
            for names, end in lattice.at(after, "PARAMS"):
                lattice.add(start, "NAMES", (names, attached), end)


def _add_amounts(lattice: Lattice, start: int) -> None:
    edges = lattice.edges[start]
    for quantity, end in edges.get("VALUE", ()):
        if quantity.unit == "factor":
            if len(quantity.readings) == 1:
                lattice.add(start, "TIMES", Fraction(quantity.number), end)
        else:
            said = "strict" if start and lattice.tokens[start - 1].key == ":" else ""  # `more stop: 3%` says the value
            lattice.add(start, "AMOUNT", (said, quantity), end)
    becoming = (("is", "strict"),) if lattice.has("henceforth") else ()
    for category, role in (*ROLES, *becoming):
        strict = role == "to" and "strict_to" in edges
        for _, after in () if strict else edges.get(category, ()):
            for quantity, end in lattice.at(after, "VALUE"):
                if quantity.unit != "factor":
                    lattice.add(start, "AMOUNT", (role, quantity), end)
    for _, after in edges.get("times", ()):
        for readings, end in lattice.at(after, "NUMBER"):
            if len(readings) == 1:
                lattice.add(start, "TIMES", Fraction(readings[0]), end)
    for category, factor in (("double_amount", 2), ("thrice", 3)):
        for _, end in edges.get(category, ()):
            lattice.add(start, "TIMES", Fraction(factor), end)


def _add_shares(lattice: Lattice, start: int) -> None:
    edges = lattice.edges[start]
    for share, end in edges.get("FRACTION", ()):
        lattice.add(start, "SHARE", ("", share), end)
    for category, role in (("strict_to", "to"), ("by", "by"), ("to_share", "to")):
        for _, after in edges.get(category, ()):
            for share, end in lattice.at(after, "FRACTION"):
                lattice.add(start, "SHARE", (role, share), end)
    for category, role in (("half_to", "to"), ("half_by", "by"), ("half_of", "")):
        for _, end in edges.get(category, ()):
            lattice.add(start, "SHARE", (role, Fraction(1, 2)), end)


def _fractions(lattice: Lattice, start: int) -> Iterator[tuple[Fraction, int]]:
    """`a quarter`, `dois terços`, `1/4`."""
    parts = data()["fractions"][lattice.language.value]
    tokens = lattice.tokens
    if (denominator := parts.get(tokens[start].key)) is not None:
        yield Fraction(1, denominator), start + 1
    for readings, end in lattice.edges[start].get("NUMBER", ()):
        if len(readings) != 1 or readings[0] <= 0 or readings[0] != readings[0].to_integral_value():
            continue
        number = int(readings[0])
        if end < lattice.end and number < (denominator := parts.get(tokens[end].key, 0)):
            yield Fraction(number, denominator), end + 1
        elif end + 1 < lattice.end and tokens[end].key == "/" and tokens[end + 1].kind is Kind.NUMBER:
            below = tokens[end + 1]
            if below.key.isdigit() and number < int(below.key) <= LARGEST_PART:
                yield Fraction(number, int(below.key)), end + 2
