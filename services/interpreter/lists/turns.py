"""Whether a word turns a sentence about a deed round: it denies, supposes, reports, asks, or puts it off."""

from __future__ import annotations

from typing import Final

from services.interpreter.grammar.lattice import Lattice
from services.interpreter.lists.words import labels

FILE: Final = "wishes.toml"
TURN: Final = "turn"


def turned(lattice: Lattice) -> bool:
    """Whether one is said: who is `going to undo it`, or almost did, wants nothing done."""
    return any(label.kind == TURN for label in labels(lattice, FILE)[0])
