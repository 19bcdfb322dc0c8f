"""`don't hold for more than 2 hours`, `posições não podem durar mais de 2 horas`: the longest time in a position.

It is said as a rule and is a parameter. Days on which nothing should be held are no such time, and are asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.interpreter.grammar.adjustment import Adjustment, How
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.pattern import matches

LONGEST_HOLD: Final = "max_hold_seconds"
PATTERNS: Final = (
    "not hold anything? op_gt VALUE held?",
    "not hold anything? held op_gt VALUE",
    "positions not lasting op_gt VALUE",
)


def longest_holds(lattice: Lattice, start: int) -> Iterator[tuple[Adjustment, int]]:
    """The changes of the longest time in a position that a clause from here on may say."""
    if LONGEST_HOLD not in lattice.symbols.parameters:
        return
    for pattern in PATTERNS:
        for bound, end in matches(pattern, lattice, start):
            if bound["VALUE"].unit == "seconds":
                yield Adjustment(((LONGEST_HOLD,),), How.TO, quantity=bound["VALUE"], exact=True), end
