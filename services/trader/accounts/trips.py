"""Round trips: from the order that opened a position to the one after which nothing is left that could be sold.

A journal knows no smallest order of an exchange, so what a full sale leaves is told by its size: a strategy sells all
that it can, and what is left of a position then is less than a lot. The trips of an account earned what it earned.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from services.trader.books import Holding
from services.trader.orders import PROTECTION, Adjustment, FeePriced, Fill, Order, Protection, Side

ZERO: Final = Decimal(0)
LOT_LEFT: Final = Decimal("0.2")
"""Of what was bought, that is left by a sale which sold all that it meant to: a lot of a small position at the most."""
CRUMBS: Final = Decimal("0.01")
"""Of what was bought, that is left by any other: too little to be sold again."""


class Cause(NamedTuple):
    """Why an order was sent."""

    reason: str  # rule, score, stop, protection, panic ...; of what its owner did, sold_by_hand, adopted ...
    release: str = ""  # tree that decided
    commit: str = ""
    change: str = ""
    message: str = ""


class Leg(NamedTuple):
    """One end of a trip; quantities in base currency, prices in quote currency."""

    order: str  # client id: of an entry the first order's, of an exit the last one's; empty for what the owner did
    time_ns: int  # of an entry the first trade's, of an exit the last one's
    quantity: Decimal  # of all its orders
    price: Decimal  # at which they traded, on average
    cause: Cause


@dataclass(frozen=True, slots=True)
class Trip:
    """One round trip, or what there is of it. Money in quote currency."""

    number: int  # from 1, in the order in which trips of the account were opened
    symbol: str
    entry: Leg | None  # None: its purchase is in no journal
    exit: Leg | None  # None: nothing was sold yet
    closed: bool
    profit: Decimal  # realised so far, net of fees
    fees: Decimal
    orders: tuple[str, ...]  # client ids, as they traded

    @property
    def paid(self) -> Decimal:
        """For what was bought, fees aside."""
        return self.entry.quantity * self.entry.price if self.entry is not None else ZERO

    @property
    def share(self) -> float | None:
        """What was earned, as a fraction of what was paid."""
        return float(self.profit / self.paid) if self.paid else None

    @property
    def seconds(self) -> float | None:
        """That it lasted; None while it does."""
        if not self.closed or self.entry is None or self.exit is None:
            return None
        return max(self.exit.time_ns - self.entry.time_ns, 0) / 1e9


@dataclass(slots=True)
class _Side:
    order: str = ""
    time_ns: int = 0
    quantity: Decimal = ZERO
    value: Decimal = ZERO
    cause: Cause = Cause("")  # noqa: RUF009 - it is frozen

    def leg(self) -> Leg | None:
        if not self.quantity:
            return None
        return Leg(self.order, self.time_ns, self.quantity, self.value / self.quantity, self.cause)


@dataclass(slots=True)
class _Open:
    """A trip that goes on."""

    number: int
    symbol: str
    bought: _Side = field(default_factory=_Side)
    sold: _Side = field(default_factory=_Side)
    closed: bool = False
    profit: Decimal = ZERO
    fees: Decimal = ZERO
    orders: dict[str, None] = field(default_factory=dict)

    def shown(self) -> Trip:
        legs = self.bought.leg(), self.sold.leg()
        return Trip(self.number, self.symbol, *legs, self.closed, self.profit, self.fees, tuple(self.orders))


class Trips:
    """Every trip of one account, folded record by record."""

    def __init__(self) -> None:
        self._trips: list[_Open | Trip] = []  # what has ended is kept as it is shown
        self._last: dict[str, _Open] = {}  # by symbol, also when it has ended: a fill may be heard of late
        self._causes: dict[str, tuple[Cause, Decimal]] = {}  # by client id, with what the order meant to trade
        self._alike: dict[Cause, Cause] = {}  # thousands of orders have the same
        self._unpriced: dict[tuple[str, int], int] = {}  # fills whose fee's price is not known, and their trip's place

    def ordered(self, order: Order | Protection) -> None:
        """An order was written down."""
        reason = order.reason if isinstance(order, Order) else PROTECTION
        cause = Cause(reason, order.release, order.commit, order.change, order.message)
        self._causes[order.client_id] = (self._alike.setdefault(cause, cause), order.quantity)

    def cause(self, client_id: str) -> Cause:
        """Why an order was sent; without a word when it is in no journal."""
        return self._causes[client_id][0] if client_id in self._causes else Cause("")

    def moved(
        self,
        record: Fill | FeePriced | Adjustment,
        holding: Holding,
        profit: Decimal,
        fees: Decimal,
        traded: Decimal = ZERO,
    ) -> None:
        """Something moved the books of a pair, `holding` as they are now, and earned and cost so much.

        `traded` is what the order of a fill has traded so far.
        """
        match record:
            case FeePriced():
                self._priced(record, profit, fees)
            case Fill():
                self._filled(record, holding, profit, fees, traded)
            case Adjustment():
                self._adjusted(record, holding, profit, fees)

    def all(self) -> tuple[Trip, ...]:
        """Every trip, as they were opened."""
        return tuple(each if isinstance(each, Trip) else each.shown() for each in self._trips)

    def _filled(self, fill: Fill, holding: Holding, profit: Decimal, fees: Decimal, traded: Decimal) -> None:
        trip = self._trip(holding, begins=fill.side is Side.BUY)
        trip.orders[fill.client_id] = None
        trip.profit += profit
        trip.fees += fees
        cause, meant = self._causes.get(fill.client_id, (Cause(""), ZERO))
        side = trip.bought if fill.side is Side.BUY else trip.sold
        if fill.side is Side.SELL or not side.order:
            side.order, side.cause = fill.client_id, cause
        _traded(side, fill.quantity, fill.price, fill.time_ns, latest=fill.side is Side.SELL)
        if fill.fee and fill.fee_price is None:
            self._unpriced[fill.symbol, fill.trade_id] = trip.number - 1
        if fill.side is Side.SELL:
            self._end(trip, holding, whole=traded >= meant)
        elif trip.sold.quantity:  # a part of the purchase is heard of when it is sold already
            trip.closed = holding.quantity == 0
        self._keep(trip)

    def _adjusted(self, record: Adjustment, holding: Holding, profit: Decimal, fees: Decimal) -> None:
        given = record.quantity > 0
        if not given and holding.pair.symbol not in self._last:
            return
        trip = self._trip(holding, begins=given)
        trip.profit += profit
        trip.fees += fees
        side = trip.bought if given else trip.sold
        if not given or not side.quantity:
            side.order, side.cause = "", Cause(record.cause)
        _traded(side, abs(record.quantity), record.price, record.time_ns, latest=not given)
        if not given:
            self._end(trip, holding, whole=False)
        self._keep(trip)

    def _priced(self, record: FeePriced, profit: Decimal, fees: Decimal) -> None:
        place = self._unpriced.pop((record.symbol, record.trade_id), None)
        if place is None:
            return
        trip = self._trips[place]
        last = self._last.get(trip.symbol)
        if last is not None and last.number == trip.number:
            last.profit += profit
            last.fees += fees
            self._keep(last)
        elif isinstance(trip, Trip):
            changed = (trip.profit + profit, trip.fees + fees, trip.orders)
            self._trips[place] = Trip(trip.number, trip.symbol, trip.entry, trip.exit, trip.closed, *changed)

    def _trip(self, holding: Holding, *, begins: bool) -> _Open:
        """The one that a trade belongs to. A sale that is heard of late belongs to the one that has ended."""
        last = self._last.get(holding.pair.symbol)
        if last is None or (last.closed and begins):
            last = self._last[holding.pair.symbol] = _Open(len(self._trips) + 1, holding.pair.symbol)
            self._trips.append(last)
        return last

    def _keep(self, trip: _Open) -> None:
        self._trips[trip.number - 1] = trip.shown() if trip.closed else trip

    @staticmethod
    def _end(trip: _Open, holding: Holding, *, whole: bool) -> None:
        """Whether nothing is left; below zero the purchase is still to come."""
        left = holding.quantity
        most = trip.bought.quantity * (LOT_LEFT if whole else CRUMBS)
        trip.closed = left == 0 or 0 < left <= most


def _traded(side: _Side, quantity: Decimal, price: Decimal, time_ns: int, *, latest: bool) -> None:
    side.quantity += quantity
    side.value += quantity * price
    if latest or not side.time_ns:
        side.time_ns = max(side.time_ns, time_ns)
