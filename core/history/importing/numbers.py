"""How numbers are written: which mark stands before the fraction, and how text becomes numbers by it.

`125.115,50` and `31,660,295` leave no doubt. `1,071` alone may be a fraction or a thousand: then other columns of the
file decide, then its language; where nothing does, no such value is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl

from core.history.arrays import Float64Array
from core.history.importing.hints import DecimalMark

CURRENCY: Final = r"R\$|US\$|[$€£]"
MONEY: Final = r"(?:\s?(?:USDT?|USDC|BRL|EUR|GBP|BTC|R\$|[$€£]))?"
"""The same behind the number."""
UNIT: Final = "(?i:[kmbt]|mil|mi|bi|tri)"
SHOWN: Final = rf"^(?:{CURRENCY})?\s*([+-]?[\d.,]*\d(?:[eE][+-]?\d+)?)\s*({UNIT}?){MONEY}$"
SHOWN_BODY: Final = re.compile(
    rf"(?:{CURRENCY})?\s*[+-]?(?P<body>[\d.,]*\d)(?P<exponent>[eE][+-]?\d+)?\s*(?:{UNIT}|%)?{MONEY}"
)
UNITS: Final = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12, "MIL": 1e3, "MI": 1e6, "BI": 1e9, "TRI": 1e12}
"""The later ones are Portuguese: `mil` is a thousand, `mi` a million."""
SPACED_GROUP: Final = r"[ \u00a0\u2009\u202f'\u2019](\d{3})\b"
"""Thousands as in France and Switzerland: `1 234,50`, `1'234.50`."""
OTHER: Final[dict[DecimalMark, DecimalMark]] = {".": ",", ",": "."}
WELL_FORMED: Final[dict[DecimalMark, str]] = {
    mark: rf"^[+-]?(?:\d+|\d{{1,3}}(?:\{group}\d{{3}})+)?(?:\{mark}\d+)?(?:[eE][+-]?\d+)?$"
    for mark, group in OTHER.items()
}


def told_by(value: str) -> str:
    """The decimal mark that one value shows, "?." or "?," for one that may also be a group, else ""."""
    found = SHOWN_BODY.fullmatch(re.sub(SPACED_GROUP, r"\1", value.strip()))
    body = found["body"] if found else ""
    marks = [character for character in body if character in ".,"]
    if not found or not marks:
        return ""
    first, last = marks[0], marks[-1]
    if first != last:
        return last if marks.count(last) == 1 else ""
    before, after = body.split(first)[0], body.split(first)[-1]
    if len(marks) > 1:
        return OTHER[first] if re.fullmatch(rf"\d{{1,3}}(\{first}\d{{3}})+", body) else ""  # type: ignore[index]
    grouped = len(after) == 3 and 1 <= len(before) <= 3 and not before.startswith("0") and not found["exponent"]
    return f"?{first}" if grouped else first


def evidence(values: Iterable[object]) -> set[str]:
    return {told for value in values if isinstance(value, str) and (told := told_by(value))}


def mark_of_file(told: set[str], separator: str, *, portuguese: bool, continental: bool) -> DecimalMark | None:
    """The mark of columns that do not tell theirs; None is a doubt. `told` is what all values of the sample say.

    `continental` says that dates or names are those of a land where a point groups as often as not.
    """
    for mark in OTHER:
        if mark in told and OTHER[mark] not in told:
            return mark
    if told == {"?,"}:
        return "," if portuguese else None
    if told == {"?."}:
        # A Brazilian index and its future trade in whole points: 128.481 there is no fraction.
        if portuguese:
            return "," if separator == ";" else None
        return None if continental else "."
    return None if told else "."


def mark_of_column(told: set[str], of_file: DecimalMark | None) -> DecimalMark | None:
    """A column's own mark, as its values say. One that mixes both is read with a point, and the rest reported."""
    if "." in told:
        return "."
    if "," in told:
        return ","
    return of_file if told else (of_file or ".")


def as_numbers(column: pl.Series, mark: DecimalMark | None = ".") -> Float64Array:
    """float64, NaN where there is no number. Text that reads `inf` stays infinite and is reported as such."""
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        column = column.cast(pl.String)
    if column.dtype == pl.String:
        column = as_marked(column, mark)
    if not column.dtype.is_numeric():
        return np.full(len(column), np.nan)
    numbers: Float64Array = column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().astype(np.float64)
    return numbers


def as_marked(text: pl.Series, mark: DecimalMark | None) -> pl.Series:
    """Numbers under one decimal mark. None reads only what has no mark at all."""
    if mark == ".":
        plain = text.cast(pl.Float64, strict=False)
        return plain if plain.null_count() == text.null_count() else plain.fill_null(as_shown(text, mark))
    text = text.str.strip_chars()
    if mark is None:
        return pl.select(pl.when(~text.str.contains("[.,]")).then(text)).to_series().cast(pl.Float64, strict=False)
    return as_shown(text, mark)


def as_shown(text: pl.Series, mark: DecimalMark) -> pl.Series:
    """Numbers as people and web pages write them: `R$ 5,83`, `$96,515.00`, `1 234,5`, `3.4M`."""
    parts = pl.DataFrame({"text": text.str.strip_chars().str.replace_all(SPACED_GROUP, "$1")}).select(
        number=pl.col("text").str.extract(SHOWN, 1), unit=pl.col("text").str.extract(SHOWN, 2).str.to_uppercase()
    )
    number = pl.col("number").str.replace_all(OTHER[mark], "", literal=True).str.replace(mark, ".", literal=True)
    factor = pl.col("unit").replace_strict(UNITS, default=1.0, return_dtype=pl.Float64)
    formed = pl.col("number").str.contains(WELL_FORMED[mark])
    return parts.select(pl.when(formed).then(number.cast(pl.Float64, strict=False) * factor)).to_series()
