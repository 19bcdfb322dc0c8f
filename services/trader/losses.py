"""The day's loss: counted from the equity at the day's beginning, and told once when it reaches its limit."""

from __future__ import annotations

from collections.abc import Callable

from services.trader.execution import Execution
from services.trader.ledger import Ledger
from services.trader.portfolio import DAY_LOST
from services.trader.tally import Tally
from services.trader.valuation import Valuation


class LossWatch:
    """Looks at the account's worth once a second, and after each comparison with the exchange."""

    def __init__(
        self,
        ledger: Ledger,
        valuation: Valuation,
        execution: Execution,
        tally: Tally,
        on_fault: Callable[[str, str, str], None],
    ) -> None:
        self._ledger, self._valuation, self._execution = ledger, valuation, execution
        self._tally, self._on_fault = tally, on_fault

    def look(self) -> None:
        """Count the day's loss. Not before an event has told the time, and every position that is held its price."""
        holdings = self._ledger.portfolio.holdings.values()
        if self._execution.unreconciled:  # the cash is not known, and no loss is what it seems
            return
        time_ns = self._tally.time_ns
        if not time_ns or any(holding.size > 0.0 and holding.price <= 0.0 for holding in holdings):
            return
        valuation = self._valuation
        if (day := valuation.new_day(time_ns)) is not None:
            self._ledger.record(day)
        if valuation.day_loss_reached():
            self._on_fault(DAY_LOST, "account", f"equity {valuation.equity:.2f}; positions are only closed now")

    def on_compared(self, first: bool) -> None:
        """Books and exchange were compared: the account's worth is counted from what they say."""
        if first:
            self._valuation.begin()
        elif (day := self._valuation.follow_books()) is not None:
            self._ledger.record(day)
