"""How a database comes to the tables of this version: a file in `versions` is a step, taken once, in order, locked.

A step only adds (a table, a column, an index) or widens; what an earlier version wrote stays readable to it. A database
of before there were steps is taken up by the first one, which makes whatever is missing. Alembic takes the steps, and
is loaded only when there is one to take.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from core.errors import ConfigurationError

FOLDER: Final = Path(__file__).parent
VERSION_TABLE: Final = "sorte_version"
"""Of our own name: a PostgreSQL database may be shared with a program that Alembic serves too."""
LOCK: Final = 0x536F727465
"""Number of the lock under which a PostgreSQL database takes steps; SQLite has one writer anyway."""
NEWER: Final = (
    "The database was written by a newer Sorte: it is at step {found}, and this one knows steps up to {known}."
)


def steps() -> list[str]:
    """The names of the known steps, oldest first: `v0001_adopt.py` is step 0001."""
    return sorted(file.name[1:5] for file in (FOLDER / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py"))


def bring_up_to_date(engine: Engine) -> None:
    """Take the steps that a database lacks. Two programs that start at once wait for each other; none repeats a step.

    Raises ConfigurationError for a database that a newer program has brought further than we know.
    """
    newest = steps()[-1]
    with engine.begin() as connection:
        if _step_of(connection) == newest:
            return
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if _step_of(connection) != newest:
            _upgrade(connection)


def _step_of(connection: Connection) -> str:
    """The last step that was taken; empty when none was."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return ""
    found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 - ours
    if found is not None and found not in steps():
        raise ConfigurationError(
            NEWER.format(found=found, known=steps()[-1]), "Start the newer version, or use another database."
        )
    return found or ""


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
