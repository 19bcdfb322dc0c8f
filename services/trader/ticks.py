"""One thing that happened in a market, as it is told on: a quote, a trade or the end of a bar."""

from __future__ import annotations

import math
from typing import NamedTuple

from core.kernel import BAR, TRADE
from services.trader.exchanges.protocol import Bar, Trade


class Tick(NamedTuple):
    """One thing that happened in the market of one pair; what is not known is 0. From `price` on as an EVENT has it."""

    pair: int
    kind: int  # QUOTE, TRADE or BAR, or the seconds of a longer bar
    time_ns: int
    price: float
    bid: float = 0.0
    ask: float = 0.0
    bid_size: float = 0.0
    ask_size: float = 0.0
    buy_volume: float = 0.0
    sell_volume: float = 0.0
    open: float = 0.0
    high: float = 0.0
    low: float = 0.0
    volume: float = 0.0


def trade_tick(pair: int, bid: float, ask: float, trade: Trade) -> Tick:
    """A trade beside the last quote."""
    sizes = (0.0, 0.0)
    return Tick(pair, TRADE, trade.time_ns, trade.price, bid, ask, *sizes, trade.buy_volume, trade.sell_volume)


def bar_tick(pair: int, bid: float, ask: float, bar: Bar) -> Tick:
    """A bar that closed, beside the last quote."""
    prices = {"open": bar.open, "high": bar.high, "low": bar.low}
    return Tick(pair, BAR, bar.close_ns, bar.close, bid, ask, **prices, volume=bar.volume)


def plausible(tick: Tick) -> bool:
    """Whether a strategy may see it; one NaN in a running average would stay there. Quotes were looked at before."""
    if tick.kind == TRADE:
        return 0.0 < tick.price < math.inf and 0.0 <= tick.buy_volume < math.inf and 0.0 <= tick.sell_volume < math.inf
    if tick.kind >= BAR:
        inside = 0.0 < tick.low <= tick.open <= tick.high < math.inf and tick.low <= tick.price <= tick.high
        return inside and 0.0 <= tick.volume < math.inf
    return True
