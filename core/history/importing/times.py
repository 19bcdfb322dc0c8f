"""A column of times, however written -> nanoseconds since 1970, UTC.

A time without a zone is UTC. The unit of an epoch is told by its size, value by value, because CryptoDataDownload and
Binance changed it in the middle of their files. When nothing tells day from month, no value is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from core.history.arrays import BoolArray, Int64Array
from core.history.importing import months
from core.history.importing.hints import DateOrder
from core.history.importing.moments import LATEST_NS, UNKNOWN, from_temporal
from core.history.importing.shapes import TIME, Order, day_month_order, names_zone, shape_of
from core.history.importing.untimely import lost_digits

EPOCH_UNITS: Final = (
    (1e11, 1_000_000_000, "seconds"),
    (1e14, 1_000_000, "milliseconds"),
    (1e17, 1_000, "microseconds"),
    (np.inf, 1, "nanoseconds"),
)
"""A number below the first is seconds (until the year 5138), below the second milliseconds, and so on."""
FEWEST_EPOCH_SECONDS: Final = 1e8
"""1973. A smaller number is a row counter, not a time."""
HALF_DAY_HOUR: Final = r" (\d\d)-([AP]M)$"
"""`2020-01-01 05-PM` of CryptoDataDownload's older files."""
SPELT_HALF: Final = r"(?i) ([ap])\.\s?m\.?"
"""`05:00 p. m.` of Spanish and Portuguese."""
NAMED_ZONE: Final = r"([+-]\d\d:?\d\d|Z)\s?(?:\[[\w/+-]+\]|\([\w\s/+:-]+\))$"
"""The name of a zone behind its offset, as Java and JavaScript write it."""
PACKED: Final = ((12, "%Y%m%d%H%M"), (14, "%Y%m%d%H%M%S"))
"""`20240131134500`: so many digits, and their strptime format."""
SHAPES_LIMIT: Final = 12
"""Ways of writing a time that one column may mix."""


@dataclass(frozen=True, slots=True)
class Times:
    """`ns[i]` is UNKNOWN where `texts` holds no time. `shape` says how the column was read, for the report.

    `order` is how dates such as 01/02/2024 were read, None where there are none;
    `local` says that they name no zone.
    """

    ns: Int64Array
    texts: pl.Series
    shape: str
    notes: tuple[str, ...] = ()
    order: Order | None = None
    local: bool = False

    @property
    def unclear(self) -> bool:
        """Nothing told day from month."""
        return self.order == "unclear"

    @property
    def known(self) -> BoolArray:
        known: BoolArray = self.ns != UNKNOWN
        return known


def parse_times(
    column: pl.Series, clock: pl.Series | None = None, order: Order | None = None, likely: DateOrder | None = None
) -> Times:
    """The times of a column, or of a column of dates and one of clock times.

    `order` is how dates such as 01/02/2024 are meant, as the owner says; `likely` is what other columns make of it.
    """
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object, pl.Boolean):
        return Times(np.full(len(column), UNKNOWN, np.int64), pl.Series([str(value) for value in column]), "no times")
    if clock is not None:
        column = with_clock(column, clock)
    if column.dtype.is_temporal():
        return Times(from_temporal(column), column.cast(pl.String), "typed times")
    if column.dtype.is_numeric():
        return from_numbers(column, column.cast(pl.String), order, likely)
    text = column.cast(pl.String).str.strip_chars()
    if text.head(50).str.starts_with("'").any():  # as spreadsheets mark text
        text = text.str.strip_chars_start("'")
    numbers = text.head(200).drop_nulls().cast(pl.Float64, strict=False)
    if numbers.is_not_null().sum() <= len(numbers) // 2:  # a broken line or two make no column of text
        return from_text(text, order, likely)
    real, whole = text.cast(pl.Float64, strict=False), text.cast(pl.Int64, strict=False)
    numbers = whole if whole.null_count() == real.null_count() else real
    if text.str.contains("[eE]").any():
        numbers = pl.select(pl.when(~lost_digits(text)).then(numbers)).to_series()
    return from_numbers(numbers, text, order, likely)


def with_clock(column: pl.Series, clock: pl.Series) -> pl.Series:
    text = clock.cast(pl.String).str.strip_chars()
    digits_only = text.str.contains(r"^\d+$").fill_null(value=False).all()
    return column.cast(pl.String).str.strip_chars() + " " + (text.str.zfill(6) if digits_only else text)


def from_numbers(numbers: pl.Series, text: pl.Series, order: Order | None, likely: DateOrder | None) -> Times:
    """Epochs by their size, or dates written as 20240131 when every number is one."""
    real = numbers.cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = real[np.isfinite(real)]
    if len(known) and ((known >= 18_300_101) & (known <= 22_001_231)).mean() > 0.5:
        return from_text(text.str.replace(r"\.0+$", ""), order, likely)
    for digits, shape in PACKED:
        if (packed := from_packed(text, digits, shape)) is not None:
            return packed
    ns = np.full(len(real), UNKNOWN, np.int64)
    exact = numbers.fill_null(0).to_numpy() if numbers.dtype.is_integer() else None
    size = np.abs(real)
    lower = FEWEST_EPOCH_SECONDS
    used = []
    for upper, factor, unit in EPOCH_UNITS:
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


def from_packed(text: pl.Series, digits: int, shape: str) -> Times | None:
    """Dates with their time of day in one number; None where one of the first values is none."""
    whole = text.str.replace(r"\.0+$", "")
    plain = whole.head(200).drop_nulls()
    if not len(plain) or not plain.str.contains(rf"^(?:18|19|20|21)\d{{{digits - 2}}}$").mean() > 0.5:  # type: ignore[operator]
        return None
    read = whole.str.to_datetime(shape, time_unit="us", strict=False)
    if read.head(200).null_count() > len(plain) // 2:
        return None
    return Times(from_temporal(read), text, f"times like {plain[0]}", local=True)


def from_text(texts: pl.Series, asked: Order | None, likely: DateOrder | None) -> Times:
    """Dates and times as text, in as many shapes as the column mixes."""
    sample = first_text(texts) or ""
    text = in_known_words(texts, sample)
    found = TIME.fullmatch(first_text(text) or "")
    order = (asked or day_month_order(text, likely)) if found and found["first"] else None
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
    like = f"times like {sample}" + (" and in other shapes" if len(shapes) > 1 else "")
    return Times(ns, texts, like, told_order(order, asked, likely, text), order, local=not any(map(names_zone, shapes)))


def told_order(order: str | None, asked: Order | None, likely: DateOrder | None, text: pl.Series) -> tuple[str, ...]:
    """A note where it was not the column that told day from month."""
    if order == "unclear":
        return ("day and month cannot be told apart in this file: say which by --dates dmy or --dates mdy",)
    if order and not asked and likely and day_month_order(text) == "unclear":
        return ("dates taken as day/month, as the rest of the file is written: --dates mdy if they are not",)
    return ()


def in_known_words(text: pl.Series, sample: str) -> pl.Series:
    """Half days and named months as numbers."""
    if re.search(HALF_DAY_HOUR, sample):
        return text.str.replace(HALF_DAY_HOUR, " $1:00 $2")
    if re.search(SPELT_HALF, sample):
        text = text.str.replace(SPELT_HALF, " ${1}M")
    if re.search(NAMED_ZONE, sample):
        text = text.str.replace(NAMED_ZONE, "$1")
    return months.with_numbers(text) if months.names_month(sample) else text


def first_text(text: pl.Series) -> str | None:
    values = text.head(1000).drop_nulls()
    return str(values[0]) if len(values) else None


def parse_shape(text: pl.Series, shape: str) -> Int64Array:
    if "%H" not in shape and "%I" not in shape:
        return from_temporal(text.str.to_date(shape, strict=False))
    zone = "UTC" if shape.endswith("z") else None
    return from_temporal(text.str.to_datetime(shape, time_unit="us", time_zone=zone, strict=False))
