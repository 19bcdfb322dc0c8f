"""The approvals that are kept: made, pressed and used, each in one step."""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace

from sqlalchemy import Engine, Update, delete, insert, select, update

from services.gateway.approvals import Again, Approval, Decision, Deed, Go, Press, decide
from services.gateway.store.tables import approvals

KEPT_NS = 30 * 86_400 * 10**9
"""What has long expired is forgotten."""


class Approvals:
    """Every button that may be pressed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def make(
        self,
        deed: Deed,
        *,
        change: str,
        hash: str,  # noqa: A002 - the name that it has everywhere
        user: str,
        chat: str,
        surface: str,
        expires_ns: int,
        twice: bool = False,
    ) -> Approval:
        """A new one; its token fits a button's 64 bytes with room to spare."""
        token = secrets.token_urlsafe(12)
        made = Approval(token, deed, change, hash, user, chat, surface, expires_ns, twice)
        with self._engine.begin() as connection:
            connection.execute(delete(approvals).where(approvals.c.expires_ns < expires_ns - KEPT_NS))
            connection.execute(insert(approvals).values(**asdict(made)))
        return made

    def find(self, token: str) -> Approval | None:
        """The one of that token."""
        with self._engine.begin() as connection:
            row = connection.execute(select(approvals).where(approvals.c.token == token)).one_or_none()
        return Approval(**row._mapping) if row is not None else None

    def press(self, press: Press, now_ns: int) -> Decision:
        """What a press leads to. When it is to be done it is marked as used before this returns, whatever follows."""
        with self._engine.begin() as connection:  # one writer: two presses at once are one after the other
            row = connection.execute(select(approvals).where(approvals.c.token == press.token)).one_or_none()
            decided = decide(Approval(**row._mapping) if row is not None else None, press, now_ns)
            if isinstance(decided, Go):
                connection.execute(_of(press).values(used_ns=now_ns))
                return Go(replace(decided.approval, used_ns=now_ns))
            if isinstance(decided, Again):
                connection.execute(_of(press).values(asked_ns=now_ns))
                return Again(replace(decided.approval, asked_ns=now_ns))
        return decided

    def drop(self, token: str, now_ns: int) -> None:
        """It works no more: he whose it is has said no."""
        with self._engine.begin() as connection:
            unused = (approvals.c.token == token) & (approvals.c.used_ns == 0)
            connection.execute(update(approvals).where(unused).values(used_ns=now_ns, expires_ns=now_ns))


def _of(press: Press) -> Update:
    return update(approvals).where(approvals.c.token == press.token)
