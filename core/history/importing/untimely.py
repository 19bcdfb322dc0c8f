"""Why a value is no time, and what its owner can do about it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import polars as pl

ROUNDED: Final = r"^\d(?:[.,](\d*))?[eE]\+?(\d+)$"
"""1.73508E+12: with fewer digits behind the mark than the exponent wants, the last ones are lost."""


class Reason(NamedTuple):
    """Values that match `shape` are no times: `said` of each, and what to do about the column."""

    shape: re.Pattern[str]
    said: str
    advice: str


GENERAL: Final = Reason(
    re.compile(".*"),
    "is no time",
    "Write times as 2024-01-31 13:45:00 (UTC unless a zone is given) or as seconds, ms, us or ns since 1970.",
)
REASONS: Final = (
    Reason(
        re.compile(ROUNDED),
        "has lost its last digits",
        "A spreadsheet rounded these times. Export them again with the column as text, or as date and time.",
    ),
    Reason(
        re.compile(r"\d{1,2}([-./])\d{1,2}\1\d{4}(\D.*)?"),
        "may be day/month or month/day",
        "Say which it is: --dates dmy or --dates mdy.",
    ),
    Reason(
        re.compile(r"\d{1,2}([-./])\d{1,2}\1\d{2}(\D.*)?"),
        "has a year of two digits",
        "Export the dates with all four digits of the year.",
    ),
    Reason(
        re.compile(r"\d{6}([ T]\d{4,6})?"),
        "has a year of two digits",
        "Export the dates with all four digits of the year.",
    ),
    Reason(
        re.compile(r"\d{1,2}"),
        "is only a part of a date",
        "Put year, month and day into one column, as in 2024-01-31.",
    ),
    Reason(
        re.compile(r"\d.*:\d\d.*\s?([A-Z]{3,5}|\[?[A-Z][a-z]+/[A-Za-z_/]+\]?)"),
        "names a zone that may be several",
        "Export the times in UTC, or with their offset, as in 2024-01-31 13:45:00-03:00.",
    ),
    Reason(
        re.compile(r"[2-7]\d{4}([.,]\d+)?"),
        "is the day number of a spreadsheet",
        "Format the column as date and time, and export it again.",
    ),
)


def why(value: object, *, unclear: bool) -> Reason:
    """`unclear` says that nothing in the file told day from month."""
    text = "" if value is None else str(value).strip()
    fitting = (reason for reason in REASONS if reason.shape.fullmatch(text))
    found = next(fitting, GENERAL)
    return GENERAL if found is REASONS[1] and not unclear else found


def lost_digits(text: pl.Series) -> pl.Series:
    """Which numbers were written with an exponent and too few digits."""
    parts = pl.DataFrame({"text": text})
    digits = pl.col("text").str.extract(ROUNDED, 1).str.len_chars().fill_null(0)
    exponent = pl.col("text").str.extract(ROUNDED, 2).cast(pl.Int64, strict=False)
    return parts.select((digits < exponent).fill_null(value=False)).to_series()
