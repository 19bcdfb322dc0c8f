"""What the gateway notes for itself and for commands that run beside it: its address, the state of the bot."""

from __future__ import annotations

from sqlalchemy import Engine, delete, select

from core.database import upsert
from services.gateway.store.tables import notes


class Notes:
    """Texts by their names."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def set(self, name: str, value: str) -> None:
        """Keep it under that name."""
        with self._engine.begin() as connection:
            upsert(connection, notes, {"name": name, "value": value})

    def get(self, name: str) -> str:
        """What is kept; empty when nothing is."""
        with self._engine.begin() as connection:
            return connection.execute(select(notes.c.value).where(notes.c.name == name)).scalar() or ""

    def drop(self, name: str) -> None:
        """Keep it no more."""
        with self._engine.begin() as connection:
            connection.execute(delete(notes).where(notes.c.name == name))
