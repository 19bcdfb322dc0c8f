"""The ways in which people write a time, and the strptime format of each. Pure: of single values and of samples.

`01/02/2024` is decided by the rest of the column (a 13 or more in one of the places), then by the rest of the file.
"""

from __future__ import annotations

import re
from typing import Any, Final, Literal

import polars as pl

from core.history.importing.hints import DateOrder

TIME: Final = re.compile(
    r"(?P<date>(?P<ymd>\d{4}(?P<ys>[-./])\d{1,2}(?P=ys)\d{1,2})"  # 2024-01-31, 2024.01.31
    r"|(?P<packed>\d{8})"  # 20240131
    r"|(?P<first>\d{1,2})(?P<ds>[-./])(?P<second>\d{1,2})(?P=ds)\d{4})"  # 31.01.2024, 01/31/2024
    r"(?:(?P<between>T|,? {1,2}|(?<=\d{8})-)"
    r"(?:(?P<clock>\d{1,2}:\d\d)(?P<seconds>:\d\d)?(?P<fraction>\.\d+)?|(?P<six>\d{6})|(?P<four>\d{4}))"
    r"(?P<half>\s?[AaPp][Mm])?"
    r"(?P<zone>Z|\s?UTC|\s?GMT(?![+-])|(?P<gmt>\sGMT)?\s?[+-]\d\d:?\d\d|[+-]\d\d)?)?"
)
CLOCK: Final = re.compile(r"\d{1,2}:\d\d(:\d\d(\.\d+)?)?(\s?[AaPp]\.?\s?[Mm]\.?)?|\d{4}|\d{6}")
Order = DateOrder | Literal["unclear"]


def day_month_order(text: pl.Series, likely: DateOrder | None = None) -> Order:
    """Which comes first in dates such as 31/01/2024; `likely` where the column itself does not tell."""
    parts = text.str.extract_groups(r"^(?<first>\d{1,2})(?<mark>[-./])(?<second>\d{1,2})").struct
    first, second = (parts.field(name).cast(pl.Int64, strict=False).max() for name in ("first", "second"))
    if parts.field("mark").drop_nulls().eq(".").any() or (isinstance(first, int) and first > 12):
        return "dmy"
    return "mdy" if isinstance(second, int) and second > 12 else likely or "unclear"


def shape_of(value: Any, order: Order | None) -> str | None:
    """The strptime format of one value; None when it is no time that is known here."""
    found = TIME.fullmatch(str(value)) if value is not None else None
    if not found or (found["first"] and order not in ("dmy", "mdy")):
        return None
    if found["ymd"]:
        date = "%Y{0}%m{0}%d".format(found["ys"])
    elif found["packed"]:
        date = "%Y%m%d"
    else:
        date = ("%d{0}%m{0}%Y" if order == "dmy" else "%m{0}%d{0}%Y").format(found["ds"])
    return date + clock_shape(found) if found["between"] else date


def clock_shape(found: re.Match[str]) -> str:
    hour = "%I" if found["half"] else "%H"
    clock = f"{hour}%M%S" if found["six"] else f"{hour}%M" if found["four"] else f"{hour}:%M"
    clock += (":%S" if found["seconds"] else "") + ("%.f" if found["fraction"] else "")
    half = re.sub("[AaPp][Mm]", "%p", found["half"] or "")
    zone = re.sub(r"[+-]\d\d:?\d\d$", "%z", re.sub(r"[+-]\d\d$", "%#z", found["zone"] or ""))
    return found["between"] + clock + half + zone


def names_zone(shape: str) -> bool:
    return shape.endswith(("z", "Z", "UTC", "GMT"))


def is_clock(values: list[Any]) -> bool:
    """True when all of these are times of a day: 09:30, 09:30:00, 093000."""
    return bool(values) and all(CLOCK.fullmatch(str(value).strip()) for value in values)


def is_continental(values: list[Any]) -> bool:
    """True when all of these are days written as 31.01.2024, with a time of day or without."""
    found = [TIME.fullmatch(str(value).strip()) for value in values]
    return bool(found) and all(match and match["ds"] == "." for match in found)


def is_date(values: list[Any]) -> bool:
    """True when all of these are days without a time of day."""
    found = [TIME.fullmatch(str(value).strip()) for value in values]
    return bool(found) and all(match and not match["between"] for match in found)
