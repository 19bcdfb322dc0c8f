"""Several values under one heading: `RSI: oversold 22, overbought 78`, `averages of 8 and 34`.

Under a heading its members go by short names, or by their order where everybody has the same one. In order, the values
have to rise (or fall) as the parameters do; `rsi 70/30` is asked about by not being read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from core.contracts import Language
from services.interpreter.grammar.adjustment import Adjustment, How, Several
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.lexicon import data
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.pattern import matches

Value = tuple[str, Quantity]
"""A parameter and what it is to be."""
MOST_MEMBERS: Final = 5
HEADINGS: Final = ("set|alter? HEADING to|at|between?", "for HEADING set? to|at|between?")
MEMBER: Final = ("MEMBER to|at|weighs? VALUE", "VALUE onto|for? MEMBER")
ONE: Final = {Language.PT: ("um", "uma"), Language.EN: ("a", "an", "another")}
INDICATORS: Final = ("macd", "bollinger", "rsi")
HEADLESS: Final = ("averages", "weights")
"""Whose short names are clear without a heading: `fast 8, slow 34`, `the book weighs 0.2`."""
BETWEEN: Final = ("comma", "list_and", "comma list_and", "apart", "join")


def add_edges(lattice: Lattice) -> None:
    """The headings that the sentence may hold."""
    for start in range(lattice.end):
        for (group,), end in lattice.edges[start].get("GROUP", ()):
            if start and lattice.tokens[start - 1].key in ONE[lattice.language] and group in INDICATORS:
                continue  # `a macd 5 35 5` is one more
            lattice.add(start, "HEADING", group, end)


def implied(lattice: Lattice) -> set[str]:
    """The parameters that a heading in the sentence may speak of, by their short names or their order."""
    said = {group for edges in lattice.edges for group, _ in edges.get("HEADING", ())}
    known = {name for edges in lattice.edges for meant, _ in edges.get("MEMBER", ()) for name in meant}
    named = {name for edges in lattice.edges for meant, _ in edges.get("PARAM", ()) for name in meant}
    found: set[str] = set()
    for group, content in data()["groups"].items():
        members = set(content["members"])
        if group in said:
            found |= members & known | set(content.get("order", ()))
        elif named & members or group in HEADLESS:
            found |= members & known
    return found


def is_list(names: set[str]) -> bool:
    """Whether these are the values that everybody says in a row under one heading."""
    return any(set(content.get("order", ())) == names for content in data()["groups"].values())


def lists(lattice: Lattice, start: int) -> Iterator[tuple[Several, int]]:
    """The lists of values that a clause from here on may say."""
    for heading in HEADINGS:
        for bound, end in matches(heading, lattice, start):
            group = bound["HEADING"]
            yield from _whole(_members(lattice, group, end, ()))
            for several, last in _whole(_in_order(lattice, group, end)):
                for after in (last, *(tail for _, tail in lattice.at(last, "respectively"))):
                    yield several, after
    for values, end in _members(lattice, "averages", start, ()):
        if len(values) == 2:  # `fast 8, slow 34`
            yield from _whole(iter(((values, end),)))
    yield from _whole(_weighing(lattice, start))
    yield from _whole(_named(lattice, start))
    yield from _whole(_side_by_side(lattice, start))


def _whole(found: Iterator[tuple[tuple[Value, ...], int]]) -> Iterator[tuple[Several, int]]:
    for values, end in found:
        yield Several(tuple(_change(name, quantity) for name, quantity in values)), end


def _change(name: str, quantity: Quantity) -> Adjustment:
    return Adjustment(((name,),), How.TO, quantity=quantity, exact=True)


def _members(
    lattice: Lattice, group: str, position: int, values: tuple[Value, ...]
) -> Iterator[tuple[tuple[Value, ...], int]]:
    """`oversold 22, overbought 78`: each by its short name, all in the same order of name and value."""
    if len(values) >= MOST_MEMBERS:
        return
    for pattern in MEMBER:
        for bound, end in matches(pattern, lattice, position):
            name = _member(group, bound["MEMBER"], lattice)
            if not name or name in (known for known, _ in values):
                continue
            grown = (*values, (name, bound["VALUE"]))
            yield grown, end
            for after in {end, *(last for joined in BETWEEN for _, last in matches(joined, lattice, end))}:
                yield from _members(lattice, group, after, grown)


def _member(group: str, known: tuple[str, ...], lattice: Lattice) -> str:
    """The parameter that a short name means under a heading; empty when it means none, or several."""
    there = [name for name in known if name in data()["groups"][group]["members"]]
    there = [name for name in there if name in lattice.symbols.parameters]
    return there[0] if len(there) == 1 else ""


def _in_order(lattice: Lattice, group: str, position: int) -> Iterator[tuple[tuple[Value, ...], int]]:
    """`22/78`, `8 and 34`, `between 20 s and 60 s`."""
    names = [name for name in data()["groups"][group].get("order", ()) if name in lattice.symbols.parameters]
    for quantities, end in _values(lattice, position, ()):
        if 2 <= len(quantities) == len(names) and _rises(quantities, group):
            yield tuple(zip(names, quantities, strict=True)), end


def _values(lattice: Lattice, position: int, said: tuple[Quantity, ...]) -> Iterator[tuple[tuple[Quantity, ...], int]]:
    for quantity, end in lattice.at(position, "VALUE"):
        if quantity.unit == "factor":
            continue
        grown = (*said, quantity)
        if len(grown) > 1:
            yield tuple(_same_unit(each, quantity) for each in grown), end
        if len(grown) < MOST_MEMBERS:
            for joined in BETWEEN:
                for _, after in matches(joined, lattice, end):
                    yield from _values(lattice, after, grown)


def _same_unit(quantity: Quantity, last: Quantity) -> Quantity:
    """`8 and 34 bars`: the unit is said once, at the end."""
    if quantity.unit or last.unit not in ("percent", "bars", "points"):
        return quantity
    return Quantity(quantity.readings, last.unit, quantity.said)


def _rises(quantities: tuple[Quantity, ...], group: str) -> bool:
    """Whether the values are in the order that their parameters have; a width is of no period."""
    way = data()["groups"][group].get("rising", True)
    if way == "no":
        return True
    pairs = pairwise(quantities)
    return all((first.number < second.number) == way for first, second in pairs)


def _weighing(lattice: Lattice, start: int) -> Iterator[tuple[tuple[Value, ...], int]]:
    """`the book weighs 0.2`."""
    for bound, end in matches("MEMBER weighs VALUE", lattice, start):
        if name := _member("weights", bound["MEMBER"], lattice):
            yield ((name, bound["VALUE"]),), end


def _named(lattice: Lattice, start: int) -> Iterator[tuple[tuple[Value, ...], int]]:
    """`peso do livro 0,2 e do técnico 0,5`: the first by its whole name, which is the heading of the next."""
    for bound, end in matches("set|alter? PARAM strict_to|to|at? VALUE", lattice, start):
        if len(bound["PARAM"]) != 1:
            continue
        first = bound["PARAM"][0]
        for group, content in data()["groups"].items():
            if first not in content["members"]:
                continue
            for joined in BETWEEN[:4]:
                for _, after in matches(joined, lattice, end):
                    yield from _members(lattice, group, after, ((first, bound["VALUE"]),))


def _side_by_side(lattice: Lattice, start: int) -> Iterator[tuple[tuple[Value, ...], int]]:
    """`stop e take em 3% e 6%`: as many values as names."""
    for bound, end in matches("set|alter? PARAMS strict_to|to|at?", lattice, start):
        names = bound["PARAMS"]
        if len(names) < 2 or any(len(meant) > 1 for meant in names):
            continue
        for quantities, last in _values(lattice, end, ()):
            if len(quantities) == len(names):
                values = tuple(zip((meant[0] for meant in names), quantities, strict=True))
                for after in (last, *(tail for _, tail in lattice.at(last, "respectively"))):
                    yield values, after
