"""What the account is worth, event by event, and whether its losses call for an end."""

from __future__ import annotations

import datetime
from decimal import Decimal

from core.kernel import NANOSECONDS
from services.trader.books import Holding
from services.trader.limits import Limits
from services.trader.orders import Day
from services.trader.portfolio import Portfolio


class Valuation:
    """Equity, its peak and drawdown in quote currency, moved by each price; floats: nothing is paid with them."""

    def __init__(self, portfolio: Portfolio, limits: Limits) -> None:
        self.equity = 0.0
        self.peak = 0.0
        self.aside = 0.0  # part of the equity: what is held of pairs that are not traded, at its value at the start
        self.lost_today = portfolio.day_lost  # the day's loss was reached; stays so until the next day
        self._portfolio = portfolio
        self._loss_per_trade = float(limits.loss_per_trade)
        self._loss_per_day = float(limits.loss_per_day)

    @property
    def exposure(self) -> float:
        """What the positions are worth at their last prices."""
        return self.equity - float(self._portfolio.cash) - self.aside

    @property
    def drawdown(self) -> float:
        """How far the equity is below its peak, a fraction of that."""
        return round(max(1.0 - self.equity / self.peak, 0.0), 6) if self.peak > 0.0 else 0.0

    def revalue(self) -> None:
        """Equity from scratch; after every fill and at the start."""
        held = sum(holding.amount * holding.price for holding in self._portfolio.holdings.values())
        self.equity = float(self._portfolio.cash) + held + self.aside
        self.peak = max(self.peak, self.equity)

    def begin(self) -> None:
        """Equity from scratch and the peak from here on: prices of before the start are no fall of ours."""
        self.peak = 0.0
        self.revalue()

    def follow_books(self) -> Day | None:
        """Equity from scratch after the books were set right: what its owner took or brought is no loss and no gain.

        The peak moves along. Returns the record by which the day's beginning does, when there is any.
        """
        before, peak = self.equity, self.peak
        self.revalue()
        moved = self.equity - before
        self.peak = max(peak + moved, self.equity)
        if self.lost_today or self._portfolio.day is None or round(moved, 8) == 0.0:
            return None
        return Day(self._portfolio.day.isoformat(), self._portfolio.day_equity + Decimal(repr(round(moved, 8))))

    def price(self, holding: Holding, price: float, time_ns: int) -> float:
        """Take a price of that time in; returns the drawdown from the peak, a positive fraction."""
        if holding.amount != 0.0:
            self.equity += holding.amount * (price - holding.price)
            self.peak = max(self.peak, self.equity)
            if holding.size > 0.0 and time_ns >= holding.entry_ns:  # at a start the bars before the entry come by too
                holding.best_price = max(holding.best_price, price)
        holding.price = price
        return 1.0 - self.equity / self.peak if self.peak > 0.0 else 0.0

    def loses_too_much(self, holding: Holding) -> bool:
        """Whether a position has lost more than the limit of a trade."""
        return (holding.entry_price - holding.price) * holding.size >= self._loss_per_trade

    def new_day(self, time_ns: int) -> Day | None:
        """The record that opens the UTC day of `time_ns`, when it is a later one; resets the day's loss."""
        today = datetime.datetime.fromtimestamp(time_ns // NANOSECONDS, datetime.UTC).date()
        if self._portfolio.day is not None and today <= self._portfolio.day:
            return None  # a late event of yesterday does not bring yesterday back
        self.lost_today = False
        return Day(today.isoformat(), Decimal(repr(round(self.equity, 8))))

    def day_loss_reached(self) -> bool:
        """True once, when the day's loss passes its limit."""
        if self.lost_today or float(self._portfolio.day_equity) - self.equity < self._loss_per_day:
            return False
        self.lost_today = True
        return True
