"""An adjustment against the strategy as it stands: the value that it comes to, or the question that it leaves open.

A bare number on a fraction is taken as a fraction only while it cannot be meant as a percentage.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from core import formats
from core.contracts import EnableRule, Language, Operation, SetParameter
from core.symbols import Parameter, Symbols
from services.interpreter import wording
from services.interpreter.grammar import defaults
from services.interpreter.grammar.adjustment import DOWN, UP, Adjustment, How
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Ask, Resolved, Unchanged

SMALLEST_PERCENTAGE: Final = Decimal("0.001")
"""A tenth of a percent: what a person means by a percentage of a price is hardly ever less."""
BARE_FRACTION: Final = Decimal("0.1")
"""From here on a bare number on a fraction may be a percentage too: 0.5 is 50 %, or half of one."""
FEW_POINTS: Final = 10
"""Points of a percentage: whoever says more of them means something else."""
FEW_SECONDS: Final = 10
"""Whoever says `cooldown 2` hardly means seconds; from here on a bare number of a time is what its parameter counts."""
SMALLEST_SAID: Final = 2
"""Of percentages that a bare number on a ratio may mean: 70 is 70 %, but 1.5 is just too much."""


def resolve(change: Adjustment, symbols: Symbols, language: Language) -> Resolved:
    """The operations that a change comes to, or the first question that it leaves open."""
    operations: list[Operation] = []
    unchanged: Unchanged | None = None
    for spoken_of in change.names:
        meant = _by_unit(spoken_of, change, symbols)
        if len(meant) > 1:
            return Ask(wording.say("which", language, names=wording.listed(meant, language)))
        outcome = _Resolution(change, symbols.parameters[meant[0]], language).outcome()
        if isinstance(outcome, Unchanged):
            unchanged = outcome
            continue
        if isinstance(outcome, Ask):
            return outcome
        operations.append(outcome)
        if change.enabling:
            own = (rule for rule in symbols.rules.values() if meant[0].startswith(rule.name))  # `cooldown_seconds`
            operations.extend(EnableRule(rule.name) for rule in own if not rule.enabled)
    return unchanged if unchanged is not None and not operations else tuple(operations)


UNIT_ENDINGS: Final = {"seconds": "seconds", "bars": "bars", "points": "points", "deviations": "deviations"}
"""How the unit of a parameter ends that is counted in the unit of an amount."""


SHORT_PERIODS: Final = 22
"""`RSI 14` is a period as everybody writes it; from here on, and at 20, the number may be a level as well."""


def _by_unit(meant: tuple[str, ...], change: Adjustment, symbols: Symbols) -> tuple[str, ...]:
    """Of several parameters that a word may mean, those that are counted in the unit that was said."""
    quantity = change.quantity
    if len(meant) == 1 or quantity is None:
        return meant
    if quantity.unit in UNIT_ENDINGS:
        ending = UNIT_ENDINGS[quantity.unit]
        return tuple(name for name in meant if symbols.parameters[name].range.unit.endswith(ending)) or meant
    short = change.how is How.TO and not quantity.unit and 2 <= quantity.number < SHORT_PERIODS
    if "rsi_period" in meant and short and quantity.number != SHORT_PERIODS - 2:
        return ("rsi_period",)
    return meant


@dataclass(frozen=True, slots=True)
class _Resolution:
    """One change of one parameter."""

    change: Adjustment
    parameter: Parameter
    language: Language

    @property
    def was(self) -> Decimal:
        return Decimal(repr(self.parameter.value))

    @property
    def is_fraction(self) -> bool:
        return self.parameter.range.unit.startswith("of ")

    @property
    def is_ratio(self) -> bool:
        """Between 0 and 1 and said either way, as 0.4 or as 40 %."""
        return self.parameter.range.unit in ("weight", "score", "ratio")

    def outcome(self) -> SetParameter | Ask:
        """The operation, once every question is out of the way."""
        change, quantity = self.change, self.change.quantity
        if change.how is How.MISSING:
            return self.ask("missing", example=self.show(self.example()))
        if change.how is How.TIMES:
            return self.scaled()
        if change.how is How.SHIPPED:
            return self.as_shipped()
        if quantity is None:
            return self.ask("missing", example=self.show(self.example()))
        if len(quantity.readings) > 1:
            first, second = (formats.number(reading, self.language) for reading in quantity.readings)
            return self.ask("ambiguous_number", said=quantity.said, first=first, second=second)
        if change.how is How.TO and not change.exact and quantity.number < 0 <= self.parameter.range.low:
            less = replace(quantity, readings=tuple(-reading for reading in quantity.readings))  # `overbought -5`
            lower = replace(change, how=How.BY, direction=DOWN, quantity=less)
            moved = _Resolution(lower, self.parameter, self.language).outcome()
            plain = replace(change, quantity=less)  # `stoploss -0.03`, as other programs write it
            below = isinstance(moved, Ask) and self.is_fraction and not quantity.unit
            return _Resolution(plain, self.parameter, self.language).outcome() if below else moved
        if change.how is How.UNCLEAR and change.direction and not self.may_be_value(quantity):
            return _Resolution(replace(change, how=How.BY), self.parameter, self.language).outcome()
        value = self.absolute(quantity) if change.how is How.TO else self.relative(quantity)
        if isinstance(value, Ask):
            return value
        if change.was is not None:
            bare_percent = change.was.unit == "" and quantity.unit == "percent"  # `from 2 to 3%`
            was = self.absolute(replace(change.was, unit="percent") if bare_percent else change.was)
            if isinstance(was, Ask):
                return was
            if was != self.was:
                return self.ask("was_other", said=self.show(was), value=self.show(value))
        return self.checked(value)

    def may_be_value(self, quantity: Quantity) -> bool:
        """Whether `lower overbought 5 points` may say the value itself."""
        value = self.absolute(quantity)
        return isinstance(value, Decimal) and self.allows(value)

    def as_shipped(self) -> SetParameter | Ask:
        """The value that it ships with; a parameter that a later change added has none."""
        known = defaults.shipped().get(self.parameter.name)
        if known is None:
            return self.ask("missing", example=self.show(self.example()))
        return self.checked(Decimal(repr(known.value)))

    def scaled(self) -> SetParameter | Ask:
        """A multiple of the value. `set the weight to half` may say half of it, or 0.5."""
        factor = self.change.factor
        value = as_decimal(Fraction(self.was) * factor)
        if 0 < factor < 1 and self.change.exact and self.is_ratio:
            return self.ask("two_readings", first=self.show(value), second=self.show(as_decimal(factor)))
        return self.checked(value)

    def absolute(self, quantity: Quantity) -> Decimal | Ask:
        """The value that an amount names."""
        amount = quantity.number
        if quantity.unit in ("percent", "points_percent") and (self.is_fraction or self.is_ratio):
            return amount / 100
        if quantity.unit == "bps" and self.is_fraction:
            return amount / 10_000
        if quantity.unit and not self.counts_in(quantity.unit):
            return self.ask("unit", said=quantity.said, unit=wording.unit(self.parameter.range.unit, self.language))
        if self.unclear_time(quantity):
            return self.ask("time_unit", said=quantity.said)
        if quantity.unit or not (self.is_fraction or self.is_ratio):
            return amount
        if self.is_fraction:
            return self.bare(amount, amount / 100)
        if amount >= SMALLEST_SAID and not self.allows(amount) and self.allows(amount / 100):
            shown = formats.percent(amount / 100, self.language)
            return self.ask("out_of_range_percent", value=self.show(amount), percent=shown)
        return amount

    def relative(self, quantity: Quantity) -> Decimal | Ask:
        """The value that an amount more or less leads to."""
        change, amount, was = self.change, quantity.number, self.was
        direction = change.direction or self.from_zero(-change.nearer)
        if direction == 0:
            return self.ask("step_or_value", said=quantity.said)
        if amount <= 0:
            return self.ask("unit", said=quantity.said, unit=wording.unit(self.parameter.range.unit, self.language))
        step = direction * amount
        if change.how is How.UNCLEAR and quantity.unit not in ("points_percent", "bps"):
            return self.ask("by_or_to", said=quantity.said)
        if quantity.unit == "percent":
            of_itself = was + was * step / 100
            if change.of_current or not (self.is_fraction or self.is_ratio):
                return of_itself
            added = was + step / 100
            if not self.allows(added):
                return self.ask("one_reading", first=self.show(of_itself), said=quantity.said)
            return self.ask("two_readings", first=self.show(added), second=self.show(of_itself))
        if self.unclear_time(quantity):
            return self.ask("time_unit", said=quantity.said)
        if change.of_current:
            return self.ask("unit", said=quantity.said, unit=wording.unit(self.parameter.range.unit, self.language))
        points = quantity.unit == "points" and self.is_fraction and amount < FEW_POINTS  # `half a point more stop`
        if points or (quantity.unit == "points_percent" and (self.is_fraction or self.is_ratio)):
            value: Decimal | Ask = was + step / 100
        elif quantity.unit == "bps" and self.is_fraction:
            value = was + step / 10_000
        elif quantity.unit and not self.counts_in(quantity.unit):
            value = self.ask("unit", said=quantity.said, unit=wording.unit(self.parameter.range.unit, self.language))
        else:
            value = self.bare(was + step, was + step / 100, amount) if self.bare_fraction(quantity) else was + step
        return value

    def from_zero(self, way: int) -> int:
        """Which way leads away from zero (1), or to it (-1)."""
        return way if self.was >= 0 else -way

    def unclear_time(self, quantity: Quantity) -> bool:
        """Whether a bare number may just as well be of minutes or hours."""
        alone = not quantity.unit and 0 < abs(quantity.number) < FEW_SECONDS
        return alone and self.parameter.range.unit == "seconds" and not self.change.by_identifier

    def bare_fraction(self, quantity: Quantity) -> bool:
        return not quantity.unit and self.is_fraction

    def counts_in(self, unit: str) -> bool:
        """Whether the parameter is counted in this unit."""
        return unit in UNIT_ENDINGS and self.parameter.range.unit.endswith(UNIT_ENDINGS[unit])

    def bare(self, fraction: Decimal, percentage: Decimal, amount: Decimal | None = None) -> Decimal | Ask:
        """A bare number on a fraction: as it stands, unless it may be a percentage as well."""
        if amount is None and abs(fraction) < BARE_FRACTION:
            return fraction
        least = SMALLEST_PERCENTAGE if amount is None else Decimal(0)
        if not self.allows(percentage) or percentage < least:
            return fraction
        if self.allows(fraction):
            return self.ask("two_readings", first=self.show(percentage), second=self.show(fraction))
        bare = formats.number(fraction, self.language)
        return self.ask("out_of_range_percent", value=bare, percent=self.show(percentage))

    def allows(self, value: Decimal) -> bool:
        """Whether a value lies in the parameter's range."""
        low, high = Decimal(repr(self.parameter.range.low)), Decimal(repr(self.parameter.range.high))
        return low <= value <= high

    def checked(self, value: Decimal) -> SetParameter | Ask:
        """The operation that sets a value, if range, kind and the verb's direction allow it."""
        if value == self.was:
            return Unchanged(self.ask("same").text)
        if not self.allows(value):
            return self.ask("out_of_range", value=self.show(value))
        if self.change.direction == UP and value < self.was:
            return self.ask("contradiction_up", value=self.show(value))
        if self.change.direction == DOWN and value > self.was:
            return self.ask("contradiction_down", value=self.show(value))
        if self.parameter.kind is int and value != value.to_integral_value():
            return self.ask(
                "whole", value=self.show(value), unit=wording.unit(self.parameter.range.unit, self.language)
            )
        return SetParameter(self.parameter.name, self.literal(value), self.parameter.value)

    def literal(self, value: Decimal) -> float | int:
        """As the strategy writes it: whole where it is whole now."""
        whole = value == value.to_integral_value()
        return int(value) if whole and isinstance(self.parameter.value, int) else float(value)

    def example(self) -> Decimal:
        """A value to name in a question: half as much again as now, or half of it, the way that the verb goes."""
        high = Decimal(repr(self.parameter.range.high))
        more, less = self.was * 3 / 2, self.was / 2
        for value in (less, high / 100) if self.change.direction == DOWN else (more, less, high / 100):
            rounded = value.to_integral_value() if self.parameter.kind is int else value
            if self.allows(rounded) and rounded != self.was:
                return rounded
        return high

    def show(self, value: Decimal) -> str:
        return wording.amount(value, self.parameter, self.language)

    def ask(self, case: str, **values: object) -> Ask:
        """A question about this parameter."""
        low, high = Decimal(repr(self.parameter.range.low)), Decimal(repr(self.parameter.range.high))
        return Ask(
            wording.say(
                case,
                self.language,
                name=self.parameter.name,
                was=self.show(self.was),
                low=self.show(low),
                high=self.show(high),
                **values,
            )
        )


def as_decimal(value: Fraction) -> Decimal:
    """A fraction as the nearest number that can be written: a third of 60 is 20."""
    return Decimal(repr(value.numerator / value.denominator))
