"""An account from its first record on: what was earned, at which moment and by which order.

The books are those of the trader (`portfolio.py`), so that no figure here can differ from what it trades by. What a
record changes in them counts at the moment of that record: a fee that is priced later lowers the profit of then.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import structs

from core.kernel import NANOSECONDS
from services.trader.accounts.symbols import pair_of
from services.trader.accounts.trips import Trip, Trips
from services.trader.books import Holding
from services.trader.orders import Adjustment, Day, Epoch, FeePriced, Fill, Order, Protection, Record, Side
from services.trader.portfolio import Portfolio

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class Gain:
    """What one record changed. Money is in quote currency."""

    time_ns: int
    symbol: str
    profit: Decimal  # realised, net of fees; below zero for a loss
    fees: Decimal
    closed_by: str = ""  # client id of the order that sold; empty where nothing was sold
    release: str = ""  # tree that decided that order


@dataclass(frozen=True, slots=True)
class Mark:
    """A day's beginning as the trader wrote it: UTC."""

    time_ns: int
    equity: Decimal
    realised: Decimal  # of the account until then


@dataclass(frozen=True, slots=True)
class Story:
    """All of it, oldest first."""

    gains: tuple[Gain, ...]
    marks: tuple[Mark, ...]
    epochs: tuple[Epoch, ...]
    trips: tuple[Trip, ...]  # as they were opened
    portfolio: Portfolio  # its books; orders are not followed
    last_ns: int  # of the last record that has a time; 0 without one

    @property
    def currency(self) -> str:
        """What everything is counted in; empty when that is not one."""
        quotes = {holding.pair.quote for holding in self.portfolio.holdings.values()}
        return quotes.pop() if len(quotes) == 1 else ""


class Teller:
    """Folds records, one after the other, so that a journal which grows is read on and not again."""

    def __init__(self, symbols: Iterable[str]) -> None:
        """`symbols`: all that the records trade. A pair's books begin with the first record of any."""
        self._portfolio = Portfolio.of(map(pair_of, symbols), ())
        self._trips = Trips()
        self._gains: list[Gain] = []
        self._marks: list[Mark] = []
        self._epochs: list[Epoch] = []
        self._timeless: list[int] = []  # places of epochs that began before an event had told the time
        self._profit = self._fees = ZERO
        self._last_ns = 0

    def unknown(self, record: Record) -> str | None:
        """The pair of a record that cannot be taken, since the books of that pair have not begun; else None."""
        if not isinstance(record, Order | Fill) or record.symbol in self._portfolio.holdings:
            return None
        return record.symbol

    def take(self, record: Record) -> None:
        """The next record. What became of an order moves nothing: its fills do, and they are records of their own."""
        match record:
            case Order() | Protection():
                self._trips.ordered(record)
            case Day():
                self._marks.append(_mark(record, self._profit))
            case Epoch():
                self._epochs.append(record)
                if not record.time_ns:
                    self._timeless.append(len(self._epochs) - 1)
            case Fill() | FeePriced() | Adjustment():
                at_ns, tells = _time_of(record, self._portfolio), self._portfolio.changes(record)
                self._portfolio.apply(record)
                self._moved(record, at_ns, tells=tells)
        self._follow_time(record)

    def _moved(self, record: Fill | FeePriced | Adjustment, at_ns: int, *, tells: bool) -> None:
        portfolio = self._portfolio
        profit = sum((holding.profit for holding in portfolio.holdings.values()), ZERO)
        gained, paid = profit - self._profit, portfolio.fees - self._fees
        self._profit, self._fees = profit, portfolio.fees
        holding = _holding_of(record, portfolio)
        symbol = holding.pair.symbol if holding is not None else ""
        sold = isinstance(record, Fill) and record.side is Side.SELL
        order = record.client_id if isinstance(record, Fill) else ""
        if gained or paid:
            closed_by = order if sold else ""
            release = self._trips.cause(order).release if sold else ""
            self._gains.append(Gain(at_ns, symbol, gained, paid, closed_by, release))
        if tells and holding is not None:
            self._trips.moved(record, holding, gained, paid, portfolio.filled.get(order, ZERO))

    def _follow_time(self, record: Record) -> None:
        """An epoch without a time has that of the next record that tells one."""
        time_ns: int = getattr(record, "time_ns", 0)
        self._last_ns = max(self._last_ns, time_ns)
        if time_ns and isinstance(record, Order | Fill | Epoch):
            while self._timeless:
                place = self._timeless.pop()
                self._epochs[place] = structs.replace(self._epochs[place], time_ns=time_ns)

    def story(self) -> Story:
        """What they tell so far. Its portfolio goes on with the next record; the rest of it does not change."""
        return Story(
            tuple(self._gains),
            tuple(self._marks),
            tuple(self._epochs),
            self._trips.all(),
            self._portfolio,
            self._last_ns,
        )


def told_by(records: Iterable[Record]) -> Story:
    """The story of a journal."""
    kept = list(records)
    teller = Teller(dict.fromkeys(record.symbol for record in kept if isinstance(record, Order | Fill)))
    for record in kept:
        teller.take(record)
    return teller.story()


def _mark(day: Day, realised: Decimal) -> Mark:
    began = datetime.datetime.fromisoformat(day.date).replace(tzinfo=datetime.UTC)
    return Mark(int(began.timestamp()) * NANOSECONDS, day.equity, realised)


def _time_of(record: Record, before: Portfolio) -> int:
    """When it happened; a fee that is priced later belongs to the moment of its fill."""
    if isinstance(record, FeePriced):
        fill = before.unpriced.get((record.symbol, record.trade_id))
        return fill.time_ns if fill is not None else 0
    time_ns: int = getattr(record, "time_ns", 0)
    return time_ns


def _holding_of(record: Fill | FeePriced | Adjustment, portfolio: Portfolio) -> Holding | None:
    if isinstance(record, Adjustment):
        return portfolio.holding_of(record.asset)
    return portfolio.holdings.get(record.symbol)
