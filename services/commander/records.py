"""Every change at every step, in the database. A step is written before what it announces is done."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

import msgspec
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from core.contracts import ENDED, Change, State
from core.database import changes as table
from core.database import unusable
from core.errors import ConfigurationError, DataError, SorteError
from services.commander.naming import is_name

COMMIT_DIGITS: Final = 40
MANY: Final = 100
"""Changes that are read at once where some of them may be left out."""
_decoder: Final = msgspec.json.Decoder(Change)


def _decode(document: str) -> Change:
    """A record. Raises DataError for one that another version wrote."""
    try:
        return _decoder.decode(document)
    except msgspec.ValidationError as error:
        told = f"The records of the changes were written by another version: {error}."
        raise DataError(told, "Work with that one, or give this one a data folder of its own.") from None


class RecordsUnusable(SorteError):  # noqa: N818 - it is what happened, not a mistake
    """The database can neither be read nor written now: it is full, locked, damaged or gone."""


@contextlib.contextmanager
def _or_unusable() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        told = unusable(error)
        raise RecordsUnusable(told.message, told.hint) from error


class Changes:
    """The changes of one workspace, oldest first. Each of these raises RecordsUnusable when the database refuses."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = threading.Lock()  # the numbers are counted here, and SQLite has one writer anyway

    @_or_unusable()
    def save(self, change: Change) -> Change:
        """Write a change as it is now, and return it."""
        row = {"state": change.state, "commit": change.commit, "document": msgspec.json.encode(change).decode()}
        with self._writing, self._engine.begin() as connection:
            changed = connection.execute(table.update().where(table.c.id == change.id).values(**row))
            if changed.rowcount == 0:
                number = (connection.execute(select(func.max(table.c.number))).scalar() or 0) + 1
                connection.execute(table.insert().values(id=change.id, number=number, **row))
        return change

    @_or_unusable()
    def get(self, id_or_commit: str) -> Change | None:
        """The change of that id, or that made that commit (a beginning of seven digits or more will do).

        Raises ConfigurationError when several commits begin like that.
        """
        if not is_name(id_or_commit):
            return None
        with self._engine.connect() as connection:
            found = connection.execute(select(table.c.document).where(table.c.id == id_or_commit)).scalar()
            if found is not None:
                return _decode(found)
            if not 7 <= len(id_or_commit) <= COMMIT_DIGITS or not id_or_commit.isalnum():
                return None
            begins = table.c.commit.startswith(id_or_commit)
            rows = connection.execute(select(table.c.commit, table.c.document).where(begins)).all()
        if len({row.commit for row in rows}) > 1:
            named = ", ".join(sorted({row.commit[: len(id_or_commit) + 4] for row in rows}))
            raise ConfigurationError(f"{id_or_commit!r} may be one of several: {named}.", "Give more of it.")
        return _decode(rows[-1].document) if rows else None

    @_or_unusable()
    def latest(self, limit: int, *, everything: bool = True, judged: bool = False) -> list[Change]:
        """The last `limit` changes, newest first; without `everything` the sentences that were no request are left out.

        With `judged` also those that were asked back, declined, or refused before they were judged.
        """
        query = select(table.c.document).order_by(table.c.number.desc())
        if not everything:
            query = query.where(table.c.state != State.NONE.value)
        if not judged:
            with self._engine.connect() as connection:
                return [_decode(document) for document in connection.execute(query.limit(limit)).scalars()]
        found: list[Change] = []
        query = query.where(table.c.state.not_in((State.ASK.value, State.HELD.value)))
        with self._engine.connect() as connection:
            for document in connection.execution_options(yield_per=MANY).execute(query).scalars():
                change = _decode(document)
                if change.state is not State.REJECTED or change.verdict is not None:  # else nobody judged an edit
                    found.append(change)
                if len(found) == limit:
                    break
        return found

    @_or_unusable()
    def unfinished(self) -> list[Change]:
        """What somebody still has to bring to an end, oldest first."""
        over = [state.value for state in ENDED]
        query = select(table.c.document).where(table.c.state.not_in(over)).order_by(table.c.number)
        with self._engine.connect() as connection:
            return [_decode(document) for document in connection.execute(query).scalars()]

    @_or_unusable()
    def of_state(self, *states: str) -> list[Change]:
        """The changes in one of `states`, oldest first."""
        query = select(table.c.document).where(table.c.state.in_(states)).order_by(table.c.number)
        with self._engine.connect() as connection:
            return [_decode(document) for document in connection.execute(query).scalars()]
