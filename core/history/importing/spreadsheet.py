"""Workbooks of Excel and LibreOffice: .xlsx, .xlsb, .xls and .ods, the first sheet that shows a table of prices."""

from __future__ import annotations

import io
from typing import Any, Final

import numpy as np

from core.errors import DataError
from core.history.importing.cells import table_of_rows
from core.history.importing.header import is_header
from core.history.importing.layout import PREAMBLE_LIMIT, is_bar, is_strange_header, strange_header
from core.history.importing.source import ZIP, Source
from core.history.importing.table import Table, Tables, only

OLD: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How Excel's files began before 2007."""
ADVICE: Final = "Save the sheet with the prices as CSV, and import that."


def is_workbook(head: bytes) -> bool:
    """What is still a zip here was left packed because it is a document."""
    return head.startswith((ZIP, OLD))


def read_workbook(source: Source) -> Tables:
    """Raises DataError when it cannot be opened, or no sheet shows a table of prices."""
    import python_calamine  # a library that only who has a workbook waits for

    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(source.read()))
        sheets = {name: workbook.get_sheet_by_name(name) for name in workbook.sheet_names}
        rows_of = {name: sheet.to_python(skip_empty_area=False) for name, sheet in sheets.items()}
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(f"{source.name} cannot be read as a spreadsheet: {error}.", ADVICE) from None
    for name, rows in rows_of.items():
        if (table := table_in(rows, f"{source.name}, sheet {name}" if len(rows_of) > 1 else source.name)) is not None:
            return only(table)
    raise DataError(f"{source.name} has no sheet with a table of prices.", ADVICE)


def table_in(rows: list[list[Any]], name: str) -> Table | None:
    """The rows below the first header, or from the first bar on where there is none."""
    for number, row in enumerate(rows[:PREAMBLE_LIMIT]):
        cells = tuple(str(cell) for cell in row)
        named = is_header(list(cells))
        if not named and is_bar(list(cells)) and number:
            above = [str(cell) for cell in rows[number - 1]]
            if is_strange_header(above, len(cells)):
                raise strange_header(above, name)
        if named or is_bar(list(cells)):
            full = [place for place in range(number + named, len(rows)) if any(cell != "" for cell in rows[place])]
            lines = np.array(full, np.int64) + 1
            kept = [rows[place] for place in full]
            return table_of_rows(name, "spreadsheet", cells if named else None, kept, lines) if kept else None
    return None
