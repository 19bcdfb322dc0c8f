"""Where one pair's feed is: its last trade, bar and quote, and what is held back while a gap is refilled."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final

from core.kernel import NANOSECONDS
from services.trader.exchanges.protocol import Trade
from services.trader.ticks import Tick

FAR_AHEAD: Final = 100  # trades that seem to be missed: from here on the id is asked about before it is believed
STRANGE_REST_NS: Final = 10 * NANOSECONDS  # so long after a question about an id none like it is asked about


@dataclass(slots=True, eq=False)
class PairFeed:
    """One pair. `number` is its place among the pairs."""

    number: int
    symbol: str
    last_trade: int = 0  # id; 0 before the first
    last_trade_ns: int = 0  # the exchange's time of it
    strange_id: int = 0  # the lowest trade id that proved to be garbage, since the streams run; 0 before any
    asked_id_ns: int = 0  # monotonic clock of the last question about an id that cannot well be
    last_bar_ns: int = 0  # open of the last closed bar; 0 before the first
    bid: float = 0.0
    ask: float = 0.0
    heard_ns: int = 0  # monotonic clock of the last message, or of the streams' renewal when that is later
    spoke_ns: int = 0  # monotonic clock of the last message; of the first connection before any
    asked_ns: int = 0  # monotonic clock of the last price that was asked for because the pair was silent
    quoted: tuple[float, float, float, float] | None = None  # the stream's last Quote, as it came
    lost: int = 0  # trades that were missed and could not be had
    held: list[Tick] | None = None  # while a gap is refilled: what arrived meanwhile
    held_trades: list[Trade] = field(default_factory=list)
    held_bars: list[tuple[int, Tick]] = field(default_factory=list)  # with the time of their opening

    @property
    def has_gap(self) -> bool:
        """Whether a trade is missing before or among the held ones; the connection may break during a refill too."""
        last = self.last_trade
        for trade in self.held_trades:
            if trade.trade_id > last + 1:
                return True
            last = max(last, trade.trade_id)
        return False

    def repeats(self, trade: Trade) -> bool:
        """Whether a trade was heard before. One later than the last, or far behind it, contradicts its number."""
        if trade.trade_id > self.last_trade:
            return False
        contradicts = trade.time_ns > self.last_trade_ns or trade.trade_id < self.last_trade - FAR_AHEAD
        return not contradicts or self._asked_lately

    def knows_as_garbage(self, trade: Trade) -> bool:
        """Whether its number is like one that was asked about a moment ago, and was none."""
        far = 0 < self.strange_id <= trade.trade_id and trade.trade_id > self.last_trade + FAR_AHEAD
        return far and self._asked_lately

    @property
    def _asked_lately(self) -> bool:
        return time.monotonic_ns() - self.asked_id_ns < STRANGE_REST_NS
