"""What is simulated and what it costs, and which histories are refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.errors import ConfigurationError, DataError
from core.kernel import BAR_ROW, Records

SHORTEST_BAR: Final = 0.9  # of the timeframe


@dataclass(frozen=True, slots=True)
class Market:
    """One pair's history and trading rules for a simulation.

    `rows` is BAR_ROW[n] or EVENT[n] in order of time; `timeframe_ns` the length of a bar (ignored for events). `detail`
    are finer bars of `detail_ns` to be played inside those of `rows`.
    """

    symbol: str
    rows: Records
    timeframe_ns: int
    price_tick: float = 0.01
    lot: float = 1e-6
    min_notional: float = 5.0
    detail: Records | None = None
    detail_ns: int = 0

    def __post_init__(self) -> None:
        for name in ("price_tick", "lot"):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigurationError(f"{self.symbol}: {name} is {getattr(self, name)}.", "It must be above zero.")


@dataclass(frozen=True, slots=True)
class Costs:
    """What trading takes: `fee` of each fill's value, `slippage` of the price against us; both fractions."""

    fee: float = 0.001
    slippage: float = 0.0002

    def __post_init__(self) -> None:
        for name in ("fee", "slippage"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigurationError(
                    f"The {name} is {getattr(self, name)}.", "It is a fraction from 0 to below 1: 0.001 is 0.1 %."
                )


USUAL_COSTS: Final = Costs()


def merge(markets: Sequence[Market]) -> tuple[Records, np.ndarray[Any, np.dtype[np.int64]]]:
    """All rows in order of time, then pair, and the pair of each. Raises DataError for what does not go together."""
    if not markets:
        raise DataError("There is nothing to simulate.", "Name at least one symbol or file.")
    kinds = {market.rows.dtype == BAR_ROW for market in markets}
    if len(kinds) > 1 or (kinds == {True} and len({market.timeframe_ns for market in markets}) > 1):
        raise DataError("The histories have different timeframes.", "Choose one with --timeframe.")
    for market in markets:
        if len(market.rows) == 0:
            raise DataError(f"The history of {market.symbol} is empty.", "Import more with `sorte data import`.")
    if len(markets) == 1 and kinds == {True}:
        return markets[0].rows, np.zeros(len(markets[0].rows), np.int64)
    rows = np.concatenate([market.rows for market in markets])
    pairs = np.repeat(np.arange(len(markets)), [len(market.rows) for market in markets])
    if len(markets) > 1:
        order = np.lexsort((pairs, rows["time_ns"]))
        rows, pairs = rows[order], pairs[order]
    if kinds == {False}:
        rows["pair"] = pairs
    return rows, pairs


def explain_refusal(rows: Records, markets: Sequence[Market]) -> None:
    """Say what is wrong with a history that the engine refused; the engine only knows where. Raises DataError."""
    for market in markets:
        check_rows(market)
    if rows.dtype == BAR_ROW:
        check_grid(rows, markets)
    raise DataError("The history cannot be simulated.", "Import it with `sorte data import`.")


def check_rows(market: Market) -> None:
    """Refuse a history that would poison every figure that follows."""
    rows = market.rows
    bars = rows.dtype == BAR_ROW
    gaps = np.diff(rows["time_ns"])
    if np.any(gaps <= 0 if bars else gaps < 0):
        raise DataError(
            f"The history of {market.symbol} is not in order of time.", "Import it with `sorte data import`."
        )
    for name in ("open", "high", "low", "close") if bars else ("price",):
        refuse_rows(market, name, ~(np.isfinite(rows[name]) & (rows[name] > 0)), "A price must be above zero.")
    if bars:
        refuse_rows(market, "volume", ~(np.isfinite(rows["volume"]) & (rows["volume"] >= 0)), "It must be 0 or more.")
        inside = np.maximum(rows["open"], rows["close"]) <= rows["high"]
        refuse_rows(market, "high", ~inside, "It must be the highest price of its bar.")
        inside = np.minimum(rows["open"], rows["close"]) >= rows["low"]
        refuse_rows(market, "low", ~inside, "It must be the lowest price of its bar.")


def refuse_rows(market: Market, name: str, bad: np.ndarray[Any, np.dtype[np.bool_]], demand: str) -> None:
    """Raise DataError for the first row that `bad` marks, if any."""
    found = np.flatnonzero(bad)
    if len(found):
        raise DataError(f"{market.symbol}: {name} of row {found[0]} is {market.rows[name][found[0]]}.", demand)


def check_grid(rows: Records, markets: Sequence[Market]) -> None:
    """Refuse bars that open while another is under way: played one after the other, they would run back in time.

    Bars a tenth shorter than the timeframe pass: February, and the day on which the clocks go forward.
    """
    gaps = np.diff(rows["time_ns"])
    torn = np.flatnonzero((gaps > 0) & (gaps < SHORTEST_BAR * markets[0].timeframe_ns))
    if len(torn):
        raise DataError(
            f"The bars of {', '.join(market.symbol for market in markets)} overlap: one opens at"
            f" {np.datetime64(int(rows['time_ns'][torn[0] + 1]), 'ns')} while another is under way.",
            "Choose a --timeframe that all of them start on, or import them again with `sorte data import`.",
        )
