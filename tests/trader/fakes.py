"""An exchange account in memory, behind the Protocol that the trader speaks to; a test scripts what it answers."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import numpy as np

from core.contracts import Pair
from core.errors import ExchangeError
from core.kernel import BAR_ROW, Records
from services.trader.exchanges.ban import Ban
from services.trader.exchanges.clock import ExchangeClock
from services.trader.exchanges.protocol import (
    TRADING,
    UNKNOWN_SYMBOL,
    AccountTrade,
    Balance,
    Exchange,
    MarketListener,
    OrderListener,
    Quote,
    Resting,
    Trade,
)
from services.trader.orders import Answer, Fill, Order, Protection, Side, Status
from tests.trader.examples import BTC, ETH

MOST_TRADES = 1000
MINUTE_NS = 60_000_000_000
NEVER_ARRIVED = ExchangeError("Order does not exist.", code=-2013, unknown_order=True)


class FakeExchange:
    """Knows the trades and bars that it is given. `failures[method]` are raised first, one a call."""

    def __init__(self, pairs: Sequence[Pair] = (BTC, ETH)) -> None:
        self.known = list(pairs)
        self.clock = ExchangeClock()
        self.ban = Ban()
        self.halted: dict[str, str] = {}  # status of a pair that does not trade
        self.books: dict[str, Quote] = defaultdict(lambda: Quote(0.0, 0.0, 0.0, 0.0))
        self.lasts: dict[str, float] = defaultdict(float)
        self.time_ns: Callable[[], int] = time.time_ns  # the exchange's own clock
        self.history: dict[str, list[Trade]] = defaultdict(list)
        self.closed_bars: dict[str, list[tuple[float, ...]]] = defaultdict(list)  # time_ns, open, high, low, close, vol
        self.funds: dict[str, Decimal] = {}
        self.statuses: dict[str, tuple[Answer, Decimal]] = {}  # by client id; one that is missing never arrived
        self.fills: dict[str, list[Fill]] = defaultdict(list)
        self.open: list[tuple[str, str]] = []
        self.locked: dict[str, Decimal] = {}
        self.by_hand: list[AccountTrade] = []
        self.rests: list[Resting] = []
        self.client_ids: dict[int, str] = {}  # by order id; one that is missing was placed by hand
        self.prices: dict[str, dict[int, Decimal]] = {}  # symbol -> minute since 1970 -> price
        self.online = True
        self.failures: dict[str, list[ExchangeError]] = defaultdict(list)
        self.asked: list[tuple[object, ...]] = []
        self.placed: list[Order] = []
        self.rehearsed: list[Order] = []
        self.protected: list[Protection] = []
        self.taken: list[str] = []  # protective orders that an exit took back
        self.windows: list[int] = []
        self.untouched: list[bool] = []
        self.cancelled: list[tuple[str, str]] = []
        self.renewals: list[str] = []
        self.answering = asyncio.Event()  # cleared: questions wait
        self.answering.set()
        self.page = MOST_TRADES

    async def _ask(self, method: str, *arguments: object) -> None:
        self.asked.append((method, *arguments))
        await asyncio.sleep(0)
        await self.answering.wait()
        if self.failures[method]:
            raise self.failures[method].pop(0)

    async def symbol_statuses(self, symbols: Sequence[str]) -> Mapping[str, str]:
        await self._ask("symbol_statuses", *symbols)
        return {symbol: self.halted.get(symbol, TRADING) for symbol in symbols}

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        await self._ask("quotes", *symbols)
        return {symbol: self.books[symbol] for symbol in symbols}

    async def last_prices(self, symbols: Sequence[str]) -> Mapping[str, float]:
        await self._ask("last_prices", *symbols)
        return {symbol: self.lasts[symbol] for symbol in symbols}

    async def measure_clock(self) -> None:
        await self._ask("measure_clock")
        now = self.clock.steady()
        self.clock.take(self.time_ns(), now, now)

    async def pairs(self, symbols: Sequence[str]) -> list[Pair]:
        await self._ask("pairs", *symbols)
        return [pair for symbol in symbols for pair in self.known if pair.symbol == symbol]

    async def bars(self, symbol: str, timeframe: str, *, limit: int, start_ns: int | None = None) -> Records:
        await self._ask("bars", symbol, timeframe, limit, start_ns)
        rows = [row for row in self.closed_bars[symbol] if start_ns is None or row[0] >= start_ns]
        return np.array(rows[-limit:] if start_ns is None else rows[:limit], BAR_ROW).view(np.recarray)

    async def trades(self, symbol: str, from_id: int) -> list[Trade]:
        await self._ask("trades", symbol, from_id)
        return [trade for trade in self.history[symbol] if trade.trade_id >= from_id][: self.page]

    async def account(self) -> Mapping[str, Balance]:
        await self._ask("account")
        free = {asset: total - self.locked.get(asset, Decimal(0)) for asset, total in self.funds.items()}
        return {asset: Balance(free[asset], self.locked.get(asset, Decimal(0))) for asset in free}

    async def account_trades(self, symbol: str, since_ns: int) -> list[AccountTrade]:
        await self._ask("account_trades", symbol, since_ns)
        return [trade for trade in self.by_hand if trade.symbol == symbol and trade.time_ns >= since_ns]

    async def client_id_of(self, symbol: str, order_id: int) -> str:
        await self._ask("client_id_of", symbol, order_id)
        return self.client_ids.get(order_id, f"web_{order_id}")

    async def resting(self) -> list[Resting]:
        await self._ask("resting")
        known = {resting.client_id for resting in self.rests}
        others = [(symbol, client_id) for symbol, client_id in self.open if client_id not in known]
        return self.rests + [Resting(symbol, client_id, Side.SELL, Decimal(0)) for symbol, client_id in others]

    async def price_at(self, symbol: str, time_ns: int) -> Decimal | None:
        await self._ask("price_at", symbol, time_ns)
        if symbol not in self.prices:
            raise ExchangeError("Invalid symbol.", code=UNKNOWN_SYMBOL)
        return self.prices[symbol].get(time_ns // MINUTE_NS)

    async def order_status(self, symbol: str, client_id: str) -> tuple[Answer, Decimal]:
        await self._ask("order_status", symbol, client_id)
        if client_id not in self.statuses:
            raise NEVER_ARRIVED
        return self.statuses[client_id]

    async def order_fills(self, symbol: str, client_id: str) -> list[Fill]:
        await self._ask("order_fills", symbol, client_id)
        return list(self.fills[client_id])

    async def cancel(self, symbol: str, client_id: str) -> None:
        await self._ask("cancel", symbol, client_id)
        self.cancelled.append((symbol, client_id))

    async def connect(self, timeframe: str, market: MarketListener, orders: OrderListener) -> None:
        await self._ask("connect", timeframe)
        market.on_market_connected()
        orders.on_orders_connected()

    def place(self, order: Order) -> bool:
        if self.online:
            self.placed.append(order)
        return self.online

    def rehearse(self, order: Order) -> None:
        self.rehearsed.append(order)

    def protect(self, protection: Protection, recv_window_ms: int, *, untouched: bool) -> bool:
        if self.online:
            self.protected.append(protection)
            self.windows.append(recv_window_ms)
            self.untouched.append(untouched)
        return self.online

    def replace(self, taken: str, order: Order, *, untouched: bool) -> bool:
        if self.online:
            self.placed.append(order)
            self.taken.append(taken)
            self.untouched.append(untouched)
        return self.online

    async def renew_market(self, reason: str) -> None:
        self.renewals.append(reason)

    async def close(self) -> None:
        self.asked.append(("close",))

    def traded(self, order: Order, status: Status = Status.FILLED, *, fills: Sequence[Fill] = ()) -> None:
        """What the account will say of `order` when it is asked."""
        executed = sum((fill.quantity for fill in fills), Decimal(0))
        self.statuses[order.client_id] = (Answer(order.client_id, status), executed)
        self.fills[order.client_id] = list(fills)


def behind_the_protocol(exchange: FakeExchange) -> Exchange:
    """The type checker's word that the fake keeps the contract."""
    return exchange


async def settled() -> None:
    """Let everything happen that needs no clock."""
    for _ in range(200):
        await asyncio.sleep(0)
