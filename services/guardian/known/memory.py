"""What is remembered of a pair, from all that was shown of it: every field of STATE that ships."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import numpy as np

from core.kernel import BAR, QUOTE, TRADE, Records
from services.guardian.known.values import Values

BOOK_SECONDS: Final = 5.0
FLOW_SECONDS: Final = 30.0
FLOATS: Final = np.dtype("f8")
BARS: Final = "update_bar"
BOOK: Final = "update_book"
FLOW: Final = "update_flow"
OWNERS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "bars": (BARS, ()),
    "close": (BARS, ()),
    "volume": (BARS, ()),
    "ema_fast": (BARS, ("ema_fast",)),
    "ema_slow": (BARS, ("ema_slow",)),
    "macd_signal": (BARS, ("ema_fast", "ema_slow", "macd_signal")),
    "average_gain": (BARS, ("rsi_period",)),
    "average_loss": (BARS, ("rsi_period",)),
    "atr": (BARS, ("atr_period",)),
    "closes": (BARS, ("bollinger_period",)),
    "close_moments": (BARS, ("bollinger_period",)),
    "volumes": (BARS, ("volume_period",)),
    "volume_moments": (BARS, ("volume_period",)),
    "book_imbalance": (BOOK, ()),
    "book_ns": (BOOK, ()),
    "spread": (BOOK, ()),
    "buy_flow": (FLOW, ()),
    "sell_flow": (FLOW, ()),
    "flow_trades": (FLOW, ()),
    "flow_ns": (FLOW, ()),
}
"""Field -> the function that moves it, and the parameters that it depends on."""


class Pair:
    """One pair's memory, kept as lists of what it saw."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.fields: dict[str, Any] = {**dict.fromkeys(OWNERS, 0.0), "bars": 0, "book_ns": 0, "flow_ns": 0}
        self.closes: list[float] = []
        self.volumes: list[float] = []
        self.seen: dict[str, list[float]] = {"gain": [], "loss": [], "range": [], "macd": []}
        for name, period in (("closes", "bollinger_period"), ("volumes", "volume_period")):
            if values.has(period):
                self.fields[name] = [0.0] * int(values[period])
                self.fields[f"{name[:-1]}_moments"] = [0.0, 0.0]

    def take(self, event: Any) -> dict[str, Any]:
        """All fields after one more event."""
        kind = int(event["kind"])
        if kind == BAR:
            self._bar(*(float(event[name]) for name in ("price", "high", "low", "volume")))
        elif kind == QUOTE:
            self._quote(event)
        elif kind == TRADE:
            self._trade(event)
        return self.fields

    def _bar(self, close: float, high: float, low: float, volume: float) -> None:
        f, values = self.fields, self.values
        before = self.closes[-1] if self.closes else None
        self.closes.append(close)
        self.volumes.append(volume)
        f["bars"], f["close"], f["volume"] = len(self.closes), close, volume
        for name in ("ema_fast", "ema_slow"):
            if values.has(name):
                f[name] = exponential(f[name], self.closes, int(values[name]))
        if values.has("ema_fast", "ema_slow", "macd_signal") and len(self.closes) >= values["ema_slow"]:
            self.seen["macd"].append(f["ema_fast"] - f["ema_slow"])
            f["macd_signal"] = exponential(f["macd_signal"], self.seen["macd"], int(values["macd_signal"]))
        if before is not None:
            reach = max(high - low, abs(high - before), abs(low - before))
            self._wilder("average_gain", "gain", "rsi_period", close - before if close > before else 0.0)
            self._wilder("average_loss", "loss", "rsi_period", before - close if close < before else 0.0)
            self._wilder("atr", "range", "atr_period", reach)
        self._window("closes", self.closes, "bollinger_period")
        self._window("volumes", self.volumes, "volume_period")

    def _wilder(self, field: str, seen: str, period: str, value: float) -> None:
        if self.values.has(period):
            self.seen[seen].append(value)
            self.fields[field] = wilder(self.fields[field], self.seen[seen], int(self.values[period]))

    def _window(self, name: str, series: list[float], period: str) -> None:
        if self.values.has(period):
            length = int(self.values[period])
            newest = series[-length:]
            mean = math.fsum(newest) / len(newest)
            self.fields[name][(len(series) - 1) % length] = series[-1]
            self.fields[f"{name[:-1]}_moments"] = [mean, math.fsum((value - mean) ** 2 for value in newest)]

    def _quote(self, event: Any) -> None:
        bid, ask, bid_size, ask_size = (float(event[name]) for name in ("bid", "ask", "bid_size", "ask_size"))
        if not (bid_size + ask_size > 0.0 and bid > 0.0 and ask >= bid):
            return
        f, now = self.fields, int(event["time_ns"])
        kept = faded(f["book_ns"], now, BOOK_SECONDS)
        f["book_imbalance"] += (1.0 - kept) * ((bid_size - ask_size) / (bid_size + ask_size) - f["book_imbalance"])
        f["spread"] = (ask - bid) / (0.5 * ask + 0.5 * bid)
        f["book_ns"] = now

    def _trade(self, event: Any) -> None:
        bought, sold = float(event["buy_volume"]), float(event["sell_volume"])
        if not bought + sold > 0.0:
            return
        f, now = self.fields, int(event["time_ns"])
        kept = faded(f["flow_ns"], now, FLOW_SECONDS)
        for name, more in (("buy_flow", bought), ("sell_flow", sold), ("flow_trades", 1.0)):
            f[name] = more + kept * f[name]
        f["flow_ns"] = now


def exponential(before: float, series: list[float], period: int) -> float:
    """The mean while there are no more than a period of values; then 2 / (period + 1) of the way to each."""
    if len(series) <= period:
        return math.fsum(series) / len(series)
    weight = 2.0 / (period + 1)
    return weight * series[-1] + (1.0 - weight) * before


def wilder(before: float, series: list[float], period: int) -> float:
    """The mean while there are no more than a period of values; then one part in a period of each."""
    if len(series) <= period:
        return math.fsum(series) / len(series)
    return (before * (period - 1) + series[-1]) / period


def faded(then_ns: int, now_ns: int, seconds: float) -> float:
    """What is left of a memory; nothing where there is none."""
    if then_ns <= 0:
        return 0.0
    return seconds / (seconds + max(now_ns - then_ns, 0) / 1e9)


def remembered(events: Records, values: Values) -> dict[str, np.ndarray[Any, Any]]:
    """Field by field, what is in the memory of an event's pair after it: one row for each event."""
    pairs: dict[int, Pair] = {}
    rows: dict[str, list[Any]] = {name: [] for name in known_fields(values)}
    for event in events:
        pair = pairs.setdefault(int(event["pair"]), Pair(values))
        fields = pair.take(event)
        for name, row in rows.items():
            value = fields[name]
            row.append(tuple(value) if isinstance(value, list) else value)
    return {
        name: np.array(row, np.int64 if name in ("book_ns", "flow_ns", "bars") else FLOATS)
        for name, row in rows.items()
    }


def known_fields(values: Values) -> Iterator[str]:
    """Those whose parameters are known."""
    return (name for name, (_, needed) in OWNERS.items() if values.has(*needed))
