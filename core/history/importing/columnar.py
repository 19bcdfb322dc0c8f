"""Parquet and Feather, as pandas, polars and freqtrade write them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import polars as pl

from core.errors import DataError
from core.history.importing.source import Source
from core.history.importing.table import Table, Tables, only


def read_parquet(source: Source) -> Tables:
    """Raises DataError when it only begins as one."""
    return only(columnar(source, "parquet", pl.read_parquet))


def read_feather(source: Source) -> Tables:
    """Raises DataError when it only begins as one, or is of the first version."""
    if source.head.startswith(b"FEA1"):
        raise DataError(f"{source.name} is a Feather file of version 1.", "Save it again as Feather 2, Parquet or CSV.")
    return only(columnar(source, "feather", pl.read_ipc))


def read_arrow_stream(source: Source) -> Tables:
    """Arrow as it is sent rather than stored."""
    return only(columnar(source, "arrow", pl.read_ipc_stream))


def read_avro(source: Source) -> Tables:
    """Raises DataError when it only begins as one."""
    return only(columnar(source, "avro", pl.read_avro))


def columnar(source: Source, kind: str, read: Any) -> Table:
    try:
        frame = read(io.BytesIO(source.read()))
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{source.name} begins as {kind} but cannot be read: {reason}", "Export it again.") from None
    if not frame.height:
        raise DataError(f"{source.name} has a header but no rows.", "Download or export it again.")
    columns = tuple(frame.get_columns())
    return Table(
        name=source.name,
        kind=kind,
        place="row",
        header=tuple(column.name for column in columns),
        columns=columns,
        lines=np.arange(1, frame.height + 1, dtype=np.int64),
        separator="",
        notes=(),
    )
