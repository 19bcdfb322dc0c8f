"""Opens the gateway's file: of its own, so that an owner can be told when the other database is down.

A file that is no database any more is set aside, and a new one begun: who is to be told of trouble must be able to be.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from core.database import in_order, said_by, sqlite_url
from core.errors import ConfigurationError
from core.private import make_private
from core.telemetry import get_logger
from services.gateway.store.tables import metadata

log = get_logger()

NAME: Final = "gateway.sqlite"
VERSION: Final = 1
"""Of the tables. A later one adds its step to `_step`, and a test with a file of the version before."""


def open_file(data_dir: Path) -> Engine:
    """An engine over `gateway.sqlite` of a data folder, with every table. Raises ConfigurationError."""
    file = data_dir / NAME
    data_dir.mkdir(parents=True, exist_ok=True)
    try:
        return _opened(file)
    except OperationalError as error:  # a full disk, a folder that is closed, a lock
        raise _unusable(error) from None
    except DatabaseError as error:  # not a database
        log.warning("store.set_aside", file=file.name, why=said_by(error))
        for part in data_dir.glob(f"{NAME}*"):
            part.rename(part.with_name(f"damaged-{time.time_ns()}-{part.name}"))
    try:
        return _opened(file)
    except SQLAlchemyError as error:
        raise _unusable(error) from None


def _opened(file: Path) -> Engine:
    engine = create_engine(sqlite_url(file))
    in_order(engine)
    try:
        with engine.begin() as connection:
            _step(connection)
    except BaseException:
        engine.dispose()
        raise
    make_private(file)
    return engine


def _step(connection: Connection) -> None:
    found = int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)
    if found > VERSION:
        raise ConfigurationError(
            f"{NAME} was written by a newer Sorte: it is of version {found}, and this one knows {VERSION}.",
            "Start the newer version.",
        )
    if found < VERSION:
        metadata.create_all(connection)
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def _unusable(error: SQLAlchemyError) -> ConfigurationError:
    return ConfigurationError(
        f"{NAME} cannot be used: {said_by(error)}.", "Is the disk full, or the folder closed to us?"
    )
