"""The lines of a block: which of them are rows, and how many fields each has. Nothing is parsed that need not be."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from core.errors import DataError
from core.history.arrays import BoolArray, Int64Array
from core.history.importing.layout import Layout, cells_of
from core.history.importing.text import Block

LINE_LIMIT: Final = 1 << 16
"""Bytes. The widest exports seen have some hundred columns; a longer line is another kind of file."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The rows of a block: which of its lines are any, how many fields they have, and the cells of the first."""

    text: bytes
    numbers: Int64Array  # from 1, in the file
    fields: Int64Array
    rows: list[list[str]]
    parsed: bool  # `rows` are all of them, because quotes hold line breaks


def lines_of(block: Block, layout: Layout, name: str) -> Lines:
    """The lines that are rows: below the header, and not blank."""
    text = block.text
    ends = places_of(text, "\n")
    starts = np.concatenate(([0], ends[:-1] + 1)).astype(np.int64)
    quotes = places_of(text, '"')
    if is_quoted(quotes, ends).any() or has_loose_quotes(text, quotes, layout.separator):
        return parsed_lines(block, layout, name)
    rows = np.flatnonzero(ends > starts)
    rows = rows[rows + block.first >= layout.first]
    separators = places_of(text, layout.separator)
    separators = separators[~is_quoted(quotes, separators)] if len(quotes) else separators
    starts, ends = starts[rows], ends[rows]
    shown = (text[start:end].decode(errors="replace") for start, end in zip(starts[:100], ends[:100], strict=True))
    cells = [cells_of(line, layout.separator) for line in shown]
    body = without_blanks(text[starts[0] :], len(rows)) if len(rows) else b""
    return Lines(body, rows + block.first + 1, fields_of(separators, starts, ends), cells, parsed=False)


def places_of(text: bytes, character: str) -> Int64Array:
    sought = character.encode()
    if sought not in text:
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.frombuffer(text, np.uint8) == ord(sought)).astype(np.int64, copy=False)


def without_blanks(text: bytes, rows: int) -> bytes:
    return text if text.count(b"\n") == rows else re.sub(rb"\n{2,}", b"\n", text)


def fields_of(separators: Int64Array, starts: Int64Array, ends: Int64Array) -> Int64Array:
    """How many fields each line has; quickly where all have as many."""
    count, odd = divmod(len(separators), max(len(starts), 1))
    if count and not odd:
        by_line = separators[: count * len(starts)].reshape(-1, count)
        if (by_line[:, 0] >= starts).all() and (by_line[:, -1] < ends).all():
            return np.full(len(starts), count + 1, np.int64)
    fields: Int64Array = np.searchsorted(separators, ends) - np.searchsorted(separators, starts) + 1
    return fields


def is_quoted(quotes: Int64Array, places: Int64Array) -> BoolArray:
    """Which places stand inside quotes: after an odd number of them (a quote within quotes is written twice)."""
    quoted: BoolArray = np.searchsorted(quotes, places) % 2 == 1
    return quoted


def has_loose_quotes(text: bytes, quotes: Int64Array, separator: str) -> bool:
    """True when a quote stands elsewhere than at the edge of a field, which Polars refuses without a line number."""
    if not len(quotes):
        return False
    characters = np.frombuffer(b"\n" + text + b"\n", np.uint8)
    edges = np.array([ord("\n"), ord(separator)], np.uint8)
    opens, closes = quotes[::2], quotes[1::2]
    before, after = characters[opens], characters[closes + 2]  # one place on, for the line break put in front
    return not (np.isin(before, edges).all() and np.isin(after, edges).all())


def refuse_long_lines(block: Block, name: str) -> None:
    """Raises DataError where one line is longer than any row of a table."""
    lengths = np.diff(places_of(block.text, "\n"), prepend=-1, append=len(block.text)) - 1
    longest = int(np.argmax(lengths))
    if lengths[longest] > LINE_LIMIT:
        line, length = block.first + longest + 1, lengths[longest]
        raise DataError(
            f"{name}, line {line}: {length} characters in one line are no table of prices.",
            "Give one bar per line, as CSV, or Parquet or Feather.",
        )


def parsed_lines(block: Block, layout: Layout, name: str) -> Lines:
    """The rows of a block whose quotes hold line breaks, or stand where only this reader understands them."""
    text = io.StringIO(block.text.decode(errors="replace"), newline="")
    blanks = layout.separator != "\t"
    reader = csv.reader(text, delimiter=layout.separator, strict=True, skipinitialspace=blanks)
    rows: list[list[str]] = []
    numbers: list[int] = []
    began = block.first + 1
    try:
        for row in reader:
            if row and began > layout.first:
                rows.append(row)
                numbers.append(began)
            began = block.first + reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {began}: {error}.", "A quote is opened and never closed?") from None
    fields = np.fromiter(map(len, rows), np.int64, len(rows))
    return Lines(b"", np.array(numbers, np.int64), fields, rows, parsed=True)
