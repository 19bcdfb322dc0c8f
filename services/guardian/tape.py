"""Histories as a strategy is shown them: EVENT records in the order in which they would have come."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.backtest.inputs import Market, merge
from core.backtest.plain import Grid
from core.backtest.records import EVENTS_PER_BAR
from core.kernel import BAR, EVENT, TRADE, Records
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS
from core.zone import Clock


@dataclass(frozen=True)
class Tape:
    """What is played to a strategy. Events are in order of time, their sequence counts from 1, nothing is held."""

    name: str
    symbols: tuple[str, ...]
    events: Records
    grids: tuple[Grid, ...]  # of each pair
    timeframe_ns: int
    bars: bool = False  # the events are bars, four of each pair, and nothing else
    lent: tuple[str, ...] = ()
    """By pair, the symbol whose own values it is played with; when empty, each is played with those of its own."""

    @property
    def worn(self) -> tuple[str, ...]:
        """By pair, the symbol whose values it has."""
        return self.lent or self.symbols

    @functools.cached_property
    def data(self) -> bytes:
        """The events as bytes."""
        return self.events.tobytes()

    @functools.cached_property
    def digest(self) -> bytes:
        """SHA-256 of all that a simulation on it depends on."""
        about = repr((self.symbols, self.worn, self.grids, self.timeframe_ns, self.bars, len(self.events)))
        return hashlib.sha256(about.encode() + self.data).digest()


def tape_of(markets: Sequence[Market], name: str, zone: str = "UTC") -> Tape:
    """Bars as `core.backtest` plays them: open, low and high (the nearer first), close with its volume.

    Hours and days are those of the time `zone`.
    """
    rows, pairs = merge(markets)
    timeframe_ns = markets[0].timeframe_ns
    return Tape(
        name=name,
        symbols=tuple(market.symbol for market in markets),
        events=in_zone(bars_as_events(rows, pairs, timeframe_ns), zone),
        grids=tuple(Grid(market.lot, market.price_tick, market.min_notional) for market in markets),
        timeframe_ns=timeframe_ns,
        bars=True,
    )


def bars_as_events(rows: Records, pairs: Records, timeframe_ns: int) -> Records:
    """EVENT[4 n] of BAR_ROW[n] in order of time, then pair. Bars that open together advance together."""
    count = len(rows)
    opens = rows["time_ns"]
    firsts = np.flatnonzero(np.diff(opens, prepend=opens[0] - 1))  # of each group of bars that open together
    group = np.repeat(np.arange(len(firsts)), np.diff(firsts, append=count))
    members = np.diff(firsts, append=count)[group]
    closes = opens[firsts] + timeframe_ns
    closes[:-1] = np.minimum(closes[:-1], opens[firsts[1:]])
    rising = rows["close"] >= rows["open"]
    prices = (
        rows["open"],
        np.where(rising, rows["low"], rows["high"]),
        np.where(rising, rows["high"], rows["low"]),
        rows["close"],
    )
    events: Records = np.zeros(count * EVENTS_PER_BAR, EVENT)
    for phase, price in enumerate(prices):
        places = firsts[group] * EVENTS_PER_BAR + phase * members + (np.arange(count) - firsts[group])
        closed = phase == EVENTS_PER_BAR - 1
        events["kind"][places] = BAR if closed else TRADE
        events["price"][places] = price
        events["pair"][places] = pairs
        events["time_ns"][places] = opens + phase * (timeframe_ns // 3)
        if closed:
            events["time_ns"][places] = closes[group] - CLOSE_BEFORE_NEXT_OPEN_NS
            for field in ("open", "high", "low", "volume"):
                events[field][places] = rows[field]
    events["sequence"] = np.arange(1, len(events) + 1)
    events["advice"] = np.nan
    return events


def in_zone(events: Records, zone: str) -> Records:
    """The events with the clock of that zone."""
    told: Records = events.copy()
    stretches = Clock(zone).stretches(int(events["time_ns"].min()), int(events["time_ns"].max()))
    begins = np.array([stretch.from_ns for stretch in stretches])
    offsets = np.array([stretch.offset_s for stretch in stretches])
    told["utc_offset_s"] = offsets[np.searchsorted(begins, events["time_ns"], side="right") - 1]
    return told


def newest(markets: Sequence[Market], part: float, lead_bars: int) -> tuple[list[Market], int]:
    """The newest `part` of all bars, with up to `lead_bars` of each market before it; and the time at which it begins.

    The lead is there to warm up on. A market without a bar in that part is left out.
    """
    opens = np.sort(np.concatenate([market.rows["time_ns"] for market in markets]))
    begin_ns = int(opens[int(len(opens) * (1.0 - part))])
    kept = []
    for market in markets:
        begin = int(np.searchsorted(market.rows["time_ns"], begin_ns))
        if begin < len(market.rows):
            kept.append(replace(market, rows=market.rows[max(begin - lead_bars, 0) :]))
    return kept, begin_ns
