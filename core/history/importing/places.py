"""Which column of a table is what: by the names of its header, or by what stands where.

Left out on purpose: `Adj Close`. Prices are kept as they traded, because orders are placed at traded prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import DataError
from core.history.arrays import PRICES
from core.history.importing.header import COUNTED, TIME_NAMES, VOLUME_IN_ASSET, Role, plain_name, role_of
from core.history.importing.hints import DecimalMark
from core.history.importing.markets import group_of
from core.history.importing.numbers import as_numbers
from core.history.importing.shapes import is_clock, is_date
from core.history.importing.table import Table
from core.history.importing.times import parse_times

HEADER_HINT: Final = "Name the columns in a header line such as time,open,high,low,close,volume."
SAMPLED: Final = 10_000
Marks = tuple[DecimalMark | None, ...]
"""The decimal mark of each column."""


@dataclass(frozen=True, slots=True)
class Places:
    """Which column holds what. `clock` is the time of day beside a date, `volume` is None when there is none."""

    time: int
    clock: int | None
    prices: tuple[int, int, int, int]
    volume: int | None
    symbol: int | None
    notes: tuple[str, ...]


def places_by_name(table: Table, wanted: str, marks: Marks) -> Places:
    """As the header names them. Raises DataError when it leaves one out."""
    header = table.header or ()
    in_group = group_of(table, wanted)
    found: dict[Role, list[int]] = {}
    for column, cell in enumerate(header):
        role = role_of(cell)
        usable = role is not None and (plain_name(cell) or column == 0) and (role == "time" or in_group(column))
        if role and usable:
            found.setdefault(role, []).append(column)
    missing = [role for role in ("time", *PRICES) if role not in found]
    if missing:
        named = ", ".join(cell or "(unnamed)" for cell in table.named or header)
        raise DataError(f"{table.name} has no column for {', '.join(missing)}; it has {named}.", HEADER_HINT)
    volume, volume_notes = pick_volume(table, found.get("volume", []), wanted, marks)
    time, clock = pick_time(table, found["time"])
    notes = [f"column {cell.strip()!r} left out: prices are kept as traded" for cell in header if is_adjusted(cell)]
    refuse_two_of_a_name(table, [column for role in PRICES for column in found[role]])
    prices = tuple(pick_exact(header, found[role], role) for role in PRICES)
    return Places(
        time=time,
        clock=clock,
        prices=(prices[0], prices[1], prices[2], prices[3]),
        volume=volume,
        symbol=found.get("symbol", [None])[0],
        notes=(*notes[:1], *volume_notes),
    )


def is_adjusted(cell: str) -> bool:
    return plain_name(cell) == "adj_close"


def refuse_two_of_a_name(table: Table, columns: list[int]) -> None:
    """Raises DataError where two columns have one name and hold different values."""
    header = table.header or ()
    first: dict[str, int] = {}
    for column in columns:
        name = header[column].strip()
        other = table.columns[first.setdefault(name, column)]
        if not other.head(SAMPLED).equals(table.columns[column].head(SAMPLED), check_names=False):
            raise DataError(
                f"{table.name} has two columns of the name {name!r}, with different values.",
                "Rename or delete the wrong one of them.",
            )


def pick_exact(header: tuple[str, ...], columns: list[int], role: str) -> int:
    """The column named exactly as its role (`close` before `price`), else the first."""
    return next((column for column in columns if plain_name(header[column]) == role), columns[0])


def pick_time(table: Table, columns: list[int]) -> tuple[int, int | None]:
    """The time column, and the clock column when date and time stand apart."""
    header = table.header or ()
    ranked = sorted(columns, key=lambda column: TIME_NAMES.index(plain_name(header[column])))
    dates = [column for column in ranked if is_date(table.sample(column))]
    clocks = [column for column in ranked if is_clock(table.sample(column)) and column not in dates]
    for column in ranked:
        if column not in dates and column not in clocks and parse_times(table.columns[column].head(50)).known.any():
            return column, None
    if dates:
        return dates[0], clocks[0] if clocks else None
    return ranked[0], None


def pick_volume(table: Table, columns: list[int], wanted: str, marks: Marks) -> tuple[int | None, list[str]]:
    """The volume in base currency. Brokers write a real volume of zeros beside the ticks; then the ticks are taken."""
    if not columns:
        return None, []
    header = table.header or ()
    plain = [column for column in columns if not VOLUME_IN_ASSET.fullmatch(plain_name(header[column]))]
    if not plain:
        of_base = [column for column in columns if wanted.startswith(asset_of(header[column]))]
        chosen = of_base[0] if of_base and wanted else columns[0]
        return chosen, [f"volume is the column {header[chosen]!r}"] if len(columns) > 1 else []
    ranked = sorted(plain, key=lambda column: volume_rank(plain_name(header[column])))
    traded = (c for c in ranked if np.nansum(as_numbers(table.columns[c], marks[c])) > 0)
    chosen = next(traded, ranked[0])
    return chosen, [f"volume is the column {header[chosen]!r}"] if chosen != ranked[0] or len(plain) > 1 else []


def asset_of(name: str) -> str:
    """`BTC` of `Volume BTC` and `Volume (BTC)`."""
    return plain_name(name).rpartition("_")[2].upper()


def volume_rank(name: str) -> int:
    """Counted units, then what may be either, then ticks."""
    return 0 if name in COUNTED else 2 if name in ("tickvol", "tick_volume") else 1
