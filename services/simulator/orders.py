"""Orders, fills and reports: what the matching engine remembers and what it tells."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.contracts import Pair
from services.simulator.grid import Grid


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    STOP_LOSS = "STOP_LOSS"
    """Waits until a trade reaches its stop price from the side that loses, then is a market order."""
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT = "TAKE_PROFIT"
    """Waits until a trade reaches its stop price from the side that wins, then is a market order."""
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"


STOP_TYPES: Final = frozenset(
    {OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
)
MARKET_TYPES: Final = frozenset({OrderType.MARKET, OrderType.STOP_LOSS, OrderType.TAKE_PROFIT})
"""Orders without a limit price."""
RISING: Final = frozenset(
    {
        (OrderType.STOP_LOSS, Side.BUY),
        (OrderType.STOP_LOSS_LIMIT, Side.BUY),
        (OrderType.TAKE_PROFIT, Side.SELL),
        (OrderType.TAKE_PROFIT_LIMIT, Side.SELL),
    }
)
"""Types and sides whose stop price lies above the market; all other stops lie below it."""


class TimeInForce(StrEnum):
    GTC = "GTC"
    """Rests until it is filled or cancelled."""
    IOC = "IOC"
    """Takes what is there; the rest expires."""
    FOK = "FOK"
    """All at once or nothing."""


class Status(StrEnum):
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"
    """Taken off because the account's own newer order would have traded with it."""


OPEN: Final = frozenset({Status.NEW, Status.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a client asks for; its form is checked, its filters and means not yet. Amounts in the pair's currencies."""

    pair: Pair
    side: Side
    type: OrderType
    client_order_id: str
    time_in_force: TimeInForce = TimeInForce.GTC
    quantity: Decimal | None = None
    quote_quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution of one order. `trade_id` is its id on the public tape."""

    trade_id: int
    order_id: int
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    commission: Decimal
    commission_asset: str
    time_ms: int
    is_maker: bool
    list_id: int = -1
    """The order list that the order belongs to, -1 for none."""


@dataclass(eq=False, slots=True)
class Order:
    """One order of the account. Quantities are in lots, `ticks` is 0 for a market order, times are market ms."""

    order_id: int
    client_order_id: str
    grid: Grid
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    ticks: int
    lots: int
    """Asked for; for a market order by quote value, what was executed in the end."""
    quote_quantity: Decimal
    """Quote value asked for, zero unless the order was sent with quoteOrderQty."""
    created_ms: int
    updated_ms: int
    stop_ticks: int = 0
    """The stop price of an order that waits for one, otherwise 0."""
    working_ms: int = -1
    """Since when it is matched; -1 while it waits for its stop price."""
    status: Status = Status.NEW
    filled_lots: int = 0
    filled_value: int = 0
    """Sum of ticks x lots."""
    locked: Decimal = Decimal(0)
    """What is still set aside for it: quote for a buy, base for a sell."""
    pair: OrderList | None = None
    """The list of which it is one half."""
    cancel_id: str = ""
    """The client's id of the cancellation, once there is one."""
    fills: list[Fill] = field(default_factory=list)
    matched: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the order met the book for the first time or was cancelled before that."""

    @property
    def symbol(self) -> str:
        return self.grid.pair.symbol

    @property
    def is_buy(self) -> bool:
        return self.side is Side.BUY

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def at_market(self) -> bool:
        """Whether it takes any price."""
        return self.type in MARKET_TYPES

    @property
    def list_id(self) -> int:
        return -1 if self.pair is None else self.pair.list_id

    @property
    def is_waiting(self) -> bool:
        """Whether its stop price was not reached yet."""
        return self.working_ms < 0

    @property
    def stop_price(self) -> Decimal:
        return self.grid.price(self.stop_ticks)

    @property
    def lots_left(self) -> int:
        return self.lots - self.filled_lots

    @property
    def price(self) -> Decimal:
        return self.grid.price(self.ticks)

    @property
    def quantity(self) -> Decimal:
        return self.grid.quantity(self.lots)

    @property
    def filled(self) -> Decimal:
        return self.grid.quantity(self.filled_lots)

    @property
    def filled_quote(self) -> Decimal:
        return self.grid.value(self.filled_value)

    @property
    def locks(self) -> str:
        """The asset that the order sets aside."""
        return self.grid.pair.quote if self.is_buy else self.grid.pair.base


@dataclass(eq=False, slots=True)
class OrderList:
    """Two orders of which the one cancels the other as soon as it trades or is triggered."""

    list_id: int
    client_list_id: str
    symbol: str
    created_ms: int
    orders: list[Order] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return any(order.is_open for order in self.orders)

    @property
    def updated_ms(self) -> int:
        return max(order.updated_ms for order in self.orders)


class Execution(StrEnum):
    """Why a report is sent."""

    NEW = "NEW"
    TRADE = "TRADE"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class Report:
    """One step in an order's life, told at once: the order is as it is after the step."""

    execution: Execution
    order: Order
    time_ms: int
    number: int
    """Rises by one with each report of the exchange."""
    fill: Fill | None = None
