"""Round trips of a backtest: from the fill that opened a position to the one that closed it, with both reasons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from core.backtest.session import Report
from core.kernel import BUY, NANOSECONDS


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One of them; None for what an open one does not have yet. Money in quote currency, quantity in base currency."""

    number: int  # from 1, as they were opened
    pair: str
    entry_ns: int
    exit_ns: int | None
    quantity: float
    entry_price: float
    exit_price: float | None
    fees: float
    profit: float | None  # net of fees
    share: float | None  # of what was paid
    entry_reason: str  # rule, or score
    exit_reason: str  # the same, stop or target; empty while it is open

    @property
    def seconds(self) -> float | None:
        """That it lasted."""
        return None if self.exit_ns is None else (self.exit_ns - self.entry_ns) / NANOSECONDS


@dataclass(slots=True)
class _Open:
    number: int
    entry_ns: int
    reason: str
    bought: float = 0.0
    paid: float = 0.0
    sold: float = 0.0
    received: float = 0.0
    fees: float = 0.0
    profit: float = 0.0

    def take(self, fill: Any) -> None:
        quantity, value = float(fill["quantity"]), float(fill["quantity"] * fill["price"])
        self.fees += float(fill["fee"])
        if fill["side"] == BUY:
            self.bought += quantity
            self.paid += value
        else:
            self.sold += quantity
            self.received += value
            self.profit += float(fill["profit"])

    @property
    def is_over(self) -> bool:
        return self.sold >= self.bought * (1 - 1e-9)  # what rounding leaves is no position


def round_trips(report: Report) -> list[RoundTrip]:
    """All of them, as they were opened."""
    fills = report.result.fills
    trips = list(_found(report, fills, report.names))
    return sorted(trips, key=lambda trip: trip.number)


def _found(report: Report, fills: Any, names: Sequence[str]) -> Iterator[RoundTrip]:
    held: dict[int, _Open] = {}
    opened = 0
    for fill, name in zip(fills, names, strict=True):
        pair = int(fill["pair"])
        if pair not in held:
            opened += 1
            held[pair] = _Open(opened, int(fill["time_ns"]), name)
        held[pair].take(fill)
        if fill["side"] != BUY and held[pair].is_over:
            yield _trip(report.result.symbols[pair], held.pop(pair), int(fill["time_ns"]), name)
    for pair, trip in held.items():
        yield _trip(report.result.symbols[pair], trip, None, "")


def _trip(symbol: str, trip: _Open, exit_ns: int | None, reason: str) -> RoundTrip:
    over = exit_ns is not None
    return RoundTrip(
        number=trip.number,
        pair=symbol,
        entry_ns=trip.entry_ns,
        exit_ns=exit_ns,
        quantity=trip.bought,
        entry_price=trip.paid / trip.bought if trip.bought else 0.0,
        exit_price=trip.received / trip.sold if over and trip.sold else None,
        fees=trip.fees,
        profit=trip.profit if over else None,
        share=trip.profit / trip.paid if over and trip.paid else None,
        entry_reason=trip.reason,
        exit_reason=reason,
    )
