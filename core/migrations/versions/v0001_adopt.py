"""The tables as they were when steps began, as far as they are missing: in a new database, and in every older one."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import CreateColumn

revision: Final = "0001"
down_revision: Final = None

Money: Final = sa.Text().with_variant(sa.Numeric(), "postgresql")

tables = sa.MetaData()
sa.Table(
    "orders",
    tables,
    sa.Column("client_id", sa.String(40), primary_key=True),
    sa.Column("symbol", sa.String(24), nullable=False, index=True),
    sa.Column("side", sa.String(4), nullable=False),
    sa.Column("quantity", Money, nullable=False),
    sa.Column("price", Money, nullable=False),
    sa.Column("time_ns", sa.BigInteger, nullable=False, index=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("release", sa.String(40), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.String(120), nullable=False),
    sa.Column("commit", sa.String(40), nullable=False, server_default=""),
    sa.Column("change", sa.String(40), nullable=False, server_default=""),
    sa.Column("message", sa.String(200), nullable=False, server_default=""),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)
sa.Table(
    "fills",
    tables,
    sa.Column("symbol", sa.String(24), primary_key=True),
    sa.Column("trade_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("client_id", sa.String(40), nullable=False, index=True),
    sa.Column("side", sa.String(4), nullable=False),
    sa.Column("quantity", Money, nullable=False),
    sa.Column("price", Money, nullable=False),
    sa.Column("fee", Money, nullable=False),
    sa.Column("fee_asset", sa.String(16), nullable=False),
    sa.Column("time_ns", sa.BigInteger, nullable=False, index=True),
    sa.Column("fee_price", Money),
)
sa.Table(
    "adjustments",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asset", sa.String(16), nullable=False, index=True),
    sa.Column("quantity", Money, nullable=False),
    sa.Column("price", Money, nullable=False),
    sa.Column("cause", sa.String(40), nullable=False),
    sa.Column("time_ns", sa.BigInteger, nullable=False),
    sa.Column("symbol", sa.String(24), nullable=False),
)
sa.Table(
    "faults",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("cause", sa.String(40), nullable=False, index=True),
    sa.Column("subject", sa.String(120), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("time_ns", sa.BigInteger, nullable=False),
)
sa.Table(
    "epochs",
    tables,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("release", sa.String(40), nullable=False),
    sa.Column("time_ns", sa.BigInteger, nullable=False),
)
sa.Table(
    "days",
    tables,
    sa.Column("date", sa.String(10), primary_key=True),
    sa.Column("equity", Money, nullable=False),
)
sa.Table(
    "mirrored",
    tables,
    sa.Column("journal", sa.String(400), primary_key=True),
    sa.Column("offset", sa.BigInteger, nullable=False),
)
sa.Table(
    "changes",
    tables,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("number", sa.Integer, nullable=False, unique=True),
    sa.Column("state", sa.String(20), nullable=False, index=True),
    sa.Column("commit", sa.String(40), nullable=False, index=True),
    sa.Column("document", sa.Text, nullable=False),
)

WIDENED: Final = (("orders", "epoch"), ("epochs", "number"))
"""Had 32 bits in the first version; PostgreSQL changes nothing where they have 64. SQLite's have 64 by any name."""


def upgrade() -> None:
    """Make the tables, columns and indexes that are missing; what is there keeps every row."""
    connection = op.get_bind()
    before = sa.inspect(connection)
    there = set(before.get_table_names())
    tables.create_all(connection)
    for table in tables.sorted_tables:
        if table.name in there:
            _complete(connection, table, before)
    if connection.dialect.name == "postgresql":
        for name, column in WIDENED:
            op.alter_column(name, column, type_=sa.BigInteger())


def _complete(connection: sa.Connection, table: sa.Table, before: sa.Inspector) -> None:
    columns = {column["name"] for column in before.get_columns(table.name)}
    indexes = {index["name"] for index in before.get_indexes(table.name)}
    for column in table.columns:
        if column.name not in columns:
            declared = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {declared}")
    for index in table.indexes:
        if index.name not in indexes:
            index.create(connection)
