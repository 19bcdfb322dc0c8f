"""What the account is worth, event by event, and whether its losses call for an end."""

from __future__ import annotations

import datetime
from decimal import Decimal

from core.kernel import NANOSECONDS
from services.trader.limits import Limits
from services.trader.orders import Day
from services.trader.portfolio import Holding, Portfolio


class Valuation:
    """Equity, its peak and drawdown in quote currency, moved by each price; floats: nothing is paid with them."""

    def __init__(self, portfolio: Portfolio, limits: Limits) -> None:
        self.equity = 0.0
        self.peak = 0.0
        self.lost_today = False  # the day's loss was reached; stays so until the next day
        self._portfolio = portfolio
        self._loss_per_trade = float(limits.loss_per_trade)
        self._loss_per_day = float(limits.loss_per_day)

    @property
    def exposure(self) -> float:
        """What the positions are worth at their last prices."""
        return self.equity - float(self._portfolio.cash)

    def revalue(self) -> None:
        """Equity from scratch; after every fill and at the start."""
        held = sum(holding.amount * holding.price for holding in self._portfolio.holdings.values())
        self.equity = float(self._portfolio.cash) + held
        self.peak = max(self.peak, self.equity)

    def price(self, holding: Holding, price: float) -> float:
        """Take a price in; returns the drawdown from the peak, a positive fraction."""
        if holding.size > 0.0:
            self.equity += holding.amount * (price - holding.price)
            holding.best_price = max(holding.best_price, price)
            self.peak = max(self.peak, self.equity)
        holding.price = price
        return 1.0 - self.equity / self.peak if self.peak > 0.0 else 0.0

    def loses_too_much(self, holding: Holding) -> bool:
        """Whether a position has lost more than the limit of a trade."""
        return (holding.entry_price - holding.price) * holding.size >= self._loss_per_trade

    def new_day(self, time_ns: int) -> Day | None:
        """The record that opens the UTC day of `time_ns`, when it is a new one; resets the day's loss."""
        today = datetime.datetime.fromtimestamp(time_ns / NANOSECONDS, datetime.UTC).date()
        if today == self._portfolio.day:
            return None
        self.lost_today = False
        return Day(today.isoformat(), Decimal(repr(round(self.equity, 8))))

    def day_loss_reached(self) -> bool:
        """True once, when the day's loss passes its limit."""
        if self.lost_today or float(self._portfolio.day_equity) - self.equity < self._loss_per_day:
            return False
        self.lost_today = True
        return True
