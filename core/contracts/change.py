"""A change from the owner's sentence to its end: one record, and one table of what may follow what.

    received -> planned -> proposed -> judging -> accepted                      (no trader runs; live at its next start)
                           (held)
                                               -> committed -> shadowing -> switching -> live -> rolling_back
                                                                                              -> rolled_back

Where the owner is not waited for, a change is `held` until he answers; a rollback too, straight from `received`.
Every state may end in `failed`, and what cannot go back stays `live`. `live` is said when the switch is done; the watch
goes on, and `watch` tells its end.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from core.contracts.plan import Interpretation, Value
from core.contracts.road import Candidate, Utterance, Verdict
from core.language import Language


class State(StrEnum):
    """Where a change is."""

    RECEIVED = "received"  # stored; nothing understood yet
    PLANNED = "planned"  # the sentence is a plan; no file was touched
    PROPOSED = "proposed"  # the candidate exists, its diff was shown; waits for the owner
    HELD = "held"  # the same, and nobody waits with it: it stays so over restarts until he answers, or its time is over
    JUDGING = "judging"  # confirmed; the gates run
    COMMITTED = "committed"  # accepted, and its release commit exists
    SHADOWING = "shadowing"  # a green host decides beside the live one, and orders nothing
    SWITCHING = "switching"  # the shadow agreed; from here on a crash rolls forward
    LIVE = "live"
    ROLLING_BACK = "rolling_back"  # from here on a crash takes it back
    ASK = "ask"
    NONE = "none"
    REJECTED = "rejected"  # by a gate, by the shadow run, or by the owner
    ACCEPTED = "accepted"  # on main, while no trader runs
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """Whether nothing happens any more by itself. A change that is live may still be taken back."""
        return self in ENDED


class Event(StrEnum):
    """What happens to a change."""

    UNDERSTOOD = "understood"
    ASKED = "asked"
    IGNORED = "ignored"
    EDITED = "edited"
    HELD = "held"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"  # accepted, and no trader runs
    STARTED = "started"  # a green host, or a trader with what was deferred
    AGREED = "agreed"  # the shadow run showed what was predicted
    SWITCHED = "switched"
    KEPT = "kept"  # the watch ended well
    RETURNING = "returning"  # the watch ended badly, or the owner takes it back; the reason tells which
    REVERTED = "reverted"
    STAYED = "stayed"  # it is worse, and there is no way back that works
    FAILED = "failed"


ENDED: Final = frozenset(
    {State.LIVE, State.HELD, State.ASK, State.NONE, State.REJECTED, State.ACCEPTED, State.ROLLED_BACK, State.FAILED}
)

TRANSITIONS: Final = MappingProxyType(
    {
        (State.RECEIVED, Event.UNDERSTOOD): State.PLANNED,
        (State.RECEIVED, Event.ASKED): State.ASK,
        (State.RECEIVED, Event.IGNORED): State.NONE,
        (State.RECEIVED, Event.RETURNING): State.ROLLING_BACK,  # the sentence asks for a rollback
        (State.RECEIVED, Event.REFUSED): State.REJECTED,  # and its owner said no
        (State.RECEIVED, Event.FAILED): State.FAILED,
        (State.PLANNED, Event.EDITED): State.PROPOSED,
        (State.PLANNED, Event.ASKED): State.ASK,
        (State.PLANNED, Event.REFUSED): State.REJECTED,
        (State.PLANNED, Event.FAILED): State.FAILED,
        (State.PROPOSED, Event.CONFIRMED): State.JUDGING,
        (State.PROPOSED, Event.REFUSED): State.REJECTED,
        (State.PROPOSED, Event.FAILED): State.FAILED,
        (State.PROPOSED, Event.HELD): State.HELD,
        (State.RECEIVED, Event.HELD): State.HELD,  # a rollback
        (State.HELD, Event.CONFIRMED): State.JUDGING,
        (State.HELD, Event.RETURNING): State.ROLLING_BACK,
        (State.HELD, Event.IGNORED): State.NONE,  # there is no way back any more
        (State.HELD, Event.REFUSED): State.REJECTED,
        (State.HELD, Event.FAILED): State.FAILED,
        (State.JUDGING, Event.REFUSED): State.REJECTED,
        (State.JUDGING, Event.ACCEPTED): State.COMMITTED,
        (State.JUDGING, Event.FAILED): State.FAILED,
        (State.COMMITTED, Event.DEFERRED): State.ACCEPTED,
        (State.COMMITTED, Event.STARTED): State.SHADOWING,
        (State.COMMITTED, Event.REFUSED): State.REJECTED,
        (State.COMMITTED, Event.FAILED): State.FAILED,
        (State.SHADOWING, Event.AGREED): State.SWITCHING,
        (State.SHADOWING, Event.REFUSED): State.REJECTED,
        (State.SHADOWING, Event.FAILED): State.FAILED,
        (State.SWITCHING, Event.SWITCHED): State.LIVE,
        (State.SWITCHING, Event.FAILED): State.FAILED,
        (State.ACCEPTED, Event.STARTED): State.LIVE,
        (State.ACCEPTED, Event.RETURNING): State.ROLLING_BACK,
        (State.LIVE, Event.KEPT): State.LIVE,
        (State.LIVE, Event.RETURNING): State.ROLLING_BACK,
        (State.ROLLING_BACK, Event.REVERTED): State.ROLLED_BACK,
        (State.ROLLING_BACK, Event.STAYED): State.LIVE,
        (State.ROLLING_BACK, Event.FAILED): State.FAILED,
    }
)


def next_state(state: State, event: Event) -> State:
    """What `event` makes of a change in `state`; ValueError when it cannot happen there."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise ValueError(f"a change that is {state} cannot be {event}") from None


class Step(Value, frozen=True):
    """One transition of a change."""

    event: Event
    state: State
    time_ns: int


class Holding(Value, frozen=True):
    """What the owner of a held change was shown, and may say yes to."""

    hash: str  # of the change, its plan and both trees; whoever says yes gives it back
    base: str  # main then
    lines: tuple[str, ...]  # what would be done, in the owner's language
    expires_ns: int
    notes: tuple[str, ...] = ()  # what he was told besides


class Change(Value, frozen=True):
    """The record that walks the road."""

    id: str
    utterance: Utterance
    state: State = State.RECEIVED
    steps: tuple[Step, ...] = ()
    interpretation: Interpretation | None = None
    candidate: Candidate | None = None
    verdict: Verdict | None = None
    commit: str = ""  # its release commit; of a rollback the commit that went back
    returned: str = ""  # the commit that took it back
    target: str = ""  # the commit that a rollback goes back to
    watch: str = ""  # running, passed or failed, once it is live
    reason: str = ""  # how it ended, in the owner's language
    seconds: dict[str, float] = {}  # noqa: RUF012 - msgspec copies it; how long each part of the road took
    events_lost: int = 0
    events_doubled: int = 0
    held: Holding | None = None

    @property
    def language(self) -> Language | None:
        """The owner's: the one of his sentence, or the one that he asked in; None when neither is known."""
        return self.interpretation.language if self.interpretation is not None else self.utterance.language

    def after(self, event: Event, time_ns: int, **fields: object) -> Change:
        """The change once `event` has happened; ValueError when it cannot."""
        state = next_state(self.state, event)
        steps = (*self.steps, Step(event, state, time_ns))
        return msgspec.structs.replace(self, state=state, steps=steps, **fields)
