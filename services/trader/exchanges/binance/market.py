"""The market's streams: quotes, trades and closed bars of every pair over one connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.trader.exchanges.binance.connection import Connection
from services.trader.exchanges.binance.wire import (
    MILLISECOND_NS,
    AggTrade,
    BookTicker,
    CandleEvent,
    Envelope,
    decoder,
)
from services.trader.exchanges.protocol import Bar, MarketListener

RISING_BEHIND: Final = 5
"""Quotes in a row that rise and are behind the last one: then that one's number was garbage."""

_envelope: Final = decoder(Envelope)
_book_ticker: Final = decoder(BookTicker)
_agg_trade: Final = decoder(AggTrade)
_candle: Final = decoder(CandleEvent)


class MarketStreams:
    """Reads the streams and tells `listener`."""

    def __init__(self, stream_url: str, symbols: Sequence[str], timeframe: str, listener: MarketListener) -> None:
        kinds = {"bookTicker": self._quote, "aggTrade": self._trade, f"kline_{timeframe}": self._bar}
        self._routes = {
            f"{symbol.lower()}@{kind}": (handle, pair)
            for pair, symbol in enumerate(symbols)
            for kind, handle in kinds.items()
        }
        self._last_update = [0] * len(symbols)
        self._behind = [(0, 0)] * len(symbols)  # the last number behind it, and how many rose in a row
        self._listener = listener
        self.connection = Connection(
            f"{stream_url}/stream?streams={'/'.join(self._routes)}",
            on_text=self._read,
            on_up=listener.on_market_connected,
            on_down=listener.on_market_lost,
        )

    def _read(self, payload: memoryview, received_ns: int) -> None:
        envelope = _envelope.decode(payload)
        route = self._routes.get(envelope.stream)
        if route is None:
            self.connection.drop(f"sent a stream that was not asked for: {envelope.stream[:40]}")
            return
        handle, pair = route
        handle(pair, received_ns, envelope.data)

    def _quote(self, pair: int, received_ns: int, data: bytes) -> None:
        quote = _book_ticker.decode(data)
        if self._is_new(pair, quote.update_id):
            self._listener.on_quote(pair, received_ns, quote.bid, quote.bid_size, quote.ask, quote.ask_size)

    def _is_new(self, pair: int, update_id: int) -> bool:
        """Whether a quote is newer than the last: a repeated or overtaken one says nothing about now.

        Several in a row that rise and are behind the last one say that the last one's number was garbage.
        """
        if update_id <= self._last_update[pair]:
            rises = update_id > self._behind[pair][0]
            self._behind[pair] = (update_id, self._behind[pair][1] + 1) if rises else (update_id, 1)
            if self._behind[pair][1] < RISING_BEHIND:
                return False
        self._last_update[pair] = update_id
        self._behind[pair] = (0, 0)
        return True

    def _trade(self, pair: int, received_ns: int, data: bytes) -> None:
        self._listener.on_trade(pair, received_ns, _agg_trade.decode(data).trade())

    def _bar(self, pair: int, received_ns: int, data: bytes) -> None:
        candle = _candle.decode(data).candle
        if candle.closed:
            times = (candle.open_ms * MILLISECOND_NS, candle.close_ms * MILLISECOND_NS)
            bar = Bar(*times, candle.open, candle.high, candle.low, candle.close, candle.volume)
            self._listener.on_bar(pair, received_ns, bar)
