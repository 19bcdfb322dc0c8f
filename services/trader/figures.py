"""How a trader does at one moment: frozen, so that a screen in another thread may read it while the loop goes on."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from core.contracts.figures import Percentiles, RunFigures


@dataclass(frozen=True, slots=True)
class PairFigures:
    """One pair. Prices in quote, quantities in base currency."""

    symbol: str
    price: float  # last seen; 0 before the first
    size: float  # what is held and can be sold
    entry_price: float  # average price paid; 0 when flat
    stop_price: Decimal | None  # where it is protected at the exchange; None when it is not
    last_decision: str  # the last that became an order, in words; empty before the first

    @property
    def profit(self) -> float:
        """Of the position, as a fraction of what was paid; 0 when flat."""
        return self.price / self.entry_price - 1.0 if self.size > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """One trader, since its start. Money in quote currency, latencies in microseconds (None: nothing was counted)."""

    mode: str
    trading: str
    events: int
    events_lost: int
    events_doubled: int
    events_refilled: int
    events_unanswered: int
    decisions: int
    orders: int
    fills: int
    equity: float
    fees: float
    unreconciled: bool
    held_back: list[str]  # symbols whose positions are only closed
    fees_unpriced: dict[str, str]  # asset -> fees whose price is not known
    open_positions: int
    faults: int
    latency_us: Percentiles  # frame read to decision settled
    order_latency_us: Percentiles  # frame read to order written
    protects: bool  # stop orders rest at the exchange for positions
    pairs: tuple[PairFigures, ...]

    def run(self) -> RunFigures:
        """What the last line of a run and a status say of it."""
        return RunFigures(**{name: getattr(self, name) for name in RunFigures.__struct_fields__})
