"""The values between reading a file and understanding it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from core.history.arrays import Int64Array


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of a file as they stand there: text of a delimited file, typed columns of Parquet and Feather.

    `header` is None when the file has none. `lines` says where each row came from: the line in the file, from 1, or
    (`place` "row") the row of a columnar file, from 1. `groups` names the ticker of each column where a header has two
    levels, else it is empty. `separator` is "" where the columns have types, and `aside` holds fields of the first rows
    that are no part of a bar: they show how the file writes its numbers. `named` is all of a header of which some
    columns were left out.
    """

    name: str
    kind: str
    place: Literal["line", "row"]
    header: tuple[str, ...] | None
    columns: tuple[pl.Series, ...]
    lines: Int64Array
    separator: str
    notes: tuple[str, ...]
    aside: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def sample(self, column: int, size: int = 50) -> list[Any]:
        """The first values of a column that are not empty."""
        return self.columns[column].head(size * 4).drop_nulls().head(size).to_list()


@dataclass(frozen=True, slots=True)
class Tables:
    """A file as one table after another, all with the same columns, so that a long one needs little memory.

    `sample` tells how to read them: all of a short file, and of a long one its beginning and a little from everywhere.
    `parts` begins anew at each call; they have `most_rows` in all, or fewer.
    """

    sample: Table
    most_rows: int
    parts: Callable[[], Iterator[Table]]


def only(table: Table) -> Tables:
    return Tables(table, len(table.lines), lambda: iter((table,)))
