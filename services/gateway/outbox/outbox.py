"""The outbox: what is to be sent is put in, and taken out in order, one parcel an address at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, Row, and_, delete, func, insert, select, update

from services.gateway.alert import Urgency
from services.gateway.outbox.parcel import Address, Parcel
from services.gateway.store.tables import outbox

LONGEST: Final = 3_500
"""Characters of several messages in one parcel; a chat takes 4,096 with its marks."""
MOST_WAITING: Final = 2_000
"""Of one address: beyond them what is of little weight is dropped, the oldest first. What is critical never is."""
SENT: Final = "sent"
KEPT_NS: Final = 90 * 86_400 * 10**9
"""For how long what was sent is remembered, and with it that it need not be put in again."""


class Outbox:
    """The rows, and who is woken by a new one."""

    def __init__(
        self,
        engine: Engine,
        addresses: Sequence[Address],
        clock_ns: Callable[[], int] = time.time_ns,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._engine, self._clock_ns, self._most_waiting = engine, clock_ns, most_waiting
        self.addresses = tuple(addresses)
        self._more, self._less = asyncio.Event(), asyncio.Event()

    def put(
        self,
        kind: str,
        text: str,
        urgency: Urgency = "normal",
        *,
        title: str = "",
        key: str = "",
        picture: Path | None = None,
        sound: bool = True,
        to: Sequence[Address] | None = None,
    ) -> None:
        """Put it in for everybody, or for those in `to`. With a `key` it is put in once, however often this is said."""
        about = {"kind": kind, "urgency": urgency, "title": title, "text": text, "key": key, "sound": sound}
        row = {**about, "picture": str(picture or ""), "made_ns": self._clock_ns()}
        forgotten = and_(outbox.c.ended_ns > 0, outbox.c.ended_ns < self._clock_ns() - KEPT_NS)
        with self._engine.begin() as connection:
            connection.execute(delete(outbox).where(forgotten))
            for address in self.addresses if to is None else to:
                at = and_(outbox.c.sender == address.sender, outbox.c.recipient == address.recipient)
                if key and connection.execute(select(outbox.c.id).where(at, outbox.c.key == key)).first():
                    continue
                connection.execute(insert(outbox).values(sender=address.sender, recipient=address.recipient, **row))
                if urgency != "critical":
                    self._make_room(connection, at)
        self._more.set()
        self._more = asyncio.Event()

    def take(self, address: Address) -> Parcel | None:
        """The next parcel of an address, marked as begun; None when nothing waits. It stays until `end` says how."""
        at = and_(outbox.c.sender == address.sender, outbox.c.recipient == address.recipient, outbox.c.ended_ns == 0)
        with self._engine.begin() as connection:
            rows = connection.execute(select(outbox).where(at).order_by(outbox.c.id).limit(50)).all()
            if not rows:
                return None
            taken = together(rows)
            ids = [row.id for row in taken]
            begun = {"begun_ns": self._clock_ns(), "tries": outbox.c.tries + 1}
            connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(**begun))
        return parcel_of(taken, address)

    def end(self, parcel: Parcel, outcome: str = SENT) -> None:
        """It was sent, or never will be."""
        with self._engine.begin() as connection:
            ended = {"ended_ns": self._clock_ns(), "outcome": outcome[:200]}
            connection.execute(update(outbox).where(outbox.c.id.in_(parcel.ids)).values(**ended))
        self._less.set()
        self._less = asyncio.Event()

    def keep(self, parcel: Parcel) -> None:
        """It was surely not taken, and waits for the next try."""
        with self._engine.begin() as connection:
            connection.execute(update(outbox).where(outbox.c.id.in_(parcel.ids)).values(begun_ns=0))

    async def more(self) -> None:
        """Wait until something is put in."""
        await self._more.wait()

    async def emptied(self) -> None:
        """Wait until nothing waits any more."""
        while self.waiting():
            await self._less.wait()

    def waiting(self) -> int:
        """How many messages wait."""
        with self._engine.begin() as connection:
            return int(connection.execute(select(func.count()).where(outbox.c.ended_ns == 0)).scalar() or 0)

    def _make_room(self, connection: Any, at: Any) -> None:
        waits = and_(at, outbox.c.ended_ns == 0)
        excess = (connection.execute(select(func.count()).where(waits)).scalar() or 0) - self._most_waiting
        if excess > 0:
            oldest = select(outbox.c.id).where(waits, outbox.c.urgency == "info").order_by(outbox.c.id).limit(excess)
            dropped = {"ended_ns": self._clock_ns(), "outcome": "dropped: too many wait"}
            connection.execute(update(outbox).where(outbox.c.id.in_(oldest)).values(**dropped))


def together(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """The first row, and those of little weight right behind it when it is one itself. Nothing overtakes anything."""
    taken, length = [rows[0]], len(rows[0].text)
    if rows[0].urgency != "info" or rows[0].picture or rows[0].begun_ns:
        return taken
    for row in rows[1:]:
        length += len(row.text) + len(row.title) + 2
        if row.urgency != "info" or row.picture or row.begun_ns or length > LONGEST:
            break
        taken.append(row)
    return taken


def parcel_of(rows: Sequence[Row[Any]], address: Address) -> Parcel:
    """One parcel of rows that are sent together."""
    first = rows[0]
    one = len(rows) == 1
    text = first.text if one else "\n\n".join(f"{row.title}\n{row.text}".strip() for row in rows)
    return Parcel(
        ids=tuple(row.id for row in rows),
        address=address,
        kind=first.kind,
        urgency=first.urgency,
        title=first.title if one else "",
        text=text,
        picture=Path(first.picture) if first.picture else None,
        sound=any(row.sound for row in rows),
        perhaps=any(row.begun_ns for row in rows),
        tries=max(row.tries for row in rows),
        made_ns=first.made_ns,
    )
