"""What the account was worth, once a minute: the line of a chart, and where its best was."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import Engine, delete, func, select

from core.database import upsert
from services.gateway.store.tables import samples

MINUTE_NS: Final = 60 * 10**9
KEPT_NS: Final = 400 * 86_400 * 10**9


class Sample(NamedTuple):
    """One moment."""

    time_ns: int
    equity: float
    release: str  # tree hash of what decided


class Samples:
    """The account's worth by the minute."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, sample: Sample) -> None:
        """Keep one; of a minute the last one stays."""
        minute = sample.time_ns - sample.time_ns % MINUTE_NS
        with self._engine.begin() as connection:
            upsert(connection, samples, {"time_ns": minute, "equity": sample.equity, "release": sample.release})
            connection.execute(delete(samples).where(samples.c.time_ns < minute - KEPT_NS))

    @property
    def first_ns(self) -> int | None:
        """When the oldest was taken; None without one."""
        with self._engine.begin() as connection:
            found: int | None = connection.execute(select(func.min(samples.c.time_ns))).scalar()
        return found

    def since(self, time_ns: int) -> list[Sample]:
        """Those from a moment on, oldest first."""
        with self._engine.begin() as connection:
            rows = connection.execute(select(samples).where(samples.c.time_ns >= time_ns).order_by(samples.c.time_ns))
            return [Sample(*row) for row in rows]
