"""One comparison or crossing of a feature: `the rsi is above 70`, `price crosses its average`, `a loss of 2%`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final, cast

from core import formats
from core.contracts import Condition
from services.interpreter import wording
from services.interpreter.grammar.amounts import literal, value_of
from services.interpreter.grammar.features import Measure, averages, bounds, comparable, home, in_proportion, measure
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Ask, Found, Op, ask
from services.interpreter.grammar.pattern import Bindings, matches

TOUCHED: Final[dict[str, Op]] = {"bollinger_upper": ">=", "bollinger_lower": "<="}
MIRRORED: Final[dict[Op, Op]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def leaves(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """What begins at a token, and where it ends."""
    if BEGINNING.isdisjoint(lattice.edges[start]):
        return
    for pattern, build in SHAPES:
        for bound, end in matches(pattern, lattice, start):
            found = build(lattice, bound)
            if found is None or _mixes(lattice, found):
                continue
            yield found, end
            if isinstance(found, Condition) and found.feature is not None:
                yield from _same_feature(lattice, found, bound, end)


def _mixes(lattice: Lattice, found: Found) -> bool:
    """`the average of 9 crosses that of 21` means two of one kind, whichever that is."""
    if isinstance(found, Ask) or found.feature not in lattice.loose or found.other not in lattice.loose:
        return False
    return found.feature.partition("_")[0] != (found.other or "").partition("_")[0]


def _same_feature(lattice: Lattice, first: Condition, bound: Bindings, end: int) -> Iterator[tuple[Found, int]]:
    """`above 30 and below 70`."""
    for after, last in matches("list_and is? OP VALUE", lattice, end):
        second = against_value(lattice, {**bound, **after})
        yield (second if isinstance(second, Ask) else Condition(all=(first, second))), last
    for after, last in matches("list_and FEATURE VALUE", lattice, end) if "OP" in bound and "VALUE" in bound else ():
        second = against_value(lattice, {"OP": bound["OP"], **after})
        if isinstance(second, Condition):  # `above 5% and the rsi 70`
            yield Condition(all=(first, second)), last


def _subject(bound: Bindings) -> tuple[str, bool]:
    """The feature spoken of, and whether its opposite was said (a loss is a negative profit)."""
    return (bound["FEATURE"][0], False) if "FEATURE" in bound else (bound["NEGATED"][0], True)


def against_value(lattice: Lattice, bound: Bindings) -> Found:
    """Against a number."""
    feature, negated = _subject(bound)
    value = value_of(lattice, feature, bound["VALUE"])
    if isinstance(value, Ask):
        return value
    op: Op = bound["OP"]
    if not negated:
        return compared(lattice, feature, op, value)
    if op in ("<", "<=") or value <= 0:  # a loss of less than 2 %: with the profits, or without them?
        return ask(lattice, "not_understood")
    return compared(lattice, feature, MIRRORED[op], -value)


def compared(lattice: Lattice, feature: str, op: Op, value: Decimal) -> Found:
    """A feature against a number that it can have."""
    low, high = bounds(feature)
    edge = (op in ("<", ">=") and value == low) or (op in (">", "<=") and value == high)
    if not low <= value <= high or edge:
        shown = formats.number(value, lattice.language)
        most = "…" if high == math.inf else high
        return ask(lattice, "feature_range", feature=feature, low=low, high=most, value=shown)
    return Condition(feature=feature, op=op, value=literal(value))


def _or_more(op: Op) -> Callable[[Lattice, Bindings], Found]:
    return lambda lattice, bound: against_value(lattice, {**bound, "OP": op})


def reaching(lattice: Lattice, bound: Bindings) -> Found:
    """`reaches 2 %`: coming from where the feature is at home, so a profit from below and a loss from above."""
    feature, negated = _subject(bound)
    value = value_of(lattice, feature, bound["VALUE"])
    if isinstance(value, Ask):
        return value
    low, high = (0.0, 0.0) if negated else home(feature) or (-math.inf, math.inf)
    if (value >= high) == (value <= low):
        return ask(lattice, "feature_reached", feature=feature)
    return against_value(lattice, {**bound, "OP": ">=" if value >= high else "<="})


def meeting(lattice: Lattice, bound: Bindings) -> Found:
    """`reaches its average`: of what is counted from zero, from below; of a price that may be from either side."""
    feature, _ = _subject(bound)
    band = bound.get("other", ("",))[0]
    inside = next((op for name, op in TOUCHED.items() if band.startswith(name)), None)
    if inside is not None:  # a price touches a band from inside
        return against_other(lattice, {**bound, "OP": inside})
    if home(feature) != (0, 0) or bounds(feature)[0] < 0:
        return ask(lattice, "feature_reached", feature=feature)
    return against_other(lattice, {**bound, "OP": ">="})


def _in_between(lattice: Lattice, bound: Bindings) -> Found:
    low = against_value(lattice, {**bound, "OP": ">="})
    high = against_value(lattice, {**bound, "OP": "<=", "VALUE": bound["high"]})
    if isinstance(low, Ask) or isinstance(high, Ask):
        return low if isinstance(low, Ask) else high
    if low.value is None or high.value is None or low.value >= high.value:
        return ask(lattice, "not_understood")
    return Condition(all=(low, high))


def against_other(lattice: Lattice, bound: Bindings) -> Found:
    """Against another feature, or what `the average` means of this one, with a factor if one was said."""
    feature, negated = _subject(bound)
    other = _other(lattice, feature, bound)
    if isinstance(other, Ask):
        return other
    factor: Decimal | None = bound.get("FACTOR")
    if negated or not (comparable(feature, other) or (factor is not None and in_proportion(feature, other))):
        return ask(lattice, "feature_dimension", feature=feature, other=other)
    if factor is not None and factor <= 0:
        return ask(lattice, "not_understood")
    op: Op = bound.get("OP") or (">=" if factor is not None and factor >= 1 else "<=")
    return Condition(feature=feature, op=op, other=other, factor=None if factor is None else literal(factor))


def beyond(lattice: Lattice, bound: Bindings) -> Found:
    """`50 % above its average`."""
    quantity: Quantity = bound["VALUE"]
    if quantity.unit != "percent" or len(quantity.readings) != 1 or quantity.number <= 0:
        return ask(lattice, "not_understood")
    share = quantity.number / 100
    factor = 1 + share if bound["OP"] in (">", ">=") else 1 - share
    return against_other(lattice, {**bound, "FACTOR": factor})


def crossing(lattice: Lattice, bound: Bindings) -> Found:
    """Of a number or of another feature, from one side to the other."""
    feature, negated = _subject(bound)
    side = bound.get("CROSS") or bound["WAY"]
    if negated:
        return ask(lattice, "not_understood")
    if "VALUE" in bound:
        value = value_of(lattice, feature, bound["VALUE"])
        return value if isinstance(value, Ask) else Condition(cross=side, feature=feature, value=literal(value))
    other = _other(lattice, feature, bound)
    if isinstance(other, Ask):
        return other
    if not comparable(feature, other):
        return ask(lattice, "feature_dimension", feature=feature, other=other)
    return Condition(cross=side, feature=feature, other=other)


def sign(op: Op) -> Callable[[Lattice, Bindings], Found]:
    """Against zero, of what may be on either side of it."""

    def build(lattice: Lattice, bound: Bindings) -> Found:
        feature, negated = _subject(bound)
        signed = measure(feature) in (Measure.SIGNED, Measure.MOMENTUM) or feature == "profit"
        if negated or not signed:
            return ask(lattice, "not_understood")
        return Condition(feature=feature, op=op, value=0)

    return build


def _other(lattice: Lattice, feature: str, bound: Bindings) -> str | Ask:
    if "other" in bound:
        return cast(str, bound["other"][0])
    known = averages(feature, lattice.symbols.features)
    if len(known) == 1:
        return known[0]
    return ask(lattice, "feature_average", feature=feature, names=wording.listed(known or ("-",), lattice.language))


def of_price(build: Callable[[Lattice, Bindings], Found]) -> Callable[[Lattice, Bindings], Found | None]:
    """`above the slow average`, said of the price; of anything else it has to be said."""

    def built(lattice: Lattice, bound: Bindings) -> Found | None:
        other: str = bound["other"][0]
        if measure(other) is not Measure.PRICE or other == "price":
            return None
        return build(lattice, {**bound, "FEATURE": ("price",)})

    return built


def of_no_clock(build: Callable[[Lattice, Bindings], Found | None]) -> Callable[[Lattice, Bindings], Found | None]:
    """`More than 1 hour` is how long, and not what time it is."""
    return lambda lattice, bound: None if bound.get("FEATURE", ("",))[0] == "hour" else build(lattice, bound)


BEGINNING: Final = frozenset({"FEATURE", "NEGATED", "OP", "CROSS", "cross", "positive", "negative", "it"})
SHAPES: Final[tuple[tuple[str, Callable[[Lattice, Bindings], Found | None]], ...]] = (
    ("OP VALUE onto|at|on_day? FEATURE", of_no_clock(against_value)),
    ("it? is? OP FEATURE:other", of_price(against_other)),
    ("it? CROSS FEATURE:other", of_price(crossing)),
    ("it? cross FEATURE:other WAY", of_price(crossing)),
    ("it? cross WAY FEATURE:other", of_price(crossing)),
    ("positive FEATURE", sign(">")),
    ("negative FEATURE", sign("<")),
    ("FEATURE|NEGATED is? OP VALUE", against_value),
    ("NEGATED|FEATURE is? VALUE or_more", _or_more(">=")),
    ("NEGATED|FEATURE is? VALUE or_less", _or_more("<=")),
    ("FEATURE is? between VALUE list_and VALUE:high", _in_between),
    ("FEATURE is? OP FEATURE:other", against_other),
    ("FEATURE is? OP AVERAGE", against_other),
    ("FEATURE is? OP? FACTOR FEATURE:other", against_other),
    ("FEATURE is? OP? FACTOR AVERAGE", against_other),
    ("FEATURE is? VALUE OP FEATURE:other", beyond),
    ("FEATURE is? VALUE OP AVERAGE", beyond),
    ("FEATURE CROSS VALUE", crossing),
    ("FEATURE CROSS FEATURE:other", crossing),
    ("FEATURE CROSS AVERAGE", crossing),
    ("FEATURE cross FEATURE:other WAY", crossing),
    ("FEATURE cross VALUE WAY", crossing),
    ("FEATURE cross WAY FEATURE:other", crossing),
    ("FEATURE|NEGATED motion PLACE:OP VALUE", against_value),
    ("FEATURE motion PLACE:OP FEATURE:other", against_other),
    ("FEATURE motion PLACE:OP AVERAGE", against_other),
    ("FEATURE motion PLACE:OP FACTOR FEATURE:other", against_other),
    ("FEATURE motion PLACE:OP FACTOR AVERAGE", against_other),
    ("FEATURE motion VALUE PLACE:OP FEATURE:other", beyond),
    ("FEATURE motion VALUE PLACE:OP AVERAGE", beyond),
    ("FEATURE|NEGATED reach VALUE", reaching),
    ("FEATURE reach FEATURE:other", meeting),
    ("FEATURE reach AVERAGE", meeting),
    ("FEATURE reach FACTOR FEATURE:other", meeting),
    ("FEATURE reach FACTOR AVERAGE", meeting),
    ("FEATURE is? positive", sign(">")),
    ("FEATURE is? negative", sign("<")),
)
