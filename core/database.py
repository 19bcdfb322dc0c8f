"""Tables and access: SQLite in WAL mode by default, PostgreSQL by URL.

What is kept here can be made again from the journal; the journal is the truth. SQLite has no decimal type, so money is
text there and NUMERIC in PostgreSQL. A change of these tables needs a step in `core.migrations` (a test compares them).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.types import TypeDecorator, TypeEngine

from core.errors import ConfigurationError, SorteError, first_line
from core.migrations import bring_up_to_date

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def _insert_in_postgresql(table: Table) -> postgresql.Insert:
    from sqlalchemy.dialects import postgresql  # a fifth of what this module loads, and few have a PostgreSQL

    return postgresql.insert(table)


INSERTS: Final[Mapping[str, Callable[[Table], sqlite.Insert | postgresql.Insert]]] = {
    "sqlite": sqlite.insert,
    "postgresql": _insert_in_postgresql,
}
"""The databases that we know, each with its own way to insert or change."""


class Money(TypeDecorator[Decimal]):
    """An exact decimal."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text in SQLite, NUMERIC elsewhere."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """To the database."""
        return format(value, "f") if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ARG002 - SQLAlchemy's
        """From the database."""
        return None if value is None else Decimal(value)


metadata = MetaData()

orders = Table(
    "orders",
    metadata,
    Column("client_id", String(40), primary_key=True),
    Column("symbol", String(24), nullable=False, index=True),
    Column("side", String(4), nullable=False),
    Column("quantity", Money, nullable=False),
    Column("price", Money, nullable=False),
    Column("time_ns", BigInteger, nullable=False, index=True),
    Column("epoch", BigInteger, nullable=False),
    Column("release", String(40), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("reason", String(120), nullable=False),
    Column("commit", String(40), nullable=False, server_default=""),
    Column("change", String(40), nullable=False, server_default=""),
    Column("message", String(200), nullable=False, server_default=""),
    Column("status", String(10), nullable=False),
    Column("detail", Text, nullable=False),
)

fills = Table(
    "fills",
    metadata,
    Column("symbol", String(24), primary_key=True),
    Column("trade_id", BigInteger, primary_key=True, autoincrement=False),
    Column("client_id", String(40), nullable=False, index=True),
    Column("side", String(4), nullable=False),
    Column("quantity", Money, nullable=False),
    Column("price", Money, nullable=False),
    Column("fee", Money, nullable=False),
    Column("fee_asset", String(16), nullable=False),
    Column("time_ns", BigInteger, nullable=False, index=True),
    Column("fee_price", Money),  # of a fee in a third asset, quote currency; NULL for the others and for one not known
)

adjustments = Table(
    "adjustments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("asset", String(16), nullable=False, index=True),
    Column("quantity", Money, nullable=False),
    Column("price", Money, nullable=False),
    Column("cause", String(40), nullable=False),
    Column("time_ns", BigInteger, nullable=False),
    Column("symbol", String(24), nullable=False),
)

faults = Table(
    "faults",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cause", String(40), nullable=False, index=True),
    Column("subject", String(120), nullable=False),
    Column("detail", Text, nullable=False),
    Column("time_ns", BigInteger, nullable=False),
)

epochs = Table(
    "epochs",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("release", String(40), nullable=False),
    Column("time_ns", BigInteger, nullable=False),
)

days = Table(
    "days",
    metadata,
    Column("date", String(10), primary_key=True),
    Column("equity", Money, nullable=False),
)

mirrored = Table(
    "mirrored",
    metadata,
    Column("journal", String(400), primary_key=True),
    Column("offset", BigInteger, nullable=False),  # bytes of the journal that are in the other tables
)


changes = Table(
    "changes",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),  # in order of arrival
    Column("state", String(20), nullable=False, index=True),
    Column("commit", String(40), nullable=False, index=True),
    Column("document", Text, nullable=False),  # core.contracts.Change as JSON
)


def sqlite_url(file: Path) -> str:
    """The URL of an SQLite file, whatever signs are in its name."""
    return URL.create("sqlite", database=str(file.resolve())).render_as_string()


def open_store(url: str) -> Engine:
    """An engine with every table there, as this version has them. One writer at a time; dispose of it at the end.

    Raises ConfigurationError for a database that cannot be reached or used, or that is newer than we are; the URL,
    which may hold a password, is not told.
    """
    try:
        engine = create_engine(url)
    except (ArgumentError, ImportError) as error:
        raise ConfigurationError(f"The database cannot be used: {said_by(error)}.", "Mend database_url.") from None
    if engine.dialect.name not in INSERTS:
        raise ConfigurationError(
            f"The database cannot be used: it is {engine.dialect.name}.", "Mend database_url: PostgreSQL or SQLite."
        )
    try:
        _make_ready(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise unusable(error) from None
    except BaseException:
        engine.dispose()
        raise
    return engine


def unusable(error: SQLAlchemyError) -> SorteError:
    """A database's refusal as the operator reads it."""
    hint = "Is it full, read-only, damaged, or held by another program? What trades is in git, not here."
    return ConfigurationError(f"The database cannot be used: {said_by(error)}.", hint)


def said_by(error: Exception) -> str:
    """The driver's own words, without the statement and its values."""
    inner = getattr(error, "orig", None)
    return first_line(inner if isinstance(inner, BaseException) else error).rstrip(".")


def _make_ready(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        in_order(engine)
    bring_up_to_date(engine)


def in_order(engine: Engine) -> None:
    """Let an SQLite file have readers beside its one writer, and writers wait for each other; before it is used."""
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_at_once)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=5000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_at_once(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # a read that becomes a write would fail at once under a writer


def upsert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert a row, or change the one with its primary key."""
    made = INSERTS[connection.dialect.name](table).values(**row)
    changed = {name: made.excluded[name] for name in row if name not in table.primary_key.columns}
    connection.execute(made.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed))
