"""The append-only journal: what precedes the wire, and what a restart knows.

A line is the CRC-32 of its JSON in hexadecimal, a space, the JSON. A record is handed to the kernel in one write
before `append` returns, so it survives `kill -9` of the process; with `sync` it is on the disk and survives a power
cut. A last line without its newline was torn by a crash and is cut off at the next start. A damaged whole line means
that the disk or somebody's hand changed history: that refuses to start.
"""

from __future__ import annotations

import fcntl
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from core.errors import ConfigurationError, DataError
from core.files import sync_folder
from services.trader.orders import Record

LAYOUT: Final = 1
"""Of the records as they are; it is not written down. A later one begins its journal with a `Layout`."""


class Layout(msgspec.Struct, frozen=True, tag="layout"):
    """What the records after it are like."""

    version: int


_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Record | Layout)


class Journal:
    """The journal of one trader. Opening it locks the file: two traders on one journal would trade twice."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._failed = False
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        sync_folder(path.parent)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._file)
            raise ConfigurationError(
                f"Another trader works with {path.parent}.", "Stop it, or give this one its own data_dir."
            ) from None

    def append(self, record: Record, *, sync: bool = False) -> None:
        """Write one record; returns when a killed process can no longer lose it.

        After the first OSError it takes nothing more: what it remembers must be the beginning of what happened. A fill
        that was missed before the end of its order would never be asked for again.
        """
        if self._failed:
            raise OSError("the journal has failed before and takes nothing more")
        line = encode(record)
        self._failed = True
        written = os.write(self._file, line)
        if written != len(line):
            os.ftruncate(self._file, os.fstat(self._file).st_size - written)  # or the next line would be part of it
            raise OSError(f"the journal took {written} of {len(line)} bytes; is the disk full?")
        if sync:
            os.fdatasync(self._file)
        self._failed = False

    def replay(self) -> list[Record]:
        """Every record so far; cuts off a torn last line. Raises DataError for damage before it."""
        data = self.path.read_bytes()
        records, end = [], 0
        for line, stop in lines(data):
            record = decode(line)
            if record is None:
                raise DataError(f"{self.path} is damaged at byte {end}.", "Restore it from the backup.")
            records.append(record)
            end = stop
        if end < len(data):
            os.ftruncate(self._file, end)
        return records

    def close(self) -> None:
        """Give the file and its lock back."""
        self._failed = True  # the number of the descriptor may soon be another file's
        os.close(self._file)


def encode(record: Record) -> bytes:
    """The line of a record."""
    body = _encoder.encode(record)
    return b"%08x %s\n" % (zlib.crc32(body), body)


def decode(line: bytes) -> Record | None:
    """The record of a line; None when the line is damaged. Raises DataError for what another version wrote in it.

    A journal that says no layout is of the first one, and there is no other yet.
    """
    checksum, _, body = line.partition(b" ")
    if len(checksum) != 8 or not body.endswith(b"\n") or b"%08x" % zlib.crc32(body[:-1]) != checksum:
        return None
    try:
        record: Record | Layout = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise DataError(f"The journal was written by another version: {error}.", "Start with that one.") from None
    if isinstance(record, Layout):
        told = f"The journal was written by another version, in layout {record.version}; this one reads {LAYOUT}."
        raise DataError(told, "Start with that one.")
    return record


def lines(data: bytes) -> Iterator[tuple[bytes, int]]:
    """Each whole line with its end; one without a newline is torn, or still being written."""
    start = 0
    while (stop := data.find(b"\n", start) + 1) > 0:
        yield data[start:stop], stop
        start = stop
