"""Whether what is said of a position orders anything: `embolsa com 5%` does, `the position is losing 4%` tells.

A parameter that is named outright needs no verb. One that only its effect points to does, when what it does is also
what simply happens to a position.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from services.interpreter.gist.pieces import Piece
from services.interpreter.gist.topics import named

OUTCOMES: Final = {"stop_loss", "take_profit", "trailing_stop"}
ORDERING: Final = ("acts", "exits", "order", "merely")
BEYOND: Final = ("mais", "more", "over", "above", "acima", "maior", "past", "longer", "beyond", "alem")
"""`May lose more than 3%` sets no bound; `at most 3%` does."""
DEEDS: Final = ("set", "alter", "raise", "lower", "widen", "tighten")
REST: Final = {"cooldown_seconds"}


class Force(IntEnum):
    """How much of an order it is."""

    NONE = 0
    WISH = 1
    ORDER = 2


def force(piece: Piece, names: tuple[str, ...]) -> Force:
    """Of a piece of a sentence that is about these parameters."""
    if set(names) <= REST and not piece.has("set", "equals"):
        pointing = [word for word in piece.words if any(set(p.names) & REST for p in word.topics("param"))]
        return Force.WISH if all(word.has("pausing") for word in pointing) else Force.ORDER
    if set(names) & set(named(piece.words)) or not set(names) & OUTCOMES:
        return Force.ORDER
    bounds = any(word.has("less_than") and not word.said.startswith(BEYOND) for word in piece.words)
    if bounds or piece.has(*ORDERING) or any(word.has(*DEEDS) and not word.has("wants") for word in piece.words):
        return Force.ORDER
    return Force.WISH if piece.has("wants") else Force.NONE
