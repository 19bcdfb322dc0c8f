"""File -> raw columns, with the place in the file of every row. No column is understood here yet.

What a file is, is told by its first bytes, not by its name: browsers and people rename files. One compressed file may
stand in the place of the table (.gz, or a .zip with one member, as Binance publishes its dumps).
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from core.errors import DataError
from core.history.importing.delimited import read_delimited
from core.history.importing.table import Table

SIZE_LIMIT: Final = 4 << 30
"""Bytes after decompression: about fifty years of one-minute bars, and far below what a decompression bomb becomes."""

LITTER: Final = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)")
"""What the file managers of macOS and Windows put into an archive beside its file."""


@dataclass(frozen=True, slots=True)
class Signature:
    """How a kind of file begins."""

    magic: bytes
    kind: Literal["parquet", "feather", "feather1", "gzip", "zip"]


SIGNATURES: Final = (
    Signature(b"PAR1", "parquet"),
    Signature(b"ARROW1", "feather"),
    Signature(b"FEA1", "feather1"),
    Signature(b"\x1f\x8b", "gzip"),
    Signature(b"PK\x03\x04", "zip"),
)


def read_table(path: Path) -> Table:
    """The table in `path`. Raises DataError when there is no file, or what it holds is no table."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path} does not exist.", "Check the name, and the folder you are in.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.", "It must be a file that you may read.") from None
    return table_from(data, path.name)


def table_from(data: bytes, name: str) -> Table:
    """The table in `data`; `name` is what the messages call it."""
    if not data[:4096].strip() and not data.strip():
        raise DataError(f"{name} is empty.", "Download or export it again.")
    match kind_of(data):
        case "gzip" | "zip" as kind:
            unpacked = unpack(data, name, kind)
            if kind_of(unpacked) in ("gzip", "zip"):
                raise DataError(f"{name} is packed twice.", "Unpack it once and import what comes out.")
            return table_from(unpacked, name)
        case "feather1":
            raise DataError(f"{name} is a Feather file of version 1.", "Save it again as Feather 2, Parquet or CSV.")
        case "parquet" | "feather" as kind:
            return read_columnar(data, name, kind)
        case _:
            return read_delimited(data, name)


def kind_of(data: bytes) -> str | None:
    return next((signature.kind for signature in SIGNATURES if data.startswith(signature.magic)), None)


def unpack(data: bytes, name: str, kind: str) -> bytes:
    try:
        if kind == "gzip":
            with gzip.open(io.BytesIO(data)) as packed:
                unpacked = packed.read(SIZE_LIMIT + 1)
        else:
            unpacked = only_member(data, name)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{name} cannot be unpacked: {error}.", "The download was cut short? Get it again.") from None
    if len(unpacked) > SIZE_LIMIT:
        raise DataError(f"{name} unpacks to more than {SIZE_LIMIT >> 30} GiB.", "Import it month by month.")
    return unpacked


def only_member(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [
            member for member in archive.infolist() if not member.is_dir() and not LITTER.search(member.filename)
        ]
        if len(members) != 1:
            raise DataError(
                f"{name} holds {len(members)} files, not one.", "Unpack it and import the files one by one."
            )
        with archive.open(members[0]) as packed:
            return packed.read(SIZE_LIMIT + 1)


def read_columnar(data: bytes, name: str, kind: str) -> Table:
    """Parquet or Feather, as pandas, polars and freqtrade write them."""
    read: Any = pl.read_parquet if kind == "parquet" else pl.read_ipc
    try:
        frame = read(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError, ValueError, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"{name} begins as {kind} but cannot be read: {reason}", "Export it again.") from None
    columns = tuple(frame.get_columns())
    return Table(
        name=name,
        kind=kind,
        place="row",
        header=tuple(column.name for column in columns),
        columns=columns,
        lines=np.arange(1, frame.height + 1, dtype=np.int64),
        separator="",
        notes=(),
    )
