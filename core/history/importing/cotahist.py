"""B3's COTAHIST: every share and option of the Brazilian exchange, one day a line, fields at fixed places.

Prices are per share in hundredths of a real, as they were traded; B3 adjusts nothing for splits and dividends.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from core.errors import DataError
from core.history.importing.source import Source
from core.history.importing.table import Table, Tables
from core.history.importing.text import Block, blocks_of, survey

BEGINNING: Final = b"00COTAHIST."
DAY: Final = "01"
"""How the line of a traded day begins; the first and the last line of the file begin otherwise."""
WIDTH: Final = 245
FIELDS: Final = {
    "date": (2, 8),
    "symbol": (12, 12),
    "open": (56, 13),
    "high": (69, 13),
    "low": (82, 13),
    "close": (108, 13),
    "volume": (152, 18),
}
"""Where each field begins, from 0, and how long it is."""
LOT: Final = (210, 7)
"""For how many shares the price is: 1, and 1000 in old years."""
PRICED: Final = ("open", "high", "low", "close")
NOTE: Final = "prices as traded at B3: splits and dividends are not adjusted"


def read_cotahist(source: Source) -> Tables:
    """Raises DataError when no line is a day's."""
    surveyed = survey(source)
    sample = table_of(Block(surveyed.sample, 0), source.name)
    if not len(sample.lines):
        raise DataError(f"{source.name} has a header but no rows.", "Download or export it again.")

    def parts() -> Iterator[Table]:
        return (table_of(block, source.name) for block in blocks_of(source))

    return Tables(sample, surveyed.lines, parts)


def table_of(block: Block, name: str) -> Table:
    """The traded days among the lines."""
    lines = pl.Series("line", block.text.decode(errors="replace").split("\n"))
    days = lines.str.starts_with(DAY) & (lines.str.len_chars() >= WIDTH - 1)
    frame = pl.DataFrame({"line": lines}).filter(days)
    columns = frame.select(
        pl.col("line").str.slice(first, length).str.strip_chars().alias(field)
        for field, (first, length) in FIELDS.items()
    )
    lot = frame["line"].str.slice(*LOT).cast(pl.Float64, strict=False).fill_null(1.0)
    hundredths = pl.Series("lot", np.where(lot > 0, lot, 1.0) * 100)
    columns = columns.with_columns(
        *(pl.col(field).cast(pl.Float64, strict=False) / hundredths for field in PRICED),
        pl.col("volume").cast(pl.Float64, strict=False),
    )
    return Table(
        name=name,
        kind="B3 COTAHIST",
        place="line",
        header=tuple(FIELDS),
        columns=tuple(columns.get_columns()),
        lines=np.flatnonzero(days.to_numpy()) + block.first + 1,
        separator="",
        notes=(NOTE,),
    )
