"""Whether a sentence gives what an offer says: each number, each name, the direction, the side and the effect.

Pure, and blind to where the offer comes from: the grammar's own guesses are held to it, and so is what anything else
proposes. Whatever is not in the sentence, or is there and not in the offer, is a fault that says so in one word.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.contracts import AddRule, Condition, EditPlan, Offer, Operation, SetParameter
from services.interpreter.grammar import actions, clauses, effects, groups, guards
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.resolving import as_decimal
from services.interpreter.lists.turns import turned

UNITS: Final = tuple(Decimal(unit) for unit in ("1", "0.01", "0.0001", "60", "3600"))
"""What a number may be counted in: percent, basis points, minutes, hours."""
SIDES: Final = {
    "entry": ("buy", "trade", "for_entries", "hold", "stay_out"),
    "exit": ("sell", "for_exits", "at_loss", "at_profit"),
}
FORBIDDING: Final = ("not", "none_of", "unless", "blocking", "blocked", "stay_out")
REQUIRING: Final = (
    *("only", "only_if", "require", "unless", "provided", "trade", "need", "required", "for_entries", "for_exits"),
)
DEEDS: Final = (*actions.DEEDS, "close")
DAYS_AND_TIMES: Final = ("hour", "weekday")
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekend", "weekdays")
TIME_WORDS: Final = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "weekend", "weekdays"),
    *("HOUR", "TIME", "between", "before", "after", "midnight", "noon"),
)
RAISING: Final = ("raise", "widen", "plus", "double", "triple", "more_adjective", "upwards")
LOWERING: Final = ("lower", "tighten", "minus", "halve", "less_adjective", "downwards")


def faults(offer: Offer, lattice: Lattice) -> tuple[str, ...]:
    """What an offer says that the sentence does not, or leaves out that it does; empty when it is licensed."""
    if guards.refuses_offers(lattice):
        return ("guarded",)
    if offer.plan is None:
        return ("guarded",) if offer.action is not None and offer.action.name in DEEDS and turned(lattice) else ()
    if not lattice.has("PARAMS"):
        clauses.add_edges(lattice)
        actions.add_edges(lattice)
    found = [fault for operation in offer.plan.operations for fault in _faults(operation, lattice)]
    if sum(isinstance(operation, AddRule) for operation in offer.plan.operations) > 1:
        found = [fault for fault in found if fault != "effect"]  # which of them the `not` is in, the words do not tell
    if any(isinstance(each, SetParameter) for each in offer.plan.operations) and any(map(lattice.has, DAYS)):
        found.append("scope")  # a setting of some days only
    if _unsaid_numbers(offer.plan, lattice):
        found.append("number_left_out")
    if not lattice.has("not") and guards.coin(lattice) is None:
        return tuple(found)
    if guards.coin(lattice) is not None:
        found.append("scope")
    if lattice.has("not") and not any(_may_negate(operation) for operation in offer.plan.operations):
        found.append("negated")
    return tuple(found)


def _may_negate(operation: Operation) -> bool:
    """Whether a `not` may be part of what the operation says: a rule that forbids, or `não segura por mais de 2 h`."""
    return isinstance(operation, AddRule) or (isinstance(operation, SetParameter) and "hold" in operation.name)


def _faults(operation: Operation, lattice: Lattice) -> Iterator[str]:
    match operation:
        case SetParameter():
            yield from _parameter_faults(operation, lattice)
        case AddRule():
            yield from _rule_faults(operation, lattice)
        case _:
            name = getattr(operation, "old", "") or getattr(operation, "name", "")
            if not set(name.split("_")) & _words(lattice) and name not in _named(lattice, "RULE", "PARAM", "REF"):
                yield "name"


def _parameter_faults(operation: SetParameter, lattice: Lattice) -> Iterator[str]:
    known = lattice.symbols.parameters.get(operation.name)
    if known is None or operation.was != known.value:
        yield "name"
        return
    if operation.name not in _named(lattice, "PARAM", "RULE") and not _is_implied(operation.name, lattice):
        yield "name"
    if not known.range.low <= operation.value <= known.range.high:
        yield "range"
    was, value = Decimal(repr(operation.was)), Decimal(repr(operation.value))
    if not any(_near(value, licensed) for licensed in _values(was, lattice)):
        yield "number"
    up, down = (any(_moves(word, lattice) for word in words) for words in (RAISING, LOWERING))
    exact = lattice.has("strict_to") or lattice.has("to")  # `raise it to 2%` where it is 4%: the value was said
    if up != down and not exact and (value > was) != up:
        yield "direction"


def _moves(category: str, lattice: Lattice) -> bool:
    """Whether a word that raises or lowers is said, and is no name: `take 6%`."""
    alone = any(category in edges and "PARAM" not in edges for edges in lattice.edges)
    return alone and guards.says(lattice, category)


def _is_implied(name: str, lattice: Lattice) -> bool:
    """Whether a parameter is said under a heading, or by what it does."""
    return lattice.has("hold") or name in groups.implied(lattice) or name in effects.implied(lattice)


def _rule_faults(operation: AddRule, lattice: Lattice) -> Iterator[str]:
    if not any(lattice.has(word) for word in SIDES[operation.side]):
        yield "side"
    denies, only = (any(lattice.has(word) for word in words) for words in (FORBIDDING, REQUIRING))
    only = only or any(token.key == ":" for token in lattice.tokens)  # `entry: rsi < 30`
    if (operation.effect == "forbid" and not denies) or (operation.effect == "require" and not only):
        yield "effect"
    if operation.effect == "force" and (denies or lattice.has("only_if") or lattice.has("require")):
        yield "effect"
    read, said = set(_features(operation.when)), _named(lattice, "FEATURE", "NEGATED", "KIND")
    implied = {name for name in read if "average" in name and lattice.has("average")}
    if any(lattice.has(word) for word in TIME_WORDS):
        implied.update(DAYS_AND_TIMES)
    if lattice.has("at_loss") or lattice.has("at_profit"):
        implied.add("profit")
    if lattice.has("PLACED") or lattice.has("it"):
        implied.add("price")
    if read - said - implied:
        yield "name"
    numbers = [Decimal(repr(number)) for number in _numbers(operation.when)]
    if not any(lattice.has(word) for word in TIME_WORDS):
        licensed = list(_values(Decimal(0), lattice))
        if any(not _near(number, value) for number in numbers for value in [_nearest(number, licensed)]):
            yield "number"


def _values(was: Decimal, lattice: Lattice) -> Iterator[Decimal]:
    """Every number that the sentence can make of a value."""
    for reading in _said(lattice):
        for unit in UNITS:
            yield from (reading * unit, -reading * unit, was + reading * unit, was - reading * unit)
        yield from (was * reading, was * (1 + reading / 100), was * (1 - reading / 100))
        yield from (1 + reading / 100, 1 - reading / 100)
        if reading and lattice.has("divide"):
            yield was / reading
    for words, factor in ((("double", "double_amount", "twice"), "2"), (("triple", "thrice"), "3"), (("zero",), "0")):
        if any(lattice.has(word) for word in words):
            yield from (was * Decimal(factor), Decimal(factor))
    if any(lattice.has(word) for word in ("halve", "half_to", "half_by", "half_of")):
        yield from (was / 2, Decimal("0.5"))
    for edges in lattice.edges:
        shares = [
            *(factor for factor, _ in edges.get("TIMES", ())),
            *(share for (_, share), _ in edges.get("SHARE", ())),
        ]
        for share in map(as_decimal, shares):
            yield from (was * share, was * (1 + share), was * (1 - share), share)
    if lattice.has("positive") or lattice.has("negative") or lattice.has("at_loss") or lattice.has("at_profit"):
        yield Decimal(0)


def _said(lattice: Lattice) -> Iterator[Decimal]:
    for edges in lattice.edges:
        for quantity, _ in edges.get("VALUE", ()):
            if isinstance(quantity, Quantity):
                yield from quantity.readings
        for readings, _ in edges.get("NUMBER", ()):
            yield from readings


def _unsaid_numbers(plan: EditPlan, lattice: Lattice) -> bool:
    """Whether the sentence says more numbers than the plan can have used."""
    reached, count = 0, 0
    for start, edges in enumerate(lattice.edges):
        ends = [end for _, end in (*edges.get("VALUE", ()), *edges.get("NUMBER", ()))]
        if ends and start >= reached:
            count, reached = count + 1, max(ends)
    used = sum(
        2 if isinstance(operation, SetParameter) else 2 * operation.when.leaves if isinstance(operation, AddRule) else 3
        for operation in plan.operations
    )
    return count > used


def _named(lattice: Lattice, *categories: str) -> set[str]:
    """The names that the sentence may mean, whole or with a slip."""
    found: set[str] = set()
    for edges in lattice.edges:
        for category in categories:
            for value, _ in edges.get(category, ()):
                found.update(value if isinstance(value, tuple) else ())
    return found


def _words(lattice: Lattice) -> set[str]:
    return {token.key for token in lattice.tokens}


def _features(when: Condition) -> Iterator[str]:
    yield from (name for name in (when.feature, when.other) if name is not None)
    for branch in when.branches:
        yield from _features(branch)


def _numbers(when: Condition) -> Iterator[float]:
    yield from (number for number in (when.value, when.factor) if number is not None)
    for branch in when.branches:
        yield from _numbers(branch)


def _nearest(number: Decimal, values: list[Decimal]) -> Decimal:
    return min(values, key=lambda value: abs(value - number), default=number + 1)


def _near(first: Decimal, second: Decimal) -> bool:
    return abs(first - second) <= Decimal("1e-9") * max(Decimal(1), abs(first))
