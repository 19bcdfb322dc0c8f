"""What a file leaves open and its owner says: `--dates` and `--decimal`, for every command that reads a file."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

if TYPE_CHECKING:
    from core.history import Hints


class Dates(StrEnum):
    """Which comes first in dates such as 01/02/2024."""

    DMY = "dmy"
    MDY = "mdy"


class Decimal(StrEnum):
    """What stands before a fraction."""

    POINT = "point"
    COMMA = "comma"


DatesOption = Annotated[Dates | None, typer.Option("--dates")]
DecimalOption = Annotated[Decimal | None, typer.Option("--decimal")]
ORDERS: Final[dict[Dates, Literal["dmy", "mdy"]]] = {Dates.DMY: "dmy", Dates.MDY: "mdy"}
MARKS: Final[dict[Decimal, Literal[".", ","]]] = {Decimal.POINT: ".", Decimal.COMMA: ","}


def hints_of(dates: Dates | None, decimal: Decimal | None) -> Hints:
    """As the reader of files takes them."""
    from core.history import Hints

    return Hints(ORDERS[dates] if dates else None, MARKS[decimal] if decimal else None)
