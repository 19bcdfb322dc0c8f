"""A file as a stream of bytes that can be read more than once, unpacked on the way.

What a file is, is told by its first bytes, not by its name: browsers and people rename files. One compressed file may
stand in the place of the table (.gz, .bz2, .xz, or a .zip or .tar with one member, as Binance publishes its dumps).
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from core.errors import AbsentError, DataError, in_words
from core.history.importing import members
from core.history.importing.members import is_tar

SIZE_LIMIT: Final = 4 << 30
"""Bytes after decompression: about fifty years of one-minute bars, and far below what a decompression bomb becomes."""
HEAD: Final = 1 << 16
ZIP: Final = b"PK\x03\x04"
BROKEN: Final = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError),
    *(NotImplementedError, RuntimeError),
)
"""What the unpackers raise of a file that is cut short, encrypted or none of theirs."""

Opener = Callable[[], IO[bytes]]
STREAMS: Final[Mapping[bytes, Callable[[Any], Any]]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"]\x00\x00": lzma.open,
}


@dataclass(frozen=True, slots=True)
class Source:
    """What a file holds. `head` are its first bytes; `name` is what messages call it."""

    name: str
    head: bytes
    open: Opener

    def blocks(self, size: int) -> Iterator[bytes]:
        """All of it from its start. Raises DataError where it cannot be unpacked, and when it is too large."""
        total = 0
        with self.opened() as stream:
            while block := stream.read(size):
                total += len(block)
                if total > SIZE_LIMIT:
                    raise DataError(
                        f"{self.name} unpacks to more than {SIZE_LIMIT >> 30} GiB.", "Import it month by month."
                    )
                yield block

    def read(self) -> bytes:
        return b"".join(self.blocks(8 << 20))

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        with told_as_data_error(self.name), self.open() as stream:
            yield stream


def source_of(path: Path) -> Source:
    """The file at `path`, or what is packed in it. Raises DataError when there is none, and when it is empty."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        raise AbsentError(f"{path} does not exist.", "Check the name, and the folder you are in.") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {in_words(error)}.", "It must be a file that you may read.") from None
    source = Source(path.name, head, lambda: path.open("rb"))
    unpacked = unpack(source)
    if unpacked is not None and is_tar(unpacked.head):  # .tar.gz is one package
        unpacked = unpack(unpacked)
    if unpacked is None:
        return not_empty(source)
    if unpack(unpacked) is not None:
        raise DataError(f"{path.name} is packed twice.", "Unpack it once and import what comes out.")
    return not_empty(unpacked)


def not_empty(source: Source) -> Source:
    if not source.head.strip() and not any(block.strip() for block in source.blocks(1 << 20)):
        raise DataError(f"{source.name} is empty.", "Download or export it again.")
    return source


def unpack(source: Source) -> Source | None:
    """What is packed in a file; None when it is no package, but itself what is meant."""
    opener: Opener | None = None
    with told_as_data_error(source.name):
        if source.head.startswith(ZIP):
            opener = only_member(source)
        elif is_tar(source.head):
            opener = only_of_tar(source)
        elif stream := next((stream for magic, stream in STREAMS.items() if source.head.startswith(magic)), None):
            opener = lambda: stream(source.open())  # noqa: E731 - closes over the kind of stream
        if opener is None:
            return None
        with opener() as opened:
            return Source(source.name, opened.read(HEAD), opener)


def only_member(source: Source) -> Opener | None:
    """The one table of a zip; None when the zip is a spreadsheet."""
    with source.open() as stream:
        table = members.of_zip(stream, source.name)
    return None if table is None else lambda: zipfile.ZipFile(source.open()).open(table)


def only_of_tar(source: Source) -> Opener:
    with source.open() as stream:
        table = members.of_tar(stream, source.name)
    return lambda: members.opened_in_tar(source.open(), table)


@contextmanager
def told_as_data_error(name: str) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise DataError(f"{name} cannot be unpacked: {error}.", "The download was cut short? Get it again.") from None


def from_bytes(data: bytes, name: str) -> Source:
    return Source(name, data[:HEAD], lambda: io.BytesIO(data))
