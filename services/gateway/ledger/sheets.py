"""Answers of the ledger as CSV for a program: English names, ISO 8601 times in UTC, plain decimals."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, TextIO

from core.contracts.accounts import ProfitShown
from core.contracts.answers import Answer
from core.contracts.ledger import (
    BalanceShown,
    PerformanceShown,
    PeriodsShown,
    PositionHeld,
    PositionsShown,
    TripFigures,
    TripLeg,
    TripShown,
    TripsShown,
)

Cell = str | int | float | Decimal | bool | None
LEG: Final = ("time", "quantity", "price", "reason", "release", "commit", "change", "order")
TRIP: Final = ("number", "pair", "closed", "paid", "profit", "share", "fees", "seconds", "open")
FIGURES: Final = ("name", "trips", "won", "lost", "realised", "fees", "share", "seconds", "commit", "change")
POSITION: Final = tuple(name for name in PositionHeld.__struct_fields__ if name not in ("since_ns", "text"))
PERIOD: Final = ("day", "realised", "share", "fees", "trades", "won", "before", "drawdown")
ASSET: Final = ("asset", "quantity", "price", "value", "share", "sellable")
PAIR: Final = ("pair", "realised", "fees", "trades", "won")


def write_sheet(answer: Answer, to: TextIO) -> None:
    """The answer as CSV; one of those that `sheet` knows."""
    head, rows = sheet(answer)
    out = csv.writer(to, lineterminator="\n")
    out.writerow(head)
    out.writerows([_text(cell) for cell in row] for row in rows)


def sheet(answer: Answer) -> tuple[tuple[str, ...], Iterable[Iterable[Cell]]]:
    """Its columns and rows."""
    match answer:
        case TripsShown(trips=trips):
            return (*TRIP, *(f"{end}_{name}" for end in ("entry", "exit") for name in LEG)), map(_trip, trips)
        case PositionsShown(positions=positions):
            return (*POSITION, "since"), (
                (*_fields(held, POSITION), _time(held.since_ns) if held.since_ns is not None else None)
                for held in positions
            )
        case PeriodsShown(periods=periods):
            return PERIOD, (_fields(each, PERIOD) for each in periods)
        case PerformanceShown():
            return ("by", *FIGURES), _performance(answer)
        case BalanceShown(assets=assets):
            return ASSET, (_fields(each, ASSET) for each in assets)
        case ProfitShown():
            return PAIR, _profit(answer)
        case _:
            raise TypeError(f"{type(answer).__name__} is no table")


def _trip(trip: TripShown) -> Iterator[Cell]:
    yield from _fields(trip, TRIP)
    for leg in (trip.entry, trip.exit):
        yield from (None,) * len(LEG) if leg is None else _leg(leg)


def _leg(leg: TripLeg) -> Iterator[Cell]:
    yield _time(leg.time_ns)
    yield from _fields(leg, LEG[1:])


def _performance(told: PerformanceShown) -> Iterator[Iterable[Cell]]:
    groups: dict[str, list[TripFigures]] = {
        "pair": told.pairs,
        "release": told.releases,
        "entry": told.entries,
        "exit": told.exits,
    }
    for by, found in groups.items():
        for each in found:
            yield (by, *_fields(each, FIGURES))


def _profit(told: ProfitShown) -> Iterator[Iterable[Cell]]:
    """The whole in the first row, whose pair is empty; then each pair."""
    yield "", told.realised, told.fees, told.trades, told.won
    for each in told.pairs:
        yield each.pair, each.realised, None, each.trades, each.won


def _fields(value: object, names: Iterable[str]) -> list[Cell]:
    return [getattr(value, name) for name in names]


def _time(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return "" if cell is None else str(cell)
