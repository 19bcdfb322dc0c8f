"""Delimited text -> raw columns of text, and the line in the file of every row.

Polars parses quickly but tells no line numbers, skips what it thinks is blank and drops or pads fields of ragged lines.
So the lines are counted and measured here first, and Polars is given only what is known to be one table. A file with
line breaks inside quotes goes through the standard library's reader instead, which is five times slower.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from core.errors import DataError
from core.history.arrays import BoolArray, Int64Array
from core.history.importing.header import is_header, is_number, plain_name, role_of
from core.history.importing.shapes import is_date
from core.history.importing.table import Table

SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LINE_LIMIT: Final = 1 << 16
"""Bytes. The widest exports seen have some hundred columns; a longer line is another kind of file."""
PREAMBLE_LIMIT: Final = 30
"""Lines above the table (a source's address, a title, comments) in which a header is looked for."""
FEWEST_FIELDS: Final = 5
"""Of a line without a header: a time and four prices."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the text is a table. `first` is the line of the first row, from 0; `groups` a ticker per column, or ()."""

    separator: str
    header: tuple[str, ...] | None
    first: int
    groups: tuple[str, ...]
    notes: tuple[str, ...]


def read_delimited(data: bytes, name: str) -> Table:
    """The table in a text file. Raises DataError when the text is no table, or some lines have too many fields."""
    text, spelled = as_utf8(data, name)
    starts, ends = lines_of(text)
    refuse_long_lines(starts, ends, name)
    head = [text[s:e].decode(errors="replace") for s, e in zip(starts[:40], ends[:40], strict=True)]
    layout = find_layout(head, name)
    quotes = np.flatnonzero(np.frombuffer(text, np.uint8) == ord('"'))
    frame, lines, header, used, aside = (
        frame_of_rows(*split_with_quotes(text, layout, name), layout, name)
        if is_quoted(quotes, ends).any() or has_loose_quotes(text, quotes, layout.separator)
        else frame_of_lines(text, starts, ends, quotes, layout, name)
    )
    if not frame.height:
        raise DataError(f"{name} has a header but no rows.", "Download or export it again.")
    columns = tuple(frame.get_columns())
    return Table(
        name=name,
        kind=f"{SEPARATORS[layout.separator]} separated",
        place="line",
        header=header and tuple(header[column] for column in used),
        columns=columns,
        lines=lines,
        separator=layout.separator,
        notes=(*spelled, *layout.notes),
        aside=aside,
        groups=tuple(layout.groups[column] for column in used) if layout.groups else (),
    )


def as_utf8(data: bytes, name: str) -> tuple[bytes, tuple[str, ...]]:
    """The text with plain line ends, and a note on its encoding. MetaTrader writes UTF-16; a byte order mark tells."""
    notes: tuple[str, ...] = ()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", errors="replace").encode()
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in data:
        raise DataError(f"{name} is a binary file of an unknown kind.", "Give CSV, Parquet or Feather.")
    try:
        data.decode()
    except UnicodeDecodeError:
        data, notes = data.decode("cp1252", errors="replace").encode(), ("no UTF-8: read as Windows-1252",)
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data, notes


def lines_of(text: bytes) -> tuple[Int64Array, Int64Array]:
    """Where each line starts and ends (its line break left out)."""
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n")).astype(np.int64)
    if not text.endswith(b"\n"):
        ends = np.append(ends, len(text))
    return np.concatenate(([0], ends[:-1] + 1)).astype(np.int64), ends


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


def refuse_long_lines(starts: Int64Array, ends: Int64Array, name: str) -> None:
    lengths = ends - starts
    longest = int(np.argmax(lengths))
    if lengths[longest] > LINE_LIMIT:
        raise DataError(
            f"{name}, line {longest + 1}: {lengths[longest]} characters in one line are no table of prices.",
            "Give one bar per line, as CSV, or Parquet or Feather.",
        )


def find_layout(head: list[str], name: str) -> Layout:
    """The separator and the header, from the first lines. Raises DataError when they show no table of prices."""
    for number, line in enumerate(head[:PREAMBLE_LIMIT]):
        for separator in SEPARATORS:
            cells = cells_of(line, separator)
            if grouped := grouped_header(head[number : number + 3], separator):
                header, groups, used = grouped
                return Layout(separator, header, number + used, groups, skipped(head[:number]))
            if len(cells) > 1 and is_header(cells):
                return Layout(separator, tuple(cells), number + 1, (), skipped(head[:number]))
    for number, line in enumerate(head[:PREAMBLE_LIMIT]):
        for separator in SEPARATORS:
            if is_bar(cells_of(line, separator)):
                # A line of as many fields above it is a broken row, not a title: it is read, and reported.
                wide = [len(cells_of(above, separator)) >= FEWEST_FIELDS for above in head[:number]]
                first = wide.index(True) if any(wide) else number
                return Layout(separator, None, first, (), skipped(head[:first]))
    shown = next((line for line in head if line.strip()), "")[:80]
    raise DataError(
        f"{name} shows no table of prices: no header names open, high, low and close, and no line looks like a bar. "
        f"It begins: {shown!r}",
        "Give a header line such as time,open,high,low,close,volume.",
    )


def cells_of(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def is_bar(cells: list[str]) -> bool:
    """A time and four numbers; a ticker, and a period, may stand before them."""
    if len(cells) < FEWEST_FIELDS:
        return False
    begins = cells[0].strip()[:1].isdigit() or any(is_date([cell]) for cell in cells[1:3])
    return begins and sum(map(is_number, cells[1:])) >= 4


def grouped_header(lines: list[str], separator: str) -> tuple[tuple[str, ...], tuple[str, ...], int] | None:
    """yfinance's header, `Price,Close,...`, `Ticker,AAPL,...` and perhaps `Date,,,` -> names, tickers, lines."""
    rows = [cells_of(line, separator) for line in lines]
    first = {plain_name(row[0]): row for row in rows[:2] if row}
    if set(first) != {"price", "ticker"} or len(first["price"]) != len(first["ticker"]):
        return None
    has_index_name = len(rows) == 3 and role_of((rows[2] or ["x"])[0]) == "time" and not any(rows[2][1:])
    index = rows[2][0] if has_index_name else "Date"
    return (index, *first["price"][1:]), ("", *first["ticker"][1:]), 3 if has_index_name else 2


def skipped(lines: list[str]) -> tuple[str, ...]:
    told = [
        f"line {number} above the table left out: {line[:60]!r}" for number, line in enumerate(lines, 1) if line.strip()
    ]
    return tuple(told)


def frame_of_lines(
    text: bytes, starts: Int64Array, ends: Int64Array, quotes: Int64Array, layout: Layout, name: str
) -> tuple[pl.DataFrame, Int64Array, tuple[str, ...] | None, list[int], tuple[str, ...]]:
    """Rows of a text where every line break ends a row."""
    full = np.flatnonzero(ends > starts)
    full = full[full >= layout.first].astype(np.int64)
    if not len(full):
        return pl.DataFrame(), full, layout.header, [], ()
    separators = np.flatnonzero(np.frombuffer(text, np.uint8) == ord(layout.separator))
    separators = separators[~is_quoted(quotes, separators)] if len(quotes) else separators
    fields = np.searchsorted(separators, ends[full]) - np.searchsorted(separators, starts[full]) + 1
    rows = [cells_of(text[starts[i] : ends[i]].decode(errors="replace"), layout.separator) for i in full[:100]]
    header, width = fit_header(layout.header, fields, full + 1, rows, name)
    body = text[starts[full[0]] :]
    if len(full) != len(ends) - full[0]:
        body = re.sub(rb"\n{2,}", b"\n", body)
    used = used_columns(header, width)
    # Polars takes the number of columns from the first line, which may be the one that is too short.
    frame = pl.read_csv(
        layout.separator.encode() * (width - 1) + b"\n" + body,
        has_header=False,
        separator=layout.separator,
        quote_char='"' if len(quotes) else None,
        schema={f"column_{column}": pl.String for column in range(width)},
        columns=used,
        encoding="utf8-lossy",
        truncate_ragged_lines=True,
    ).slice(1)
    if frame.height != len(full):
        raise DataError(f"{name}: {len(full)} lines were read as {frame.height} rows.", "Export it again as plain CSV.")
    return frame, full + 1, header, used, left_aside(rows, used)


def split_with_quotes(text: bytes, layout: Layout, name: str) -> tuple[list[list[str]], Int64Array]:
    reader = csv.reader(io.StringIO(text.decode(errors="replace"), newline=""), delimiter=layout.separator, strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    began = 1
    try:
        for row in reader:
            if row and began > layout.first:
                rows.append(row)
                lines.append(began)
            began = reader.line_num + 1
    except csv.Error as error:
        raise DataError(f"{name}, line {began}: {error}.", "A quote is opened and never closed?") from None
    return rows, np.array(lines, np.int64)


def frame_of_rows(
    rows: list[list[str]], lines: Int64Array, layout: Layout, name: str
) -> tuple[pl.DataFrame, Int64Array, tuple[str, ...] | None, list[int], tuple[str, ...]]:
    if not rows:
        return pl.DataFrame(), lines, layout.header, [], ()
    fields = np.fromiter(map(len, rows), np.int64, len(rows))
    header, width = fit_header(layout.header, fields, lines, rows[:100], name)
    columns = list(itertools.zip_longest(*rows, [""] * width))  # a full row more, so that short rows are padded
    used = used_columns(header, width)
    series = {
        f"column_{column}": pl.Series([cell or None for cell in columns[column][:-1]], dtype=pl.String)
        for column in used
    }
    return pl.DataFrame(series), lines, header, used, left_aside(rows[:100], used)


def left_aside(rows: list[list[str]], used: list[int]) -> tuple[str, ...]:
    return tuple(cell for row in rows for column, cell in enumerate(row) if column not in used)


def fit_header(
    header: tuple[str, ...] | None, fields: Int64Array, lines: Int64Array, rows: list[list[str]], name: str
) -> tuple[tuple[str, ...] | None, int]:
    """The header with a name for every field, and how many fields a row has. Too many in some rows is a DataError."""
    usual = int(np.bincount(fields).argmax())
    width = len(header) if header else usual
    if header and usual == width + 1 and not (fields == width).any():
        # R and some pandas exports name no index; a separator at the end of every row looks the same from here.
        ends_empty = role_of(header[0]) == "time" and all(not row[-1].strip() for row in rows)
        header, width = ((*header, "_") if ends_empty else ("", *header)), usual
    wide = np.flatnonzero(fields > width)
    if len(wide):
        told = ", ".join(str(line) for line in lines[wide[:10]])
        raise DataError(
            f"{name}, line {told}: {fields[wide[0]]} fields where {width} are expected ({len(wide)} such lines).",
            "A decimal comma in a comma separated file, or two lines run together? Correct or delete these lines.",
        )
    return header, width


def used_columns(header: tuple[str, ...] | None, width: int) -> list[int]:
    """Columns worth parsing: those with a meaning; without a header the first ones, where all layouts keep the bar."""
    if header is None:
        return list(range(width if width <= 10 else 7))
    return [column for column in range(width) if role_of(header[column]) or plain_name(header[column]) == "adj_close"]
