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
from services.trader.exchanges.binance.account import AccountConnection
from services.trader.exchanges.binance.market import MarketStreams
from services.trader.exchanges.binance.rest import CANCEL_REJECTED, Rest
from services.trader.exchanges.binance.wire import MILLISECOND_NS, AggTrade, OrderResult, OrderTrade, fill_of
from services.trader.exchanges.clock import ExchangeClock
from services.trader.exchanges.protocol import MarketListener, OrderListener, Trade
from services.trader.orders import Answer, Fill, Order, Protection

MOST_TRADES: Final = 1000


class _Filter(msgspec.Struct, frozen=True):
    """One of many kinds; these three fields belong to different ones."""

    kind: str = msgspec.field(name="filterType", default="")
    tick: Decimal = msgspec.field(name="tickSize", default=Decimal(0))
    step: Decimal = msgspec.field(name="stepSize", default=Decimal(0))
    min_notional: Decimal = msgspec.field(name="minNotional", default=Decimal(0))
    sell_floor: Decimal = msgspec.field(name="askMultiplierDown", default=Decimal(0))  # PERCENT_PRICE_BY_SIDE
    floor: Decimal = msgspec.field(name="multiplierDown", default=Decimal(0))  # PERCENT_PRICE


class _Bar(msgspec.Struct, frozen=True, array_like=True):
    """The first of the twelve columns of a kline."""

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class _Symbol(msgspec.Struct, frozen=True):
    symbol: str
    base: str = msgspec.field(name="baseAsset")
    quote: str = msgspec.field(name="quoteAsset")
    filters: tuple[_Filter, ...] = ()

    def pair(self) -> Pair:
        """As the trader knows it. Raises ExchangeError when its filters do not say what an order must look like."""
        found = {rule.kind: rule for rule in self.filters}
        price, lot = found.get("PRICE_FILTER", _Filter()), found.get("LOT_SIZE", _Filter())
        notional = found.get("NOTIONAL") or found.get("MIN_NOTIONAL") or _Filter()
        if price.tick <= 0 or lot.step <= 0:
            raise ExchangeError(f"{self.symbol} has no price tick or no lot, so that no order can be made for it.")
        return Pair(
            symbol=self.symbol,
            base=self.base,
            quote=self.quote,
            price_tick=price.tick.normalize(),
            lot=lot.step.normalize(),
            min_notional=notional.min_notional,
            sell_floor=max((max(rule.sell_floor, rule.floor) for rule in self.filters), default=Decimal(0)),
        )


class _Symbols(msgspec.Struct, frozen=True):
    symbols: tuple[_Symbol, ...]


class _Balance(msgspec.Struct, frozen=True):
    asset: str
    free: Decimal
    locked: Decimal


class _Account(msgspec.Struct, frozen=True):
    balances: tuple[_Balance, ...]


class _OpenOrder(msgspec.Struct, frozen=True):
    symbol: str
    client_id: str = msgspec.field(name="clientOrderId")


class Binance:
    """One account, or the simulated exchange that speaks its dialect."""

    def __init__(self, settings: ExchangeSettings) -> None:
        self._settings = settings
        self.clock = ExchangeClock()
        self.ban = Ban()
        self._rest = Rest(settings, self.clock, self.ban)
        self._symbols: tuple[str, ...] = ()
        self._market: MarketStreams | None = None
        self._account: AccountConnection | None = None

    async def pairs(self, symbols: Sequence[str]) -> list[Pair]:
        """The trading rules of `symbols`, in their order; raises ExchangeError for an unknown one."""
        wanted = msgspec.json.encode(list(symbols)).decode()
        answer = await self._rest.get("exchangeInfo", _Symbols, symbols=wanted)
        known = {symbol.symbol: symbol.pair() for symbol in answer.symbols}
        if missing := [symbol for symbol in symbols if symbol not in known]:
            raise ExchangeError(f"The exchange says nothing of {', '.join(missing)}.")
        self._symbols = tuple(symbols)
        return [known[symbol] for symbol in symbols]

    async def measure_clock(self) -> None:
        """Ask the exchange for its time; `clock` keeps it."""
        await self._rest.measure_clock()

    async def bars(self, symbol: str, timeframe: str, *, limit: int, start_ns: int | None = None) -> Records:
        """Closed bars (BAR_ROW), oldest first. The exchange's last bar may still be open: it is left out."""
        start_ms = None if start_ns is None else start_ns // MILLISECOND_NS
        asked = min(limit + 1, 1000)
        rows = await self._rest.get(
            "klines", list[_Bar], symbol=symbol, interval=timeframe, limit=asked, startTime=start_ms
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

    async def balances(self) -> Mapping[str, Decimal]:
        """Free plus locked, by asset."""
        account = await self._rest.get("account", _Account, signed=True)
        return {balance.asset: balance.free + balance.locked for balance in account.balances}

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

    async def open_orders(self) -> list[tuple[str, str]]:
        """(symbol, client id) of every open order of the account."""
        rows = await self._rest.get("openOrders", list[_OpenOrder], signed=True)
        return [(row.symbol, row.client_id) for row in rows]

    async def cancel(self, symbol: str, client_id: str) -> None:
        """Take an order off the book; one that is gone already is no error."""
        try:
            await self._rest.delete("order", dict[str, Any], symbol=symbol, origClientOrderId=client_id)
        except ExchangeError as error:
            if error.code != CANCEL_REJECTED:
                raise

    async def connect(self, timeframe: str, market: MarketListener, orders: OrderListener) -> None:
        """Open the streams for the pairs asked for by `pairs`, and keep them open until `close`."""
        self._account = AccountConnection(self._settings, orders, self.clock, self.ban)
        self._market = MarketStreams(self._settings.stream_url, self._symbols, timeframe, market)
        self._account.connection.open()
        self._market.connection.open()

    def place(self, order: Order) -> bool:
        """Write the order to the wire now; False when there is no connection and nothing was written."""
        return self._account is not None and self._account.place(order)

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
