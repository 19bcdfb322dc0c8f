"""What the trader needs of an exchange. Each exchange is a sibling of `binance/` behind these.

Slow questions are coroutines and raise ExchangeError: `unknown_order` is set where the exchange says that there is no
such order, which differs from not having answered. The two hot paths, market events in and orders out, are plain
calls.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from core.contracts import Pair
from core.kernel import Records
from services.trader.exchanges.ban import Ban
from services.trader.exchanges.clock import ExchangeClock
from services.trader.orders import Answer, Fill, Order, Protection, Side

UNKNOWN_SYMBOL: Final = -1121
"""The code of an ExchangeError about a pair that the exchange does not know."""


TRADING: Final = "TRADING"
"""The status of a pair that takes orders; every other one (BREAK, HALT, ...) does not."""


class Quote(NamedTuple):
    """The best of a book: prices in quote, sizes in base currency; 0 where the book is empty, as of a halted pair."""

    bid: float
    bid_size: float
    ask: float
    ask_size: float

    @property
    def is_market(self) -> bool:
        """Whether somebody buys and somebody sells; a crossed one, or one that is no number, is no market."""
        return (
            0.0 < self.bid <= self.ask < math.inf and 0.0 <= self.bid_size < math.inf and 0 <= self.ask_size < math.inf
        )

    @property
    def middle(self) -> float:
        """Between bid and ask."""
        return 0.5 * (self.bid + self.ask)


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has of one asset."""

    free: Decimal
    locked: Decimal  # set aside for open orders

    @property
    def total(self) -> Decimal:
        """All of it."""
        return self.free + self.locked


@dataclass(frozen=True, slots=True)
class AccountTrade:
    """One trade of the account, whoever ordered it. (symbol, trade_id) is unique, and the same as a Fill's."""

    symbol: str
    trade_id: int
    order_id: int  # the exchange's
    side: Side
    quantity: Decimal  # base currency
    price: Decimal
    fee: Decimal
    fee_asset: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class Resting:
    """An open order of the account, whoever sent it."""

    symbol: str
    client_id: str
    side: Side
    left: Decimal  # base currency, not traded yet


@dataclass(frozen=True, slots=True)
class Trade:
    """One aggregated trade of the market. `trade_id` rises by one per symbol, so a gap shows."""

    trade_id: int
    time_ns: int
    price: float
    buy_volume: float  # taken by a buyer, base currency
    sell_volume: float  # taken by a seller


class Bar(NamedTuple):
    """One bar that closed. Times are the exchange's: a bar ends a millisecond before the next one opens."""

    open_ns: int
    close_ns: int
    open: float  # quote currency, as high, low and close
    high: float
    low: float
    close: float
    volume: float  # base currency


class MarketListener(Protocol):
    """Hears the market. `received_ns` is the monotonic clock at the frame's reading; `pair` an index into the pairs."""

    def on_quote(self, pair: int, received_ns: int, bid: float, bid_size: float, ask: float, ask_size: float) -> None:
        """The best bid or ask changed."""

    def on_trade(self, pair: int, received_ns: int, trade: Trade) -> None:
        """Somebody traded."""

    def on_bar(self, pair: int, received_ns: int, bar: Bar) -> None:
        """A bar closed."""

    def on_market_connected(self) -> None:
        """The streams run, at the start and after every loss."""

    def on_market_lost(self, reason: str) -> None:
        """The streams broke; they are being renewed."""


class OrderListener(Protocol):
    """Hears of our orders, from their answers and from the account's stream; the same fill may be told twice."""

    def on_answer(self, answer: Answer) -> None:
        """The exchange said what became of an order."""

    def on_fill(self, fill: Fill) -> None:
        """An order traded."""

    def on_orders_connected(self) -> None:
        """The order connection runs, at the start and after every loss: open orders should be asked for."""

    def on_orders_lost(self, reason: str) -> None:
        """The order connection broke; what was sent and not answered is UNKNOWN."""


class Exchange(Protocol):
    """One exchange account. `clock` keeps the exchange's time, `ban` for how long it wants no request."""

    clock: ExchangeClock
    ban: Ban

    async def measure_clock(self) -> None:
        """Ask the exchange for its time; from then on `clock` says it, and what is signed carries it."""

    async def pairs(self, symbols: Sequence[str]) -> list[Pair]:
        """The trading rules of `symbols`, in their order; raises ExchangeError for one that is not TRADING."""

    async def symbol_statuses(self, symbols: Sequence[str]) -> Mapping[str, str]:
        """What each of `symbols` may do now: TRADING, or why it takes no order."""

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """The best bid and ask of each."""

    async def last_prices(self, symbols: Sequence[str]) -> Mapping[str, float]:
        """What each was last traded at, quote currency."""

    async def bars(self, symbol: str, timeframe: str, *, limit: int, start_ns: int | None = None) -> Records:
        """Closed bars (BAR_ROW), oldest first: the last `limit`, or the first `limit` from `start_ns`."""

    async def trades(self, symbol: str, from_id: int) -> list[Trade]:
        """Up to 1,000 trades from `from_id` on, oldest first."""

    async def account(self) -> Mapping[str, Balance]:
        """Free and locked, by asset; what is not named is zero."""

    async def account_trades(self, symbol: str, since_ns: int) -> list[AccountTrade]:
        """Every trade of the account in a pair from then on, oldest first, ours or not."""

    async def client_id_of(self, symbol: str, order_id: int) -> str:
        """The client id of the order that the exchange calls so."""

    async def resting(self) -> list[Resting]:
        """Every open order of the account, ours or not."""

    async def price_at(self, symbol: str, time_ns: int) -> Decimal | None:
        """The price within the minute of that time, the last one when it is this minute; None when none is kept.

        Raises ExchangeError with the code UNKNOWN_SYMBOL for a pair that there is not.
        """

    async def order_status(self, symbol: str, client_id: str) -> tuple[Answer, Decimal]:
        """What became of an order, and how much of it has traded (base currency).

        Raises ExchangeError with `unknown_order` when it never arrived.
        """

    async def order_fills(self, symbol: str, client_id: str) -> list[Fill]:
        """The trades of an order."""

    async def cancel(self, symbol: str, client_id: str) -> None:
        """Take an order off the book; one that is gone already is no error."""

    async def connect(self, timeframe: str, market: MarketListener, orders: OrderListener) -> None:
        """Open the streams and keep them open until `close`."""

    def place(self, order: Order) -> bool:
        """Write the order to the wire now; False when there is no connection and nothing was written."""

    def rehearse(self, order: Order) -> None:
        """Do what `place` does up to the wire, and write nothing."""

    def protect(self, protection: Protection, recv_window_ms: int, *, untouched: bool) -> bool:
        """Write a stop order that rests to the wire, as `place`; the exchange refuses it when it comes later than that.

        In place of the one that it replaces, if any, in one request: unless that one is taken back, nothing is placed;
        `untouched` asks for that only while it has not traded. The listener hears what became of each.
        """

    def replace(self, taken: str, order: Order, *, untouched: bool) -> bool:
        """Write an order to the wire, as `place`, which takes back the protective order `taken` in the same request.

        Unless that one is taken back, nothing is placed; `untouched` asks for that only while it has not traded. The
        listener hears what became of each.
        """

    async def renew_market(self, reason: str) -> None:
        """Drop the market streams and open them anew: they are open and silent."""

    async def close(self) -> None:
        """Close every connection."""
