"""Raw columns -> the bars they spell: which column is what, and its text as numbers. Nothing is judged here.

Left out on purpose: `Adj Close`. Prices are kept as they traded, because orders are placed at traded prices.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from core.errors import DataError
from core.history.arrays import PRICES, Float64Array, Int64Array
from core.history.importing.header import TIME_NAMES, VOLUME_IN_ASSET, Role, plain_name, role_of
from core.history.importing.table import Table
from core.history.importing.times import Times, is_clock, is_date, parse_times
from core.names import normalise_symbol

HEADER_HINT: Final = "Name the columns in a header line such as time,open,high,low,close,volume."


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file as numbers, in the file's order; NaN or times.UNKNOWN where a field is none.

    `texts` holds what stood in the file under time, open, high, low, close and volume, to be shown in messages.
    `symbol` is what the file itself calls the market, "" when it does not say.
    """

    name: str
    place: str
    layout: str
    symbol: str
    lines: Int64Array
    times: Times
    values: dict[str, Float64Array]
    texts: dict[str, pl.Series]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """Which column holds what. `clock` is the time of day beside a date, `volume` is None when there is none."""

    time: int
    clock: int | None
    prices: tuple[int, int, int, int]
    volume: int | None
    symbol: int | None
    notes: tuple[str, ...]


def recognise(table: Table, wanted: str = "") -> Rows:
    """Find the bar's columns and read them. `wanted` (a normalised symbol) chooses among several markets in a file."""
    places = places_by_name(table, wanted) if table.header else places_by_position(table)
    symbol, kept, symbol_notes = choose_market(table, places, wanted)
    columns = table.columns if kept is None else tuple(column.filter(kept) for column in table.columns)
    lines = table.lines if kept is None else table.lines[kept.to_numpy()]
    texts = {name: columns[place] for name, place in zip(PRICES, places.prices, strict=True)}
    values = {name: as_numbers(column, decimal_comma=table.decimal_comma) for name, column in texts.items()}
    notes = (*table.notes, *places.notes, *symbol_notes)
    if places.volume is None:
        values["volume"] = np.zeros(len(lines))
        notes = (*notes, "no volume in this file: 0 is stored")
    else:
        texts["volume"] = columns[places.volume]
        values["volume"] = as_numbers(texts["volume"], decimal_comma=table.decimal_comma)
    times = parse_times(columns[places.time], None if places.clock is None else columns[places.clock])
    layout = f"{table.kind}, {'header' if table.header else 'no header'}, {times.shape}"
    return Rows(
        name=table.name,
        place=table.place,
        layout=layout + (", decimal comma" if table.decimal_comma else ""),
        symbol=symbol or (normalised_or_empty(table.groups[places.prices[3]]) if table.groups else ""),
        lines=lines,
        times=times,
        values=values,
        texts={**texts, "time": times.texts},
        notes=(*notes, *times.notes),
    )


def as_numbers(column: pl.Series, *, decimal_comma: bool) -> Float64Array:
    """float64, NaN where there is no number. Text that reads `inf` stays infinite and is reported as such."""
    if isinstance(column.dtype, (pl.Categorical, pl.Enum)):
        column = column.cast(pl.String)
    if column.dtype == pl.String:
        text = column.str.strip_chars()
        if decimal_comma:
            text = text.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
        column = text.cast(pl.Float64, strict=False)
        if column.null_count() > text.null_count():
            column = column.fill_null(as_shown_numbers(text))
    if not column.dtype.is_numeric():
        return np.full(len(column), np.nan)
    numbers: Float64Array = column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy().astype(np.float64)
    return numbers


def as_shown_numbers(text: pl.Series) -> pl.Series:
    """Numbers as web pages show them: `$96,515.00` (Nasdaq), `1.2K` and `3.4M` (Investing.com).

    A comma groups thousands only where the same column also has a point behind one; `1,234` alone may be a fraction.
    """
    found = text.str.extract_groups(r"^\$?(?<number>[+-]?[\d,]*\.?\d+)(?<unit>[KMB]?)$").struct
    number = found.field("number")
    if number.str.contains(r",\d{3}\.\d").any():
        number = pl.select(
            pl.when(number.str.contains(r"^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$"))
            .then(number.str.replace_all(",", "", literal=True))
            .otherwise(number)
        ).to_series()
    unit = found.field("unit").replace_strict({"K": 1e3, "M": 1e6, "B": 1e9}, default=1.0, return_dtype=pl.Float64)
    return number.cast(pl.Float64, strict=False) * unit


def places_by_name(table: Table, wanted: str) -> Places:
    header = table.header or ()
    in_group = group_of(table, wanted)
    found: dict[Role, list[int]] = {}
    for column, cell in enumerate(header):
        role = role_of(cell)
        usable = role is not None and (plain_name(cell) or column == 0) and (role == "time" or in_group(column))
        if role and usable:
            found.setdefault(role, []).append(column)
    missing = [role for role in ("time", *PRICES) if role not in found]
    if missing:
        named = ", ".join(cell or "(unnamed)" for cell in header)
        raise DataError(f"{table.name} has no column for {', '.join(missing)}; it has {named}.", HEADER_HINT)
    volume, volume_notes = pick_volume(table, found.get("volume", []), wanted)
    time, clock = pick_time(table, found["time"])
    notes = [f"column {cell.strip()!r} left out: prices are kept as traded" for cell in header if is_adjusted(cell)]
    prices = tuple(pick_exact(header, found[role], role) for role in PRICES)
    return Places(
        time=time,
        clock=clock,
        prices=(prices[0], prices[1], prices[2], prices[3]),
        volume=volume,
        symbol=found.get("symbol", [None])[0],
        notes=(*notes[:1], *volume_notes),
    )


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


def is_adjusted(cell: str) -> bool:
    return plain_name(cell) == "adj_close"


def pick_exact(header: tuple[str, ...], columns: list[int], role: str) -> int:
    """The column named exactly as its role (`close` before `price`), else the first."""
    return next((column for column in columns if plain_name(header[column]) == role), columns[0])


def pick_time(table: Table, columns: list[int]) -> tuple[int, int | None]:
    """The time column, and the clock column when date and time stand apart."""
    header = table.header or ()
    ranked = sorted(columns, key=lambda column: TIME_NAMES.index(plain_name(header[column])))
    dates = [column for column in ranked if is_date(table.sample(column))]
    clocks = [column for column in ranked if is_clock(table.sample(column)) and column not in dates]
    for column in ranked:
        if column not in dates and column not in clocks and parse_times(table.columns[column].head(50)).known.any():
            return column, None
    if dates:
        return dates[0], clocks[0] if clocks else None
    return ranked[0], None


def pick_volume(table: Table, columns: list[int], wanted: str) -> tuple[int | None, list[str]]:
    """The volume in base currency. Brokers write a real volume of zeros beside the ticks; then the ticks are taken."""
    if not columns:
        return None, []
    header = table.header or ()
    plain = [column for column in columns if not VOLUME_IN_ASSET.fullmatch(plain_name(header[column]))]
    if not plain:
        of_base = [column for column in columns if wanted.startswith(header[column].split()[-1].upper())]
        chosen = of_base[0] if of_base and wanted else columns[0]
        return chosen, [f"volume is the column {header[chosen]!r}"] if len(columns) > 1 else []
    ranked = sorted(plain, key=lambda column: plain_name(header[column]) in ("tickvol", "tick_volume"))
    chosen = next(
        (c for c in ranked if np.nansum(as_numbers(table.columns[c], decimal_comma=table.decimal_comma)) > 0), ranked[0]
    )
    return chosen, [f"volume is the column {header[chosen]!r}"] if chosen != ranked[0] or len(plain) > 1 else []


def places_by_position(table: Table) -> Places:
    """A file without a header: a time (or a date and a clock), then open, high, low, close and perhaps volume.

    Two orders differ and are told by the prices: Coinbase writes low, high, open, close, and Kraken's service puts the
    average price between close and volume.
    """
    width = len(table.columns)
    clock = 1 if is_date(table.sample(0)) and is_clock(table.sample(1)) else None
    first = 1 if clock is None else 2
    if width < first + 4:
        raise DataError(f"{table.name} has {width} columns and no header.", HEADER_HINT)
    numbers = [as_numbers(column.head(10_000), decimal_comma=table.decimal_comma) for column in table.columns[first:]]
    usual = fraction_in_order(*numbers[:4])
    swapped = fraction_in_order(numbers[2], numbers[1], numbers[0], numbers[3])
    notes = ["no header: columns taken as time, open, high, low, close, volume"]
    prices = (first, first + 1, first + 2, first + 3)
    if swapped > usual and swapped > 0.9:
        prices = (first + 2, first + 1, first, first + 3)
        notes = ["no header: columns taken as time, low, high, open, close, volume, as Coinbase orders them"]
    volume = first + 4 if width > first + 4 else None
    if (
        volume is not None
        and len(numbers) == 7
        and is_average(numbers[4], numbers[prices[2] - first], numbers[prices[1] - first])
    ):
        volume += 1
        notes = ["no header: columns taken as time, open, high, low, close, average, volume, as Kraken orders them"]
    return Places(time=0, clock=clock, prices=prices, volume=volume, symbol=None, notes=tuple(notes))


def fraction_in_order(opened: Float64Array, high: Float64Array, low: Float64Array, closed: Float64Array) -> float:
    """How many of the rows make sense as bars under this reading."""
    good = (low <= opened) & (opened <= high) & (low <= closed) & (closed <= high)
    return float(good.mean()) if len(good) else 0.0


def is_average(values: Float64Array, low: Float64Array, high: Float64Array) -> bool:
    traded = values != 0
    return bool(traded.any()) and bool(((values >= low) & (values <= high))[traded].all())


def choose_market(table: Table, places: Places, wanted: str) -> tuple[str, pl.Series | None, list[str]]:
    """The market's name in the file, which rows are of it (None: all), and what to tell."""
    if places.symbol is None:
        return "", None, []
    column = table.columns[places.symbol].cast(pl.String)
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
