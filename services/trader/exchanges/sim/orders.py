"""Orders, fills and reports: what the matching engine remembers and what it tells."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.contracts import Pair
from services.trader.exchanges.sim.grid import Grid


class Side(StrEnum):
    BUY = "BUY"
    SELL = "SELL"


class OrderType(StrEnum):
    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"


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
    status: Status = Status.NEW
    filled_lots: int = 0
    filled_value: int = 0
    """Sum of ticks x lots."""
    locked: Decimal = Decimal(0)
    """What is still set aside for it: quote for a buy, base for a sell."""
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
