"""A change under way: each step is written down before it is told, and the last one raises Ended."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn

from core.contracts import Change, Event, State
from core.contracts.told import Note, TellStep
from core.telemetry import get_logger
from core.workspace import WorkspaceError
from services.commander.records import RecordsUnusable
from services.commander.road import holding, reasons
from services.commander.road.context import Stopwatch
from services.commander.road.deployment import Deployment
from services.commander.texts import say

log = get_logger()

Confirm = Callable[[Change], Awaitable[bool | None]]
"""Asks the owner; False when he declines or hangs up, None when nobody waits for his answer, and the change is held."""


class Ended(Exception):  # noqa: N818 - how a change that goes no further leaves the road
    """The change has ended, and says itself how."""


class Traveller:
    """One change as it stands, its clock, who hears of its steps, and who is asked about it."""

    def __init__(self, deployment: Deployment, change: Change, tell: TellStep, confirm: Confirm) -> None:
        self.deployment, self.context, self.change = deployment, deployment.context, change
        self._tell, self._confirm = tell, confirm
        self._clock = Stopwatch(change.seconds)
        self._summary = ""  # of the plan, in the owner's language
        self._lines: tuple[str, ...] = ()  # what would be done, in the owner's language
        self._notes: tuple[str, ...] = ()  # what he is told of it before he is asked
        self._goes_back = False

    @property
    def moving(self) -> bool:
        """Whether refs move or have moved for this change, or may do so any moment: it is finished, not taken back."""
        return self._goes_back or self.deployment.heads_for(self.change.commit)

    @property
    def interrupted(self) -> str:
        """Why a change that is cancelled goes no further: the trader ends, or with none the owner's own Ctrl-C."""
        if self.deployment.trader is not None:
            return self._say("trader_gone")
        return self._say("interrupted", state=self.change.state)

    def _say(self, name: str, **values: Any) -> str:
        return say(name, self.change.language, **values)

    async def _ask_owner(self) -> None:
        try:
            async with asyncio.timeout(self.context.settings.commander.confirm_seconds):
                confirmed = await self._confirm(self.change)
        except TimeoutError:
            self._end(Event.REFUSED, reason=self._say("expired"))
        if confirmed is None:
            held = await self.context.edit(holding.hold, self.context, self.change, self._lines, self._notes)
            self._end(Event.HELD, held=held, reason=self._say("held"))
        if not confirmed:
            self._end(Event.REFUSED, reason=self._say("declined"))
        self._clock.skip()

    async def _show(self, old: str) -> None:
        """Bring the owner's files to main. That they cannot be is told, and changes nothing else."""
        if edited := await self.context.edit(self.context.show_main, old):
            text = self._say("workspace_edited", files=", ".join(edited))
            self._tell(Note(id=self.change.id, text=text))

    def _advance(self, event: Event, **fields: Any) -> None:
        self.change = self.context.advance(self.change, event, **fields)

    def _end(self, event: Event, **fields: Any) -> NoReturn:
        """The last step of a change."""
        fields.setdefault("seconds", self._clock.lap("end"))
        self._advance(event, **fields)
        raise Ended

    def fail(self, reason: str) -> None:
        """End a change that could not go on; one whose refs have moved has not failed, whatever happened after.

        When not even that can be written, the owner is told all the same, and the next start writes it.
        """
        match self.change.state, self.moving:
            case State.SWITCHING, True:
                event, fields = Event.SWITCHED, self._now_live
            case State.COMMITTED, True:
                event, fields = Event.DEFERRED, self._deferred
            case state, _ if state.ended:
                return
            case _:
                event, fields = Event.FAILED, {"reason": reason}
        try:
            self._advance(event, **fields)
        except RecordsUnusable:
            log.exception("change.not_written", change=self.change.id)
            self.change = self.change.after(event, time.time_ns(), **fields)

    @property
    def _now_live(self) -> dict[str, Any]:
        patience = self.context.settings.commander.watch_seconds
        return {"watch": "running", "reason": reasons.now_live(self.change, self._summary, patience)}

    @property
    def _deferred(self) -> dict[str, Any]:
        return {"reason": reasons.accepted(self.change, self._summary)}

    def leave(self) -> None:
        """Give the road free, and forget the candidate of what is over."""
        self.deployment.leave_road(self.change)
        if self.change.candidate is not None and self.change.state not in (State.SWITCHING, State.HELD):
            with contextlib.suppress(WorkspaceError, OSError):
                self.context.drop_candidate(self.change)
