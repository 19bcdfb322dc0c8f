"""What is held and what is under way: the journal's records, folded.

`apply` is the way in, and applying a fill twice changes nothing, so that the answer to an order, the account's
stream and a reconciliation may all tell of the same trade.
"""

from __future__ import annotations

import datetime
import math
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from core.contracts import Pair
from core.kernel import NANOSECONDS
from services.trader.orders import Answer, Day, Epoch, Fault, Fill, Order, Protection, Record, Side, Status

MINUTE_NS = 60 * NANOSECONDS
DAY_LOST: Final = "loss_per_day"
"""The cause of the fault that says that the day's loss was reached; it holds until the next Day, over restarts too."""


@dataclass(slots=True)
class Holding:
    """One pair's position. The float fields are what the strategy sees with each event."""

    pair: Pair
    quantity: Decimal = Decimal(0)  # base currency, dust included; the sum of the fills, in whatever order they came
    cost: Decimal = Decimal(0)  # paid for `quantity`, quote currency, fees included
    profit: Decimal = Decimal(0)  # realised so far, net of fees
    amount: float = 0.0  # `quantity`, dust included
    size: float = 0.0  # the part that can be sold; 0 when that is less than the exchange accepts
    entry_price: float = 0.0
    best_price: float = 0.0
    entry_ns: int = 0
    exit_ns: int = 0
    price: float = 0.0  # last seen
    stop: float = math.nan  # what the last decision declared while it is held, quote currency; NaN for none
    target: float = math.nan

    @property
    def sellable(self) -> Decimal:
        """What can be sold: whole lots."""
        return to_grid(self.quantity, self.pair.lot, ROUND_FLOOR)

    def fill(self, fill: Fill) -> None:
        """Take a trade into the position."""
        value = fill.quantity * fill.price
        base_fee = fill.fee if fill.fee_asset == self.pair.base else Decimal(0)
        quote_fee = fill.fee if fill.fee_asset == self.pair.quote else Decimal(0)
        if fill.side is Side.BUY:
            self.quantity += fill.quantity - base_fee
            self.cost += value + quote_fee
        else:
            sold = fill.quantity + base_fee
            part = min(sold / self.quantity, Decimal(1)) if self.quantity > 0 else Decimal(1)
            self.profit += value - quote_fee - self.cost * part
            self.cost -= self.cost * part
            self.quantity -= sold
        if self.quantity <= 0:  # below zero: the sale was heard of before the purchase, which is still to come
            self.profit -= self.cost
            self.cost = Decimal(0)
        self._show(fill)

    def _show(self, fill: Fill) -> None:
        self.amount = float(self.quantity)
        sellable = self.sellable
        if sellable * fill.price < self.pair.min_notional or sellable <= 0:
            if self.size > 0.0:
                self.exit_ns = fill.time_ns
            self.size = self.entry_price = self.best_price = 0.0
            self.entry_ns = 0
            self.stop = self.target = math.nan
            return
        if self.size == 0.0:
            self.entry_ns = fill.time_ns
            self.best_price = float(fill.price)
        self.size = float(sellable)
        self.entry_price = float(self.cost / self.quantity)


@dataclass(slots=True)
class Portfolio:
    """Every position and order of one trader."""

    holdings: dict[str, Holding]
    cash: Decimal = Decimal(0)  # free and locked quote currency, as the exchange said it and fills moved it since
    open_orders: dict[str, Order] = field(default_factory=dict)  # by client id: neither filled, cancelled nor rejected
    statuses: dict[str, Status] = field(default_factory=dict)
    filled: dict[str, Decimal] = field(default_factory=dict)  # base quantity filled of each order
    protections: dict[str, Protection] = field(
        default_factory=dict
    )  # by client id: resting, or not known to have ended
    under_way: dict[str, str] = field(default_factory=dict)  # symbol -> client id of its open order
    trades_seen: set[tuple[str, int]] = field(default_factory=set)
    held: set[str] = field(default_factory=set)  # symbols with a position that can be sold
    epoch: int = 0
    orders: int = 0
    fills: int = 0
    fees: Decimal = Decimal(
        0
    )  # in quote or base currency, the latter at the fill's price; third assets are not counted
    day: datetime.date | None = None
    day_equity: Decimal = Decimal(0)  # at the start of `day`
    day_lost: bool = False  # the loss of `day` reached its limit
    entries: deque[int] = field(default_factory=deque)  # times of orders within the last minute
    exits: deque[int] = field(default_factory=deque)

    @classmethod
    def of(cls, pairs: Iterable[Pair], records: Iterable[Record]) -> Portfolio:
        """The portfolio after `records`. A pair that is traded no more keeps its records but is not shown."""
        portfolio = cls({pair.symbol: Holding(pair) for pair in pairs})
        for record in records:
            portfolio.apply(record)
        return portfolio

    def changes(self, record: Record) -> bool:
        """Whether `record` tells anything new: a fill heard before does not, nor what comes after an order's end."""
        match record:
            case Fill():
                return (record.symbol, record.trade_id) not in self.trades_seen
            case Answer():
                known = self.statuses.get(record.client_id)
                return known is not None and not known.closed and known is not record.status
            case _:
                return True

    def apply(self, record: Record) -> None:
        """Take one record in; one that tells nothing new changes nothing."""
        if self.changes(record):
            self.take(record)

    def take(self, record: Record) -> None:
        """Take in one record that is known to tell something new."""
        match record:
            case Order():
                self._ordered(record)
            case Answer():
                self._answered(record)
            case Fill():
                self._filled(record)
            case Epoch():
                self.epoch = record.number
            case Day():
                self.day, self.day_equity = datetime.date.fromisoformat(record.date), record.equity
                self.day_lost = False
            case Fault():
                self.day_lost |= record.cause == DAY_LOST
            case Protection():
                self.protections[record.client_id] = record
                self.statuses[record.client_id] = Status.PENDING

    def _ordered(self, order: Order) -> None:
        self.orders += 1
        self.open_orders[order.client_id] = order
        self.statuses[order.client_id] = Status.PENDING
        self.under_way[order.symbol] = order.client_id
        (self.entries if order.side is Side.BUY else self.exits).append(order.time_ns)

    def _answered(self, answer: Answer) -> None:
        self.statuses[answer.client_id] = answer.status
        if answer.status.closed and self.protections.pop(answer.client_id, None) is None:
            order = self.open_orders.pop(answer.client_id)
            if self.under_way.get(order.symbol) == answer.client_id:
                del self.under_way[order.symbol]

    def _filled(self, fill: Fill) -> None:
        self.trades_seen.add((fill.symbol, fill.trade_id))
        self.fills += 1
        self.filled[fill.client_id] = self.filled.get(fill.client_id, Decimal(0)) + fill.quantity
        holding = self.holdings.get(fill.symbol)
        if holding is None:
            return
        holding.fill(fill)
        (self.held.add if holding.size > 0.0 else self.held.discard)(fill.symbol)
        value = fill.quantity * fill.price
        in_quote = fill.fee_asset == holding.pair.quote
        in_base = fill.fee_asset == holding.pair.base
        self.fees += fill.fee if in_quote else fill.fee * fill.price if in_base else Decimal(0)
        self.cash += (-value if fill.side is Side.BUY else value) - (fill.fee if in_quote else Decimal(0))

    def committed(self) -> Mapping[str, Decimal]:
        """Quote currency that open buy orders may still spend, by symbol."""
        spent: dict[str, Decimal] = {}
        for order in self.open_orders.values():
            if order.side is Side.BUY:
                left = order.quantity - self.filled.get(order.client_id, Decimal(0))
                spent[order.symbol] = spent.get(order.symbol, Decimal(0)) + left * order.price
        return spent

    def orders_since(self, now_ns: int) -> tuple[int, int]:
        """Opening and closing orders sent within the minute before `now_ns`."""
        for times in (self.entries, self.exits):
            while times and times[0] <= now_ns - MINUTE_NS:
                times.popleft()
        return len(self.entries), len(self.exits)


def to_grid(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    """`value` on a multiple of `step`, rounded as `rounding` (of the decimal module) says."""
    return (value / step).to_integral_value(rounding=rounding) * step


def limit_price(pair: Pair, side: Side, touch: float, collar: Decimal) -> Decimal:
    """The worst price acceptable: `touch` (best ask or bid) and a collar beyond it, on the tick."""
    price = Decimal(repr(touch))
    if side is Side.BUY:
        return to_grid(price * (1 + collar), pair.price_tick, ROUND_FLOOR)
    return to_grid(price * (1 - collar), pair.price_tick, ROUND_CEILING)
