"""Finer bars inside coarse ones: the strategy keeps its timeframe, and what lies inside a bar is played, not assumed.

A coarse bar is played in finer ones when these begin and end with it and come to just its prices, for every pair that
has a bar then; else it is played as it is. So a hole in the finer history costs detail and changes no price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from core.backtest.inputs import Market, check_grid, check_rows
from core.kernel import BAR_ROW, Records
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS

SAME: Final = 1e-9
"""Relative: prices that differ by less are the same."""

Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True)
class Parts:
    """What is played, in order of time, then pair. `ends`: the coarse bar that a part ends, -1 for none."""

    rows: Records  # BAR_ROW: finer bars, and coarse ones where there are no finer
    pairs: Ints
    spans_ns: Ints
    closes_ns: Ints
    ends: Ints
    detailed: int  # coarse bars that are played in finer ones


def parts_of(markets: Sequence[Market], bars: Records, pairs: Ints) -> Parts:
    """`bars` and `pairs` as `merge` gives them. Raises DataError for coarse bars that are no history."""
    for market in markets:
        check_rows(market)
        if market.detail is not None and len(market.detail):
            check_rows(replace(market, rows=market.detail))
    check_grid(bars, markets)
    span_ns = markets[0].timeframe_ns
    closes = closes_of(bars["time_ns"], span_ns)
    begins, ends, usable = np.zeros(len(bars), np.int64), np.zeros(len(bars), np.int64), np.zeros(len(bars), np.bool_)
    for pair, market in enumerate(markets):
        own = np.flatnonzero(pairs == pair)
        begins[own], ends[own], usable[own] = inside(market, bars[own], closes[own])
    _, group = np.unique(bars["time_ns"], return_inverse=True)
    usable &= np.bincount(group, ~usable)[group] == 0  # all pairs or none: what opens together advances together
    pieces = [whole_parts(bars, pairs, closes, np.flatnonzero(~usable), span_ns)]
    for pair, market in enumerate(markets):
        of_pair = np.flatnonzero(usable & (pairs == pair))
        if len(of_pair) and market.detail is not None:
            pieces.append(finer_parts(market, pair, closes, of_pair, begins[of_pair], ends[of_pair]))
    columns = [np.concatenate(column) for column in zip(*pieces, strict=True)]
    order = np.lexsort((columns[1], columns[0]["time_ns"]))
    rows, of, spans, closing, ending = (column[order] for column in columns)
    return Parts(rows, of, spans, closing, ending, int(np.count_nonzero(usable)))


def closes_of(opens: Ints, span_ns: int) -> Ints:
    """When each bar is over: before any that opens later."""
    later = np.searchsorted(opens, opens, side="right")
    after = np.append(opens, np.iinfo(np.int64).max)[later]
    closes: Ints = np.minimum(opens + span_ns, after)
    return closes


def inside(market: Market, bars: Records, closes: Ints) -> tuple[Ints, Ints, Flags]:
    """First and one past the last finer bar inside each coarse one, and whether they are all of it."""
    finer = market.detail
    if finer is None or not len(finer):
        nothing = np.zeros(len(bars), np.int64)
        return nothing, nothing, np.zeros(len(bars), np.bool_)
    begins = np.searchsorted(finer["time_ns"], bars["time_ns"])
    ends = np.searchsorted(finer["time_ns"], closes)
    usable = ends > begins
    first, last = np.minimum(begins, len(finer) - 1), np.maximum(ends, 1) - 1
    usable &= (finer["time_ns"][first] == bars["time_ns"]) & (finer["time_ns"][last] + market.detail_ns >= closes)
    usable &= same(finer["open"][first], bars["open"]) & same(finer["close"][last], bars["close"])
    places = np.stack((first, np.maximum(ends, first + 1)), axis=1).ravel()
    padded = np.append(finer, np.zeros(1, BAR_ROW))  # a stretch may end with the last of them
    usable &= same(np.maximum.reduceat(padded["high"], places)[::2], bars["high"])
    usable &= same(np.minimum.reduceat(padded["low"], places)[::2], bars["low"])
    return begins, ends, usable


def same(left: np.ndarray[Any, Any], right: np.ndarray[Any, Any]) -> Flags:
    near: Flags = np.abs(left - right) <= SAME * np.abs(right)
    return near


Piece = tuple[Records, Ints, Ints, Ints, Ints]


def whole_parts(bars: Records, pairs: Ints, closes: Ints, kept: Ints, span_ns: int) -> Piece:
    spans = np.full(len(kept), span_ns)
    return bars[kept], pairs[kept], spans, closes[kept] - CLOSE_BEFORE_NEXT_OPEN_NS, kept


def finer_parts(market: Market, pair: int, closes: Ints, kept: Ints, begins: Ints, ends: Ints) -> Piece:
    counts = ends - begins
    total = int(counts.sum())
    lasts = np.cumsum(counts) - 1
    at = np.arange(total) + np.repeat(begins - np.concatenate(([0], lasts[:-1] + 1)), counts)
    assert market.detail is not None  # noqa: S101 - who calls has looked
    rows = market.detail[at]
    closing = rows["time_ns"] + market.detail_ns
    closing[lasts] = closes[kept]
    ending = np.full(total, -1, np.int64)
    ending[lasts] = kept
    spans = np.full(total, market.detail_ns)
    return rows, np.full(total, pair, np.int64), spans, closing - CLOSE_BEFORE_NEXT_OPEN_NS, ending
