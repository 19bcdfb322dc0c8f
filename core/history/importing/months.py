"""Dates that name their month, `02-Jan-2024`, `Jan 02, 2024` or `2 de fev. de 2024`, as `2024-01-02`."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

MONTHS: Final = (
    ("jan",),
    ("feb", "fev"),
    ("mar",),
    ("apr", "abr"),
    ("may", "mai"),
    ("jun",),
    ("jul",),
    ("aug", "ago"),
    ("sep", "set"),
    ("oct", "out"),
    ("nov",),
    ("dec", "dez"),
)
NUMBERS: Final = {name: f"{number:02}" for number, names in enumerate(MONTHS, 1) for name in names}
NAME: Final = rf"({'|'.join(NUMBERS)})[a-zç]*\.?"
MARK: Final = r"[-/ .,]{1,2}(?:de )?"
DAY_FIRST: Final = rf"^(?:[a-z]{{3}}, )?(\d{{1,2}}){MARK}{NAME}{MARK}(\d{{4}})\b"
MONTH_FIRST: Final = rf"^(?:[a-z]{{3}},? )?{NAME}{MARK}(\d{{1,2}}){MARK}(\d{{4}})\b"


def names_month(sample: str) -> bool:
    return any(re.match(shape, sample.lower()) for shape in (DAY_FIRST, MONTH_FIRST))


def with_numbers(text: pl.Series) -> pl.Series:
    """The same times with every month as a number; what names none stays as it is."""
    low = pl.col("text").str.to_lowercase()
    parts = pl.DataFrame({"text": text}).with_columns(
        *(low.str.extract(DAY_FIRST, group).alias(f"day{group}") for group in (1, 2, 3)),
        *(low.str.extract(MONTH_FIRST, group).alias(f"month{group}") for group in (1, 2, 3)),
        rest=pl.col("text").str.replace(f"(?i){DAY_FIRST}", "").str.replace(f"(?i){MONTH_FIRST}", ""),
    )
    month = pl.coalesce("day2", "month1").replace_strict(NUMBERS, default=None)
    day, year = pl.coalesce("day1", "month2").str.zfill(2), pl.coalesce("day3", "month3")
    date = pl.concat_str([year, month, day], separator="-")
    return parts.select(pl.coalesce(date + pl.col("rest"), pl.col("text"))).to_series()
