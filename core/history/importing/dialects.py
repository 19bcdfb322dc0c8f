"""Every kind of file that is understood, by how it begins: the one table of them.

A dialect is a line here and a file beside: a recogniser of the first bytes, and a reader that returns raw columns. What
the columns mean is found later, and is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from core.history.importing.columnar import read_arrow_stream, read_avro, read_feather, read_parquet
from core.history.importing.cotahist import BEGINNING as COTAHIST
from core.history.importing.cotahist import read_cotahist
from core.history.importing.delimited import read_delimited
from core.history.importing.jsonlike import is_json, read_json
from core.history.importing.source import Source, source_of
from core.history.importing.spreadsheet import is_workbook, read_workbook
from core.history.importing.table import Tables
from core.history.importing.unread import is_unread, refuse


class Dialect(NamedTuple):
    """A kind of file: whether it begins like this, and its tables."""

    name: str
    begins: Callable[[bytes], bool]
    read: Callable[[Source], Tables]


def magic(*beginnings: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(beginnings)


DIALECTS: Final = (
    Dialect("parquet", magic(b"PAR1"), read_parquet),
    Dialect("feather", magic(b"ARROW1", b"FEA1"), read_feather),
    Dialect("arrow stream", magic(b"\xff\xff\xff\xff"), read_arrow_stream),
    Dialect("avro", magic(b"Obj\x01"), read_avro),
    Dialect("workbook", is_workbook, read_workbook),
    Dialect("known, and not read", is_unread, refuse),
    Dialect("COTAHIST", magic(COTAHIST), read_cotahist),
    Dialect("JSON", is_json, read_json),
    Dialect("delimited text", lambda _head: True, read_delimited),
)
"""The first that fits is taken."""


def read_tables(path: Path) -> Tables:
    """The tables in `path`. Raises DataError when there is no file, or what it holds is no table."""
    source = source_of(path)
    dialect = next(dialect for dialect in DIALECTS if dialect.begins(source.head))
    return dialect.read(source)
