"""Which file of an archive is the table: the only one that is neither litter nor a word about the others."""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Sequence
from typing import IO, Final, TypeVar

from core.errors import DataError

LITTER: Final = re.compile(
    r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)"
    r"|(^|/)(readme|leiame|leia-me|licen[cs]e|licen[cç]a|checksums?|sha256sums)[^/]*$"
    r"|\.(md|pdf|html?|checksum|sha256|md5)$",
    re.IGNORECASE,
)
"""What the file managers of macOS and Windows put into an archive beside its file, and what its maker tells of it."""
DOCUMENTS: Final = ("[Content_Types].xml", "mimetype", "META-INF/manifest.xml")
"""A zip that holds one of these is a spreadsheet, which opens its zip itself."""
TAR_AT: Final = 257
"""Where a tar says that it is one, in bytes from its beginning."""

Member = TypeVar("Member", zipfile.ZipInfo, tarfile.TarInfo)


def of_zip(stream: IO[bytes], name: str) -> zipfile.ZipInfo | None:
    """The one table of a zip; None when the zip is a spreadsheet. Raises DataError where there are several."""
    with zipfile.ZipFile(stream) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
    names = [member.filename for member in members]
    if any(name in DOCUMENTS for name in names):
        return None
    return only(members, names, name)


def of_tar(stream: IO[bytes], name: str) -> tarfile.TarInfo:
    """The one table of a tar. Raises DataError where there are several."""
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        members = [member for member in archive if member.isfile()]
    return only(members, [member.name for member in members], name)


def only(members: Sequence[Member], names: Sequence[str], archive: str) -> Member:
    tables = [member for member, name in zip(members, names, strict=True) if not LITTER.search(name)]
    if len(tables) != 1:
        raise DataError(f"{archive} holds {len(tables)} files, not one.", "Unpack it and import the files one by one.")
    return tables[0]


def is_tar(head: bytes) -> bool:
    return head[TAR_AT : TAR_AT + 5] == b"ustar"


def opened_in_tar(stream: IO[bytes], member: tarfile.TarInfo) -> IO[bytes]:
    opened = tarfile.open(fileobj=stream, mode="r:").extractfile(member)  # noqa: SIM115 - closed with what it reads
    if opened is None:
        raise tarfile.ReadError(f"{member.name} is no file")
    return opened
