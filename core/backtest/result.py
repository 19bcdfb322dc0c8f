"""What a simulation gives back, and what both ends of one must agree on. Nothing here compiles anything."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.backtest.inputs import Market
from core.kernel import Records
from core.zone import Clock

Offsets = np.ndarray[Any, np.dtype[np.int64]]
"""See `Run.offsets`."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a simulation did. `times_ns` and `equity` sample the account at the start and at the end of each bar."""

    symbols: tuple[str, ...]
    events: int
    engine_seconds: float
    fills: Records
    times_ns: np.ndarray[Any, np.dtype[np.int64]]
    equity: np.ndarray[Any, np.dtype[np.float64]]
    exposed_ns: int
    rejected: int
    compile_seconds: float
    inside: int = 0  # exits by a level inside a bar: which of its prices came first is assumed
    both: int = 0  # of these, in a bar that held stop and target: the stop was taken
    same_bar: int = 0  # of these, opened in that bar too
    detailed: int = 0  # bars that were played in finer ones

    @property
    def events_per_second(self) -> float:
        """Simulated events in a second of the engine's own time."""
        return self.events / self.engine_seconds if self.engine_seconds > 0 else 0.0

    @property
    def fingerprint(self) -> str:
        """SHA-256 of what was traded: the same for two strategies exactly when they traded the same."""
        return fingerprint(self.symbols, self.fills)


def fingerprint(symbols: Sequence[str], fills: Records) -> str:
    """SHA-256 of what was traded; see `Result.fingerprint`."""
    digest = hashlib.sha256("\n".join(("sorte fills 1", *symbols, "")).encode())
    for column in ("time_ns", "pair", "side", "quantity", "price", "fee"):
        digest.update(np.ascontiguousarray(fills[column]).tobytes())
    return digest.hexdigest()


def offsets_over(markets: Sequence[Market], zone: str) -> Offsets:
    """Run.offsets for the times of these markets."""
    first_ns = min(int(market.rows["time_ns"][0]) for market in markets)
    return offsets_of(zone, first_ns, max(int(m.rows["time_ns"][-1]) + m.timeframe_ns for m in markets))


def offsets_of(zone: str | Offsets, first_ns: int, last_ns: int) -> Offsets:
    """Run.offsets for these times; given ones stay. Raises ValueError for a zone that nobody knows."""
    if not isinstance(zone, str):
        return zone
    stretches = Clock(zone).stretches(first_ns, last_ns)
    offsets = np.array([(stretch.until_ns, stretch.offset_s) for stretch in stretches], np.int64)
    offsets[-1, 0] = np.iinfo(np.int64).max
    return offsets
