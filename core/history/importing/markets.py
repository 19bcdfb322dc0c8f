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


def choose_market(table: Table, symbol: int | None, wanted: str) -> tuple[str, pl.Series | None, list[str]]:
    """The market's name in the file, which rows are of it (None: all), and what to tell."""
    if symbol is None:
        return "", None, []
    column = table.columns[symbol].cast(pl.String)
    names = sorted(str(name) for name in column.unique().drop_nulls())
    if len(names) <= 1:
        return (normalised_or_empty(names[0]) if names else ""), None, []
    chosen = [name for name in names if normalised_or_empty(name) == wanted]
    if not chosen:
        raise several_markets(table, names)
    others = ", ".join(name for name in names if name not in chosen)[:80]
    return wanted, column.is_in(chosen).fill_null(value=False), [f"rows of other markets left out: {others}"]


def normalised_or_empty(name: str) -> str:
    try:
        return normalise_symbol(re.sub(r":.*$", "", name))  # ccxt writes the settlement of a future: BTC/USDT:USDT
    except DataError:
        return ""
