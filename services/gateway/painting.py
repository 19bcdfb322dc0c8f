"""Makes the next picture of the last one and of what was told. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from core.contracts.answers import (
    ChangeEnded,
    CloseSaid,
    DiffShown,
    Panicked,
    Paused,
    Resumed,
    StatusShown,
    Unkilled,
)
from core.contracts.events import (
    BooksCompared,
    BooksFollow,
    ClosedPair,
    EpochBegan,
    FaultTold,
    Filled,
    HeardAgain,
    HostReady,
    ProtectionTold,
    Ready,
    Starting,
    TradingIs,
)
from core.contracts.told import (
    Committed,
    GateHeld,
    HostStaged,
    Received,
    Recovered,
    Shadowed,
    Switched,
    Telling,
    Understood,
    Watched,
)
from services.gateway.picture import Counted, Picture, Stage, Underway

RATE_SECONDS: Final = 0.9
"""Counts that are closer to each other give no rate: the one before stands, and the next ones are set against it."""
MOVING: Final = (
    *(Starting, Ready, EpochBegan, HostReady, TradingIs, FaultTold, HeardAgain),
    *(Filled, ClosedPair, ProtectionTold, BooksCompared, BooksFollow),
    *(Received, Committed, Switched, Watched, ChangeEnded, Recovered),
    *(Paused, Resumed, Panicked, Unkilled, CloseSaid),
)
"""What is told and changes how everything stands: the status that was answered before is old."""


def heard(picture: Picture, told: Telling, now_ns: int) -> Picture:
    """With what was told of a pair or a change."""
    pair = getattr(told, "pair", None)
    if isinstance(pair, str) and pair:
        picture = replace(picture, heard_ns=picture.heard_ns | {pair: now_ns})
    return replace(picture, underway=_underway(picture.underway, told, now_ns))


def answered(picture: Picture, status: StatusShown, now_ns: int) -> Picture:
    """With a status that was answered."""
    picture = _rated(picture, status, now_ns)
    underway = picture.underway
    if underway is not None and underway.ended is not None and status.underway not in (None, underway.id):
        underway = None
    return replace(picture, status=status, status_ns=now_ns, underway=underway)


def _rated(picture: Picture, status: StatusShown, now_ns: int) -> Picture:
    """With what is counted a second."""
    if status.trader is None:
        return replace(picture, counted=None, events_per_second=None, decisions_per_second=None)
    before, now = picture.counted, Counted(now_ns, status.trader.events, status.trader.decisions)
    if before is None or now.events < before.events or now.decisions < before.decisions:  # of another run
        return replace(picture, counted=now, events_per_second=None, decisions_per_second=None)
    seconds = (now_ns - before.time_ns) / 1e9
    if seconds < RATE_SECONDS:
        return picture
    events, decisions = (now.events - before.events) / seconds, (now.decisions - before.decisions) / seconds
    return replace(picture, counted=now, events_per_second=events, decisions_per_second=decisions)


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
