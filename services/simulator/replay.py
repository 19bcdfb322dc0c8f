"""Recorded bars played as a market: open, then low before high in a rising bar and high before low in a falling one,
then close.

Each of the four prices is one trade with a quarter of the bar's volume, inside a synthetic top of book. They lie at the
beginning, at one and two thirds and at the last millisecond of the bar, so that bars of the same interval read back
from the exchange are the recorded ones, rounded to ticks and lots.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from core.errors import DataError
from core.kernel import BAR_ROW
from services.simulator.grid import Grid
from services.simulator.intervals import MINUTE_MS
from services.simulator.settings import SimSettings
from services.simulator.sources import Move

HALF_SPREAD: Final = 0.00005
"""Of price; at least one tick."""

Bars = np.ndarray[Any, Any]


class Replay:
    """The price source of recorded bars; ends with them."""

    def __init__(self, settings: SimSettings, bars: dict[str, Bars], past_bars: dict[str, Bars]) -> None:
        self._settings = settings
        self._bars = [_checked(pair.symbol, bars[pair.symbol]) for pair in settings.pairs]
        symbols = [pair.symbol for pair in settings.pairs]
        self._past = [_checked(symbol, past_bars[symbol]) if symbol in past_bars else None for symbol in symbols]
        self._spans_ms = [_span_ms(rows) for rows in self._bars]
        self.start_ms = min(int(rows["time_ns"][0]) for rows in self._bars) // 1_000_000

    def past(self) -> Iterator[Move]:
        for pair, rows in enumerate(self._past):
            if rows is not None:
                yield from self._moves(pair, rows[rows["time_ns"] < self.start_ms * 1_000_000], _span_ms(rows))
            opening = next(self._moves(pair, self._bars[pair][:1], self._spans_ms[pair]))
            yield opening._replace(time_ms=self.start_ms, trade_lots=0)

    def live(self) -> Iterator[Move]:
        each = (self._moves(pair, rows, self._spans_ms[pair]) for pair, rows in enumerate(self._bars))
        return heapq.merge(*each, key=lambda move: (move.time_ms, move.pair))

    def end_ms(self) -> int:
        """The end of the last bar."""
        return max(
            int(rows["time_ns"][-1]) // 1_000_000 + span for rows, span in zip(self._bars, self._spans_ms, strict=True)
        )

    def _moves(self, pair: int, rows: Bars, span_ms: int) -> Iterator[Move]:
        grid = Grid(self._settings.pairs[pair])
        tick, lot = float(grid.tick), float(grid.lot)
        top_lots = self._settings.top_value / lot
        for row in rows:
            opened_ms = int(row["time_ns"]) // 1_000_000
            rising = row["close"] >= row["open"]
            path = ("open", "low", "high", "close") if rising else ("open", "high", "low", "close")
            prices = [max(2, round(float(row[name]) / tick)) for name in path]
            volume = round(float(row["volume"]) / lot)
            before = prices[0]
            for step, ticks in enumerate(prices):
                share = volume // 4 if step < 3 else volume - 3 * (volume // 4)
                lots = max(1, share) if volume else 0  # a price without a trade would leave no trace in the bars
                half = max(1, int(ticks * HALF_SPREAD))
                size = max(2, int(top_lots / (ticks * tick)))
                time_ms = opened_ms + min(step * span_ms // 3, span_ms - 1)
                yield Move(time_ms, pair, ticks - half, ticks + half, size, size, ticks, lots, ticks < before)
                before = ticks


def _span_ms(rows: Bars) -> int:
    """How long one bar is: the shortest distance of two; a minute when there is only one bar."""
    return int(np.diff(rows["time_ns"]).min()) // 1_000_000 if len(rows) > 1 else MINUTE_MS


def _checked(symbol: str, rows: Bars) -> Bars:
    if rows.dtype != BAR_ROW or rows.ndim != 1 or not len(rows):
        raise DataError(f"sim: the bars of {symbol} are no filled array of BAR_ROW.")
    if len(rows) > 1 and np.diff(rows["time_ns"]).min() < 1_000_000:
        raise DataError(f"sim: the bars of {symbol} are not in the order of their time.")
    prices = np.stack([rows[name] for name in ("open", "high", "low", "close")])
    good = np.isfinite(prices).all() and (prices > 0).all()
    good = good and (prices.max(axis=0) <= rows["high"]).all() and (prices.min(axis=0) >= rows["low"]).all()
    if not good or not np.isfinite(rows["volume"]).all() or (rows["volume"] < 0).any():
        raise DataError(f"sim: {symbol} has a bar whose prices or volume cannot be.", "Check it with `sorte data`.")
    return rows
