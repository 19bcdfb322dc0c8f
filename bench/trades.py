"""Round trips of two backtesters, compared one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.kernel import BUY, Records, record_dtype

ROUND_TRIP: Final = record_dtype(
    [
        ("entry_bar", "i8"),  # index of the bar at whose open the position was bought, from 0
        ("exit_bar", "i8"),
        ("entry_price", "f8"),
        ("exit_price", "f8"),
    ]
)
"""One position from its purchase to its sale. A position that is still open at the end is none."""

PRICE_TOLERANCE: Final = 1e-9  # relative; far below the tick, far above the rounding of a float64


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the round trips of two backtesters compare."""

    ours: int
    theirs: int
    agree: int  # same entry bar, exit bar, entry price and exit price
    first_difference: str  # the earliest round trip that only one of them has; empty when there is none

    @property
    def complete(self) -> bool:
        """Whether both have traded, and the very same."""
        return self.agree == self.ours == self.theirs > 0


def round_trips(fills: Records, start_ns: int, timeframe_ns: int) -> Records:
    """The round trips in the FILLs of one pair whose first bar opened at `start_ns`."""
    sold = np.flatnonzero(fills["side"] != BUY)
    trips = np.zeros(len(sold), ROUND_TRIP)
    for end, column in ((sold - 1, "entry"), (sold, "exit")):
        trips[f"{column}_bar"] = (fills["time_ns"][end] - start_ns) // timeframe_ns
        trips[f"{column}_price"] = fills["price"][end]
    return trips


def compare(ours: Records, theirs: Records, first_bar: int = 0) -> Agreement:
    """Compare round trips entered at `first_bar` or later; each of ours with theirs of the same entry bar."""
    ours, theirs = ours[ours["entry_bar"] >= first_bar], theirs[theirs["entry_bar"] >= first_bar]
    _, mine, their = np.intersect1d(ours["entry_bar"], theirs["entry_bar"], return_indices=True)
    a, b = ours[mine], theirs[their]
    same = a["exit_bar"] == b["exit_bar"]
    for price in ("entry_price", "exit_price"):
        same &= np.isclose(a[price], b[price], rtol=PRICE_TOLERANCE, atol=0.0)
    apart = [
        (int(trip["entry_bar"]), f"{side} {describe(trip)}")
        for side, trips, paired in (("ours", ours, mine[same]), ("theirs", theirs, their[same]))
        for trip in np.delete(trips, paired)[:1]
    ]
    return Agreement(len(ours), len(theirs), int(same.sum()), min(apart)[1] if apart else "")


def describe(trip: np.void) -> str:
    """A round trip as a person reads it."""
    return (
        f"bought at bar {trip['entry_bar']} for {trip['entry_price']:.2f}, "
        f"sold at bar {trip['exit_bar']} for {trip['exit_price']:.2f}"
    )
