"""A change that was taken back while nobody of us listened: its owner is told all the same, and once.

The commander tells what it does to whoever listens, and to nobody else. So we look into its records once in a while,
for changes that were under watch when we last knew, or have come since.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from core.contracts.answers import Answer, ChangeBrief, HistoryShown
from core.contracts.asking import Question
from core.errors import SorteError
from services.gateway.alerts.alarm import Alarm
from services.gateway.alerts.noticing import BACK, taken_back
from services.gateway.store.notes import Notes

NOTE: Final = "alerts.watched"
LOOK_NS: Final = 30 * 10**9
LOOKED_AT: Final = 50
"""Changes; under watch is one at a time."""


class Known(msgspec.Struct, frozen=True):
    """What we knew when we looked last."""

    newest_ns: int = 0  # when the sentence of the newest change came
    watched: frozenset[str] = frozenset()


def missed(changes: Sequence[ChangeBrief], known: Known) -> list[ChangeBrief]:
    """Those that the watch has taken back since. Pure."""
    return [
        each
        for each in changes
        if each.state in BACK
        and each.watch == "failed"
        and (each.id in known.watched or each.time_ns > known.newest_ns > 0)
    ]


def known_from(changes: Sequence[ChangeBrief], before: Known) -> Known:
    """What is known after a look. Pure."""
    newest = max((each.time_ns for each in changes), default=0)
    return Known(max(newest, before.newest_ns), frozenset(each.id for each in changes if each.watch == "running"))


class Missed:
    """One gateway's."""

    def __init__(self, notes: Notes, alarm: Alarm, ask: Callable[[Question], Awaitable[Answer]]) -> None:
        self._notes, self._alarm, self._ask = notes, alarm, ask
        self._looked_ns = 0

    async def look(self, now_ns: int) -> None:
        """Look, when it is time; a commander that is away is asked the next time."""
        if now_ns - self._looked_ns < LOOK_NS:
            return
        try:
            found = await self._ask(Question(do="history", limit=LOOKED_AT))
        except (SorteError, OSError):
            return
        if not isinstance(found, HistoryShown):
            return
        self._looked_ns, known = now_ns, self._known()
        for each in reversed(missed(found.changes, known)):
            self._alarm.raise_(taken_back(each.id, each.reason))
        now = known_from(found.changes, known)
        if now != known:
            self._notes.set(NOTE, msgspec.json.encode(now).decode())

    def _known(self) -> Known:
        try:
            return msgspec.json.decode(self._notes.get(NOTE) or "{}", type=Known)
        except msgspec.MsgspecError:
            return Known()
