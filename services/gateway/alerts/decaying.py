"""Whether what trades earns clearly less than when it was judged: by its closed trades, once a day. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from core.contracts.ledger import PerformanceShown, TripFigures
from core.contracts.road import Verdict

LEAST_TRADES: Final = 30
"""Fewer say nothing yet."""
DEVIATIONS: Final = 2.0
"""So many standard deviations below what was judged is no bad luck any more: about one in forty by chance."""
GATE: Final = "backtest"
FIGURE: Final = "usual_win_rate_after"


@dataclass(frozen=True, slots=True)
class Decay:
    """A release that does not keep what it promised."""

    trades: int
    won: float  # share
    judged: float  # share
    realised: float


def traded(performance: PerformanceShown, release: str) -> TripFigures | None:
    """What the release came to; None when it has not closed enough trades."""
    found = next((each for each in performance.releases if each.name == release), None)
    return found if found is not None and found.trips >= LEAST_TRADES and found.change else None


def decayed(figures: TripFigures, verdict: Verdict | None) -> Decay | None:
    """How far it is below what it was judged by; None when it is not, or was not judged by a history."""
    judged = judged_share(verdict)
    if judged is None or figures.trips == 0 or figures.realised >= 0:
        return None
    won = figures.won / figures.trips
    spread = math.sqrt(max(judged * (1.0 - judged), 1e-6) / figures.trips)
    if won >= judged - DEVIATIONS * spread:
        return None
    return Decay(figures.trips, won, judged, float(figures.realised))


def judged_share(verdict: Verdict | None) -> float | None:
    """The share of trades that the change won on the held-out history."""
    gates = verdict.gates if verdict is not None else ()
    found = next((gate.figures.get(FIGURE) for gate in gates if gate.name == GATE), None)
    return float(found) if isinstance(found, int | float) else None
