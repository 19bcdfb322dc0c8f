"""Setting parameters: `stop em 3%`, `raise the cooldown by 30 seconds`, `dobre o peso do fluxo`.

A clause becomes an Adjustment, which says what was said; `resolving` gives it a value against the strategy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.numbers import Quantity
from services.interpreter.grammar.pattern import Bindings, matches

UP: Final = 1
DOWN: Final = -1


class How(StrEnum):
    """How a clause speaks of the new value."""

    TO = "to"
    BY = "by"
    TIMES = "times"
    MISSING = "missing"
    UNCLEAR = "unclear"  # `raise the stop 3%`: by or to


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What a clause says. `names` holds for each parameter spoken of which ones may be meant."""

    names: tuple[tuple[str, ...], ...]
    how: How
    quantity: Quantity | None = None
    direction: int = 0
    factor: Decimal = Decimal(1)
    was: Quantity | None = None
    of_current: bool = False
    verb: bool = True  # False: elided, the clause before it has it
    by_identifier: bool = False  # the parameter was named as in the code, which says its unit
    enabling: bool = False  # `turn on the trailing stop at 2%`: its rule comes back too, if it is off
    exact: bool = False  # `para`, `to` and `set`, which say the value itself; `em` may say by how much


PATTERNS: Final[tuple[tuple[str, How, int, bool], ...]] = (
    ("set PARAMS to|at VALUE", How.TO, 0, True),
    ("set PARAMS VALUE", How.TO, 0, True),
    ("alter PARAMS strict_to VALUE", How.TO, 0, True),
    ("alter PARAMS by VALUE OF_CURRENT?", How.UNCLEAR, 0, True),  # `mude o cooldown em 30 s`: by, or to?
    ("alter PARAMS VALUE", How.UNCLEAR, 0, True),
    ("alter VALUE at|onto? PARAMS", How.UNCLEAR, 0, True),
    ("set|alter PARAMS from|at VALUE:was strict_to VALUE", How.TO, 0, True),
    ("wait op_ge? VALUE PARAMS", How.TO, 0, True),
    ("set VALUE at|to|onto? PARAMS", How.TO, 0, True),
    ("set VALUE part_of PARAMS", How.UNCLEAR, 0, True),  # `use 50% of the stop`: half of it, or that value?
    ("enable PARAMS to|at VALUE", How.TO, 0, True),
    ("PARAMS to|at VALUE", How.TO, 0, False),
    ("PARAMS strict_to VALUE", How.TO, 0, False),
    ("PARAMS upwards strict_to VALUE", How.TO, UP, False),
    ("PARAMS downwards strict_to VALUE", How.TO, DOWN, False),
    ("PARAMS VALUE", How.TO, 0, False),
    ("VALUE PARAMS", How.TO, 0, False),
    ("VALUE part_of PARAMS", How.UNCLEAR, 0, False),
    ("PARAMS from|at VALUE:was strict_to VALUE", How.TO, 0, False),
    ("RAISE PARAMS upwards? strict_to VALUE", How.TO, UP, True),
    ("RAISE PARAMS from|at VALUE:was upwards? strict_to VALUE", How.TO, UP, True),
    ("LOWER PARAMS downwards? strict_to VALUE", How.TO, DOWN, True),
    ("LOWER PARAMS from|at VALUE:was downwards? strict_to VALUE", How.TO, DOWN, True),
    ("RAISE PARAMS by VALUE OF_CURRENT?", How.BY, UP, True),
    ("RAISE by? VALUE OF_CURRENT? onto? PARAMS", How.BY, UP, True),
    ("LOWER PARAMS by VALUE OF_CURRENT?", How.BY, DOWN, True),
    ("LOWER by? VALUE OF_CURRENT? onto? PARAMS", How.BY, DOWN, True),
    ("plus VALUE onto PARAMS", How.BY, UP, True),
    ("minus VALUE from|at|onto? PARAMS", How.BY, DOWN, True),
    ("set|alter? PARAMS VALUE more_adjective OF_CURRENT?", How.BY, UP, True),
    ("set|alter? PARAMS VALUE less_adjective OF_CURRENT?", How.BY, DOWN, True),
    ("set|alter PARAMS upwards strict_to VALUE", How.TO, UP, True),
    ("set|alter PARAMS downwards strict_to VALUE", How.TO, DOWN, True),
    ("set|alter PARAMS upwards by VALUE OF_CURRENT?", How.BY, UP, True),
    ("set|alter PARAMS downwards by VALUE OF_CURRENT?", How.BY, DOWN, True),
    ("set|alter PARAMS upwards VALUE", How.UNCLEAR, UP, True),
    ("set|alter PARAMS downwards VALUE", How.UNCLEAR, DOWN, True),
    ("PARAMS by VALUE OF_CURRENT?", How.BY, 0, False),
    ("RAISE PARAMS VALUE", How.UNCLEAR, UP, True),
    ("LOWER PARAMS VALUE", How.UNCLEAR, DOWN, True),
    ("set|alter PARAMS more_adjective|less_adjective?", How.MISSING, 0, True),
    ("PARAMS", How.MISSING, 0, True),
    ("RAISE PARAMS", How.MISSING, UP, True),
    ("LOWER PARAMS", How.MISSING, DOWN, True),
)
FACTORS: Final[tuple[tuple[str, Decimal], ...]] = (
    ("double PARAMS", Decimal(2)),
    ("triple PARAMS", Decimal(3)),
    ("zero PARAMS", Decimal(0)),
    ("halve PARAMS", Decimal("0.5")),
    ("LOWER PARAMS half_amount", Decimal("0.5")),
    ("LOWER half_amount PARAMS", Decimal("0.5")),
    ("set PARAMS half_amount", Decimal("0.5")),
    ("set PARAMS double_amount", Decimal(2)),
    ("RAISE PARAMS double_amount", Decimal(2)),
)
STRETCHED: Final = frozenset({"stop_loss", "trailing_stop", "bollinger_width"})
"""What is widened and tightened; of others it is not clear which way that goes."""


def add_edges(lattice: Lattice) -> None:
    """Lists of parameters, and the verbs up and down with what they may be said of."""
    for start in range(lattice.end):
        for value, end in tuple(lattice.edges[start].get("PARAM", ())):
            for names, last in _parameter_list(lattice, (value,), end):
                lattice.add(start, "PARAMS", names, last)
        for category, slot, stretched in (
            ("raise", "RAISE", False),
            ("widen", "RAISE", True),
            ("lower", "LOWER", False),
            ("tighten", "LOWER", True),
        ):
            for _, end in lattice.edges[start].get(category, ()):
                lattice.add(start, slot, stretched, end)
        for _, end in lattice.edges[start].get("of_current", ()):
            lattice.add(start, "OF_CURRENT", True, end)


def _parameter_list(
    lattice: Lattice, names: tuple[tuple[str, ...], ...], end: int
) -> Iterator[tuple[tuple[tuple[str, ...], ...], int]]:
    yield names, end
    if len(names) >= 5:
        return
    for _, after in lattice.at(end, "list_and"):
        for value, last in lattice.at(after, "PARAM"):
            yield from _parameter_list(lattice, (*names, value), last)


def changes(lattice: Lattice, start: int) -> Iterator[tuple[Adjustment, int]]:
    """The changes of parameters that a clause from here on may say, and where each ends."""
    for pattern, how, direction, verb in PATTERNS:
        for bound, end in matches(pattern, lattice, start):
            spoken_of = _narrowed(bound)
            if not spoken_of or (pattern.startswith("wait") and bound["VALUE"].unit != "seconds"):
                continue
            yield (
                Adjustment(
                    names=spoken_of,
                    how=how,
                    quantity=bound.get("VALUE"),
                    direction=direction,
                    was=bound.get("was"),
                    of_current=bool(bound.get("OF_CURRENT")),
                    verb=verb,
                    by_identifier="seconds" in lattice.said(start, end),
                    enabling=pattern.startswith("enable"),
                    exact="strict_to" in pattern,
                ),
                end,
            )
    for pattern, factor in FACTORS:
        for bound, end in matches(pattern, lattice, start):
            if spoken_of := _narrowed(bound):
                yield Adjustment(spoken_of, How.TIMES, factor=factor, exact=pattern.startswith("set")), end
    for bound, end in matches("multiply PARAMS by VALUE", lattice, start):
        quantity: Quantity = bound["VALUE"]
        if quantity.unit in ("", "factor") and len(quantity.readings) == 1:
            yield Adjustment(bound["PARAMS"], How.TIMES, factor=quantity.number), end


def _narrowed(bound: Bindings) -> tuple[tuple[str, ...], ...]:
    """The names spoken of, as far as the verb lets them be meant; empty when it fits none of them."""
    names: tuple[tuple[str, ...], ...] = bound["PARAMS"]
    if not (bound.get("RAISE") or bound.get("LOWER")):
        return names
    stretched = tuple(tuple(name for name in meant if name in STRETCHED) for meant in names)
    return stretched if all(stretched) else ()
