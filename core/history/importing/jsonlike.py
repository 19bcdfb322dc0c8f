"""JSON as exchanges answer, as libraries save and as freqtrade kept it: the first table of prices in it.

A table is a list of rows, a list of objects, an object of columns, or an object with an entry for every time.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from core.errors import DataError
from core.history.arrays import PRICES
from core.history.importing.cells import table_of_rows
from core.history.importing.header import role_of
from core.history.importing.layout import FEWEST_FIELDS
from core.history.importing.source import Source
from core.history.importing.table import Table, Tables, only

DEEPEST: Final = 6
LOOKED_AT: Final = 50
"""Entries of an object in which a table is looked for."""
Found = tuple[tuple[str, ...] | None, list[Any]]
"""The names of the columns, and the rows."""


def is_json(head: bytes) -> bool:
    """An array or an object; a header in brackets has no quote, number or bracket behind the first."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return text[:1] in (b"[", b"{") and text[1:].lstrip()[:1] in b'[{"0123456789'


def read_json(source: Source) -> Tables:
    """Raises DataError when it is no JSON, or holds no bars."""
    value = decoded(source)
    found = table_in(value, 0)
    if found is None or not found[1]:
        raise DataError(
            f"{source.name} is JSON without bars: no list of rows or objects with open, high, low and close.",
            "Save the candles themselves, or give CSV.",
        )
    header, rows = found
    table: Table = table_of_rows(source.name, "JSON", header, rows)
    return only(table)


def decoded(source: Source) -> Any:
    """One document, or one a line."""
    data = source.read().removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(data)  # Python's writer leaves NaN in it
    except (ValueError, RecursionError) as error:
        why = str(error)
    return list(by_line(data, source.name, why))


def by_line(data: bytes, name: str, why: str) -> Iterator[Any]:
    """One document a line. Raises DataError, of the line where the first is one; `why` the whole is none."""
    for number, line in enumerate(data.splitlines(), 1):
        try:
            if line.strip():
                yield msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            at = f", line {number}, begins as JSON but ends too early" if number > 1 else ""
            message = f"{name}{at}." if at else f"{name} begins as JSON but cannot be read: {why}."
            raise DataError(message, "Get it again.") from None


def table_in(value: Any, depth: int) -> Found | None:
    """The first table, from the outside in."""
    if depth > DEEPEST or not isinstance(value, list | dict) or not value:
        return None
    found = in_list(value) if isinstance(value, list) else in_object(value)
    if found:
        return found
    inner = enumerate(value) if isinstance(value, list) else value.items()
    tables = {
        name_of(key, each): found
        for key, each in itertools.islice(inner, LOOKED_AT)
        if (found := table_in(each, depth + 1)) is not None
    }
    return next(iter(tables.values())) if len(tables) == 1 else together(tables) if tables else None


def name_of(key: object, value: Any) -> str:
    """What a table among others is called: by what stands beside it, else by its key."""
    beside = value.items() if isinstance(value, dict) else ()
    return next((each for name, each in beside if role_of(name) == "symbol" and isinstance(each, str)), str(key))


def together(tables: Mapping[str, Found]) -> Found:
    """Tables of several markets as one, the market's name in front; it is chosen as in any other file.

    Of a table of other columns than the first one's, only its name is kept: enough to tell that there are several.
    """
    header, first = next(iter(tables.values()))
    rows = [
        [name, *(row if names == header else [None] * len(first[0]))]
        for name, (names, of) in tables.items()
        for row in (of if names == header else of[:1])
    ]
    return (("symbol", *header) if header is not None else None), rows


def in_list(value: list[Any]) -> Found | None:
    if all(isinstance(row, list) and len(row) >= FEWEST_FIELDS for row in value) and not nested(value[0]):
        return None, value
    if not all(isinstance(row, dict) for row in value):
        return None
    rows = [flat(row) for row in value]
    names = tuple(dict.fromkeys(name for row in rows[:LOOKED_AT] for name in row))
    return (names, [[row.get(name) for name in names] for row in rows]) if has_prices(names) else None


def nested(row: list[Any]) -> bool:
    return any(isinstance(cell, list | dict) for cell in row)


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """Prices that stand together in an object of their own, as OANDA sends them, beside the time."""
    inner = {name: cell for value in row.values() if isinstance(value, dict) for name, cell in value.items()}
    return {**inner, **{name: cell for name, cell in row.items() if not isinstance(cell, dict)}}


def in_object(value: dict[str, Any]) -> Found | None:
    """Columns by name, rows by time, or pandas' and Yahoo's ways of keeping the names and the times apart."""
    if isinstance(value.get("data"), list) and isinstance(value.get("columns"), list):
        index = value.get("index")
        rows = value["data"]
        if isinstance(index, list) and len(index) == len(rows):
            return ("index", *map(str, value["columns"])), [[key, *row] for key, row in zip(index, rows, strict=True)]
        return tuple(map(str, value["columns"])), rows
    if isinstance(value.get("timestamp"), list) and isinstance(value.get("indicators"), dict):
        quote = value["indicators"].get("quote") or [{}]
        return in_columns({"timestamp": value["timestamp"], **quote[0]})
    if has_prices(value):
        return in_columns({name: column for name, column in value.items() if isinstance(column, list | dict)})
    if all(isinstance(entry, dict) and has_prices(entry) for entry in value.values()):
        names = tuple(dict.fromkeys(name for entry in list(value.values())[:LOOKED_AT] for name in entry))
        return ("index", *names), [[key, *(entry.get(name) for name in names)] for key, entry in value.items()]
    return None


def in_columns(columns: dict[str, Any]) -> Found | None:
    """Lists of one length, or objects with one entry a row, of which the key is the time where no column is."""
    lists = {name: column for name, column in columns.items() if isinstance(column, list)}
    if has_prices(lists):
        length = max(map(len, lists.values()))
        kept = {name: column for name, column in lists.items() if len(column) == length}
        return tuple(kept), list(zip(*kept.values(), strict=True))
    keyed = {name: column for name, column in columns.items() if isinstance(column, dict)}
    if not has_prices(keyed):
        return None
    return ("index", *keyed), list(rows_of_keys(list(keyed.values())))


def rows_of_keys(columns: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for key in columns[0]:
        yield [key, *(column.get(key) for column in columns)]


def has_prices(names: Any) -> bool:
    return {role_of(name) for name in names} >= set(PRICES)
