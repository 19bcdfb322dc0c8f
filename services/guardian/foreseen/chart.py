"""What a strategy is shown of one pair at the four moments of each bar, feature by feature, when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from core.backtest.inputs import Market
from core.backtest.records import EVENTS_PER_BAR
from core.indicator_kinds import KINDS as TABLE
from core.kernel import NANOSECONDS
from core.names import CLOSE_BEFORE_NEXT_OPEN_NS
from core.symbols import Indicator
from core.zone import Clock
from services.guardian.known import kinds

Column = np.ndarray[Any, Any]
CLOSE: Final = EVENTS_PER_BAR - 1
"""The moment of a bar at which what is counted in bars moves."""
LOW_FIRST: Final = ("low", "high")
SHIPPED: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    "ema_fast": ("ema", "", {"period": "ema_fast"}),
    "ema_slow": ("ema", "", {"period": "ema_slow"}),
    "rsi": ("rsi", "", {"period": "rsi_period"}),
    "macd": ("macd", "", {"fast": "ema_fast", "slow": "ema_slow", "signal": "macd_signal"}),
    "macd_signal": ("macd", "_signal", {"fast": "ema_fast", "slow": "ema_slow", "signal": "macd_signal"}),
    "atr": ("atr", "", {"period": "atr_period"}),
    "volume_average": ("volume_average", "", {"period": "volume_period"}),
    **{
        f"bollinger_{part}": ("bollinger", f"_{part}", {"period": "bollinger_period", "width": "bollinger_width"})
        for part in ("upper", "middle", "lower")
    },
}
"""Feature -> its kind of indicator, the ending of its name there, and the parameters that are the kind's numbers."""


class Chart:
    """Columns are float64[n, 4]: of each bar its open, its two extremes in the order in which they come, its close."""

    def __init__(
        self, market: Market, values: Mapping[str, float], added: Mapping[str, Indicator], zone: str = "UTC"
    ) -> None:
        """`values` are the known parameters by their shipped names, `added` the indicators that do not ship."""
        rows = market.rows
        self.market, self.values = market, values
        self._added, self._zone = added, zone
        self._bars = kinds.Bars(rows["close"], rows["high"], rows["low"], rows["volume"])
        self._found: dict[str, Column | None] = {}

    def __len__(self) -> int:
        return len(self.market.rows)

    def column(self, feature: str) -> Column | None:
        """Its values; None where bars do not show it, or nobody knows what it is."""
        if feature not in self._found:
            self._found[feature] = self._column(feature)
        return self._found[feature]

    def closing(self, feature: str) -> Column | None:
        """float64[n], as it is when the bar closes."""
        column = self.column(feature)
        return None if column is None else column[:, CLOSE]

    def _column(self, feature: str) -> Column | None:
        if feature == "price":
            return self._prices()
        if feature in ("hour", "weekday"):
            local = self._local_seconds()
            return np.asarray(local // 3600 % 24 if feature == "hour" else (local // 86_400 + 3) % 7, np.float64)
        if feature == "volume":
            return lasting(self._bars.volume)
        known = self._indicator(feature)
        return None if known is None else lasting(known)

    def _indicator(self, feature: str) -> Column | None:
        if feature in SHIPPED:
            kind, ending, needed = SHIPPED[feature]
            if any(name not in self.values for name in needed.values()):
                return None
            return kinds.KINDS[kind](self._bars, {number: self.values[name] for number, name in needed.items()})[ending]
        for name, one in self._added.items():
            endings = TABLE[one.kind].features if one.kind in TABLE else ()
            ending = feature.removeprefix(name)
            if feature.startswith(name) and ending in endings and one.timeframe is None:
                return kinds.KINDS[one.kind](self._bars, TABLE[one.kind].completed(one.parameters))[ending]
        return None

    def _prices(self) -> Column:
        """As `services.guardian.tape.bars_as_events` plays a bar: of its extremes the nearer to its open first."""
        rows = self.market.rows
        rises = rows["close"] >= rows["open"]
        nearer, farther = (np.where(rises, *(rows[name] for name in ends)) for ends in (LOW_FIRST, LOW_FIRST[::-1]))
        return np.stack([rows["open"], nearer, farther, rows["close"]], axis=1)

    def _local_seconds(self) -> Column:
        """int64[n, 4], by the owner's clock."""
        rows, length = self.market.rows, self.market.timeframe_ns
        after = np.array([*(phase * (length // 3) for phase in range(CLOSE)), length - CLOSE_BEFORE_NEXT_OPEN_NS])
        times = rows["time_ns"][:, None] + after
        stretches = Clock(self._zone).stretches(int(times[0, 0]), int(times[-1, -1]))
        begins, offsets = (
            np.array(column) for column in zip(*((s.from_ns, s.offset_s) for s in stretches), strict=True)
        )
        return np.asarray(times // NANOSECONDS + offsets[np.searchsorted(begins, times, side="right") - 1])


def lasting(at_close: Column) -> Column:
    """What moves when a bar closes, at the moments of each bar: until then it is as the bar before left it."""
    before = np.concatenate([[np.nan], at_close[:-1]])
    return np.stack([*[before] * CLOSE, at_close], axis=1)
