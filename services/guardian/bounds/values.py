"""What is known of a value before anything runs: its unit, the constant it is, the most it may be.

A unit is four exponents: of price, amount, seconds and nanoseconds. A constant has none of its own and takes that of
what it meets. What is not known is in harmony with everything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

Unit = tuple[float, float, float, float]

NONE: Final[Unit] = (0, 0, 0, 0)
PRICE: Final[Unit] = (1, 0, 0, 0)
AMOUNT: Final[Unit] = (0, 1, 0, 0)
SECONDS: Final[Unit] = (0, 0, 1, 0)
NANOS: Final[Unit] = (0, 0, 0, 1)
COARSE: Final[Unit] = (0, 0, 0.5, 0)
"""Minutes, hours, days or milliseconds: no seconds and no nanoseconds, and in harmony with all else."""
WORDS: Final[Mapping[Unit, str]] = {
    NONE: "a plain number",
    PRICE: "a price",
    AMOUNT: "an amount of the coin",
    SECONDS: "seconds",
    NANOS: "nanoseconds",
    COARSE: "a time in another unit",
    (1, 1, 0, 0): "an amount of money",
}
SCALE: Final = 1e9
"""Nanoseconds in a second."""
LOOSE: Final[Unit] = (0, 0, 1000, 0)
"""A time divided by a number: part of that time, or how often the number fits."""


def same(one: Unit, other: Unit) -> bool:
    """Whether two units are one; how much time is in a loose one is not known."""
    if COARSE in (one, other):
        return not {one, other} & {SECONDS, NANOS}
    loose = max(abs(one[2]), abs(other[2])) >= LOOSE[2] / 2
    return one[:2] == other[:2] and (one[2:] == other[2:] or loose)


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a kernel."""

    unit: Unit | None = NONE  # None: not known
    constant: float | None = None  # a number that was written, or made of such
    most: float = math.inf
    clock: float = 0.0  # how fast it grows with absolute time; 0 for what does not
    moved: bool = False  # absolute time with a constant added: a date
    counts: bool = False  # which event or which pair this is


@dataclass(frozen=True, slots=True)
class Row:
    """A tuple: `parts`, or `each` of at most `length` alike."""

    parts: tuple[Value, ...] = ()
    each: Value | None = None
    length: float = 0

    def part(self, index: int | None) -> Value:
        """One of them; what they have in common, when it is not known which."""
        if index is not None and -len(self.parts) <= index < len(self.parts):
            return self.parts[index]
        found = self.each
        for part in self.parts:
            found = part if found is None else join(found, part)
        return UNKNOWN if found is None else found


@dataclass(frozen=True, slots=True)
class Named:
    """A named tuple."""

    kind: str
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Record:
    """The event, the state or the decision, as an array of one or as the record in it."""

    name: str


@dataclass(frozen=True, slots=True)
class Array:
    """A field of the state with several numbers, or the Q-table."""

    field: str
    length: float


Value = Number | Row | Named | Record | Array

UNKNOWN: Final = Number(None)
PLAIN: Final = Number()
ZERO: Final = Number(constant=0.0, most=0.0)


def literal(value: float) -> Number:
    """A number as it stands in the source; NaN and the infinities are in harmony with everything."""
    return Number(constant=float(value), most=float(value)) if math.isfinite(value) else UNKNOWN


def join(one: Value, other: Value) -> Value:
    """What both have in common, where either may come."""
    if one == other:
        return one
    if isinstance(one, Number) and isinstance(other, Number):
        return _join_numbers(one, other)
    if isinstance(one, Row) and isinstance(other, Row) and len(one.parts) == len(other.parts):
        parts = tuple(join(a, b) for a, b in zip(one.parts, other.parts, strict=True))
        each = one.each if other.each is None else other.each if one.each is None else join(one.each, other.each)
        return Row(parts, each, max(one.length, other.length))
    if isinstance(one, Named) and isinstance(other, Named) and one.fields.keys() == other.fields.keys():
        return Named(one.kind, {name: join(one.fields[name], other.fields[name]) for name in one.fields})
    return UNKNOWN


def _join_numbers(one: Number, other: Number) -> Number:
    most = max(one.most, other.most)
    for first, second in ((one, other), (other, one)):
        if first.constant == 0.0:  # a state that was never written, a sum at its beginning
            return replace(second, constant=None, most=most)
        if first.unit is None:
            return replace(second, unit=None, constant=None, most=most)
    if one.constant is not None or other.constant is not None:
        unit = other.unit if one.constant is not None else one.unit
    else:
        unit = one.unit if one.unit is not None and other.unit is not None and same(one.unit, other.unit) else None
    clock = one.clock or other.clock
    return Number(unit, None, most, clock, one.moved or other.moved, one.counts or other.counts)


def times(one: Number, other: Number) -> Number:
    """Their product."""
    if one.constant is not None and other.constant is not None:
        return literal(one.constant * other.constant)
    if 0.0 in (one.constant, other.constant):
        return ZERO
    unit = _product(one.unit, other.unit, 1)
    for held, by in ((one, other), (other, one)):
        if by.constant is None and (by.clock or by.unit is None or not same(by.unit, NONE)):
            continue
        factor = by.constant
        if factor is not None and held.unit in (SECONDS, NANOS) and not held.clock:
            unit = NANOS if factor == SCALE and held.unit == SECONDS else held.unit
        if held.clock:
            return replace(held, constant=None, most=math.inf, clock=held.clock * (factor or by.most))
    most = one.most * other.most if 0 <= one.most < math.inf and 0 <= other.most < math.inf else math.inf
    return Number(unit, None, most, counts=one.counts or other.counts)


def over(one: Number, other: Number) -> Number:
    """Their quotient."""
    if one.constant is not None and other.constant is not None:
        return literal(one.constant / other.constant) if other.constant else UNKNOWN
    unit = _product(one.unit, other.unit, -1)
    if other.constant is not None and one.unit in (SECONDS, NANOS) and not one.clock:
        unit = SECONDS if other.constant == SCALE and one.unit == NANOS else LOOSE
    if one.clock:
        by = other.constant or (other.most if math.isfinite(other.most) else 0.0)
        return replace(one, constant=None, most=math.inf, clock=one.clock / by if by else one.clock)
    return Number(unit, None, one.most if (other.constant or 0.0) >= 1.0 else math.inf, counts=one.counts)


def plus(one: Number, other: Number, sign: int) -> Number:
    """Their sum, or with `sign` -1 their difference. Whether their units agree is not looked at."""
    if one.constant is not None and other.constant is not None:
        return literal(one.constant + sign * other.constant)
    if one.clock and other.clock and sign < 0 and math.isclose(one.clock, other.clock):
        return Number(NANOS if math.isclose(one.clock, 1.0) else NONE)
    most = one.most + other.most if sign > 0 else one.most
    if one.clock or other.clock:
        moved = one.moved or other.moved or bool(one.constant or other.constant)
        return Number(None, None, math.inf, one.clock or other.clock, moved)
    unit = other.unit if one.constant is not None else one.unit
    if None in (one.unit, other.unit):
        unit = None
    return Number(unit, None, most, counts=one.counts or other.counts)


def power(one: Number, exponent: float | None) -> Number:
    """A power of it."""
    if one.constant is not None and exponent is not None and abs(exponent) * math.log2(2 + abs(one.constant)) < 1000:
        return literal(one.constant**exponent) if one.constant > 0.0 else UNKNOWN
    if one.unit in (None, COARSE) or exponent is None:
        return UNKNOWN if one.unit != NONE else PLAIN
    return Number((one.unit[0] * exponent, one.unit[1] * exponent, one.unit[2] * exponent, one.unit[3] * exponent))


def agree(one: Number, other: Number) -> bool:
    """Whether two numbers may be added and compared; a constant of another number than zero only with plain ones and
    with times that are no date."""
    for first, second in ((one, other), (other, one)):
        if first.constant is not None:
            harmless = first.constant == 0.0 or second.unit is None
            return harmless or second.unit is None or second.unit[:2] == (0, 0) or second.constant is not None
    return one.unit is None or other.unit is None or same(one.unit, other.unit)


def in_words(number: Number) -> str:
    """As a finding names it."""
    if number.constant is not None:
        return f"the number {number.constant:g}"
    return WORDS.get(number.unit or NONE, "a quantity with a unit")


def _product(one: Unit | None, other: Unit | None, sign: int) -> Unit | None:
    """Of a time in another unit nobody knows what it becomes: seconds, where it is turned into these."""
    if one is None or other is None or COARSE in (one, other):
        return None
    return (
        one[0] + sign * other[0],
        one[1] + sign * other[1],
        one[2] + sign * other[2],
        one[3] + sign * other[3],
    )
