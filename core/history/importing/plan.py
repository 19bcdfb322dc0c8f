"""How to read a file, found from a sample of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.history.importing.header import is_day_first, is_portuguese
from core.history.importing.hints import DateOrder, Hints
from core.history.importing.numbers import evidence, mark_of_column, mark_of_file
from core.history.importing.places import Marks, Places, places_by_name
from core.history.importing.positions import is_ticker, places_by_position
from core.history.importing.shapes import Order, is_continental
from core.history.importing.table import Table
from core.history.importing.times import parse_times

SAMPLED: Final = 200
"""Values of a column that tell how it writes its numbers."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which column is what, and how its values are written. `layout` and `notes` tell it to the owner."""

    places: Places
    marks: Marks
    order: Order | None
    local: bool
    layout: str
    notes: tuple[str, ...]

    @property
    def doubtful(self) -> bool:
        """A price may be a fraction or a thousand, and nothing tells."""
        return any(self.marks[place] is None for place in self.places.prices)


def plan_of(sample: Table, wanted: str, hints: Hints) -> Plan:
    """`wanted` (a normalised symbol) chooses among several columns of a kind; `hints` say what the file leaves open."""
    portuguese = is_brazilian(sample)
    marks = marks_of(sample, hints, portuguese=portuguese)
    places = places_by_name(sample, wanted, marks) if sample.header else places_by_position(sample, marks)
    likely: DateOrder | None = "dmy" if portuguese or "," in marks or is_day_first(sample.header or ()) else None
    clock = None if places.clock is None else sample.columns[places.clock]
    times = parse_times(sample.columns[places.time], clock, hints.dates, likely)
    layout = f"{sample.kind}, {'header' if sample.header else 'no header'}, {times.shape}"
    if marks[places.prices[3]] == ",":
        layout += ", decimal comma"
    silent = ("no volume in this file: 0 is stored",) if places.volume is None else ()
    return Plan(places, marks, times.order, times.local, layout, (*sample.notes, *places.notes, *silent, *times.notes))


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
    continental = any(is_continental(table.sample(column)) for column in range(len(table.columns)))
    continental = (continental and table.separator == ";") or is_day_first(table.header or ())
    whole = set().union(evidence(table.aside), *told)
    of_file = mark_of_file(whole, table.separator, portuguese=portuguese, continental=continental)
    return tuple(mark_of_column(of_column, of_file) for of_column in told)
