"""Feeds the database from the journal, in a process of its own: the loop shares no lock, thread or disk wait with it.

    python -m services.trader.mirror JOURNAL [LOG]

The first line of standard input is the database's URL, which may hold a password; empty for the SQLite file beside the
journal. It looks at the journal whenever more arrives there, and once more when that ends, which is also how it learns
that the trader is gone. Rows and the offset that they came from are one transaction, so that a `kill -9` anywhere loses
nothing and doubles nothing. LOG is what the trader hands down of its log: with it each trade is written as a line of
its month too. What the loop saw of each pair comes over standard input as well, and goes to the ledger of reasons
beside the journal.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, select

from core import database as store
from core.private import keep_private
from core.telemetry import get_logger
from core.telemetry.process import logging_as_told, password_in
from services.trader.journal import decode, lines
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
    Record,
    Status,
)
from services.trader.reasons.keeping import Keeper
from services.trader.trades import TradeLog

log = get_logger()

POKE = b"."
"""Comes each second: the journal may have grown. A line beside it is for the ledger of reasons."""
MOST_AT_ONCE = 1 << 22  # bytes of journal in one transaction


def main() -> None:
    """Follow the journal until standard input ends."""
    keep_private()
    url = read_line(0)
    with logging_as_told("mirror", "".join(sys.argv[2:]), password_in(url)) as told:
        trades = TradeLog(Path(told.folder)) if told is not None else None
        journal = Path(sys.argv[1])
        database = url or store.sqlite_url(journal.parent / "trades.sqlite")
        follow(journal, store.open_store(database), trades, Keeper(journal.parent))


def follow(journal: Path, engine: Engine, trades: TradeLog | None, reasons: Keeper) -> None:
    """Take in what arrives, until standard input ends."""
    begun = b""
    log.info("mirror.started", database=engine.dialect.name, journal=journal)
    try:
        while True:
            more = os.read(0, 1 << 16)
            *whole, begun = (begun + more).split(b"\n")
            begun = begun.lstrip(POKE)
            for line in whole:
                reasons.take(line.lstrip(POKE))
            while catch_up(engine, journal, trades):
                pass
            if not more:
                return
    finally:
        engine.dispose()


def read_line(descriptor: int) -> str:
    """The first line, and nothing of what follows it."""
    line = b""
    while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode()


def catch_up(engine: Engine, journal: Path, trades: TradeLog | None = None) -> bool:
    """Take the journal's next records in; False when there was none. A torn last line waits for its end."""
    with engine.begin() as connection:
        offset = _offset(connection, journal)
        with journal.open("rb") as file:
            file.seek(offset)
            data = file.read(MOST_AT_ONCE)
        end = 0
        for line, stop in lines(data):
            record = decode(line)
            if record is None:
                break
            write(connection, record)
            if trades is not None and isinstance(record, Fill):
                trades.add(connection, record)
            end = stop
        if end:
            store.upsert(connection, store.mirrored, {"journal": str(journal.resolve()), "offset": offset + end})
    return end > 0


def _offset(connection: Connection, journal: Path) -> int:
    found = select(store.mirrored.c.offset).where(store.mirrored.c.journal == str(journal.resolve()))
    return connection.execute(found).scalar() or 0


def write(connection: Connection, record: Record) -> None:
    """One record as rows."""
    match record:
        case Order():
            store.upsert(connection, store.orders, _row(record) | {"status": Status.PENDING, "detail": ""})
        case Answer():
            changed = store.orders.update().where(store.orders.c.client_id == record.client_id)
            said = {"detail": record.detail} if record.detail else {}
            connection.execute(changed.values(status=record.status, **said))
        case Fill():
            store.upsert(connection, store.fills, _row(record))
        case Fault():
            connection.execute(store.faults.insert().values(**_row(record)))
        case Epoch():
            store.upsert(connection, store.epochs, _row(record))
        case Day():
            store.upsert(connection, store.days, _row(record))
        case FeePriced():
            of_fill = (store.fills.c.symbol == record.symbol) & (store.fills.c.trade_id == record.trade_id)
            connection.execute(store.fills.update().where(of_fill).values(fee_price=record.price))
        case Adjustment():
            row = _row(record)
            del row["trade_ids"]
            connection.execute(store.adjustments.insert().values(**row))
        case Protection():
            store.upsert(connection, store.orders, protection_row(record))


def _row(record: Record) -> dict[str, Any]:
    return msgspec.structs.asdict(record)


def protection_row(protection: Protection) -> dict[str, Any]:
    """A protective order among the others; the stop price, which they have not, is told by its detail."""
    detail = f"stop {protection.stop_price}"
    if protection.replaces:
        detail += f", in place of {protection.replaces}"
    return _row(protection.as_order()) | {"status": Status.PENDING, "detail": detail}


if __name__ == "__main__":
    main()
