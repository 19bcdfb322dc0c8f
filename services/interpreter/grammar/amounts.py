"""The number that an amount means of a feature: `2%` of a profit is 0.02, `30 minutes` of a time is 1800."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core import formats
from services.interpreter import wording
from services.interpreter.grammar.features import Measure, measure
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.outcome import Ask, ask

BARE_FRACTION: Final = Decimal("0.1")
"""From here on a bare number said of a fraction may be meant as a percentage."""
BARE_SPREAD: Final = Decimal("0.01")
"""The same of a spread, which is hardly ever that wide: 0.05 is a common one in percent."""
PLAIN: Final = (Measure.PRICE, Measure.VOLUME, Measure.MOMENTUM, Measure.RANGE, Measure.SIGNED, Measure.UNKNOWN)
"""What is said as a number and nothing else."""
EXEMPLIFIED: Final = (Measure.FRACTION, Measure.SECONDS, Measure.POINTS, Measure.HOUR, Measure.WEEKDAY)
"""What is said in a way of its own."""


def value_of(lattice: Lattice, feature: str, quantity: Quantity) -> Decimal | Ask:
    """The number that an amount means of a feature; a question where that is not clear."""
    if len(quantity.readings) > 1:
        first, second = (formats.number(reading, lattice.language) for reading in quantity.readings)
        return ask(lattice, "ambiguous_number", said=quantity.said, first=first, second=second)
    kind, by_identifier = measure(feature), feature in lattice.text.lower
    bare = not quantity.unit
    value = _bare(quantity.number, feature, by_identifier=by_identifier) if bare else _with_unit(quantity, kind)
    if value is not None:
        return value
    example = wording.say(f"example.{kind if kind in EXEMPLIFIED else 'other'}", lattice.language)
    return ask(lattice, "feature_unit", said=quantity.said, feature=feature, example=example)


def _with_unit(quantity: Quantity, kind: Measure) -> Decimal | None:
    """The value of an amount that was said with its unit; None when the unit is not one of the feature's."""
    amount = quantity.number
    match quantity.unit, kind:
        case "percent", Measure.FRACTION | Measure.SIGNED:
            return amount / 100
        case "bps", Measure.FRACTION:
            return amount / 10_000
        case ("seconds", Measure.SECONDS) | ("points", Measure.POINTS):
            return amount
        case _:
            return None


def _bare(amount: Decimal, feature: str, *, by_identifier: bool) -> Decimal | None:
    """The value of a number without a unit; None when it may mean more than one. `by_identifier`: of a name in code."""
    kind = measure(feature)
    match kind:
        case Measure.FRACTION:
            clear = abs(amount) < (BARE_SPREAD if feature == "spread" else BARE_FRACTION)
        case Measure.SECONDS:
            clear = by_identifier
        case Measure.HOUR:
            clear = amount == amount.to_integral_value()
        case Measure.WEEKDAY:  # day 1 is which?
            clear = by_identifier and amount == amount.to_integral_value()
        case _:
            clear = kind is Measure.POINTS or kind in PLAIN
    return amount if clear else None


def literal(value: Decimal) -> float | int:
    """A number as JSON would have it: whole when it is whole."""
    return int(value) if value == value.to_integral_value() else float(value)
