"""Who may look at the page: links that work once, and the sessions that come of them. Tokens are kept as hashes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Engine, delete, insert, select, update

from services.gateway.store.tables import logins, sessions

Role = Literal["owner", "reader"]
LINK_NS: Final = 10 * 60 * 10**9
"""For how long a link works."""
SESSION_NS: Final = 30 * 86_400 * 10**9
"""For how long a session does, without a look at the page meanwhile."""
SEEN_NS: Final = 60 * 10**9
"""A session is written down as seen at most so often."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is logged in."""

    id: str  # says which one it is, and opens nothing
    role: Role
    owner: str
    csrf: str  # every action of its pages carries it
    made_ns: int
    seen_ns: int


class Entering:
    """Links and sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make_link(self, now_ns: int, *, owner: str, role: Role = "owner", for_ns: int = LINK_NS) -> str:
        """The token of a new link."""
        token = secrets.token_urlsafe(24)
        with self._engine.begin() as connection:
            connection.execute(delete(logins).where(logins.c.expires_ns < now_ns))
            row = {"digest": _digest(token), "role": role, "owner": owner, "expires_ns": now_ns + for_ns}
            connection.execute(insert(logins).values(**row))
        return token

    def enter(self, token: str, now_ns: int) -> str | None:
        """The token of a new session, for that of a link, which works no more; None for one that never did."""
        with self._engine.begin() as connection:
            found = connection.execute(select(logins).where(logins.c.digest == _digest(token))).one_or_none()
            if found is None:
                return None
            connection.execute(delete(logins).where(logins.c.digest == found.digest))
            if now_ns >= found.expires_ns:
                return None
            made = secrets.token_urlsafe(32)
            row = {"digest": _digest(made), "role": found.role, "owner": found.owner, "csrf": secrets.token_urlsafe(24)}
            times = {"made_ns": now_ns, "seen_ns": now_ns, "expires_ns": now_ns + SESSION_NS}
            connection.execute(insert(sessions).values(**row, **times))
        return made

    def session(self, token: str, now_ns: int) -> Session | None:
        """Who is logged in with that token; None when nobody is, or is no more."""
        with self._engine.begin() as connection:
            found = connection.execute(select(sessions).where(sessions.c.digest == _digest(token))).one_or_none()
            if found is None:
                return None
            if now_ns >= found.expires_ns:
                connection.execute(delete(sessions).where(sessions.c.digest == found.digest))
                return None
            if now_ns - found.seen_ns > SEEN_NS:
                seen = {"seen_ns": now_ns, "expires_ns": now_ns + SESSION_NS}
                connection.execute(update(sessions).where(sessions.c.digest == found.digest).values(**seen))
        return Session(found.digest[:16], found.role, found.owner, found.csrf, found.made_ns, found.seen_ns)

    def leave(self, token: str) -> None:
        """End a session."""
        with self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.digest == _digest(token)))

    def leave_everywhere(self) -> int:
        """End all of them, and every link; how many sessions there were."""
        with self._engine.begin() as connection:
            connection.execute(delete(logins))
            return int(connection.execute(delete(sessions)).rowcount)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
