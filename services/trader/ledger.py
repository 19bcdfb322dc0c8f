"""The ledger: every record goes to the journal first, then changes the portfolio, then may be seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from core.contracts import Pair
from services.trader.journal import Journal
from services.trader.orders import Order, Protection, Record
from services.trader.portfolio import Portfolio


class Ledger:
    """One trader's memory of its orders. Opening it replays the journal; raises DataError when that is damaged."""

    def __init__(self, path: Path, pairs: Sequence[Pair], *, sync_orders: bool) -> None:
        self.journal = Journal(path)
        self.portfolio = Portfolio.of(pairs, self.journal.replay())
        self.on_record: Callable[[Record], None] = lambda _: None
        self._sync_orders = sync_orders

    def record(self, record: Record) -> bool:
        """Write `record` and apply it; False, with nothing written, for a fill or an answer that was known."""
        portfolio = self.portfolio
        if not portfolio.changes(record):
            return False
        self.journal.append(record, sync=self._sync_orders and isinstance(record, Order | Protection))
        portfolio.take(record)
        self.on_record(record)
        return True

    def close(self) -> None:
        """Give the journal back."""
        self.journal.close()
