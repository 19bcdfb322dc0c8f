"""Every trade as a JSON line in the file of its month, once.

A line is written before the transaction that remembers the journal's offset is through: after a `kill -9` between the
two the same fill comes again, and is known by its order and its number, which are read back from the file. Times are
the exchange's, and so is the month (UTC); a simulated market's clock may run faster than ours.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from core import database as store
from core.telemetry import get_logger
from core.telemetry.files import TRADES, LogFile, parts, period
from core.telemetry.lines import encode, stamp
from core.telemetry.reading import lines_of
from core.telemetry.redaction import Redactor
from services.trader.orders import Fill

NANOSECONDS_PER_MS: Final = 1_000_000

log = get_logger()


class TradeLog:
    """The trades of one folder of logs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = LogFile(folder, TRADES)
        self._clean = Redactor().clean
        self._month = ""
        self._known: set[tuple[str, int]] = set()  # order and number of each trade of that month

    def add(self, connection: Connection, fill: Fill) -> None:
        """Write a fill that the database has taken in, unless it was written before.

        What cannot be written is told in the log, and lost here; the database has it.
        """
        try:
            if (fill.client_id, fill.trade_id) not in self._written(period(TRADES, fill.time_ns)):
                line = self._clean(trade(fill, _order_of(connection, fill)))
                self._file.append(encode(line), fill.time_ns)
                self._known.add((fill.client_id, fill.trade_id))
        except OSError as error:
            log.warning("trade.not_written", pair=fill.symbol, order=fill.client_id, detail=str(error))

    def _written(self, month: str) -> set[tuple[str, int]]:
        if month != self._month:
            files = [self._folder / part.name for part in parts(self._folder, TRADES) if part.period == month]
            self._known = {(str(line.get("order")), int(line.get("trade_id", 0))) for line in lines_of(files)}
            self._month = month
        return self._known


def trade(fill: Fill, order: Row[Any] | None) -> dict[str, Any]:
    """The line of a fill; quantities and prices are decimals as text, `ms` is from the event that was decided on."""
    line = {
        "time": stamp(fill.time_ns),
        "level": "info",
        "component": "mirror",
        "event": "trade",
        "pair": fill.symbol,
        "side": fill.side,
        "quantity": f"{fill.quantity:f}",
        "price": f"{fill.price:f}",
        "value": f"{(fill.quantity * fill.price).normalize():f}",
        "fee": f"{fill.fee:f}",
        "fee_asset": fill.fee_asset,
        "order": fill.client_id,
        "trade_id": fill.trade_id,
    }
    if order is None:
        return line
    cause = {name: getattr(order, name) for name in ("reason", "release", "commit", "change", "message")}
    return line | cause | {"ms": (fill.time_ns - order.time_ns) // NANOSECONDS_PER_MS}


def _order_of(connection: Connection, fill: Fill) -> Row[Any] | None:
    return connection.execute(select(store.orders).where(store.orders.c.client_id == fill.client_id)).first()
