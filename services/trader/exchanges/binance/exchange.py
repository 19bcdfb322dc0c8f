"""The Binance account behind `exchanges.protocol.Exchange`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
import numpy as np

from core.contracts import Pair
from core.errors import ExchangeError
from core.kernel import BAR_ROW, Records
from core.settings import ExchangeSettings
from services.trader.exchanges.ban import Ban
from services.trader.exchanges.binance.account import SUBSCRIBED_WITHIN_SECONDS, AccountConnection
from services.trader.exchanges.binance.market import MarketStreams
from services.trader.exchanges.binance.rest import CANCEL_REJECTED, Rest
from services.trader.exchanges.binance.rows import (
    AccountRow,
    BookRow,
    ClosingPrice,
    Kline,
    MyTrade,
    OpenOrder,
    PriceRow,
    StatusList,
    SymbolList,
)
from services.trader.exchanges.binance.wire import (
    MILLISECOND_NS,
    AggTrade,
    OrderResult,
    OrderTrade,
    fill_of,
)
from services.trader.exchanges.clock import ExchangeClock
from services.trader.exchanges.patience import Patience
from services.trader.exchanges.protocol import (
    TRADING,
    AccountTrade,
    Balance,
    MarketListener,
    OrderListener,
    Quote,
    Resting,
    Trade,
)
from services.trader.orders import Answer, Fill, Order, Protection

MOST_TRADES: Final = 1000
MINUTE_NS: Final = 60_000 * MILLISECOND_NS


class Binance:
    """One account, or the simulated exchange that speaks its dialect."""

    def __init__(
        self, settings: ExchangeSettings, *, subscribed_within_seconds: float = SUBSCRIBED_WITHIN_SECONDS
    ) -> None:
        """Orders whose connection is not told the account's events within so long are given a new connection."""
        self._settings, self._subscribed_within_seconds = settings, subscribed_within_seconds
        self.clock = ExchangeClock()
        self.ban = Ban()
        self._rest = Rest(settings, self.clock, self.ban)
        self._symbols: tuple[str, ...] = ()
        self._market: MarketStreams | None = None
        self._account: AccountConnection | None = None

    def be_patient(self, patience: Patience | None) -> None:
        """While a start asks: questions go through `patience` from now on; None: each is asked once."""
        self._rest.patience = patience

    async def pairs(self, symbols: Sequence[str]) -> list[Pair]:
        """The trading rules of `symbols`, in their order; raises ExchangeError for one unknown or not TRADING."""
        answer = await self._rest.get("exchangeInfo", SymbolList, symbols=_listed(symbols))
        refuse_halted({symbol.symbol: symbol.status for symbol in answer.symbols if symbol.symbol in symbols})
        known = {symbol.symbol: symbol.pair() for symbol in answer.symbols}
        if missing := [symbol for symbol in symbols if symbol not in known]:
            raise ExchangeError(f"The exchange says nothing of {', '.join(missing)}.")
        self._symbols = tuple(symbols)
        return [known[symbol] for symbol in symbols]

    async def symbol_statuses(self, symbols: Sequence[str]) -> Mapping[str, str]:
        """What each of `symbols` may do now."""
        answer = await self._rest.get("exchangeInfo", StatusList, symbols=_listed(symbols))
        return {symbol.symbol: symbol.status for symbol in answer.symbols}

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The best bid and ask of each."""
        rows = await self._rest.get("ticker/bookTicker", list[BookRow], symbols=_listed(symbols))
        return {row.symbol: Quote(row.bid, row.bid_size, row.ask, row.ask_size) for row in rows}

    async def last_prices(self, symbols: Sequence[str]) -> Mapping[str, float]:
        """What each was last traded at."""
        rows = await self._rest.get("ticker/price", list[PriceRow], symbols=_listed(symbols))
        return {row.symbol: row.price for row in rows}

    async def measure_clock(self) -> None:
        """Ask the exchange for its time; `clock` keeps it."""
        await self._rest.measure_clock()

    async def bars(self, symbol: str, timeframe: str, *, limit: int, start_ns: int | None = None) -> Records:
        """Closed bars (BAR_ROW), oldest first. The exchange's last bar may still be open: it is left out."""
        start_ms = None if start_ns is None else start_ns // MILLISECOND_NS
        asked = min(limit + 1, 1000)
        rows = await self._rest.get(
            "klines", list[Kline], symbol=symbol, interval=timeframe, limit=asked, startTime=start_ms
        )
        closed = rows[:-1][:limit] if start_ns is not None else rows[:-1][-limit:]
        bars = np.zeros(len(closed), BAR_ROW)
        for i, row in enumerate(closed):
            bars[i] = (row.open_ms * MILLISECOND_NS, row.open, row.high, row.low, row.close, row.volume)
        return bars

    async def trades(self, symbol: str, from_id: int) -> list[Trade]:
        """Up to 1,000 aggregated trades from `from_id` on."""
        rows = await self._rest.get("aggTrades", list[AggTrade], symbol=symbol, fromId=from_id, limit=MOST_TRADES)
        return [row.trade() for row in rows]

    async def account(self) -> Mapping[str, Balance]:
        """Free and locked, by asset."""
        account = await self._rest.get("account", AccountRow, signed=True)
        return {balance.asset: Balance(balance.free, balance.locked) for balance in account.balances}

    async def account_trades(self, symbol: str, since_ns: int) -> list[AccountTrade]:
        """Every trade of the account in a pair from then on, page by page."""
        asked: dict[str, int] = {"startTime": since_ns // MILLISECOND_NS}
        trades: list[AccountTrade] = []
        while True:
            rows = await self._rest.get(
                "myTrades", list[MyTrade], signed=True, symbol=symbol, limit=MOST_TRADES, **asked
            )
            trades += [row.trade() for row in rows]
            if len(rows) < MOST_TRADES:
                return trades
            asked = {"fromId": rows[-1].id + 1}

    async def client_id_of(self, symbol: str, order_id: int) -> str:
        """The client id of an order."""
        found: OrderResult = await self._rest.get("order", OrderResult, signed=True, symbol=symbol, orderId=order_id)
        return found.client_id

    async def resting(self) -> list[Resting]:
        """Every open order of the account."""
        rows = await self._rest.get("openOrders", list[OpenOrder], signed=True)
        return [row.resting() for row in rows]

    async def price_at(self, symbol: str, time_ns: int) -> Decimal | None:
        """The end of that minute's kline, which is the last price while the minute runs."""
        begin_ms = time_ns // MINUTE_NS * MINUTE_NS // MILLISECOND_NS
        rows = await self._rest.get(
            "klines", list[ClosingPrice], symbol=symbol, interval="1m", limit=1, startTime=begin_ms
        )
        return rows[0].close if rows and rows[0].open_ms == begin_ms else None

    async def order_status(self, symbol: str, client_id: str) -> tuple[Answer, Decimal]:
        """What became of an order and how much traded; ExchangeError with `unknown_order` when it never arrived."""
        order = await self._order(symbol, client_id)
        return order.answer(), order.executed

    async def order_fills(self, symbol: str, client_id: str) -> list[Fill]:
        """The trades of an order."""
        order = await self._order(symbol, client_id)
        rows = await self._rest.get("myTrades", list[OrderTrade], signed=True, symbol=symbol, orderId=order.order_id)
        return [fill_of(row, client_id, symbol, order.side, row.time_ms) for row in rows]

    async def _order(self, symbol: str, client_id: str) -> OrderResult:
        found: OrderResult = await self._rest.get(
            "order", OrderResult, signed=True, symbol=symbol, origClientOrderId=client_id
        )
        return found

    async def cancel(self, symbol: str, client_id: str) -> None:
        """Take an order off the book; one that is gone already is no error."""
        try:
            await self._rest.delete("order", dict[str, Any], symbol=symbol, origClientOrderId=client_id)
        except ExchangeError as error:
            if error.code != CANCEL_REJECTED:
                raise

    async def connect(self, timeframe: str, market: MarketListener, orders: OrderListener) -> None:
        """Open the streams for the pairs asked for by `pairs`, and keep them open until `close`."""
        within = self._subscribed_within_seconds
        self._account = AccountConnection(
            self._settings, orders, self.clock, self.ban, subscribed_within_seconds=within
        )
        self._market = MarketStreams(self._settings.stream_url, self._symbols, timeframe, market)
        # The streams count no request weight: what was asked too often elsewhere does not keep them from opening.
        self._market.connection.ban.on_banned = lambda seconds: self.ban.on_banned(seconds)
        self._account.connection.open()
        self._market.connection.open()

    def place(self, order: Order) -> bool:
        """Write the order to the wire now; False when there is no connection and nothing was written."""
        return self._account is not None and self._account.place(order)

    def rehearse(self, order: Order) -> None:
        """Do what `place` does up to the wire, and write nothing."""
        if self._account is not None:
            self._account.rehearse(order)

    def protect(self, protection: Protection, recv_window_ms: int, *, untouched: bool) -> bool:
        """Write a stop order that rests to the wire now, as `place`."""
        return self._account is not None and self._account.protect(protection, recv_window_ms, untouched=untouched)

    def replace(self, taken: str, order: Order, *, untouched: bool) -> bool:
        """Write an order that takes back a protective one to the wire now, as `place`."""
        return self._account is not None and self._account.replace(taken, order, untouched=untouched)

    async def renew_market(self, reason: str) -> None:
        """Drop the market streams; they are opened anew."""
        if self._market is not None:
            self._market.connection.drop(reason)

    async def close(self) -> None:
        """Close every connection."""
        if self._market is not None:
            await self._market.connection.close()
        if self._account is not None:
            await self._account.close()
        await self._rest.close()


def _listed(symbols: Sequence[str]) -> str:
    """As the parameter `symbols` wants them."""
    return msgspec.json.encode(list(symbols)).decode()


def refuse_halted(statuses: Mapping[str, str]) -> None:
    """Raise ExchangeError when one of these pairs takes no order."""
    halted = [f"{symbol} (status {status})" for symbol, status in statuses.items() if status != TRADING]
    if halted:
        raise ExchangeError(
            f"The exchange does not trade {', '.join(halted)}.",
            "Leave it out of --pairs, or start when its status is TRADING; a position in it cannot be closed before.",
        )
