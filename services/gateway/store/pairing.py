"""Codes that an owner types into a chat, so that he need not look up his id."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, delete, insert, select, update

from services.gateway.store.tables import pairing

CODE_NS: Final = 10 * 60 * 10**9
LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""None that is taken for another."""
LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class Paired:
    """Who typed a code."""

    user: int
    name: str
    chat: int


class Pairing:
    """The codes."""

    def __init__(self, engine: Engine, clock_ns: Callable[[], int] = time.time_ns) -> None:
        self._engine, self._clock_ns = engine, clock_ns

    def make(self, now_ns: int) -> str:
        """A new code; those that were not typed in time are forgotten."""
        code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        with self._engine.begin() as connection:
            connection.execute(delete(pairing).where(pairing.c.expires_ns < now_ns))
            connection.execute(insert(pairing).values(code=code, expires_ns=now_ns + CODE_NS))
        return code

    @property
    def waits(self) -> bool:
        """Whether there is a code that nobody has typed: only then a stranger's message is looked at."""
        waits = (pairing.c.user == 0) & (pairing.c.expires_ns > self._clock_ns())
        with self._engine.begin() as connection:
            return connection.execute(select(pairing.c.code).where(waits).limit(1)).first() is not None

    def waiting(self, code: str) -> bool:
        """Whether that code can still be typed."""
        waits = (pairing.c.code == code) & (pairing.c.user == 0) & (pairing.c.expires_ns > self._clock_ns())
        with self._engine.begin() as connection:
            return connection.execute(select(pairing.c.code).where(waits)).first() is not None

    def typed(self, code: str, who: Paired, now_ns: int) -> bool:
        """Somebody typed `code`; False when it is none that waits."""
        waits = (pairing.c.code == code.strip().upper()) & (pairing.c.user == 0) & (pairing.c.expires_ns > now_ns)
        with self._engine.begin() as connection:
            said = {"user": who.user, "name": who.name[:120], "chat": who.chat}
            return bool(connection.execute(update(pairing).where(waits).values(**said)).rowcount)

    def paired(self, code: str) -> Paired | None:
        """Who typed it; None as long as nobody has."""
        with self._engine.begin() as connection:
            found = connection.execute(select(pairing).where(pairing.c.code == code, pairing.c.user != 0)).one_or_none()
        return Paired(found.user, found.name, found.chat) if found is not None else None
