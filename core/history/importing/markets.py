"""A file that holds several markets: which of its columns or rows are of the one asked for."""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from core.errors import DataError
from core.history.importing.table import Table
from core.names import normalise_symbol


def group_of(table: Table, wanted: str) -> Any:
    """Which columns belong to the ticker asked for; all of them in a header of one level."""
    tickers = sorted({ticker for ticker in table.groups if ticker})
    if len(tickers) <= 1:
        return lambda _column: True
    chosen = [ticker for ticker in tickers if normalised_or_empty(ticker) == wanted]
    if not chosen:
        raise several_markets(table, tickers)
    return lambda column: table.groups[column] == chosen[0]


def several_markets(table: Table, names: list[str]) -> DataError:
    told = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
    return DataError(f"{table.name} holds {len(names)} markets: {told}.", "Ask for one of them by --symbol.")


class Market:
    """Which rows are of the market that is asked for, part after part of a file."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        self.names: set[str] = set()
        self.all_of: set[str] = set()

    def rows(self, column: pl.Series) -> pl.Series | None:
        """The rows to keep, None for all of them: as long as a file names one market, that is the one."""
        column = column.cast(pl.String)
        self.names.update(str(name) for name in column.unique().drop_nulls())
        if len(self.names) <= 1:
            self.all_of = set(self.names)
            return None
        return column.is_in(self.chosen()).fill_null(value=False)

    def chosen(self) -> list[str]:
        return [name for name in self.names if normalised_or_empty(name) == self.wanted]

    def found(self, table: Table) -> tuple[str, list[str]]:
        """The market's name in the file, and what to tell, at its end. Raises DataError where one must be chosen."""
        names = sorted(self.names)
        if len(names) <= 1:
            return (normalised_or_empty(names[0]) if names else ""), []
        chosen = self.chosen()
        if not chosen or not self.all_of <= set(chosen):
            raise several_markets(table, names)
        others = ", ".join(name for name in names if name not in chosen)[:80]
        return self.wanted, [f"rows of other markets left out: {others}"]


def normalised_or_empty(name: str) -> str:
    try:
        return normalise_symbol(re.sub(r":.*$", "", name))  # ccxt writes the settlement of a future: BTC/USDT:USDT
    except DataError:
        return ""
