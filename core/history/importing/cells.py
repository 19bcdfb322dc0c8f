"""Rows of Python values, as a spreadsheet or JSON holds them -> columns of one type each."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from core.history.arrays import Int64Array
from core.history.importing.layout import used_columns
from core.history.importing.table import Table

MIDNIGHT: Final = datetime.time()


def table_of_rows(
    name: str, kind: str, header: tuple[str, ...] | None, rows: Sequence[Sequence[Any]], lines: Int64Array | None = None
) -> Table:
    """`lines` are the numbers of the rows where they are not counted from 1. Rows may be of unequal length."""
    columns = list(itertools.zip_longest(*rows))
    if header and len(header) < len(columns):
        header = (*header, *("_" for _ in range(len(columns) - len(header))))
    used = [column for column in used_columns(header, len(columns)) if column < len(columns)]
    return Table(
        name=name,
        kind=kind,
        place="row",
        header=header and tuple(header[column] for column in used),
        columns=tuple(typed(columns[column]) for column in used),
        lines=np.arange(1, len(rows) + 1, dtype=np.int64) if lines is None else lines,
        separator="",
        notes=(),
    )


def typed(values: Iterable[Any]) -> pl.Series:
    """Numbers and times as what they are, anything else as text."""
    cells = [None if isinstance(value, str) and not value.strip() else value for value in values]
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds <= {datetime.datetime, datetime.date}:
        return dates_of(cells)
    if kinds <= {int}:
        return pl.Series(cells, dtype=pl.Int64) if all(abs(cell or 0) < 1 << 63 for cell in cells) else as_text(cells)
    return pl.Series(cells, dtype=pl.Float64) if kinds <= {int, float} else as_text(cells)


def dates_of(cells: list[Any]) -> pl.Series:
    """Days, where no cell has a time of day. Below 1 ms a spreadsheet's fraction of a day is noise."""
    moments = [
        cell if cell is None or isinstance(cell, datetime.datetime) else datetime.datetime.combine(cell, MIDNIGHT)
        for cell in cells
    ]
    column = pl.Series(moments, dtype=pl.Datetime("us")).dt.round("1ms")
    return column.cast(pl.Date) if (column.dt.time().drop_nulls() == MIDNIGHT).all() else column


def as_text(cells: list[Any]) -> pl.Series:
    return pl.Series([None if cell is None else str(cell) for cell in cells], dtype=pl.String)
