"""What is held and what is under way: the journal's records, folded.

`apply` is the way in, and applying a fill twice changes nothing, so that the answer to an order, the account's
stream and a reconciliation may all tell of the same trade.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from core.contracts import Pair
from core.kernel import NANOSECONDS
from services.trader.books import Holding, Key, Kind, Movement
from services.trader.orders import (
    Adjustment,
    Answer,
    Day,
    Epoch,
    Fault,
    FeePriced,
    Fill,
    Order,
    Protection,
    Reconciled,
    Record,
    Side,
    Status,
)

MINUTE_NS = 60 * NANOSECONDS
DAY_LOST: Final = "loss_per_day"
"""The cause of the fault that says that the day's loss was reached; it holds until the next Day, over restarts too."""


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
    fees: Decimal = Decimal(0)  # quote currency; fees in other assets at their price when they were paid
    unpriced: dict[tuple[str, int], Fill] = field(default_factory=dict)  # whose fee's price is not known yet
    reconciled_ns: int = 0  # when books and exchange were compared last
    hand_trades: set[tuple[str, int]] = field(default_factory=set)  # of the owner, that have explained a difference
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
            case FeePriced():
                return (record.symbol, record.trade_id) in self.unpriced
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
            case FeePriced():
                self._fee_priced(record)
            case Adjustment():
                self._adjusted(record)
            case Reconciled():
                self.reconciled_ns = max(self.reconciled_ns, record.time_ns)
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
        value = fill.quantity * fill.price
        holding = self.holdings.get(fill.symbol)
        third = is_third(fill, holding.pair if holding is not None else None)
        paid_from = self.holding_of(fill.fee_asset) if third else None
        if third and fill.fee_price is None:
            self.unpriced[fill.symbol, fill.trade_id] = fill
        if paid_from is not None:
            key = (fill.time_ns, 1, fill.symbol, fill.trade_id)
            self._move(paid_from, Movement(key, Kind.FEE, fill.fee, fill.fee_price))
        if holding is None:
            return
        in_quote = fill.fee_asset == holding.pair.quote
        in_base = fill.fee_asset == holding.pair.base
        fee_value = fill.fee * fill.price if in_base else fill.fee if in_quote else worth(fill)
        self.fees += fee_value or Decimal(0)
        self.cash += (-value if fill.side is Side.BUY else value) - (fill.fee if in_quote else Decimal(0))
        kind = Kind.BUY if fill.side is Side.BUY else Kind.SELL
        fee, costs = (fill.fee, Decimal(0)) if in_base else (Decimal(0), fee_value)
        self._move(holding, Movement(key_of(fill), kind, fill.quantity, fill.price, fee, costs))

    def _fee_priced(self, priced: FeePriced) -> None:
        fill = self.unpriced.pop((priced.symbol, priced.trade_id))
        holding = self.holdings.get(fill.symbol)
        if holding is not None:
            self.fees += fill.fee * priced.price
            holding.learn(key_of(fill), fill.fee, priced.price)
            self._keep_held(holding)
        if (paid_from := self.holding_of(fill.fee_asset)) is not None:
            paid_from.learn((fill.time_ns, 1, fill.symbol, fill.trade_id), fill.fee, priced.price)
            self._keep_held(paid_from)

    def _adjusted(self, adjustment: Adjustment) -> None:
        self.hand_trades |= {(adjustment.symbol, trade_id) for trade_id in adjustment.trade_ids}
        if (holding := self.holding_of(adjustment.asset)) is None:
            return
        kind = Kind.GIVEN if adjustment.quantity > 0 else Kind.GONE
        key = (adjustment.time_ns, 1, adjustment.cause, 0)
        self._move(holding, Movement(key, kind, abs(adjustment.quantity), adjustment.price))

    def _move(self, holding: Holding, movement: Movement) -> None:
        holding.move(movement)
        self._keep_held(holding)

    def miss(self, holding: Holding, missing: Decimal, locked: Decimal, time_ns: int) -> None:
        """So much of a position is not at the exchange, and so much is set aside; the rest can be sold."""
        holding.miss(missing, locked, time_ns)
        self._keep_held(holding)

    def _keep_held(self, holding: Holding) -> None:
        (self.held.add if holding.size > 0.0 else self.held.discard)(holding.pair.symbol)

    def holding_of(self, asset: str) -> Holding | None:
        """The position in `asset`; None when no pair of it is traded here."""
        return next((holding for holding in self.holdings.values() if holding.pair.base == asset), None)

    def dust(self) -> dict[str, str]:
        """What is ours and too little to be sold, by asset, in units of it."""
        left = (holding for holding in self.holdings.values() if holding.size == 0.0 and holding.there > 0)
        return {holding.pair.base: f"{holding.there.normalize():f}" for holding in left}

    def unpriced_fees(self) -> dict[str, Decimal]:
        """Fees whose price is not known, by asset, in units of it; no figure in quote currency counts them."""
        sums: dict[str, Decimal] = {}
        for fill in self.unpriced.values():
            sums[fill.fee_asset] = sums.get(fill.fee_asset, Decimal(0)) + fill.fee
        return sums

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


def is_third(fill: Fill, pair: Pair | None) -> bool:
    """Whether a fee was taken from an asset that its pair does not trade; `pair` is None for one traded no more."""
    if not fill.fee:
        return False
    if pair is not None:
        return fill.fee_asset not in (pair.base, pair.quote)
    return not (fill.symbol.startswith(fill.fee_asset) or fill.symbol.endswith(fill.fee_asset))


def worth(fill: Fill) -> Decimal | None:
    """What a fee in a third asset was worth, quote currency; None when that is not known."""
    if not fill.fee:
        return Decimal(0)
    return None if fill.fee_price is None else fill.fee * fill.fee_price


def key_of(fill: Fill) -> Key:
    """When a trade happened, among those of its own pair."""
    return fill.time_ns, 0, fill.symbol, fill.trade_id
