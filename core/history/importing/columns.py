"""Raw columns -> the bars they spell: their text as times and numbers. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from core.history.arrays import PRICES, BarArray, BoolArray, Float64Array, Int64Array
from core.history.importing.aside import rows_aside, told_aside
from core.history.importing.findings import TOLD_LIMIT
from core.history.importing.hints import NOTHING_SAID, Hints
from core.history.importing.markets import Market, normalised_or_empty
from core.history.importing.moments import UNKNOWN
from core.history.importing.numbers import as_numbers
from core.history.importing.plan import Plan, plan_of
from core.history.importing.table import Table, Tables
from core.history.importing.times import parse_times
from core.kernel import BAR_ROW

NO_VOLUME: Final = ("", "nan", "null", "none", "na", "-")
"""Written for a volume that there is none of, as indices and currencies have none."""

Texts = Mapping[str, Mapping[int, object]]
"""Column -> row -> what stood there, of the first rows in which it is no number or no time."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file as bars, in the file's order; NaN or UNKNOWN where a field is none.

    `symbol` is what the file itself calls the market, "" when it does not say. `unfilled` are the lines of bars without
    a volume, which is 0. `doubtful`: a price may be a fraction or a thousand; `unclear`: nothing tells day from month;
    `local`: the times name no zone, and may be of a place whose clocks are changed.
    """

    name: str
    place: str
    layout: str
    symbol: str
    lines: Int64Array
    bars: BarArray
    texts: Texts
    unfilled: Int64Array
    notes: tuple[str, ...]
    doubtful: bool
    unclear: bool
    local: bool

    @property
    def known(self) -> BoolArray:
        """Which rows have a time."""
        known: BoolArray = self.bars["time_ns"] != UNKNOWN
        return known


@dataclass(frozen=True, slots=True)
class Part:
    """The same of one table."""

    bars: BarArray
    lines: Int64Array
    texts: Texts
    unfilled: BoolArray


def recognise(tables: Tables, wanted: str = "", hints: Hints = NOTHING_SAID) -> Rows:
    """Find the bar's columns and read them. `wanted` (a normalised symbol) chooses among several markets in a file."""
    sample = tables.sample
    plan = plan_of(sample, wanted, hints)
    market = Market(wanted)
    bars, lines = np.empty(tables.most_rows, BAR_ROW), np.empty(tables.most_rows, np.int64)
    texts: dict[str, dict[int, object]] = {name: {} for name in ("time", *PRICES, "volume")}
    unfilled = []
    count = 0
    for table in tables.parts():
        part = part_of(*of_market(table, plan, market), plan)
        end = count + len(part.lines)
        bars[count:end], lines[count:end] = part.bars, part.lines
        for name, found in part.texts.items():
            texts[name].update({count + row: text for row, text in found.items()})
        unfilled.append(part.lines[part.unfilled])
        count = end
    symbol, told = market.found(sample)
    bars, lines = bars[:count], lines[:count]
    aside = rows_aside(bars, texts["time"], sample.header[plan.places.time] if sample.header else "")
    told += told_aside(lines, aside, texts["time"], sample.place)
    bars, lines, texts, empty = without(aside, bars, lines, texts, np.concatenate([*unfilled, np.zeros(0, np.int64)]))
    return Rows(
        name=sample.name,
        place=sample.place,
        layout=plan.layout,
        symbol=symbol or (normalised_or_empty(sample.groups[plan.places.prices[3]]) if sample.groups else ""),
        lines=lines,
        bars=bars,
        texts=texts,
        unfilled=empty,
        notes=(*plan.notes, *told),
        doubtful=plan.doubtful,
        unclear=plan.order == "unclear",
        local=plan.local,
    )


def without(
    aside: Int64Array, bars: BarArray, lines: Int64Array, texts: dict[str, dict[int, object]], unfilled: Int64Array
) -> tuple[BarArray, Int64Array, dict[str, dict[int, object]], Int64Array]:
    """The same but for these rows."""
    if not len(aside):
        return bars, lines, texts, unfilled
    kept = np.ones(len(bars), np.bool_)
    kept[aside] = False
    place = np.cumsum(kept) - 1
    moved = {name: {int(place[row]): text for row, text in of.items() if kept[row]} for name, of in texts.items()}
    return bars[kept], lines[kept], moved, unfilled[~np.isin(unfilled, lines[aside])]


def of_market(table: Table, plan: Plan, market: Market) -> tuple[tuple[pl.Series, ...], Int64Array]:
    """The columns of the rows that are asked for, and their lines."""
    kept = None if plan.places.symbol is None else market.rows(table.columns[plan.places.symbol])
    if kept is None:
        return table.columns, table.lines
    return tuple(column.filter(kept) for column in table.columns), table.lines[kept.to_numpy()]


def part_of(columns: tuple[pl.Series, ...], lines: Int64Array, plan: Plan) -> Part:
    """The bars of one table, and what stood where a field is none."""
    places, marks = plan.places, plan.marks
    bars = np.zeros(len(lines), BAR_ROW)
    times = parse_times(columns[places.time], None if places.clock is None else columns[places.clock], plan.order)
    bars["time_ns"] = times.ns
    texts = {"time": quoted(times.texts, times.ns == UNKNOWN)}
    for name, place in zip(PRICES, places.prices, strict=True):
        bars[name] = values = as_numbers(columns[place], marks[place])
        texts[name] = quoted(columns[place], ~(np.isfinite(values) & (values > 0)))
    unfilled = np.zeros(len(lines), np.bool_)
    if places.volume is not None:
        column = columns[places.volume]
        values = as_numbers(column, marks[places.volume])
        unfilled = ~np.isfinite(values) & is_unfilled(column, values)
        bars["volume"] = np.where(unfilled, 0.0, values)
        texts["volume"] = quoted(column, ~(np.isfinite(bars["volume"]) & (bars["volume"] >= 0)))
    return Part(bars, lines, texts, unfilled)


def is_unfilled(column: pl.Series, values: Float64Array) -> BoolArray:
    """Where a volume is left out, in one of the ways in which that is written."""
    if column.dtype == pl.String:
        column = column.str.strip_chars().str.to_lowercase().is_in(NO_VOLUME).fill_null(value=True)
        empty: BoolArray = column.to_numpy()
        return empty
    return column.is_null().to_numpy() | np.isnan(values)


def quoted(column: pl.Series, wanted: BoolArray) -> dict[int, object]:
    rows = np.flatnonzero(wanted)[:TOLD_LIMIT]
    return dict(zip(rows.tolist(), column.gather(rows).to_list(), strict=True)) if len(rows) else {}
