"""Which column of a table without a header is what: told by what stands where, and by the prices.

A time (or a date and a clock) comes first, behind at most a ticker and a period; then four prices and perhaps a volume.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from core.errors import DataError
from core.history.arrays import Float64Array
from core.history.importing.numbers import as_numbers
from core.history.importing.places import HEADER_HINT, Marks, Places
from core.history.importing.shapes import is_clock, is_date
from core.history.importing.table import Table
from core.history.importing.times import parse_times

TICKER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.$#=/-]{1,23}")
CERTAIN: Final = 0.9
"""Of the rows that make bars under an unusual order, for it to be taken."""
PREFIX_LIMIT: Final = 2
SAMPLED: Final = 10_000


class Order(NamedTuple):
    """Where open, high, low and close stand behind the time, and what is told of it."""

    places: tuple[int, int, int, int]
    told: str


USUAL: Final = Order((0, 1, 2, 3), "open, high, low, close, volume")
ORDERS: Final = (
    Order((2, 1, 0, 3), "low, high, open, close, volume, as Coinbase orders them"),
    Order((0, 2, 3, 1), "open, close, high, low, volume, as Bitfinex and KuCoin order them"),
)
AVERAGE: Final = "open, high, low, close, average, volume, as Kraken orders them"


def places_by_position(table: Table, marks: Marks) -> Places:
    """Raises DataError when there are too few columns."""
    width = len(table.columns)
    time = time_place(table)
    clock = time + 1 if is_date(table.sample(time)) and is_clock(table.sample(time + 1)) else None
    first = time + (1 if clock is None else 2)
    if width < first + 4:
        raise DataError(f"{table.name} has {width} columns and no header.", HEADER_HINT)
    numbers = [
        as_numbers(column.head(SAMPLED), mark)
        for column, mark in zip(table.columns[first:], marks[first:], strict=True)
    ]
    order = order_of(numbers)
    opened, high, low, closed = (first + place for place in order.places)
    volume, told = volume_place(table, numbers, order, first, ticker=time > 0)
    return Places(
        time=time,
        clock=clock,
        prices=(opened, high, low, closed),
        volume=volume,
        symbol=0 if time and is_ticker(table) else None,
        notes=(f"no header: columns taken as {'symbol, ' if time else ''}time, {told}",),
    )


def time_place(table: Table) -> int:
    """The first column that holds times; the first of all where none does, which is then reported row by row."""
    for column in range(min(PREFIX_LIMIT + 1, len(table.columns) - 4)):
        values = table.sample(column)
        if is_date(values) or parse_times(table.columns[column].head(50)).known.mean() > 0.5:
            return column
    for column in range(PREFIX_LIMIT + 1, len(table.columns)):
        if is_date(table.sample(column)) or "times like" in parse_times(table.columns[column].head(50)).shape:
            raise DataError(f"{table.name} has no header, and its times stand in column {column + 1}.", HEADER_HINT)
    return 0


def is_ticker(table: Table) -> bool:
    values = table.sample(0)
    return bool(values) and all(TICKER.fullmatch(str(value).strip()) for value in values)


def order_of(numbers: list[Float64Array]) -> Order:
    """The usual order, unless another makes bars of nearly all rows and the usual one of fewer."""
    best, good = USUAL, fraction_in_order(*numbers[:4])
    for order in ORDERS:
        fraction = fraction_in_order(*(numbers[place] for place in order.places))
        if fraction > good and fraction > CERTAIN:
            best, good = order, fraction
    return best


def fraction_in_order(opened: Float64Array, high: Float64Array, low: Float64Array, closed: Float64Array) -> float:
    """How many of the rows make sense as bars under this reading."""
    good = (low <= opened) & (opened <= high) & (low <= closed) & (closed <= high)
    return float(good.mean()) if len(good) else 0.0


def volume_place(
    table: Table, numbers: list[Float64Array], order: Order, first: int, *, ticker: bool
) -> tuple[int | None, str]:
    """The volume's column. ProfitChart writes money before the quantity, and Kraken's service the average price."""
    if len(numbers) < 5:
        return None, order.told.replace(", volume", "")
    if ticker and table.separator == ";" and len(numbers) == 6:
        return first + 5, order.told.replace("volume", "money, volume")
    if len(numbers) == 7 and is_average(numbers[4], numbers[order.places[2]], numbers[order.places[1]]):
        return first + 5, AVERAGE
    return first + 4, order.told


def is_average(values: Float64Array, low: Float64Array, high: Float64Array) -> bool:
    traded = values != 0
    return bool(traded.any()) and bool(((values >= low) & (values <= high))[traded].all())
