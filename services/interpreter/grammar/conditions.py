"""Conditions of rules: comparisons, crossings, hours and days, joined by `and` or by `or`.

They are found from the inside out and put into the lattice as edges: LEAF for one, COND for one or several, TIME for
hours and days, which may follow a verb without an `if`. An edge holds a Condition, or the question that it leaves open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Final, Literal, cast

from core import formats
from core.contracts import Condition
from services.interpreter import wording
from services.interpreter.grammar.features import Measure, averages, bounds, comparable, home, measure
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Ask
from services.interpreter.grammar.pattern import Bindings, matches

Op = Literal["<", "<=", ">", ">="]
Found = Condition | Ask
OPS: Final[dict[str, Op]] = {"op_lt": "<", "op_le": "<=", "op_gt": ">", "op_ge": ">="}
PLACES: Final[dict[str, Op]] = {"place_above": ">", "place_below": "<"}
"""Where something that moves ends up; `falls more than 2 %` says how far it went, which no rule can see."""
MIRRORED: Final[dict[Op, Op]] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
FACTORS: Final = {"twice": Decimal(2), "thrice": Decimal(3), "half_of": Decimal("0.5")}
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MOST_BRANCHES: Final = 6
BARE_FRACTION: Final = Decimal("0.1")
"""From here on a bare number said of a fraction may be meant as a percentage."""
BARE_SPREAD: Final = Decimal("0.01")
"""The same of a spread, which is hardly ever that wide: 0.05 is a common one in percent."""


def add_edges(lattice: Lattice) -> None:
    """Everything about conditions that the sentence may hold."""
    for start in range(lattice.end):
        _add_words(lattice, start)
    for start in range(lattice.end):
        for found, end in _times(lattice, start):
            lattice.add(start, "TIME", found, end)
    for start in range(lattice.end):
        for found, end in _days_at_hours(lattice, start):
            lattice.add(start, "TIME", found, end)
        for found, end in (*_leaves(lattice, start), *lattice.edges[start].get("TIME", ())):
            lattice.add(start, "LEAF", found, end)
    for start in range(lattice.end):
        for found, end in tuple(lattice.edges[start].get("LEAF", ())):
            for joined, last in _joined(lattice, found, end):
                lattice.add(start, "COND", joined, last)


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
    for hour, said, end in _hours(lattice, start):
        lattice.add(start, "HOUR", (hour, said), end)
        if said:
            lattice.add(start, "CLOCK", hour, end)


# One comparison or crossing ------------------------------------------------------------------------------------------


def _leaves(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    if not any(category in lattice.edges[start] for category in ("FEATURE", "NEGATED")):
        return
    for pattern, build in SHAPES:
        for bound, end in matches(pattern, lattice, start):
            found = build(lattice, bound)
            yield found, end
            if isinstance(found, Condition) and found.feature is not None:
                yield from _same_feature(lattice, found, bound, end)


def _same_feature(lattice: Lattice, first: Condition, bound: Bindings, end: int) -> Iterator[tuple[Found, int]]:
    """`above 30 and below 70`."""
    for after, last in matches("list_and is? OP VALUE", lattice, end):
        second = _against_value(lattice, {**bound, **after})
        yield (second if isinstance(second, Ask) else Condition(all=(first, second))), last


def _subject(bound: Bindings) -> tuple[str, bool]:
    """The feature spoken of, and whether its opposite was said (a loss is a negative profit)."""
    return (bound["FEATURE"][0], False) if "FEATURE" in bound else (bound["NEGATED"][0], True)


def _against_value(lattice: Lattice, bound: Bindings) -> Found:
    feature, negated = _subject(bound)
    value = value_of(lattice, feature, bound["VALUE"])
    if isinstance(value, Ask):
        return value
    op: Op = bound["OP"]
    if not negated:
        return _compared(lattice, feature, op, value)
    if op in ("<", "<=") or value <= 0:  # a loss of less than 2 %: with the profits, or without them?
        return _ask(lattice, "not_understood")
    return _compared(lattice, feature, MIRRORED[op], -value)


def _compared(lattice: Lattice, feature: str, op: Op, value: Decimal) -> Found:
    low, high = bounds(feature)
    edge = (op in ("<", ">=") and value == low) or (op in (">", "<=") and value == high)
    if not low <= value <= high or edge:
        shown = formats.number(value, lattice.language)
        most = "…" if high == math.inf else high
        return _ask(lattice, "feature_range", feature=feature, low=low, high=most, value=shown)
    return Condition(feature=feature, op=op, value=literal(value))


def _or_more(op: Op) -> Callable[[Lattice, Bindings], Found]:
    return lambda lattice, bound: _against_value(lattice, {**bound, "OP": op})


def _reaching(lattice: Lattice, bound: Bindings) -> Found:
    """`reaches 2 %`: coming from where the feature is at home, so a profit from below and a loss from above."""
    feature, negated = _subject(bound)
    value = value_of(lattice, feature, bound["VALUE"])
    if isinstance(value, Ask):
        return value
    low, high = (0.0, 0.0) if negated else home(feature) or (-math.inf, math.inf)
    if (value >= high) == (value <= low):
        return _ask(lattice, "feature_reached", feature=feature)
    return _against_value(lattice, {**bound, "OP": ">=" if value >= high else "<="})


def _meeting(lattice: Lattice, bound: Bindings) -> Found:
    """`reaches its average`: of what is counted from zero, from below; of a price that may be from either side."""
    feature, _ = _subject(bound)
    if home(feature) != (0, 0) or bounds(feature)[0] < 0:
        return _ask(lattice, "feature_reached", feature=feature)
    return _against_other(lattice, {**bound, "OP": ">="})


def _in_between(lattice: Lattice, bound: Bindings) -> Found:
    low = _against_value(lattice, {**bound, "OP": ">="})
    high = _against_value(lattice, {**bound, "OP": "<=", "VALUE": bound["high"]})
    if isinstance(low, Ask) or isinstance(high, Ask):
        return low if isinstance(low, Ask) else high
    if low.value is None or high.value is None or low.value >= high.value:
        return _ask(lattice, "not_understood")
    return Condition(all=(low, high))


def _against_other(lattice: Lattice, bound: Bindings) -> Found:
    """Against another feature, or what `the average` means of this one, with a factor if one was said."""
    feature, negated = _subject(bound)
    other = _other(lattice, feature, bound)
    if isinstance(other, Ask):
        return other
    if negated or not comparable(feature, other):
        return _ask(lattice, "feature_dimension", feature=feature, other=other)
    factor: Decimal | None = bound.get("FACTOR")
    if factor is not None and factor <= 0:
        return _ask(lattice, "not_understood")
    op: Op = bound.get("OP") or (">=" if factor is not None and factor >= 1 else "<=")
    return Condition(feature=feature, op=op, other=other, factor=None if factor is None else literal(factor))


def _beyond(lattice: Lattice, bound: Bindings) -> Found:
    """`50 % above its average`."""
    quantity: Quantity = bound["VALUE"]
    if quantity.unit != "percent" or len(quantity.readings) != 1 or quantity.number <= 0:
        return _ask(lattice, "not_understood")
    share = quantity.number / 100
    factor = 1 + share if bound["OP"] in (">", ">=") else 1 - share
    return _against_other(lattice, {**bound, "FACTOR": factor})


def _crossing(lattice: Lattice, bound: Bindings) -> Found:
    feature, negated = _subject(bound)
    side = bound.get("CROSS") or bound["WAY"]
    if negated:
        return _ask(lattice, "not_understood")
    if "VALUE" in bound:
        value = value_of(lattice, feature, bound["VALUE"])
        return value if isinstance(value, Ask) else Condition(cross=side, feature=feature, value=literal(value))
    other = _other(lattice, feature, bound)
    if isinstance(other, Ask):
        return other
    if not comparable(feature, other):
        return _ask(lattice, "feature_dimension", feature=feature, other=other)
    return Condition(cross=side, feature=feature, other=other)


def _sign(op: Op) -> Callable[[Lattice, Bindings], Found]:
    def build(lattice: Lattice, bound: Bindings) -> Found:
        feature, negated = _subject(bound)
        signed = measure(feature) in (Measure.SIGNED, Measure.MOMENTUM) or feature == "profit"
        if negated or not signed:
            return _ask(lattice, "not_understood")
        return Condition(feature=feature, op=op, value=0)

    return build


def _other(lattice: Lattice, feature: str, bound: Bindings) -> str | Ask:
    if "other" in bound:
        return cast(str, bound["other"][0])
    known = averages(feature, lattice.symbols.features)
    if len(known) == 1:
        return known[0]
    return _ask(lattice, "feature_average", feature=feature, names=wording.listed(known or ("-",), lattice.language))


SHAPES: Final[tuple[tuple[str, Callable[[Lattice, Bindings], Found]], ...]] = (
    ("FEATURE|NEGATED is? OP VALUE", _against_value),
    ("NEGATED|FEATURE is? VALUE or_more", _or_more(">=")),
    ("NEGATED|FEATURE is? VALUE or_less", _or_more("<=")),
    ("FEATURE is? between VALUE list_and VALUE:high", _in_between),
    ("FEATURE is? OP FEATURE:other", _against_other),
    ("FEATURE is? OP AVERAGE", _against_other),
    ("FEATURE is? OP? FACTOR FEATURE:other", _against_other),
    ("FEATURE is? OP? FACTOR AVERAGE", _against_other),
    ("FEATURE is? VALUE OP FEATURE:other", _beyond),
    ("FEATURE is? VALUE OP AVERAGE", _beyond),
    ("FEATURE CROSS VALUE", _crossing),
    ("FEATURE CROSS FEATURE:other", _crossing),
    ("FEATURE CROSS AVERAGE", _crossing),
    ("FEATURE cross FEATURE:other WAY", _crossing),
    ("FEATURE cross VALUE WAY", _crossing),
    ("FEATURE cross WAY FEATURE:other", _crossing),
    ("FEATURE|NEGATED motion PLACE:OP VALUE", _against_value),
    ("FEATURE motion PLACE:OP FEATURE:other", _against_other),
    ("FEATURE motion PLACE:OP AVERAGE", _against_other),
    ("FEATURE motion PLACE:OP FACTOR FEATURE:other", _against_other),
    ("FEATURE motion PLACE:OP FACTOR AVERAGE", _against_other),
    ("FEATURE motion VALUE PLACE:OP FEATURE:other", _beyond),
    ("FEATURE motion VALUE PLACE:OP AVERAGE", _beyond),
    ("FEATURE|NEGATED reach VALUE", _reaching),
    ("FEATURE reach FEATURE:other", _meeting),
    ("FEATURE reach AVERAGE", _meeting),
    ("FEATURE reach FACTOR FEATURE:other", _meeting),
    ("FEATURE reach FACTOR AVERAGE", _meeting),
    ("FEATURE is? positive", _sign(">")),
    ("FEATURE is? negative", _sign("<")),
)


def value_of(lattice: Lattice, feature: str, quantity: Quantity) -> Decimal | Ask:
    """The number that an amount means of a feature."""
    if len(quantity.readings) > 1:
        first, second = (formats.number(reading, lattice.language) for reading in quantity.readings)
        return _ask(lattice, "ambiguous_number", said=quantity.said, first=first, second=second)
    amount, kind, unit = quantity.number, measure(feature), quantity.unit
    if kind in (Measure.FRACTION, Measure.SIGNED) and unit == "percent":
        return amount / 100
    if kind is Measure.FRACTION and unit == "bps":
        return amount / 10_000
    if (
        kind is Measure.FRACTION
        and unit == ""
        and abs(amount) < (BARE_SPREAD if feature == "spread" else BARE_FRACTION)
    ):
        return amount
    if kind is Measure.SECONDS and (unit == "seconds" or (unit == "" and _by_identifier(lattice, feature))):
        return amount
    if kind is Measure.POINTS and unit in ("", "points"):
        return amount
    counted = kind is Measure.HOUR or (kind is Measure.WEEKDAY and _by_identifier(lattice, feature))  # day 1 is which?
    if counted and unit == "" and amount == amount.to_integral_value():
        return amount
    if unit == "" and kind in PLAIN:
        return amount
    example = wording.say(f"example.{kind if kind in EXEMPLIFIED else 'other'}", lattice.language)
    return _ask(lattice, "feature_unit", said=quantity.said, feature=feature, example=example)


PLAIN: Final = (Measure.PRICE, Measure.VOLUME, Measure.MOMENTUM, Measure.RANGE, Measure.SIGNED, Measure.UNKNOWN)
"""What is said as a number and nothing else."""
EXEMPLIFIED: Final = (Measure.FRACTION, Measure.SECONDS, Measure.POINTS, Measure.HOUR, Measure.WEEKDAY)
"""What is said in a way of its own."""


def _by_identifier(lattice: Lattice, feature: str) -> bool:
    return feature in lattice.text.lower


def literal(value: Decimal) -> float | int:
    """A number as JSON would have it: whole when it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)


def _ask(lattice: Lattice, case: str, **values: object) -> Ask:
    return Ask(wording.say(case, lattice.language, **values))


# Hours and days ------------------------------------------------------------------------------------------------------


def _hours(lattice: Lattice, start: int) -> Iterator[tuple[int | Ask, str, int]]:
    """`22`, `22h`, `22:00`, `10pm`: the hour, which clock it was said by ("", 24, 12 or named), and where it ends."""
    for category, named in (("midnight", 0), ("noon", 12)):
        for _, end in lattice.edges[start].get(category, ()):
            yield named, "named", end
    for readings, end in lattice.edges[start].get("NUMBER", ()):
        if len(readings) != 1 or readings[0] != readings[0].to_integral_value() or not 0 <= readings[0] <= 24:
            continue
        hour = int(readings[0])
        yield hour, "", end
        if end + 1 < lattice.end and lattice.tokens[end].key == ":" and lattice.tokens[end + 1].kind == "number":
            said = lattice.said(start, end + 2)
            whole = lattice.tokens[end + 1].key == "00"
            end += 2
            hour_said: int | Ask = hour if whole else _ask(lattice, "hour", said=said)
            yield hour_said, "24", end
            hour = hour if whole else -1
        if hour >= 0:
            for _, last in lattice.edges[end].get("hour_unit", ()):
                yield hour, "24", last
                yield from ((half, "24", after) for half, after in _halved(lattice, hour, last))  # `6h da manhã`
        yield from ((half, "12", last) for half, last in _halved(lattice, hour, end))


def _halved(lattice: Lattice, hour: int, end: int) -> Iterator[tuple[int, int]]:
    """The hour by the half of the day that is said after it."""
    for category, half, first, latest in HALVES:
        for _, last in lattice.edges[end].get(category, ()):
            if first <= hour <= latest:
                yield hour % 12 + half, last


HALVES: Final = (("am", 0, 1, 12), ("pm", 12, 1, 12), ("night", 12, 6, 11))
"""Of the day: what it is called, what it adds, and the hours that it is said of."""


def _times(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    yield from _clock(lattice, start)
    yield from _days(lattice, start)
    yield from _parts_of_day(lattice, start)
    yield from _outcomes(lattice, start)


def _parts_of_day(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """`at night`, `de madrugada`: everybody's are other hours, unless they are said beside it."""
    for part in PARTS_OF_DAY:
        for _, end in matches(f"on_day? {part}", lattice, start):
            example = wording.say(f"part_of_day.{part}", lattice.language)
            yield _ask(lattice, "day_part", said=lattice.said(start, end), example=example), end
            yield from _clock(lattice, end)


PARTS_OF_DAY: Final = ("dawn", "morning", "afternoon", "by_night")


def _outcomes(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """`at a loss`, `no lucro`: said of a sale as a time is."""
    for category, op in (("at_loss", "<"), ("at_profit", ">")):
        for _, end in lattice.edges[start].get(category, ()):
            yield Condition(feature="profit", op=cast(Op, op), value=0), end


def _days_at_hours(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    """`on mondays between 9h and 17h`, in either order."""
    for first, end in tuple(lattice.edges[start].get("TIME", ())):
        for second, last in tuple(lattice.at(end, "TIME")):
            if isinstance(first, Ask) or isinstance(second, Ask) or _reads(first) == _reads(second):
                continue
            yield _group("and", (first, second)), last


def _reads(when: Condition) -> str:
    return when.feature or _reads(when.branches[0])


def _clock(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    for pattern in ("between HOUR hour_to|list_and HOUR:until", "hour_from HOUR hour_to HOUR:until"):
        for bound, end in matches(pattern, lattice, start):
            yield _between_hours(lattice, bound["HOUR"], bound["until"]), end
    for pattern, op in (("before CLOCK", "<"), ("after CLOCK", ">=")):
        for bound, end in matches(pattern, lattice, start):
            hour = bound["CLOCK"]
            yield (hour if isinstance(hour, Ask) else _compared(lattice, "hour", cast(Op, op), Decimal(hour % 24))), end


def _between_hours(lattice: Lattice, begin: tuple[int | Ask, str], end: tuple[int | Ask, str]) -> Found:
    (first, clock), (until, other) = begin, end
    if isinstance(first, Ask) or isinstance(until, Ask):
        return first if isinstance(first, Ask) else cast(Ask, until)
    if "named" in (clock, other):  # `between noon and 6`: in the evening, or the next morning?
        by_halves = (clock, first, other) == ("named", 12, "")
    else:
        by_halves = (clock == "12") != (other == "12")  # `between 10 and 11pm`: in the morning, or in the evening?
    office = clock == other == "" and until <= first <= 12  # `between 9 and 5`
    if by_halves or office or first % 24 == until % 24:
        return _ask(lattice, "hour", said=f"{first} - {until}")
    first, until = first % 24, until % 24
    late = Condition(feature="hour", op=">=", value=first)
    early = Condition(feature="hour", op="<", value=until)
    if until == 0:
        return late
    if first == 0:
        return early
    return Condition(all=(late, early)) if first < until else Condition(any=(late, early))


def _days(lattice: Lattice, start: int) -> Iterator[tuple[Found, int]]:
    for bound, end in matches("on_day? DAY", lattice, start):
        for days, last in _day_list(lattice, (bound["DAY"],), end):
            yield on_days(days), last
    for pattern in ("hour_from|on_day? DAY day_to DAY:until",):
        for bound, end in matches(pattern, lattice, start):
            first, until = bound["DAY"], bound["until"]
            if first < until:
                yield on_days(range(first, until + 1)), end
    for _, end in matches("on_day? weekend", lattice, start):
        yield Condition(feature="weekday", op=">=", value=5), end
    for _, end in matches("on_day? weekdays", lattice, start):
        yield Condition(feature="weekday", op="<=", value=4), end


def _day_list(lattice: Lattice, days: tuple[int, ...], end: int) -> Iterator[tuple[tuple[int, ...], int]]:
    yield days, end
    for pattern in ("comma|list_and|or on_day? DAY", "comma list_and|or on_day? DAY"):
        for bound, last in matches(pattern, lattice, end):
            if bound["DAY"] not in days:
                yield from _day_list(lattice, (*days, bound["DAY"]), last)


def on_days(days: Sequence[int]) -> Condition:
    """A condition that holds on these days, Monday is 0: `and` between days means each of them."""
    runs: list[tuple[int, int]] = []
    for day in sorted(set(days)):
        if runs and runs[-1][1] == day - 1:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    parts = tuple(_run_of_days(first, last) for first, last in runs)
    return parts[0] if len(parts) == 1 else Condition(any=parts)


def _run_of_days(first: int, last: int) -> Condition:
    if first < last == 6:
        return Condition(feature="weekday", op=">=", value=first)
    if first == 0 < last:
        return Condition(feature="weekday", op="<=", value=last)
    return Condition(
        all=(
            Condition(feature="weekday", op=">=", value=first),
            Condition(feature="weekday", op="<=", value=last),
        )
    )


# Several -------------------------------------------------------------------------------------------------------------


def _joined(lattice: Lattice, first: Found, end: int) -> Iterator[tuple[Found, int]]:
    yield first, end
    for kind in ("and", "or"):
        yield from _chain(lattice, kind, (first,), end)


def _chain(lattice: Lattice, kind: str, parts: tuple[Found, ...], end: int) -> Iterator[tuple[Found, int]]:
    if len(parts) >= MOST_BRANCHES:
        return
    other = "or" if kind == "and" else "and"
    for pattern in (f"{kind} LEAF", f"comma {kind} LEAF"):
        for bound, last in matches(pattern, lattice, end):
            grown = (*parts, bound["LEAF"])
            yield _group(kind, grown), last
            yield from _chain(lattice, kind, grown, last)
            for _, mixed_end in matches(f"{other} LEAF", lattice, last):
                yield _ask(lattice, "and_or"), mixed_end


def _group(kind: str, parts: tuple[Found, ...]) -> Found:
    for part in parts:
        if isinstance(part, Ask):
            return part
    branches = cast(tuple[Condition, ...], parts)
    return Condition(all=branches) if kind == "and" else Condition(any=branches)
