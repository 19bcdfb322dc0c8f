"""What a clause says of a parameter's value; `resolving` gives it a number against the strategy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from services.interpreter.grammar.numbers import Quantity

UP: Final = 1
DOWN: Final = -1
Names = tuple[tuple[str, ...], ...]
"""For each parameter spoken of, which ones may be meant."""


class How(StrEnum):
    """How a clause speaks of the new value."""

    TO = "to"
    BY = "by"
    TIMES = "times"
    SHIPPED = "shipped"  # `back to its default`
    MISSING = "missing"
    UNCLEAR = "unclear"  # `raise the stop 3%`: by or to


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a clause says."""

    names: Names
    how: How
    quantity: Quantity | None = None
    direction: int = 0
    nearer: int = 0  # to zero: 1, or farther from it: -1; which way that is depends on the value
    factor: Fraction = Fraction(1)
    was: Quantity | None = None
    of_current: bool = False
    verb: bool = True  # False: elided, the clause before it has it
    by_identifier: bool = False  # the parameter was named as in the code, which says its unit
    enabling: bool = False  # `turn on the trailing stop at 2%`: its rule comes back too, if it is off
    exact: bool = False  # `para`, `to` and `set`, which say the value itself; `em` may say by how much
    slot: str = ""  # the order of a name and its value without a verb, `nv` or `vn`; such need no `and` between them


@dataclass(frozen=True, slots=True)
class Several:
    """Changes that one statement says: `RSI: oversold 22, overbought 78`."""

    changes: tuple[Adjustment, ...]
