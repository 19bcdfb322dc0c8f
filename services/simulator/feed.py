"""What the market tells its streams: book tickers, aggregate trades and klines, made only when somebody listens."""

from __future__ import annotations

from typing import Final

import msgspec

from services.simulator.intervals import INTERVALS, Interval
from services.simulator.market import Market, PairMarket
from services.simulator.streams import Hub
from services.simulator.tape import Bar, Trade

STREAMED: Final = {name: interval for name, interval in INTERVALS.items() if name != "1s"}
"""Bars are told of once a minute and once a second of the wall clock, which is no stream of seconds."""


class BookTicker(
    msgspec.Struct,
    gc=False,
    rename={"update_id": "u", "symbol": "s", "bid": "b", "bid_size": "B", "ask": "a", "ask_size": "A"},
):
    update_id: int
    symbol: str
    bid: str
    bid_size: str
    ask: str
    ask_size: str


class AggregateTrade(
    msgspec.Struct,
    gc=False,
    tag_field="e",
    tag="aggTrade",
    rename={
        "event_ms": "E",
        "symbol": "s",
        "aggregate_id": "a",
        "price": "p",
        "quantity": "q",
        "first_id": "f",
        "last_id": "l",
        "trade_ms": "T",
        "buyer_is_maker": "m",
        "ignore": "M",
    },
):
    event_ms: int
    symbol: str
    aggregate_id: int
    price: str
    quantity: str
    first_id: int
    last_id: int
    trade_ms: int
    buyer_is_maker: bool
    ignore: bool = True


class _Names:
    """The stream names of one pair."""

    def __init__(self, symbol: str) -> None:
        low = symbol.lower()
        self.book = f"{low}@bookTicker"
        self.trade = f"{low}@aggTrade"
        self.klines = {interval: f"{low}@kline_{interval}" for interval in STREAMED}


class MarketFeed:
    """Listens to the market and sends to the hub."""

    def __init__(self, market: Market, hub: Hub) -> None:
        self._market = market
        self._hub = hub
        self._names: Final = [_Names(state.symbol) for state in market.pairs]
        market.listeners.append(self)

    def on_quote(self, state: PairMarket, time_ms: int) -> None:  # noqa: ARG002 - book tickers carry no time
        stream = self._names[state.index].book
        if not self._hub.wanted(stream):
            return
        (bid, bid_lots), (ask, ask_lots), grid = state.book.best_bid(), state.book.best_ask(), state.grid
        event = BookTicker(
            state.book.update_id,
            state.symbol,
            grid.price_text(bid),
            grid.quantity_text(bid_lots),
            grid.price_text(ask),
            grid.quantity_text(ask_lots),
        )
        self._hub.send(stream, event)

    def on_trade(self, state: PairMarket, trade: Trade) -> None:
        stream = self._names[state.index].trade
        if not self._hub.wanted(stream):
            return
        number, time_ms, ticks, lots, maker = trade
        price, quantity = state.grid.price_text(ticks), state.grid.quantity_text(lots)
        event = AggregateTrade(time_ms, state.symbol, number, price, quantity, number, number, time_ms, maker)
        self._hub.send(stream, event)

    def on_bars(self, time_ms: int, closed_ms: int | None) -> None:
        for name, interval in STREAMED.items():
            if closed_ms is not None and interval.opens(closed_ms) != closed_ms:
                continue
            open_ms = interval.opens(time_ms) if closed_ms is None else interval.step(closed_ms, -1)
            for state, names in zip(self._market.pairs, self._names, strict=True):
                stream = names.klines[name]
                if self._hub.wanted(stream) and not state.halted:
                    self._send_bar(stream, state, interval, open_ms, time_ms, closed=closed_ms is not None)

    def _send_bar(
        self, stream: str, state: PairMarket, interval: Interval, open_ms: int, time_ms: int, *, closed: bool
    ) -> None:
        bar = state.tape.bar(interval, open_ms)
        if bar is not None:
            self._hub.send(stream, _kline_event(state, bar, interval, time_ms, closed=closed))


def _kline_event(state: PairMarket, bar: Bar, interval: Interval, time_ms: int, *, closed: bool) -> dict[str, object]:
    grid = state.grid
    return {
        "e": "kline",
        "E": time_ms,
        "s": state.symbol,
        "k": {
            "t": bar.open_ms,
            "T": interval.step(bar.open_ms) - 1,
            "s": state.symbol,
            "i": interval.name,
            "f": bar.first_id,
            "L": bar.last_id,
            "o": grid.price_text(bar.open),
            "c": grid.price_text(bar.close),
            "h": grid.price_text(bar.high),
            "l": grid.price_text(bar.low),
            "v": grid.quantity_text(bar.volume),
            "n": bar.count,
            "x": closed,
            "q": grid.value_text(bar.value),
            "V": grid.quantity_text(bar.taker_volume),
            "Q": grid.value_text(bar.taker_value),
            "B": "0",
        },
    }
