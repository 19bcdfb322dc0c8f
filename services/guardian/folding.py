"""What is known of a strategy's plays, folded away between two judgements: an eighth of the memory, and no tape.

The parent of the next judgement has usually played all of its tapes already. Until then nobody looks at that.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from services.guardian.play import Play
from services.guardian.tape import Tape

FAST: Final = 1
"""Most of the numbers are zeros or repeat: 33 MB become 4, in 0.12 s, and are back in half of that."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A play without its tape."""

    arrays: dict[str, tuple[np.dtype[Any], bytes]]
    others: dict[str, Any]

    @classmethod
    def of(cls, play: Play) -> Folded:
        """The same play, which `unfolded` gives back."""
        values = {field.name: getattr(play, field.name) for field in fields(play) if field.name != "tape"}
        arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
        return cls(
            {name: (array.dtype, zlib.compress(array.tobytes(), FAST)) for name, array in arrays.items()},
            {name: value for name, value in values.items() if name not in arrays},
        )

    def unfolded(self, tape: Tape) -> Play:
        """The play, on the tape that it was played on or one with the same digest."""
        values = {name: np.frombuffer(zlib.decompress(data), dtype) for name, (dtype, data) in self.arrays.items()}
        return Play(tape=tape, **(self.others | values))
