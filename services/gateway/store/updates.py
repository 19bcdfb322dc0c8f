"""Which of a messenger's updates were taken, and which were done: a restart repeats none and skips none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Engine, delete, func, insert, select, update

from services.gateway.store.tables import updates

KEPT = 10_000
"""Updates that are remembered; a messenger repeats none that are older."""


class Undone(NamedTuple):
    """One as it came, and when it was taken."""

    raw: str
    time_ns: int


class Updates:
    """The updates by their ids."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def take(self, id: int, now_ns: int, raw: str = "") -> bool:  # noqa: A002 - the messenger's name for it
        """Write one down as taken, before anything is done about it; False when it was before: do nothing."""
        return bool(self.take_all({id: raw}, now_ns))

    def take_all(self, raws: Mapping[int, str], now_ns: int) -> list[int]:
        """Write several down in one step, each as it came; those that were not there before, in their order."""
        with self._engine.begin() as connection:
            found = connection.execute(select(updates.c.id).where(updates.c.id.in_(list(raws)))).scalars()
            known = set(found)
            new = [{"id": each, "time_ns": now_ns, "raw": raw} for each, raw in raws.items() if each not in known]
            if new:
                connection.execute(insert(updates), new)
                connection.execute(delete(updates).where(updates.c.id <= max(raws) - KEPT))
        return [int(str(each["id"])) for each in new]

    def done(self, id: int, now_ns: int) -> None:  # noqa: A002
        """It was answered."""
        with self._engine.begin() as connection:
            connection.execute(update(updates).where(updates.c.id == id).values(done_ns=now_ns, raw=""))

    def undone(self) -> dict[int, Undone]:
        """Those that were taken and whose answer was cut short, oldest first."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(updates).where(updates.c.done_ns == 0).order_by(updates.c.id))
            return {row.id: Undone(row.raw, row.time_ns) for row in rows}

    @property
    def newest(self) -> int | None:
        """The last one that was taken."""
        with self._engine.begin() as connection:
            found: int | None = connection.execute(select(func.max(updates.c.id))).scalar()
        return found
