"""Conditions of rules: comparisons, crossings, hours and days, joined by `and` or by `or`.

They are found from the inside out and put into the lattice as edges: LEAF for one, COND for one or several, TIME for
hours and days, which may follow a verb without an `if`. An edge holds a Condition, or the question that it leaves open.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal

from core.contracts import Condition
from services.interpreter.grammar import further
from services.interpreter.grammar.comparisons import leaves
from services.interpreter.grammar.features import DAYS
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Found, Op, ask, group
from services.interpreter.grammar.pattern import matches
from services.interpreter.grammar.times import days_at_hours, hours, times

OPS: Final[dict[str, Op]] = {"op_lt": "<", "op_le": "<=", "op_gt": ">", "op_ge": ">="}
PLACES: Final[dict[str, Op]] = {"place_above": ">", "place_below": "<"}
"""Where something that moves ends up; `falls more than 2 %` says how far it went, which no rule can see."""
FACTORS: Final = {"twice": Decimal(2), "thrice": Decimal(3), "half_of": Decimal("0.5")}
MOST_BRANCHES: Final = 6
NAMED: Final = frozenset({"FEATURE", "NEGATED", "TIME"})
"""What a condition begins with that says what it is about; `above the slow average` is about the price."""
Kind = Literal["and", "or"]
KINDS: Final[tuple[Kind, ...]] = ("and", "or")


FROM_NOW: Final = frozenset({"in", "em", "within"})
"""`Sell in 5 minutes` is for later, and says nothing of how long a position is held."""


def add_edges(lattice: Lattice) -> None:
    """Everything about conditions that the sentence may hold."""
    for start in range(lattice.end):
        _add_words(lattice, start)
    for start in range(lattice.end):
        for found, end in times(lattice, start):
            lattice.add(start, "TIME", found, end)
    for start in range(lattice.end):
        for found, end in days_at_hours(lattice, start):
            lattice.add(start, "TIME", found, end)
        for found, end in further.held(lattice, start):
            if not FROM_NOW.intersection(token.key for token in lattice.tokens[max(start - 1, 0) : start + 1]):
                lattice.add(start, "HELD", found, end)
    for start in range(lattice.end):
        edges = lattice.edges[start]
        for found, end in (*leaves(lattice, start), *further.leaves(lattice, start), *edges.get("TIME", ())):
            lattice.add(start, "LEAF", found, end)
    for start in range(lattice.end):
        edges = lattice.edges[start]
        for found, end in tuple(edges.get("HELD", ())):
            for joined, last in _joined(lattice, found, end):
                if last > end:  # alone it is the longest time in a position, which is a parameter
                    lattice.add(start, "COND", joined, last)
        for found, end in tuple(edges.get("LEAF", ())):
            for joined, last in _joined(lattice, found, end):
                lattice.add(start, "COND", joined, last)
                if not NAMED & lattice.edges[start].keys():
                    lattice.add(start, "PLACED", joined, last)


def _add_words(lattice: Lattice, start: int) -> None:
    edges = lattice.edges[start]
    for category, op in OPS.items():
        for _, end in edges.get(category, ()):
            lattice.add(start, "OP", op, end)
    for category, places in PLACES.items():
        for _, end in edges.get(category, ()):
            lattice.add(start, "PLACE", places, end)
    for category, factor in FACTORS.items():
        for _, end in edges.get(category, ()):
            lattice.add(start, "FACTOR", factor, end)
    for quantity, end in tuple(edges.get("VALUE", ())):
        if quantity.unit == "factor" and len(quantity.readings) == 1:
            lattice.add(start, "FACTOR", quantity.number, end)
        if quantity.unit == "percent" and len(quantity.readings) == 1:  # `80% of the average`
            lattice.add(start, "PART", quantity.number / 100, end)
    for category, side in (("cross_above", "above"), ("cross_below", "below")):
        for _, end in edges.get(category, ()):
            lattice.add(start, "CROSS", side, end)
    for category, side in (("upwards", "above"), ("downwards", "below")):
        for _, end in edges.get(category, ()):
            lattice.add(start, "WAY", side, end)
    for number, day in enumerate(DAYS):
        for _, end in edges.get(day, ()):
            lattice.add(start, "DAY", number, end)
    for _, end in edges.get("average", ()):
        lattice.add(start, "AVERAGE", True, end)
    for hour, said, end in hours(lattice, start):
        lattice.add(start, "HOUR", (hour, said), end)
        if said:
            lattice.add(start, "CLOCK", hour, end)


def _joined(lattice: Lattice, first: Found, end: int) -> Iterator[tuple[Found, int]]:
    yield first, end
    for kind in KINDS:
        yield from _chain(lattice, kind, (first,), end)


def _joining(kind: Kind, parts: tuple[Found, ...]) -> tuple[str, ...]:
    """How a further condition may follow: how long a position is held, and when, need no `and`."""
    plain = (f"{kind} LEAF", f"comma {kind} LEAF", f"{kind} HELD:LEAF")
    if kind == "or":
        return plain
    last = parts[-1]
    if not isinstance(last, Condition):
        return plain
    beside = last.feature == "held_seconds"
    return (*plain, "comma? LEAF", "HELD:LEAF") if beside else (*plain, "HELD:LEAF", "TIME:LEAF")


def _says_day(found: Found) -> bool:
    """Whether it is about days of the week, alone or with their hours."""
    if not isinstance(found, Condition):
        return False
    return found.feature == "weekday" or any(map(_says_day, found.branches))


def _chain(lattice: Lattice, kind: Kind, parts: tuple[Found, ...], end: int) -> Iterator[tuple[Found, int]]:
    if len(parts) >= MOST_BRANCHES:
        return
    other = "or" if kind == "and" else "and"
    for pattern in _joining(kind, parts):
        for bound, last in matches(pattern, lattice, end):
            if _says_day(parts[-1]) and _says_day(bound["LEAF"]):
                continue  # a list of days is one condition
            grown = (*parts, bound["LEAF"])
            yield group(kind, grown), last
            yield from _chain(lattice, kind, grown, last)
            for _, mixed_end in matches(f"{other} LEAF", lattice, last):
                yield ask(lattice, "and_or"), mixed_end
