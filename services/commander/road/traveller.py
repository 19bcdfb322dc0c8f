"""A change under way: each step is written down before it is told, and the last one raises Ended."""

from __future__ import annotations

import contextlib
import logging
import time
from typing import Any, NoReturn

from sqlalchemy.exc import SQLAlchemyError

from core.contracts import Change, Event, State
from core.contracts.told import TellStep
from core.workspace import WorkspaceError
from services.commander.road import reasons
from services.commander.road.context import Context, Stopwatch
from services.commander.texts import say

log = logging.getLogger(__name__)


class Ended(Exception):  # noqa: N818 - how a change that goes no further leaves the road
    """The change has ended here, as `change`."""

    def __init__(self, change: Change) -> None:
        super().__init__(change.reason)
        self.change = change


class Traveller:
    """One change as it stands, its clock, and who hears of its steps."""

    def __init__(self, context: Context, change: Change, tell: TellStep) -> None:
        self.context, self.change = context, change
        self._tell = tell
        self._clock = Stopwatch()
        self._summary = ""  # of the plan, in the owner's language
        self.moving = False  # from here on refs move, or have moved: it is finished, not taken back

    @property
    def interrupted(self) -> str:
        """Why a change that is cancelled goes no further: the trader ends, or with none the owner's own Ctrl-C."""
        if self.context.trader is not None:
            return self._say("trader_gone")
        return self._say("interrupted", state=self.change.state)

    def _say(self, name: str, **values: Any) -> str:
        return say(name, self.change.language, **values)

    def _advance(self, event: Event, **fields: Any) -> None:
        self.change = self.context.advance(self.change, event, **fields)

    def _end(self, event: Event, **fields: Any) -> NoReturn:
        """The last step of a change."""
        fields.setdefault("seconds", self._clock.lap("end"))
        self._advance(event, **fields)
        raise Ended(self.change)

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
        except SQLAlchemyError:
            log.exception("change.not_written", extra={"change": self.change.id})
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
        context = self.context
        if context.underway is not None and context.underway.id == self.change.id:
            context.underway = None
        if self.change.candidate is not None and self.change.state is not State.SWITCHING:
            with contextlib.suppress(WorkspaceError, OSError):
                context.drop_candidate(self.change)
