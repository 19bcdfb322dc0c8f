"""A column of times, however written -> nanoseconds since 1970, UTC.

A time without a zone is UTC. The unit of an epoch is told by its size, value by value, because CryptoDataDownload and
Binance changed it in the middle of their files. `01/02/2024` is decided by the rest of the column (a 13 or more in one
of the places); when nothing decides, no value is read and the report says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from core.history.arrays import BoolArray, Int64Array

UNKNOWN: Final = np.iinfo(np.int64).min
"""Stands where a value is no time."""

EARLIEST_NS: Final = -4_417_977_600_000_000_000
"""1830-01-01. With the latest, what a price history can hold; outside lies another unit or a typing error."""
LATEST_NS: Final = 7_258_118_400_000_000_000
"""2200-01-01."""

EPOCH_UNITS: Final = ((1e11, 1_000_000_000), (1e14, 1_000_000), (1e17, 1_000), (np.inf, 1))
"""A number below the first is seconds (until the year 5138), below the second milliseconds, and so on."""
FEWEST_EPOCH_SECONDS: Final = 1e8
"""1973. A smaller number is a row counter, not a time."""

TIME: Final = re.compile(
    r"(?P<date>(?P<ymd>\d{4}(?P<ys>[-./])\d{1,2}(?P=ys)\d{1,2})"  # 2024-01-31, 2024.01.31
    r"|(?P<packed>\d{8})"  # 20240131
    r"|(?P<first>\d{1,2})(?P<ds>[-./])(?P<second>\d{1,2})(?P=ds)\d{4})"  # 31.01.2024, 01/31/2024
    r"(?:(?P<between>[T ])"
    r"(?:(?P<clock>\d{1,2}:\d\d)(?P<seconds>:\d\d)?(?P<fraction>\.\d+)?|(?P<six>\d{6})|(?P<four>\d{4}))"
    r"(?P<half>\s?[AaPp][Mm])?"
    r"(?P<zone>Z|\s?UTC|\s?GMT(?![+-])|(?P<gmt>\sGMT)?\s?[+-]\d\d:?\d\d|[+-]\d\d)?)?"
)
HALF_DAY_HOUR: Final = r" (\d\d)-([AP]M)$"
"""`2020-01-01 05-PM` of CryptoDataDownload's older files."""
CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?|\d{4}|\d{6}")
SHAPES_LIMIT: Final = 12
"""Ways of writing a time that one column may mix."""


@dataclass(frozen=True, slots=True)
class Times:
    """`ns[i]` is UNKNOWN where `texts` holds no time. `shape` says how the column was read, for the report."""

    ns: Int64Array
    texts: pl.Series
    shape: str
    notes: tuple[str, ...] = ()

    @property
    def known(self) -> BoolArray:
        known: BoolArray = self.ns != UNKNOWN
        return known


def parse_times(column: pl.Series, clock: pl.Series | None = None) -> Times:
    """The times of a column, or of a column of dates and one of clock times."""
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object, pl.Boolean):
        return Times(np.full(len(column), UNKNOWN, np.int64), pl.Series([str(value) for value in column]), "no times")
    if clock is not None:
        clock_text = clock.cast(pl.String).str.strip_chars()
        digits_only = clock_text.str.contains(r"^\d+$").fill_null(value=False).all()
        column = (
            column.cast(pl.String).str.strip_chars() + " " + (clock_text.str.zfill(6) if digits_only else clock_text)
        )
    if column.dtype.is_temporal():
        return Times(from_temporal(column), column.cast(pl.String), "typed times")
    if column.dtype.is_numeric():
        return from_numbers(column, column.cast(pl.String))
    text = column.cast(pl.String).str.strip_chars()
    numbers = text.head(200).drop_nulls().cast(pl.Float64, strict=False)
    if numbers.is_not_null().sum() > len(numbers) // 2:  # a broken line or two make no column of text
        real, whole = text.cast(pl.Float64, strict=False), text.cast(pl.Int64, strict=False)
        return from_numbers(whole if whole.null_count() == real.null_count() else real, text)
    return from_text(text)


def from_temporal(column: pl.Series) -> Int64Array:
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone:
        column = column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    if column.dtype == pl.Time or column.dtype == pl.Duration:
        return np.full(len(column), UNKNOWN, np.int64)
    # A Date or a nanosecond column fits in microseconds; multiplied back only inside the bounds, so nothing overflows.
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_unit == "ns":
        return within_bounds(column.cast(pl.Int64))
    micros = column.cast(pl.Datetime("us")).cast(pl.Int64)
    inside = micros.is_between(EARLIEST_NS // 1000, LATEST_NS // 1000)
    return within_bounds(pl.select(pl.when(inside).then(micros * 1000)).to_series())


def within_bounds(ns: pl.Series) -> Int64Array:
    kept = pl.select(pl.when(ns.is_between(EARLIEST_NS, LATEST_NS)).then(ns)).to_series()
    return kept.fill_null(UNKNOWN).to_numpy().astype(np.int64)


def from_numbers(numbers: pl.Series, text: pl.Series) -> Times:
    """Epochs by their size, or dates written as 20240131 when every number is one."""
    real = numbers.cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = real[np.isfinite(real)]
    if len(known) and ((known >= 18_300_101) & (known <= 22_001_231)).all():
        return from_text(text.str.replace(r"\.0+$", ""))
    ns = np.full(len(real), UNKNOWN, np.int64)
    exact = numbers.fill_null(0).to_numpy() if numbers.dtype.is_integer() else None
    size = np.abs(real)
    lower = FEWEST_EPOCH_SECONDS
    used = []
    for (upper, factor), unit in zip(
        EPOCH_UNITS, ("seconds", "milliseconds", "microseconds", "nanoseconds"), strict=True
    ):
        of_unit = (size >= lower) & (size < upper) & (size * factor < LATEST_NS)
        if of_unit.any():
            used.append(unit)
            # Whole numbers stay integers: a float64 of nanoseconds is 256 ns wide. Fractions are kept to microseconds.
            ns[of_unit] = (
                exact[of_unit].astype(np.int64) * factor
                if exact is not None
                else np.round(real[of_unit] * (factor / 1000)).astype(np.int64) * 1000
            )
        lower = upper
    notes = (f"the time column mixes {' and '.join(used)}; each value was read by its size",) if len(used) > 1 else ()
    return Times(ns, text, f"epoch {' and '.join(used) or 'numbers'}", notes)


def from_text(text: pl.Series) -> Times:
    """Dates and times as text, in as many shapes as the column mixes."""
    texts = text
    sample = first_text(text)
    if sample and re.search(HALF_DAY_HOUR, sample):
        text = text.str.replace(HALF_DAY_HOUR, " $1:00 $2")
    order = day_month_order(text) if (found := TIME.fullmatch(first_text(text) or "")) and found["first"] else None
    ns = np.full(len(text), UNKNOWN, np.int64)
    shapes: list[str] = []
    tried: set[str] = set()
    left = np.flatnonzero(text.is_not_null().to_numpy())
    while len(left) and len(tried) < SHAPES_LIMIT:
        values = text.gather(left)
        shape = next((s for s in (shape_of(value, order) for value in values.head(1000)) if s and s not in tried), None)
        if shape is None:
            break
        tried.add(shape)
        ns[left] = parse_shape(values, shape)
        if (ns[left] != UNKNOWN).any():
            shapes.append(shape)
        left = left[ns[left] == UNKNOWN]
    notes: tuple[str, ...] = ()
    if order == "unclear":
        notes = ("day and month cannot be told apart in this file: write the dates as 2024-01-31",)
    like = f"times like {sample}" + (" and in other shapes" if len(shapes) > 1 else "")
    return Times(ns, texts, like, notes)


def first_text(text: pl.Series) -> str | None:
    values = text.head(1000).drop_nulls()
    return str(values[0]) if len(values) else None


def day_month_order(text: pl.Series) -> str:
    """ "day" or "month", whichever comes first in dates such as 31/01/2024; "unclear" when nothing tells."""
    parts = text.str.extract_groups(r"^(?<first>\d{1,2})(?<mark>[-./])(?<second>\d{1,2})").struct
    first, second = (parts.field(name).cast(pl.Int64, strict=False).max() for name in ("first", "second"))
    if parts.field("mark").drop_nulls().eq(".").any() or (isinstance(first, int) and first > 12):
        return "day"
    return "month" if isinstance(second, int) and second > 12 else "unclear"


def shape_of(value: Any, order: str | None) -> str | None:
    """The strptime format of one value; None when it is no time that is known here."""
    found = TIME.fullmatch(str(value)) if value is not None else None
    if not found or (found["first"] and order not in ("day", "month")):
        return None
    if found["ymd"]:
        date = "%Y{0}%m{0}%d".format(found["ys"])
    elif found["packed"]:
        date = "%Y%m%d"
    else:
        date = ("%d{0}%m{0}%Y" if order == "day" else "%m{0}%d{0}%Y").format(found["ds"])
    if not found["between"]:
        return date
    hour = "%I" if found["half"] else "%H"
    clock = f"{hour}%M%S" if found["six"] else f"{hour}%M" if found["four"] else f"{hour}:%M"
    clock += (":%S" if found["seconds"] else "") + ("%.f" if found["fraction"] else "")
    half = re.sub("[AaPp][Mm]", "%p", found["half"] or "")
    zone = re.sub(r"[+-]\d\d:?\d\d$", "%z", re.sub(r"[+-]\d\d$", "%#z", found["zone"] or ""))
    return date + found["between"] + clock + half + zone


def parse_shape(text: pl.Series, shape: str) -> Int64Array:
    if "%H" not in shape and "%I" not in shape:
        return from_temporal(text.str.to_date(shape, strict=False))
    zone = "UTC" if shape.endswith("z") else None
    return from_temporal(text.str.to_datetime(shape, time_unit="us", time_zone=zone, strict=False))


def is_clock(values: list[Any]) -> bool:
    """True when all of these are times of a day: 09:30, 09:30:00, 093000."""
    return bool(values) and all(CLOCK.fullmatch(str(value).strip()) for value in values)


def is_date(values: list[Any]) -> bool:
    """True when all of these are days without a time of day."""
    found = [TIME.fullmatch(str(value).strip()) for value in values]
    return bool(found) and all(match and not match["between"] for match in found)
