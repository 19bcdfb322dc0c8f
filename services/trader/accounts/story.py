"""An account from its first record on: what was earned, at which moment and by which order.

The books are those of the trader (`portfolio.py`), so that no figure here can differ from what it trades by. What a
record changes in them counts at the moment of that record: a fee that is priced later lowers the profit of then.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from msgspec import structs

from core.kernel import NANOSECONDS
from services.trader.accounts.symbols import pair_of
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
    portfolio: Portfolio
    last_ns: int  # of the last record that has a time; 0 without one

    @property
    def currency(self) -> str:
        """What everything is counted in; empty when that is not one."""
        quotes = {holding.pair.quote for holding in self.portfolio.holdings.values()}
        return quotes.pop() if len(quotes) == 1 else ""


def told_by(records: Iterable[Record]) -> Story:
    """The story of a journal."""
    kept = list(records)
    symbols = dict.fromkeys(record.symbol for record in kept if isinstance(record, Order | Fill))
    portfolio = Portfolio.of(map(pair_of, symbols), ())
    gains: list[Gain] = []
    marks: list[Mark] = []
    releases: dict[str, str] = {}
    profit = fees = ZERO
    for record in kept:
        if isinstance(record, Order | Protection):
            releases[record.client_id] = record.release
        at_ns = _time_of(record, portfolio)
        portfolio.apply(record)
        if isinstance(record, Day):
            marks.append(_mark(record, profit))
        if not isinstance(record, Fill | FeePriced | Adjustment):
            continue
        now = sum((holding.profit for holding in portfolio.holdings.values()), ZERO)
        if (now, portfolio.fees) != (profit, fees):
            gains.append(_gain(record, at_ns, now - profit, portfolio.fees - fees, releases))
        profit, fees = now, portfolio.fees
    last = max((getattr(record, "time_ns", 0) for record in kept), default=0)
    return Story(tuple(gains), tuple(marks), tuple(_epochs(kept)), portfolio, last)


def _epochs(records: Sequence[Record]) -> Iterator[Epoch]:
    """Each, by its release's first order where it began before an event had told the time."""
    for place, record in enumerate(records):
        if isinstance(record, Epoch) and record.time_ns:
            yield record
        elif isinstance(record, Epoch):
            later = (each.time_ns for each in records[place + 1 :] if isinstance(each, Order | Fill | Epoch))
            yield structs.replace(record, time_ns=next((time for time in later if time), 0))


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


def _gain(
    record: Fill | FeePriced | Adjustment, at_ns: int, profit: Decimal, fees: Decimal, releases: dict[str, str]
) -> Gain:
    if isinstance(record, Fill) and record.side is Side.SELL:
        return Gain(at_ns, record.symbol, profit, fees, record.client_id, releases.get(record.client_id, ""))
    return Gain(at_ns, record.symbol, profit, fees)
