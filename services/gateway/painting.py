"""Makes the next picture of the last one and of what was told. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.contracts.answers import ChangeEnded, DiffShown, StatusShown
from core.contracts.told import (
    Committed,
    GateHeld,
    HostStaged,
    Received,
    Shadowed,
    Switched,
    Telling,
    Understood,
)
from services.gateway.picture import Picture, Stage, Underway

RATE_SECONDS: Final = 0.5
"""Figures that are closer to each other give no rate."""


def heard(picture: Picture, told: Telling, now_ns: int) -> Picture:
    """With what was told of a pair or a change."""
    pair = getattr(told, "pair", None)
    if isinstance(pair, str) and pair:
        picture = replace(picture, heard_ns=picture.heard_ns | {pair: now_ns})
    return replace(picture, underway=_underway(picture.underway, told, now_ns))


def answered(picture: Picture, status: StatusShown, now_ns: int) -> Picture:
    """With a status that was answered."""
    passed = (now_ns - picture.status_ns) / 1e9
    events = decisions = None
    if picture.status is not None and picture.status.trader is not None and status.trader is not None:
        events = _rate(picture.status.trader.events, status.trader.events, passed)
        decisions = _rate(picture.status.trader.decisions, status.trader.decisions, passed)
    underway = picture.underway
    if underway is not None and underway.ended is not None and status.underway not in (None, underway.id):
        underway = None
    figures = replace(picture, events_per_second=events, decisions_per_second=decisions)
    return replace(figures, status=status, status_ns=now_ns, underway=underway)


def _rate(before: int, after: int, seconds: float) -> float | None:
    """None where two counts are too near in time, or of two runs."""
    return (after - before) / seconds if seconds >= RATE_SECONDS and after >= before else None


def _underway(now: Underway | None, told: Telling, now_ns: int) -> Underway | None:
    match told:
        case Received(id=change):
            return Underway(change, stages=(Stage("received", now_ns),))
        case ChangeEnded() if now is not None and now.id == told.id:
            return replace(now, ended=told)
    if now is None or getattr(told, "id", None) != now.id or now.ended is not None:
        return now
    match told:
        case Understood(lines=lines, seconds=seconds):
            return replace(_staged(now, "plan", now_ns, seconds), lines=tuple(lines))
        case DiffShown(diff=diff, seconds=seconds):
            return replace(_staged(now, "diff", now_ns, seconds if isinstance(seconds, float) else None), diff=diff)
        case GateHeld(gate=gate):
            return replace(_staged(now, f"gate:{gate.name}", now_ns, gate.seconds), gates=(*now.gates, gate))
        case Committed():
            return _staged(now, "commit", now_ns)
        case HostStaged(ready_seconds=seconds):
            return _staged(now, "staged", now_ns, seconds)
        case Shadowed():
            return _staged(now, "shadow", now_ns)
        case Switched():
            return _staged(now, "switch", now_ns)
        case _:
            return now


def _staged(now: Underway, name: str, time_ns: int, seconds: float | None = None) -> Underway:
    return replace(now, stages=(*now.stages, Stage(name, time_ns, seconds)))
