"""What was measured, line by line: a run that is cut off, even in the middle of a line, goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

Line = TypeVar("Line", bound=msgspec.Struct)


def read(file: Path, kind: type[Line]) -> Iterator[Line]:
    """Every whole line that is there, the oldest first."""
    for line in file.read_bytes().splitlines() if file.exists() else ():
        try:
            yield msgspec.json.decode(line, type=kind)
        except msgspec.MsgspecError:
            continue  # cut off


def add(file: Path, line: msgspec.Struct) -> None:
    """One more. It begins on a line of its own, whatever was cut off before it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as written:
        written.write(b"\n" * (file.stat().st_size > 0 and not file.read_bytes().endswith(b"\n")))
        written.write(msgspec.json.encode(line) + b"\n")
