"""A statement that leaves something open, as each of the statements that would not: by or to, which name, which number.

What each of them comes to is the grammar's to say, as if it had been said like that; what it would ask about is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import islice, product
from typing import Final

from core.contracts import EditPlan, Language, Offer, SetParameter
from core.contracts.plan import MOST_OFFERS
from core.symbols import Symbols
from services.interpreter.grammar import clauses, resolving
from services.interpreter.grammar.adjustment import DOWN, UP, Adjustment, How
from services.interpreter.grammar.clauses import Statement
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import SECONDS, Quantity
from services.interpreter.grammar.outcome import Ask, Unchanged
from services.interpreter.grammar.resolving import FEW_SECONDS
from services.interpreter.grammar.rules import OldRule

FAR: Final = 0.66
"""Of a value five times the one before it: `bump the stop up 20%` means a fifth more."""
MOST_TRIED: Final = 24
"""Ways to say a sentence; one that leaves more open is no sentence to guess at."""
BARE_TIMES: Final = ("minutes", "seconds", "hours")
"""What a bare number of a time may count, most likely first."""
ARTICLES: Final = frozenset({"um", "uma", "one"})
BARE_PERCENTAGE: Final = 10
"""From here on a bare number of a weight may be its percentage; 3 is just too much."""
POINTS: Final = ("points", "points_percent")
"""Nobody says a value in them: `dá uma apertada no stop de meio ponto`."""
THOUSANDS: Final = {Language.PT: ".", Language.EN: ","}
RATIOS: Final = ("weight", "score", "ratio")


def offers(statements: tuple[Statement, ...], lattice: Lattice) -> list[Offer]:
    """The plans that a reading may be, when each of its statements is said in full; best first."""
    ways = [tuple(_ways(statement, lattice)) for statement in statements]
    found: list[EditPlan] = []
    for said in islice(product(*ways), MOST_TRIED):
        meant = clauses.plan(said, lattice)
        rest = [offer.plan for offer in meant.offers if offer.plan] if isinstance(meant, Unchanged) else []
        found += [plan for plan in (meant, *rest) if isinstance(plan, EditPlan) and plan not in found]
    changes = [each for each in statements if isinstance(each, Adjustment)]
    far = any(each.how is How.UNCLEAR for each in changes) and found and _leap(found[0]) > FAR
    if far or any(len(names) > 1 for each in changes for names in each.names):
        found.sort(key=_leap)
    return [Offer(plan=plan) for plan in found[:MOST_OFFERS]]


def _leap(plan: EditPlan) -> float:
    """How far a plan moves what it sets: of several that share a name, the one whose value is nearest is meant."""
    steps = [each for each in plan.operations if isinstance(each, SetParameter)]
    return sum(abs(each.value - each.was) / (abs(each.was) + abs(each.value) or 1) for each in steps)


def _ways(statement: Statement, lattice: Lattice) -> Iterator[Statement]:
    """The statement itself, and what it may be short for."""
    yield statement
    if isinstance(clauses.plan((statement,), lattice), EditPlan):
        return  # it leaves nothing open
    if isinstance(statement, OldRule) and isinstance(statement.names, tuple) and len(statement.names) > 1:
        yield from (replace(statement, names=(name,)) for name in statement.names)
    if isinstance(statement, OldRule) and statement.verb == "disable":
        yield replace(statement, explicit=True)
    if not isinstance(statement, Adjustment) or statement.how is How.MISSING or _is_article(statement.quantity):
        return
    for named in _named(statement):
        for said in _numbered(named, lattice.language):
            yield from _settled(said, lattice.symbols)


def _is_article(quantity: Quantity | None) -> bool:
    """Whether the number is an article as well: `bota um trailing`."""
    return quantity is not None and not quantity.unit and quantity.said in ARTICLES


def _named(change: Adjustment) -> Iterator[Adjustment]:
    """With one name where several may be meant."""
    for names in islice(product(*change.names), MOST_TRIED):
        yield replace(change, names=tuple((name,) for name in names))


def _numbered(change: Adjustment, language: Language) -> Iterator[Adjustment]:
    """With one reading of a number that two countries read differently; that of the owner's language first."""
    quantity = change.quantity
    readings = quantity.readings if quantity is not None else ()
    if quantity is None or len(readings) < 2:
        yield change
    else:
        said_first = reversed(readings) if THOUSANDS[language] in quantity.said else readings
        yield from (replace(change, quantity=replace(quantity, readings=(reading,))) for reading in said_first)


def _settled(change: Adjustment, symbols: Symbols) -> Iterator[Adjustment]:
    """The value it says, or by how much: what the verb and the unit leave open."""
    if change.was is not None:
        yield from _settled(replace(change, was=None), symbols)
    if change.how is How.TIMES:
        yield from _half(change)
        return
    if change.how in (How.TO, How.UNCLEAR):
        yield from _spelled(replace(change, how=How.TO, exact=True), symbols)
    fits = change.direction or change.how is How.BY or _may_be(change, symbols)
    counted = change.how is How.TO and change.direction and change.quantity and change.quantity.unit in POINTS
    if (change.how in (How.BY, How.UNCLEAR) or counted) and fits:
        directions = (change.direction,) if change.direction else (UP, DOWN)
        for direction in directions:
            yield from _stepped(replace(change, how=How.BY, direction=direction), symbols)
    if change.how in (How.TO, How.UNCLEAR) and change.direction:  # `raise it to 2%` where it is 4%: the value was said
        yield from _spelled(replace(change, how=How.TO, exact=True, direction=0), symbols)


def _may_be(change: Adjustment, symbols: Symbols) -> bool:
    """Whether the value itself is in range. Where it is not, that is the question, and not whether it is a step."""
    value = replace(change, how=How.TO, exact=True)
    return any(not isinstance(resolving.resolve(said, symbols, Language.EN), Ask) for said in _spelled(value, symbols))


def _half(change: Adjustment) -> Iterator[Adjustment]:
    """`half` of what it is, or 0.5."""
    yield replace(change, exact=False)
    factor = resolving.as_decimal(change.factor)
    yield replace(change, how=How.TO, quantity=Quantity((factor,), "", str(factor)))


def _spelled(change: Adjustment, symbols: Symbols) -> Iterator[Adjustment]:
    """The value itself, and a bare number as the percentage that it may be."""
    quantity = change.quantity
    if quantity is None or quantity.unit:
        yield change
    if quantity is None or quantity.unit or len(change.names) != 1 or len(change.names[0]) != 1:
        return
    parameter = symbols.parameters[change.names[0][0]]
    if parameter.range.unit == "seconds":
        few = all(abs(reading) < FEW_SECONDS for reading in quantity.readings)
        for unit in BARE_TIMES if few else ("seconds",):
            seconds = tuple(reading * SECONDS[unit] for reading in quantity.readings)
            yield replace(change, quantity=replace(quantity, unit="seconds", readings=seconds))
        return
    yield change
    if not (parameter.range.unit.startswith("of ") or parameter.range.unit in RATIOS):
        return
    if parameter.range.unit in RATIOS and abs(quantity.number) < BARE_PERCENTAGE:
        return
    yield replace(change, quantity=replace(quantity, unit="percent"))
    hundredfold = tuple(reading * Decimal(100) for reading in quantity.readings)
    yield replace(change, quantity=replace(quantity, unit="percent", readings=hundredfold))


def _stepped(change: Adjustment, symbols: Symbols) -> Iterator[Adjustment]:
    """By how much: in points of the value, or of what it is now."""
    quantity = change.quantity
    if quantity is not None and quantity.unit == "percent":
        yield replace(change, quantity=replace(quantity, unit="points_percent"))
        yield replace(change, of_current=True)
    elif quantity is not None and quantity.unit == "points":
        yield replace(change, quantity=replace(quantity, unit="points_percent"))
        yield change
    elif quantity is not None and not quantity.unit:
        yield change
        if all(symbols.parameters[name].range.unit not in RATIOS for meant in change.names for name in meant):
            yield replace(change, quantity=replace(quantity, unit="points_percent"))
    else:
        yield change
