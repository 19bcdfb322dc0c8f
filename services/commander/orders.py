"""Finds an order in the journals, by its client id: they are the truth, and are there without a database."""

from __future__ import annotations

from pathlib import Path

from services.trader.journal import decode, lines
from services.trader.orders import Order


def find(data_dir: Path, client_id: str) -> Order | None:
    """The order of that id in any trader's journal, the newest run first; None when there is none."""
    if not client_id.startswith("s") or "-" not in client_id:
        return None
    journals = [data_dir / "trader" / "journal", *sorted(data_dir.glob("runs/*/journal"), reverse=True)]
    wanted = client_id.encode()
    for journal in journals:
        if not journal.is_file():
            continue
        for line, _ in lines(journal.read_bytes()):
            if wanted in line:
                record = decode(line)
                if isinstance(record, Order) and record.client_id == client_id:
                    return record
    return None
