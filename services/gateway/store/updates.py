"""Which of a messenger's updates were taken, and which were done: a restart repeats none and skips none."""

from __future__ import annotations

from sqlalchemy import Engine, delete, func, insert, select, update

from services.gateway.store.tables import updates

KEPT = 10_000
"""Updates that are remembered; a messenger repeats none that are older."""


class Updates:
    """The updates by their ids."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, id: int, now_ns: int) -> bool:  # noqa: A002 - the messenger's name for it
        """Write one down as taken, before anything is done about it; False when it was before: do nothing."""
        with self._engine.begin() as connection:
            if connection.execute(select(updates.c.id).where(updates.c.id == id)).one_or_none() is not None:
                return False
            connection.execute(insert(updates).values(id=id, time_ns=now_ns))
            connection.execute(delete(updates).where(updates.c.id <= id - KEPT))
        return True

    def done(self, id: int, now_ns: int) -> None:  # noqa: A002
        """It was answered."""
        with self._engine.begin() as connection:
            connection.execute(update(updates).where(updates.c.id == id).values(done_ns=now_ns))

    def undone(self) -> list[int]:
        """Those that were taken and whose answer was cut short, oldest first: their senders are told so."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(updates.c.id).where(updates.c.done_ns == 0).order_by(updates.c.id))
            return [row.id for row in rows]

    @property
    def newest(self) -> int | None:
        """The last one that was taken."""
        with self._engine.begin() as connection:
            found: int | None = connection.execute(select(func.max(updates.c.id))).scalar()
        return found
