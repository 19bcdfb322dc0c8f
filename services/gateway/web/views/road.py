"""A change on its road as the page draws it: each stage with its time, findings and figures.

Pure: a step in, a road out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from core.contracts.answers import ChangeEnded, DiffShown
from core.contracts.change import State
from core.contracts.told import (
    Committed,
    GateHeld,
    HostStaged,
    Recovered,
    Returning,
    Shadowed,
    Switched,
    Telling,
    Understood,
    Watched,
)
from core.language import Language
from services.gateway.web.texts import say
from services.gateway.web.views.figures import Row, measured

SHOWN: Final = 3
"""Roads that the page shows, the newest first."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One place on the road."""

    kind: Literal["stage", "gate"]
    name: str
    outcome: str  # passed, failed, error, skipped, running
    seconds: float | None = None
    said: str = ""
    findings: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the owner's word."""

    question: str
    lines: tuple[str, ...]
    token: str
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Road:
    """One change as far as it has come."""

    id: str
    at_ns: int
    text: str = ""
    lines: tuple[str, ...] = ()
    diff: str = ""
    stages: tuple[Stage, ...] = ()
    held: Waiting | None = None
    ended: bool = False
    state: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Roads:
    """The changes that were told of lately, the newest first."""

    roads: tuple[Road, ...] = field(default=())

    def hear(self, told: Telling, now_ns: int, language: Language) -> Roads:
        """After that; the same when it is about no change."""
        change = getattr(told, "id", None)
        if not isinstance(change, str) or not change:
            return self
        known = self.of(change)
        if known is None and not _begins(told):
            return self  # most sentences change nothing, and the end of what nobody saw begin is in the history
        road = along(known or Road(change, now_ns), told, language)
        return self if road == known else self.put(road)

    def of(self, change: str) -> Road | None:
        """The one of that id."""
        return next((road for road in self.roads if road.id == change), None)

    def put(self, road: Road) -> Roads:
        """With that one in front, or in its place."""
        if self.of(road.id) is not None:
            return Roads(tuple(road if each.id == road.id else each for each in self.roads))
        return Roads((road, *self.roads)[:SHOWN])


def _begins(told: Telling) -> bool:
    """Whether that is a step that only a change takes."""
    return isinstance(told, DiffShown | GateHeld | Returning) or (isinstance(told, Understood) and bool(told.lines))


def along(road: Road, told: Telling, language: Language) -> Road:
    """The road after one more step."""
    match told:
        case Understood(lines=lines, seconds=seconds):
            return _passed(replace(road, lines=tuple(lines)), "understood", seconds)
        case Returning(text=text):
            return replace(road, lines=(text,))
        case DiffShown(diff=diff, seconds=seconds):
            taken = seconds if isinstance(seconds, float) else None
            return _passed(replace(road, diff=diff), "edited", taken)
        case GateHeld(gate=gate):
            rows = tuple(measured(gate.figures, language)) if gate.name == "backtest" else ()
            held = Stage("gate", gate.name, gate.outcome.value, gate.seconds, "", gate.findings, rows)
            return _with(replace(road, held=None), held)
        case Committed(commit=commit):
            return _passed(road, "commit", said=commit[:12])
        case HostStaged(ready_seconds=seconds):
            return _passed(road, "staged", seconds)
        case Shadowed(events=events, changed=changed):
            return _passed(road, "shadow", said=say("stage.shadow_said", language, events=events, changed=changed))
        case Switched(events_lost=lost, events_doubled=doubled):
            return _passed(road, "switch", said=say("stage.switch_said", language, lost=lost, doubled=doubled))
        case Watched(state=state, watch=watch, reason=reason):
            outcome = {"running": "running", "failed": "failed"}.get(watch, "passed")
            watched = Stage("stage", "watch", outcome, said=reason)
            return _with(replace(road, state=state.value, reason=""), watched)
        case ChangeEnded() | Recovered():
            ended = told.state.ended or told.state is State.NONE
            return replace(road, held=None, ended=ended, state=told.state.value, reason=told.reason or "")
        case _:
            return road


def _passed(road: Road, name: str, seconds: float | None = None, said: str = "") -> Road:
    return _with(road, Stage("stage", name, "passed", seconds, said))


def _with(road: Road, stage: Stage) -> Road:
    """The stage at the end, or in the place of the same one."""
    there = [(each.kind, each.name) for each in road.stages]
    if (stage.kind, stage.name) in there:
        place = there.index((stage.kind, stage.name))
        return replace(road, stages=(*road.stages[:place], stage, *road.stages[place + 1 :]))
    return replace(road, stages=(*road.stages, stage))
