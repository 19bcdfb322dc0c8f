"""Raw columns -> the bars they spell: their text as times and numbers. Nothing is judged here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from core.history.arrays import PRICES, Float64Array, Int64Array
from core.history.importing.header import is_portuguese
from core.history.importing.hints import NOTHING_SAID, DateOrder, Hints
from core.history.importing.markets import choose_market, normalised_or_empty
from core.history.importing.numbers import as_numbers, evidence, mark_of_column, mark_of_file
from core.history.importing.places import Marks, places_by_name
from core.history.importing.positions import is_ticker, places_by_position
from core.history.importing.table import Table
from core.history.importing.times import Times, parse_times

SAMPLED: Final = 200
"""Values of a column that tell how it writes its numbers."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file as numbers, in the file's order; NaN or times.UNKNOWN where a field is none.

    `texts` holds what stood in the file under time, open, high, low, close and volume, to be shown in messages.
    `symbol` is what the file itself calls the market, "" when it does not say. `doubtful`: a price may be a fraction or
    a thousand, and nothing tells.
    """

    name: str
    place: str
    layout: str
    symbol: str
    lines: Int64Array
    times: Times
    values: dict[str, Float64Array]
    texts: dict[str, pl.Series]
    notes: tuple[str, ...]
    doubtful: bool = False


def recognise(table: Table, wanted: str = "", hints: Hints = NOTHING_SAID) -> Rows:
    """Find the bar's columns and read them. `wanted` (a normalised symbol) chooses among several markets in a file."""
    portuguese = is_brazilian(table)
    marks = marks_of(table, hints, portuguese=portuguese)
    places = places_by_name(table, wanted, marks) if table.header else places_by_position(table, marks)
    symbol, kept, symbol_notes = choose_market(table, places.symbol, wanted)
    columns = table.columns if kept is None else tuple(column.filter(kept) for column in table.columns)
    lines = table.lines if kept is None else table.lines[kept.to_numpy()]
    texts = {name: columns[place] for name, place in zip(PRICES, places.prices, strict=True)}
    values = {name: as_numbers(texts[name], marks[place]) for name, place in zip(PRICES, places.prices, strict=True)}
    notes = (*table.notes, *places.notes, *symbol_notes)
    if places.volume is None:
        values["volume"] = np.zeros(len(lines))
        notes = (*notes, "no volume in this file: 0 is stored")
    else:
        texts["volume"] = columns[places.volume]
        values["volume"] = as_numbers(texts["volume"], marks[places.volume])
    of_close = marks[places.prices[3]]
    clock = None if places.clock is None else columns[places.clock]
    first: DateOrder | None = "dmy" if portuguese or "," in marks else None
    times = parse_times(columns[places.time], clock, order=hints.dates, likely=first)
    layout = f"{table.kind}, {'header' if table.header else 'no header'}, {times.shape}"
    return Rows(
        name=table.name,
        place=table.place,
        layout=layout + (", decimal comma" if of_close == "," else ""),
        symbol=symbol or (normalised_or_empty(table.groups[places.prices[3]]) if table.groups else ""),
        lines=lines,
        times=times,
        values=values,
        texts={**texts, "time": times.texts},
        notes=(*notes, *times.notes),
        doubtful=any(marks[place] is None for place in places.prices),
    )


def is_brazilian(table: Table) -> bool:
    """A Portuguese header, or ProfitChart's rows, which have none: a ticker before the date, and semicolons."""
    if table.header:
        return is_portuguese(table.header)
    return table.separator == ";" and is_ticker(table)


def marks_of(table: Table, hints: Hints, *, portuguese: bool) -> Marks:
    """The decimal mark of every column; None where a value may be a fraction or a thousand and nothing tells."""
    if hints.decimal:
        return (hints.decimal,) * len(table.columns)
    told = [evidence(table.sample(column, SAMPLED)) for column in range(len(table.columns))]
    of_file = mark_of_file(set().union(evidence(table.aside), *told), table.separator, portuguese=portuguese)
    return tuple(mark_of_column(of_column, of_file) for of_column in told)
