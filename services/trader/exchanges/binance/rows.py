"""What the REST answers hold, and only the fields that we use. Numbers come as strings."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from core.contracts import Pair
from core.errors import ExchangeError
from services.trader.exchanges.binance.wire import MILLISECOND_NS, Milliseconds
from services.trader.exchanges.protocol import TRADING, AccountTrade, Resting
from services.trader.orders import Side


class Filter(msgspec.Struct, frozen=True):
    """One of many kinds; these fields belong to different ones."""

    kind: str = msgspec.field(name="filterType", default="")
    tick: Decimal = msgspec.field(name="tickSize", default=Decimal(0))
    step: Decimal = msgspec.field(name="stepSize", default=Decimal(0))
    least: Decimal = msgspec.field(name="minQty", default=Decimal(0))
    min_notional: Decimal = msgspec.field(name="minNotional", default=Decimal(0))
    sell_floor: Decimal = msgspec.field(name="askMultiplierDown", default=Decimal(0))  # PERCENT_PRICE_BY_SIDE
    floor: Decimal = msgspec.field(name="multiplierDown", default=Decimal(0))  # PERCENT_PRICE


class Kline(msgspec.Struct, frozen=True, array_like=True):
    """The first of the twelve columns of a kline."""

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class SymbolRules(msgspec.Struct, frozen=True):
    """What GET exchangeInfo says of a pair."""

    symbol: str
    base: str = msgspec.field(name="baseAsset")
    quote: str = msgspec.field(name="quoteAsset")
    status: str = TRADING
    filters: tuple[Filter, ...] = ()

    def pair(self) -> Pair:
        """As the trader knows it. Raises ExchangeError when its filters do not say what an order must look like."""
        found = {rule.kind: rule for rule in self.filters}
        price, lot = found.get("PRICE_FILTER", Filter()), found.get("LOT_SIZE", Filter())
        notional = found.get("NOTIONAL") or found.get("MIN_NOTIONAL") or Filter()
        if price.tick <= 0 or lot.step <= 0:
            raise ExchangeError(f"{self.symbol} has no price tick or no lot, so that no order can be made for it.")
        return Pair(
            symbol=self.symbol,
            base=self.base,
            quote=self.quote,
            price_tick=price.tick.normalize(),
            lot=lot.step.normalize(),
            min_notional=notional.min_notional,
            min_quantity=lot.least.normalize(),
            sell_floor=max((max(rule.sell_floor, rule.floor) for rule in self.filters), default=Decimal(0)),
        )


class SymbolList(msgspec.Struct, frozen=True):
    """The answer of GET exchangeInfo."""

    symbols: tuple[SymbolRules, ...]


class SymbolStatus(msgspec.Struct, frozen=True):
    """Of a pair, whatever else is said of it."""

    symbol: str
    status: str = TRADING


class StatusList(msgspec.Struct, frozen=True):
    """The same answer, of which only the statuses are read."""

    symbols: tuple[SymbolStatus, ...]


class BookRow(msgspec.Struct, frozen=True):
    """An element of GET ticker/bookTicker."""

    symbol: str
    bid: float = msgspec.field(name="bidPrice")
    bid_size: float = msgspec.field(name="bidQty")
    ask: float = msgspec.field(name="askPrice")
    ask_size: float = msgspec.field(name="askQty")


class PriceRow(msgspec.Struct, frozen=True):
    """An element of GET ticker/price."""

    symbol: str
    price: float


class BalanceRow(msgspec.Struct, frozen=True):
    """What an account has of one asset."""

    asset: str
    free: Decimal
    locked: Decimal


class AccountRow(msgspec.Struct, frozen=True):
    """The answer of GET account."""

    balances: tuple[BalanceRow, ...]


class OpenOrder(msgspec.Struct, frozen=True):
    """An element of GET openOrders."""

    symbol: str
    client_id: str = msgspec.field(name="clientOrderId")
    side: Side = Side.BUY
    quantity: Decimal = msgspec.field(name="origQty", default=Decimal(0))
    executed: Decimal = msgspec.field(name="executedQty", default=Decimal(0))

    def resting(self) -> Resting:
        """As the trader knows it."""
        return Resting(self.symbol, self.client_id, self.side, self.quantity - self.executed)


class MyTrade(msgspec.Struct, frozen=True):
    """An element of myTrades."""

    symbol: str
    id: int
    order_id: int = msgspec.field(name="orderId")
    price: Decimal
    is_buyer: bool = msgspec.field(name="isBuyer")
    quantity: Decimal = msgspec.field(name="qty")
    fee: Decimal = msgspec.field(name="commission")
    fee_asset: str = msgspec.field(name="commissionAsset")
    time_ms: Milliseconds = msgspec.field(name="time")

    def trade(self) -> AccountTrade:
        """As the trader knows it."""
        side, time_ns = Side.BUY if self.is_buyer else Side.SELL, self.time_ms * MILLISECOND_NS
        return AccountTrade(
            self.symbol, self.id, self.order_id, side, self.quantity, self.price, self.fee, self.fee_asset, time_ns
        )


class ClosingPrice(msgspec.Struct, frozen=True, array_like=True):
    """Of a kline: when it began and what it ended with."""

    open_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
