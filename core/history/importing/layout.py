"""The first lines of a text -> how it is a table: its separator, its header, and how many fields a row has."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import DataError
from core.history.arrays import Int64Array
from core.history.importing.header import is_header, is_number, plain_name, role_of
from core.history.importing.shapes import is_date

SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
PREAMBLE_LIMIT: Final = 30
"""Lines above the table (a source's address, a title, comments) in which a header is looked for."""
Header = tuple[str, ...] | None
SIDES: Final = ("true", "false", "buy", "sell", "b", "s")
EPOCH: Final = re.compile(r"1\d{9}(\d{3}|\d{6}|\d{9})?(\.\d+)?")
FEWEST_FIELDS: Final = 5
"""Of a line without a header: a time and four prices."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the text is a table. `first` is the line of the first row, from 0; `groups` a ticker per column, or ()."""

    separator: str
    header: Header
    first: int
    groups: tuple[str, ...]
    notes: tuple[str, ...]


def find_layout(head: list[str], name: str) -> Layout:
    """The separator and the header, from the first lines. Raises DataError when they show no table of prices."""
    for number, line in enumerate(head[:PREAMBLE_LIMIT]):
        for separator in SEPARATORS:
            cells = cells_of(line, separator)
            if grouped := grouped_header(head[number : number + 3], separator):
                header, groups, used = grouped
                return Layout(separator, header, number + used, groups, skipped(head[:number]))
            if len(cells) > 1 and is_header(cells):
                return Layout(separator, tuple(cells), number + 1, (), skipped(head[:number]))
    for number, line in enumerate(head[:PREAMBLE_LIMIT]):
        for separator in SEPARATORS:
            if is_bar(cells := cells_of(line, separator)):
                refuse_trades(cells, name)
                if number and is_strange_header(above := cells_of(head[number - 1], separator), len(cells)):
                    raise strange_header(above, name)
                # A line of as many fields above it is a broken row, not a title: it is read, and reported.
                wide = [len(cells_of(above, separator)) >= FEWEST_FIELDS for above in head[:number]]
                first = wide.index(True) if any(wide) else number
                return Layout(separator, None, first, (), skipped(head[:first]))
    for separator in SEPARATORS:
        refuse_trades(cells_of(head[0], separator), name)
    shown = next((line for line in head if line.strip()), "")[:80]
    raise DataError(
        f"{name} shows no table of prices: no header names open, high, low and close, and no line looks like a bar. "
        f"It begins: {shown!r}",
        "Give a header line such as time,open,high,low,close,volume.",
    )


def cells_of(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator, skipinitialspace=separator != "\t"), [])


def is_bar(cells: list[str]) -> bool:
    """A time and four numbers; a ticker, and a period, may stand before them."""
    if len(cells) < FEWEST_FIELDS:
        return False
    begins = cells[0].strip()[:1].isdigit() or any(is_date([cell]) for cell in cells[1:3])
    return begins and sum(map(is_number, cells[1:])) >= 4


def is_strange_header(cells: list[str], width: int) -> bool:
    """As many fields as the row below it has, none of them a number: names in words that are not known here."""
    return (
        len(cells) == width
        and sum(bool(cell.strip()) for cell in cells) >= FEWEST_FIELDS
        and not any(is_number(cell) for cell in cells)
    )


def strange_header(cells: list[str], name: str) -> DataError:
    named = ", ".join(cell.strip() or "(unnamed)" for cell in cells)
    return DataError(
        f"{name} has a header with names that are not known: {named[:200]}.",
        "Name the columns in a header line such as time,open,high,low,close,volume.",
    )


def refuse_trades(cells: list[str], name: str) -> None:
    """Raises DataError for rows of single trades: a time, a price and a quantity; or a number, these, and a side."""
    numbers = [cell for cell in cells if is_number(cell)]
    numbered = bool(numbers) and cells[0] is numbers[0] and not EPOCH.fullmatch(cells[0].strip())
    sided = numbered and len(numbers) >= 4 and any(cell.strip().lower() in SIDES for cell in cells[3:])
    if (sided or len(numbers) == len(cells) == 3) and any(EPOCH.fullmatch(cell.strip()) for cell in cells):
        raise DataError(
            f"{name} holds single trades, not bars.", "Get the candles of that market (klines, OHLC), and import them."
        )


def grouped_header(lines: list[str], separator: str) -> tuple[tuple[str, ...], tuple[str, ...], int] | None:
    """yfinance's header, `Price,Close,...`, `Ticker,AAPL,...` and perhaps `Date,,,` -> names, tickers, lines."""
    rows = [cells_of(line, separator) for line in lines]
    first = {plain_name(row[0]): row for row in rows[:2] if row}
    if set(first) != {"price", "ticker"} or len(first["price"]) != len(first["ticker"]):
        return None
    has_index_name = len(rows) == 3 and role_of((rows[2] or ["x"])[0]) == "time" and not any(rows[2][1:])
    index = rows[2][0] if has_index_name else "Date"
    return (index, *first["price"][1:]), ("", *first["ticker"][1:]), 3 if has_index_name else 2


def skipped(lines: list[str]) -> tuple[str, ...]:
    told = [
        f"line {number} above the table left out: {line[:60]!r}" for number, line in enumerate(lines, 1) if line.strip()
    ]
    return tuple(told)


def fitted(header: Header, fields: Int64Array, rows: list[list[str]]) -> tuple[tuple[str, ...] | None, int]:
    """The header with a name for every field, and how many fields a row has."""
    usual = int(np.bincount(fields).argmax())
    width = len(header) if header else usual
    if header and usual == width + 1 and not (fields == width).any():
        # R and some pandas exports name no index; a separator at the end of every row looks the same from here.
        ends_empty = role_of(header[0]) == "time" and all(not row[-1].strip() for row in rows)
        return ((*header, "_") if ends_empty else ("", *header)), usual
    return header, width


def used_columns(header: Header, width: int) -> list[int]:
    """Columns worth parsing: those with a meaning; without a header the first ones, where all layouts keep the bar."""
    if header is None:
        return list(range(width if width <= 10 else 7))
    return [column for column in range(width) if role_of(header[column]) or plain_name(header[column]) == "adj_close"]
