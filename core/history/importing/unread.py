"""Kinds of file that are known and not read, each with what to do instead."""

from __future__ import annotations

from typing import Final, NamedTuple, NoReturn

from core.errors import DataError
from core.history.importing.source import Source


class Unread(NamedTuple):
    """A kind of file by its first bytes, compared in small letters and without the blanks before them."""

    beginnings: tuple[bytes, ...]
    kind: str
    advice: str


UNPACK: Final = "Unpack it and import what comes out."
SAVE: Final = "Save the table as CSV or Parquet."
UNREAD: Final = (
    Unread((b"\x89hdf\r\n",), "an HDF5 file", "Save it as Feather: freqtrade convert-data --format-to feather."),
    Unread((b"sqlite format 3",), "a database", "Export its table of prices as CSV."),
    Unread((b"%pdf",), "a PDF document", "Get the table as CSV or as a spreadsheet."),
    Unread(
        (b"<!doctype html", b"<html", b"<table"),
        "a web page",
        "The download failed, or was saved as a page: get the CSV.",
    ),
    Unread((b"<?xml",), "an XML file", SAVE),
    Unread((b"7z\xbc\xaf", b"rar!", b"\x28\xb5\x2f\xfd"), "an archive of another kind", UNPACK),
    Unread((b"\x80\x04\x95", b"\x80\x05\x95"), "a pickle, which runs code when it is read", SAVE),
    Unread((b"\x93numpy",), "a NumPy array without names", SAVE),
    Unread((b"{\\rtf",), "a text document", SAVE),
)


def is_unread(head: bytes) -> bool:
    return kind_of(head) is not None


def refuse(source: Source) -> NoReturn:
    """Raises DataError, always."""
    found = kind_of(source.head) or UNREAD[0]
    raise DataError(f"{source.name} is {found.kind}.", found.advice)


def kind_of(head: bytes) -> Unread | None:
    low = head[:64].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((unread for unread in UNREAD if low.startswith(unread.beginnings)), None)
