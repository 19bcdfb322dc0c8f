"""Finds orders and fills in the journals: they are the truth, and are there without a database."""

from __future__ import annotations

from pathlib import Path

from services.trader.journal import decode, lines
from services.trader.orders import Epoch, Fill, Order, Protection


def find(data_dir: Path, client_id: str) -> Order | None:
    """The order of that id in any trader's journal, the newest run first; None when there is none."""
    if not client_id.startswith(("s", "p")) or "-" not in client_id:
        return None
    wanted = client_id.encode()
    for journal in journals(data_dir):
        for line, _ in lines(journal.read_bytes()):
            if wanted in line:
                record = decode(line)
                if isinstance(record, Order | Protection) and record.client_id == client_id:
                    return record if isinstance(record, Order) else record.as_order()
    return None


def latest_fills(data_dir: Path, limit: int) -> list[Fill]:
    """The last fills of the newest trader that traded, newest first."""
    for journal in journals(data_dir):
        records = (decode(line) for line, _ in lines(journal.read_bytes()))
        fills = [record for record in records if isinstance(record, Fill)]
        if fills:
            return fills[: -limit - 1 : -1]
    return []


def latest_epoch(data_dir: Path) -> Epoch | None:
    """The last epoch of the trader that wrote last: what trades, by its own word; None when none has traded."""
    written = sorted(journals(data_dir), key=lambda journal: journal.stat().st_mtime_ns, reverse=True)
    for journal in written[:1]:
        records = (decode(line) for line, _ in lines(journal.read_bytes()) if b'"epoch"' in line)
        return next((record for record in reversed(list(records)) if isinstance(record, Epoch)), None)
    return None


def journals(data_dir: Path) -> list[Path]:
    """Every journal below `data_dir`: that of a real exchange, then the simulated ones, the last written first."""
    real = data_dir / "trader" / "journal"
    simulated = [*data_dir.glob("paper*/journal"), *data_dir.glob("runs/*/journal")]
    newest_first = sorted(simulated, key=lambda journal: journal.stat().st_mtime_ns, reverse=True)
    return [journal for journal in (real, *newest_first) if journal.is_file()]
