"""A text file as blocks of whole lines in UTF-8, whatever it is encoded in."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import DataError
from core.history.importing.source import Source

BLOCK: Final = 8 << 20
"""Bytes that are read and understood at a time."""
SLICE: Final = 1 << 15
"""Bytes of each block but the first that go into the sample."""
HEAD: Final = 1 << 10
WIDEST: Final = 8 * BLOCK
"""A block is never cut within quotes, but quotes that hold more than this are an error of the file."""
MARKS: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF8, "utf-8-sig"))
AS_WINDOWS: Final = "no UTF-8: read as Windows-1252"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines; `first` is the number of the first of them in the file, from 0. The last one may have no end."""

    text: bytes
    first: int
    ended: bool = True


@dataclass(frozen=True, slots=True)
class Survey:
    """`sample` is the first block and a little of every other one; `lines` counts those of the file."""

    sample: bytes
    lines: int
    ended: bool


def encoding_of(head: bytes) -> str:
    """By the mark at its beginning, by the zeros between its letters, or as Windows writes where it is no UTF-8."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    if len(head) > 3 and head[1] == head[3] == 0 and head[0] and head[2]:
        return "utf-16-le"  # of a program that leaves the mark out
    if len(head) > 3 and head[0] == head[2] == 0 and head[1] and head[3]:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def decoded(source: Source) -> Iterator[tuple[bytes, bool]]:
    """UTF-8 with plain line ends, one at the very end too, and whether the file had that one.

    Raises DataError for what is no text.
    """
    encoding = encoding_of(source.head)
    decoder = None if encoding.startswith("utf-8") else codecs.getincrementaldecoder(encoding)(errors="replace")
    held = waiting = b""
    for number, raw in enumerate(source.blocks(BLOCK)):
        data = decoder.decode(raw).encode() if decoder else raw
        if b"\0" in data:
            raise no_text(source.name, data, number)
        data = held + (data if number else data.removeprefix(codecs.BOM_UTF8))
        held = data[-1:] if data.endswith(b"\r") else b""  # the other half of a line end may follow
        data = data[: len(data) - len(held)]
        if waiting:
            yield waiting, True
        waiting = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data
    ended = bool(held) or waiting.endswith(b"\n")
    yield (waiting if waiting.endswith(b"\n") and not held else waiting + b"\n"), ended


def no_text(name: str, data: bytes, number: int) -> DataError:
    """Zeros in the first lines are another kind of file; behind them they are what a crash left."""
    if number or b"\0" not in data[:HEAD]:
        return DataError(f"{name} is damaged: zeros stand where text should.", "Download or export it again.")
    return DataError(f"{name} is a binary file of an unknown kind.", "Give CSV, Parquet or Feather.")


def blocks_of(source: Source) -> Iterator[Block]:
    """All lines of the file, none of them cut."""
    rest, first, ended = b"", 0, True
    for data, ended in decoded(source):
        rest += data
        cut = last_line_end(rest)
        if not cut and len(rest) > WIDEST:
            cut = len(rest)  # whoever reads it says what is wrong with it
        if cut:
            yield Block(rest[:cut], first, ended)
            first += rest.count(b"\n", 0, cut)
            rest = rest[cut:]
    if rest:
        yield Block(rest, first, ended)


def last_line_end(text: bytes) -> int:
    """One past the last line break that stands outside quotes; 0 when there is none."""
    if b'"' not in text:
        return text.rfind(b"\n") + 1
    characters = np.frombuffer(text, np.uint8)
    ends, quotes = np.flatnonzero(characters == ord("\n")), np.flatnonzero(characters == ord('"'))
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def survey(source: Source) -> Survey:
    """What is needed before a file can be read block by block."""
    samples: list[bytes] = []
    lines, ended = 0, True
    for block in blocks_of(source):
        lines, ended = lines + block.text.count(b"\n"), block.ended
        part = block.text[:SLICE]
        samples.append(part[: last_line_end(part)] if samples else block.text)
    return Survey(b"".join(samples), lines, ended)
