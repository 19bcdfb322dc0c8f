"""Before and after a change as two lines of one drawing, which needs no script."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from core.contracts.ledger import JudgedShown
from core.language import Language
from services.gateway.ledger.views import judged_sentence

WIDE: Final = 600
HIGH: Final = 200


class Compared(NamedTuple):
    """What is drawn, in units of WIDE and HIGH, and the same in words."""

    before: str  # points of a polyline
    after: str
    low: float  # at the lower edge, quote currency
    high: float
    said: str


def compared(shown: JudgedShown, language: Language) -> Compared | None:
    """The two lines; None without a point."""
    if not shown.times_ns:
        return None
    low, high = min(*shown.before, *shown.after), max(*shown.before, *shown.after)
    before, after = (_points(shown.times_ns, equity, low, high) for equity in (shown.before, shown.after))
    return Compared(before, after, low, high, judged_sentence(shown, language))


def _points(times_ns: Sequence[int], equity: Sequence[float], low: float, high: float) -> str:
    first, span = times_ns[0], max(times_ns[-1] - times_ns[0], 1)
    tall = high - low or 1.0
    placed = (
        (WIDE * (time_ns - first) / span, HIGH * (1 - (worth - low) / tall))
        for time_ns, worth in zip(times_ns, equity, strict=True)
    )
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
