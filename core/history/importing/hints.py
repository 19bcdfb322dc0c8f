"""What an owner says of a file that the file itself leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

DateOrder = Literal["dmy", "mdy"]
DecimalMark = Literal[".", ","]


@dataclass(frozen=True, slots=True)
class Hints:
    """How dates and fractions are written; None where the file has to tell."""

    dates: DateOrder | None = None
    decimal: DecimalMark | None = None


NOTHING_SAID: Final = Hints()
