"""Delimited text -> raw columns of text, and the line in the file of every row, block by block.

Polars parses quickly but tells no line numbers, skips what it thinks is blank and drops or pads fields of ragged lines.
So the lines are counted and measured here first, and Polars is given only what is known to be one table. A block with
line breaks inside quotes goes through the standard library's reader instead, which is five times slower.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from core.errors import DataError
from core.history.importing.ahead import ahead
from core.history.importing.layout import SEPARATORS, Layout, find_layout, fitted, used_columns
from core.history.importing.lines import LINE_LIMIT, Lines, lines_of, refuse_long_lines
from core.history.importing.source import Source, from_bytes
from core.history.importing.table import Table, Tables
from core.history.importing.text import AS_WINDOWS, Block, blocks_of, decoded, encoding_of, survey

ROWS_SHOWN: Final = 100
BLANKS: Final = re.compile(r"[ \t]+")
BLANKS_BETWEEN: Final = re.compile(rb"[ \t]+")


class Shape(NamedTuple):
    """What the sample told: the file's layout, the number of fields in a row, and the columns worth parsing."""

    layout: Layout
    width: int
    used: list[int]


def read_delimited(source: Source) -> Tables:
    """The table in a text file. Raises DataError when the text is no table, or some lines have too many fields."""
    name = source.name
    surveyed = survey(source)
    head = [line.decode(errors="replace") for line in surveyed.sample[: 40 * LINE_LIMIT].split(b"\n")[:40]]
    refuse_long_lines(Block(surveyed.sample, 0), name)
    try:
        layout = find_layout(head, name)
    except DataError:
        if (spaced := by_blanks(source, head)) is None:
            raise
        return read_delimited(spaced)
    if encoding_of(source.head) == "cp1252":
        layout = replace(layout, notes=(AS_WINDOWS, *layout.notes))
    block = Block(surveyed.sample, 0, surveyed.ended)
    lines = lines_of(block, layout, name)
    if not len(lines.numbers):
        raise DataError(f"{name} has a header but no rows.", "Download or export it again.")
    header, width = fitted(layout.header, lines.fields, lines.rows[:ROWS_SHOWN])
    shape = Shape(replace(layout, header=header), width, used_columns(header, width))
    sample = table_of(lines, shape, name)

    def part_of(block: Block) -> Table:
        refuse_long_lines(block, name)
        found = lines_of(block, layout, name)
        refuse_cut_line(block, found, width, name)
        return table_of(found, shape, name)

    def parts() -> Iterator[Table]:
        return ahead(part_of, blocks_of(source))

    whole = surveyed.lines == surveyed.sample.count(b"\n")
    if whole:
        refuse_cut_line(block, lines, width, name)
    return Tables(sample, surveyed.lines, (lambda: iter((sample,))) if whole else parts)


def table_of(lines: Lines, shape: Shape, name: str) -> Table:
    """The rows as columns of text. Raises DataError where some have too many fields."""
    layout, width, used = shape
    refuse_wide_lines(lines, width, name)
    columns = columns_of_rows(lines.rows, shape) if lines.parsed else columns_of_text(lines, shape, name)
    shown = lines.rows[:ROWS_SHOWN]
    return Table(
        name=name,
        kind=f"{SEPARATORS[layout.separator]} separated",
        place="line",
        header=layout.header and tuple(layout.header[column] for column in used),
        columns=tuple(columns),
        lines=lines.numbers,
        separator=layout.separator,
        notes=layout.notes,
        aside=tuple(cell for row in shown for column, cell in enumerate(row) if column not in used),
        groups=tuple(layout.groups[column] for column in used) if layout.groups else (),
        named=layout.header or (),
    )


def by_blanks(source: Source, head: list[str]) -> Source | None:
    """The same text with a tab for the blanks between its columns; None where that makes no table of it either."""
    try:
        find_layout([BLANKS.sub("\t", line.strip()) for line in head], source.name)
    except DataError:
        return None
    lines = b"".join(text for text, _ in decoded(source)).split(b"\n")
    return from_bytes(b"\n".join(BLANKS_BETWEEN.sub(b"\t", line.strip()) for line in lines), source.name)


def refuse_cut_line(block: Block, lines: Lines, width: int, name: str) -> None:
    """Raises DataError where the last line has no end, begins as a bar and lacks fields."""
    if block.ended or not len(lines.fields) or lines.fields[-1] >= width:
        return
    if block.text.rstrip(b"\n").rsplit(b"\n", 1)[-1][:1].isdigit():
        raise DataError(
            f"{name}, line {lines.numbers[-1]}: the file ends in the middle of it.",
            "The download was cut short? Get it again, or delete this line.",
        )


def refuse_wide_lines(lines: Lines, width: int, name: str) -> None:
    wide = np.flatnonzero(lines.fields > width)
    if len(wide):
        told = ", ".join(str(line) for line in lines.numbers[wide[:10]])
        raise DataError(
            f"{name}, line {told}: {lines.fields[wide[0]]} fields where {width} are expected ({len(wide)} such lines).",
            "A decimal comma in a comma separated file, or two lines run together? Correct or delete these lines.",
        )


def columns_of_text(lines: Lines, shape: Shape, name: str) -> list[pl.Series]:
    layout, width, used = shape
    if not len(lines.numbers):
        return [pl.Series(f"column_{column}", [], pl.String) for column in used]
    # Polars takes the number of columns from the first line, which may be the one that is too short.
    frame = pl.read_csv(
        layout.separator.encode() * (width - 1) + b"\n" + lines.text,
        has_header=False,
        separator=layout.separator,
        quote_char='"' if b'"' in lines.text else None,
        schema={f"column_{column}": pl.String for column in range(width)},
        columns=used,
        encoding="utf8-lossy",
        truncate_ragged_lines=True,
    ).slice(1)
    if frame.height != len(lines.numbers):
        raise DataError(
            f"{name}: {len(lines.numbers)} lines were read as {frame.height} rows.", "Export it again as plain CSV."
        )
    return frame.get_columns()


def columns_of_rows(rows: list[list[str]], shape: Shape) -> list[pl.Series]:
    columns = list(itertools.zip_longest(*rows, [""] * shape.width))  # a full row more, so that short rows are padded
    return [
        pl.Series(f"column_{column}", [cell or None for cell in columns[column][:-1]], dtype=pl.String)
        for column in shape.used
    ]
