"""What round trips have in common: by pair, by release, by reason, and how those won differ from those lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from statistics import fmean
from typing import Final

from services.trader.accounts.periods import Span
from services.trader.accounts.trips import Cause, Leg, Trip

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Group:
    """Closed trips of one kind; money in quote currency."""

    name: str
    trips: int
    won: int
    lost: int
    realised: Decimal
    fees: Decimal
    share: float | None  # of what was paid for them
    seconds: float | None  # on average
    cause: Cause  # of the last one


@dataclass(frozen=True, slots=True)
class Stats:
    """Of all closed trips of a stretch."""

    won: int
    lost: int
    even: int
    realised: Decimal
    fees: Decimal
    mean_share: float | None
    profit_factor: float | None  # None when none was lost
    won_seconds: float | None
    lost_seconds: float | None
    won_in_a_row: int
    lost_in_a_row: int
    best: Trip | None
    worst: Trip | None


def ended(trips: Iterable[Trip], span: Span) -> list[Trip]:
    """The trips that ended in a stretch, as they ended."""
    closed = (trip for trip in trips if trip.closed and trip.exit is not None and span.holds(trip.exit.time_ns))
    return sorted(closed, key=lambda trip: (trip.exit.time_ns if trip.exit is not None else 0, trip.number))


def by_pair(trips: Sequence[Trip]) -> list[Group]:
    """Who earned most comes first, as in all of these."""
    return _grouped(trips, lambda trip: trip.symbol, lambda trip: trip.exit)


def by_release(trips: Sequence[Trip]) -> list[Group]:
    """By the release whose order left; empty for what the owner did."""
    return _grouped(trips, lambda trip: _cause(trip.exit).release, lambda trip: trip.exit)


def by_entry(trips: Sequence[Trip]) -> list[Group]:
    """By the reason that they were entered for."""
    return _grouped(trips, lambda trip: _cause(trip.entry).reason, lambda trip: trip.entry)


def by_exit(trips: Sequence[Trip]) -> list[Group]:
    """By the reason that they were left for."""
    return _grouped(trips, lambda trip: _cause(trip.exit).reason, lambda trip: trip.exit)


def stats_of(trips: Sequence[Trip]) -> Stats:
    """Of trips in the order in which they ended."""
    won = [trip for trip in trips if trip.profit > 0]
    lost = [trip for trip in trips if trip.profit < 0]
    cost = -sum((trip.profit for trip in lost), ZERO)
    runs = [(sign, len(list(run))) for sign, run in groupby(trips, key=lambda trip: _sign(trip.profit))]
    shares = [trip.share for trip in trips if trip.share is not None]
    return Stats(
        won=len(won),
        lost=len(lost),
        even=len(trips) - len(won) - len(lost),
        realised=sum((trip.profit for trip in trips), ZERO),
        fees=sum((trip.fees for trip in trips), ZERO),
        mean_share=fmean(shares) if shares else None,
        profit_factor=float(sum((trip.profit for trip in won), ZERO) / cost) if cost else None,
        won_seconds=_mean_seconds(won),
        lost_seconds=_mean_seconds(lost),
        won_in_a_row=max((length for sign, length in runs if sign > 0), default=0),
        lost_in_a_row=max((length for sign, length in runs if sign < 0), default=0),
        best=max(trips, key=lambda trip: trip.profit, default=None),
        worst=min(trips, key=lambda trip: trip.profit, default=None),
    )


def _grouped(trips: Sequence[Trip], name: Callable[[Trip], str], end: Callable[[Trip], Leg | None]) -> list[Group]:
    kinds: dict[str, list[Trip]] = {}
    for trip in trips:
        kinds.setdefault(name(trip), []).append(trip)
    groups = [_group(name, kind, _cause(end(kind[-1]))) for name, kind in kinds.items()]
    return sorted(groups, key=lambda group: -group.realised)


def _group(name: str, trips: Sequence[Trip], cause: Cause) -> Group:
    realised, paid = sum((trip.profit for trip in trips), ZERO), sum((trip.paid for trip in trips), ZERO)
    return Group(
        name=name,
        trips=len(trips),
        won=sum(trip.profit > 0 for trip in trips),
        lost=sum(trip.profit < 0 for trip in trips),
        realised=realised,
        fees=sum((trip.fees for trip in trips), ZERO),
        share=float(realised / paid) if paid else None,
        seconds=_mean_seconds(trips),
        cause=cause,
    )


def _cause(leg: Leg | None) -> Cause:
    return leg.cause if leg is not None else Cause("")


def _sign(profit: Decimal) -> int:
    return (profit > 0) - (profit < 0)


def _mean_seconds(trips: Iterable[Trip]) -> float | None:
    lasted = [trip.seconds for trip in trips if trip.seconds is not None]
    return fmean(lasted) if lasted else None
